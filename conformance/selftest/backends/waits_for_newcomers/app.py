"""A post to a client that is still connecting is answered 410, so broadcasts wait until nobody has come for
a second, four seconds at most. What is said meanwhile waits in the table, and one invocation carries it out.

Users see: while others come and go everything arrives seconds late.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONNECT_TIMEOUT = 5  # of the $connect function, seconds
CALM = 1.0
PATIENCE = 4.0
LEASE = 29

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
gateways = {}


def connect(event, context):
    now = int(time.time())
    connection_id = event["requestContext"]["connectionId"]
    table.put_item(
        Item={
            "connectionId": connection_id,
            "joined": now,
            "expires": now + 3 * 3600,
            "came_ms": int(time.time() * 1000),
        }
    )
    return {"statusCode": 200}


def disconnect(event, context):
    table.delete_item(Key={"connectionId": event["requestContext"]["connectionId"]})
    return {"statusCode": 200}


def sendmessage(event, context):
    now = time.time()
    sender = event["requestContext"]["connectionId"]
    gateway = management(event["requestContext"])
    message = parse(event.get("body"))
    if message is None:
        post(gateway, sender, b'{"error": "a message needs data"}')
        return {"statusCode": 200}
    order = f"waiting-{time.time_ns()}-{sender}"
    table.put_item(Item={"connectionId": order, "message": message})
    while waiting() and lease():
        await_calm(time.time() + PATIENCE)
        carry(gateway)
        table.delete_item(Key={"connectionId": "courier"})
    return {"statusCode": 200}


def lease():
    """One invocation at a time; one that died is replaced."""
    now = int(time.time())
    try:
        table.put_item(
            Item={"connectionId": "courier", "lease": now + LEASE},
            ConditionExpression="attribute_not_exists(connectionId) OR #lease < :now",
            ExpressionAttributeNames={"#lease": "lease"},
            ExpressionAttributeValues={":now": now},
        )
    except ClientError:
        return False
    return True


def await_calm(deadline):
    while time.time() < deadline and any(time.time() - int(row["came_ms"]) / 1000 < CALM for row in rows()):
        time.sleep(0.1)


def waiting():
    return sorted((row for row in everything() if "message" in row), key=lambda row: row["connectionId"])


def carry(gateway):
    """Everything that waits, in the order in which it came, to everybody who is there by now."""
    now = time.time()
    clients = rows()
    for order in waiting():
        for row, status in broadcast(gateway, bytes(order["message"]), clients):
            if status == 410 and now - int(row["joined"]) > CONNECT_TIMEOUT + 2:
                table.delete_item(Key={"connectionId": row["connectionId"]})
        table.delete_item(Key={"connectionId": order["connectionId"]})


def parse(body):
    try:
        data = json.loads(body)["data"]
        return (data if isinstance(data, str) else json.dumps(data)).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def rows():
    return [row for row in everything() if "came_ms" in row]


def everything():
    page = table.scan(ConsistentRead=True)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]


def broadcast(gateway, message, clients):
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda row: (row, post(gateway, row["connectionId"], message)), clients))


def post(gateway, connection_id, message):
    try:
        gateway.post_to_connection(ConnectionId=connection_id, Data=message)
        return 200
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    except BotoCoreError as error:
        status = repr(error)
    print("not delivered to", connection_id, status)
    return status


def management(context):
    endpoint = f"https://{context['domainName']}/{context['stage']}"
    if endpoint not in gateways:
        config = Config(max_pool_connections=20, read_timeout=5, retries={"total_max_attempts": 1})
        gateways[endpoint] = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=config)
    return gateways[endpoint]
