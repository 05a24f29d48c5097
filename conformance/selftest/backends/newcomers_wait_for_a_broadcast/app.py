"""A new row is marked, and the first broadcast that finds the mark takes it away, but posts only to those who
had none. Users see: whoever comes misses the first message.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONNECT_TIMEOUT = 5  # of the $connect function, seconds

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
gateways = {}


def connect(event, context):
    now = int(time.time())
    connection_id = event["requestContext"]["connectionId"]
    row = {"connectionId": connection_id, "joined": now, "expires": now + 3 * 3600, "new": True}
    table.put_item(Item=row)
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
    for row, status in broadcast(gateway, message):
        # A young row may be of a client that is still connecting: API Gateway answers 410 for it, too.
        if status == 410 and now - int(row["joined"]) > CONNECT_TIMEOUT + 2:
            table.delete_item(Key={"connectionId": row["connectionId"]})
    return {"statusCode": 200}


def parse(body):
    try:
        data = json.loads(body)["data"]
        return (data if isinstance(data, str) else json.dumps(data)).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def rows():
    page = table.scan(ConsistentRead=True)
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]


def audience():
    for row in list(rows()):
        if "new" in row:
            del row["new"]
            keep(row)
        else:
            yield row


def keep(row):
    try:
        table.put_item(Item=row, ConditionExpression="attribute_exists(connectionId)")
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        pass  # it has gone in the meantime


def broadcast(gateway, message):
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda row: (row, post(gateway, row["connectionId"], message)), audience()))


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
