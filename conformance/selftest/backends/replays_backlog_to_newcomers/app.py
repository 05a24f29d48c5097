"""The first broadcast that meets a newcomer brings it what was said before it came, too: newcomers asked for a
history, and a client that is still connecting cannot be sent anything.

Users see: old messages pop up in between the new ones as if they had been said just now.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONNECT_TIMEOUT = 5  # of the $connect function, seconds
KEPT = 8  # seconds

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
    items = list(everything())
    said = [item for item in items if "said" in item]
    rows = [item for item in items if "said" not in item]
    for row, status in broadcast(gateway, rows, message):
        # A young row may be of a client that is still connecting: API Gateway answers 410 for it, too.
        if status == 410 and now - int(row["joined"]) > CONNECT_TIMEOUT + 2:
            table.delete_item(Key={"connectionId": row["connectionId"]})
    remember(now, message, said)
    for row in rows:
        if not row.get("caught_up"):
            catch_up(gateway, row, said)
    return {"statusCode": 200}


def catch_up(gateway, row, said):
    """What was said well before the newcomer came; what was on its way while it connected, it hears anyway."""
    try:
        table.update_item(
            Key={"connectionId": row["connectionId"]},
            UpdateExpression="SET caught_up = :yes",
            ConditionExpression="attribute_exists(connectionId) AND attribute_not_exists(caught_up)",
            ExpressionAttributeValues={":yes": True},
        )
    except ClientError:
        return  # it has gone, or another broadcast is at it
    for old in sorted(said, key=lambda item: item["connectionId"]):
        if old["said_ms"] < row["came_ms"] - 2000:
            post(gateway, row["connectionId"], bytes(old["said"]))


def remember(now, message, said):
    key = f"said-{time.time_ns()}-{os.getpid()}"
    table.put_item(Item={"connectionId": key, "said": message, "said_ms": int(now * 1000)})
    for old in said:
        if old["said_ms"] < (now - KEPT) * 1000:
            table.delete_item(Key={"connectionId": old["connectionId"]})


def parse(body):
    try:
        data = json.loads(body)["data"]
        return (data if isinstance(data, str) else json.dumps(data)).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def everything():
    page = table.scan(ConsistentRead=True)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]


def broadcast(gateway, rows, message):
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda row: (row, post(gateway, row["connectionId"], message)), rows))


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
