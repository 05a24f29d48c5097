// Much as `announcing`, but a CommonJS module: a row for each client, and what one says goes to all.

"use strict";

const { ApiGatewayManagementApi } = require("@aws-sdk/client-apigatewaymanagementapi");
const { DynamoDB } = require("@aws-sdk/client-dynamodb");
const { greeted } = require("greetings"); // of a layer
const { marshall, unmarshall } = require("@aws-sdk/util-dynamodb");

const TableName = process.env.TABLE;
const table = new DynamoDB();

exports.handler = async ({ requestContext: { routeKey, connectionId, apiId, stage }, body }) => {
  const Key = marshall({ connectionId });
  if (routeKey === "$connect") await table.putItem({ TableName, Item: Key });
  else if (routeKey === "$disconnect") await table.deleteItem({ TableName, Key });
  else await announce(`https://${apiId}.execute-api.${process.env.AWS_REGION}.amazonaws.com/${stage}`, body);
  return { statusCode: 200 };
};

async function announce(endpoint, body) {
  const gateway = new ApiGatewayManagementApi({ endpoint });
  const { Items } = await table.scan({ TableName, ConsistentRead: true });
  const Data = greeted(body);
  const ids = Items.map((item) => unmarshall(item).connectionId);
  await Promise.all(ids.map((ConnectionId) => gateway.postToConnection({ ConnectionId, Data })));
}
