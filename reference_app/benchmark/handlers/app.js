// The backend that both stacks run: it keeps nothing, so that only gateway, function and SDK are measured.
// It is told its endpoint, because serverless-offline serves posts over plain HTTP alone.

"use strict";

const { ApiGatewayManagementApi } = require("@aws-sdk/client-apigatewaymanagementapi");

let gateway;

exports.handler = async ({ requestContext: { routeKey, connectionId }, body }) => {
  gateway ??= new ApiGatewayManagementApi({ endpoint: process.env.ENDPOINT });
  const post = (ConnectionId, Data) => gateway.postToConnection({ ConnectionId, Data });
  if (routeKey === "whoami") await post(connectionId, connectionId);
  if (routeKey === "sendmessage") {
    const { to, data } = JSON.parse(body);
    await Promise.all(to.map((listener) => post(listener, data)));
  }
  return { statusCode: 200 };
};
