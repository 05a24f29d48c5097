// A chat backend without a mistake, in JavaScript: everybody hears everything, the sender included. It reads
// the table page by page and posts while it reads, a few at a time; a row goes at a 410 unless it is so young
// that its client may still be connecting.

import { setTimeout } from "node:timers/promises";

import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, paginateScan } from "@aws-sdk/lib-dynamodb";

const CONNECTING_S = 5; // the timeout of the $connect function
const LIFE_S = 3 * 3600; // a little more than a connection may last
const AT_A_TIME = 16;
const ATTEMPTS = 4;

const TableName = process.env.TABLE;
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const gateways = new Map();

export const connect = async ({ requestContext: { connectionId } }) => {
  const joined = seconds();
  const Item = { connectionId, joined, expires: joined + LIFE_S };
  await documents.send(new PutCommand({ TableName, Item }));
  return { statusCode: 200 };
};

export const disconnect = async ({ requestContext: { connectionId } }) => {
  await forget(connectionId);
  return { statusCode: 200 };
};

export const sendmessage = async ({ requestContext, body }) => {
  const gateway = gatewayOf(requestContext);
  const message = textOf(body);
  if (message === undefined) {
    await post(gateway, requestContext.connectionId, JSON.stringify({ error: "a message needs data" }));
  } else {
    await broadcast(gateway, message);
  }
  return { statusCode: 200 };
};

async function broadcast(gateway, message) {
  const members = rows();
  const deliverAll = async () => {
    for await (const row of members) await deliver(gateway, row, message);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, deliverAll)); // one stream of rows, drawn from by all
}

async function deliver(gateway, { connectionId, joined }, message) {
  const status = await post(gateway, connectionId, message);
  if (status === 410 && seconds() - joined > CONNECTING_S + 2) await forget(connectionId);
}

async function* rows() {
  for await (const page of paginateScan({ client: documents }, { TableName, ConsistentRead: true })) {
    yield* page.Items;
  }
}

async function post(gateway, ConnectionId, Data) {
  for (let attempt = 1; ; attempt++) {
    try {
      await gateway.send(new PostToConnectionCommand({ ConnectionId, Data }));
      return 200;
    } catch (error) {
      const status = error.$metadata?.httpStatusCode; // of SDK v3; undefined where no answer came
      if (status !== 429 || attempt === ATTEMPTS) {
        console.warn("not delivered to", ConnectionId, error.name);
        return status;
      }
      await setTimeout(100 * 2 ** attempt); // throttled, so it was not delivered
    }
  }
}

async function forget(connectionId) {
  await documents.send(new DeleteCommand({ TableName, Key: { connectionId } }));
}

function textOf(body) {
  try {
    const { data } = JSON.parse(body);
    return typeof data === "string" ? data : JSON.stringify(data);
  } catch {
    return undefined;
  }
}

function gatewayOf({ domainName, stage }) {
  const endpoint = `https://${domainName}/${stage}`;
  if (!gateways.has(endpoint)) {
    const requestHandler = { requestTimeout: 5000, throwOnRequestTimeout: true };
    gateways.set(endpoint, new ApiGatewayManagementApiClient({ endpoint, maxAttempts: 1, requestHandler }));
  }
  return gateways.get(endpoint);
}

function seconds() {
  return Math.floor(Date.now() / 1000);
}
