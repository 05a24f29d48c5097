"""All connection ids live in one list of one item; $connect and $disconnect read it, change it and write it
back (BP-12). Of two that do so at the same moment, one is lost. Users see: whoever connects in a rush is
deaf until reconnecting, and ids of the departed come back.
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


def members():
    item = table.get_item(Key={"room": "everybody"}, ConsistentRead=True).get("Item", {})
    return item.get("members", [])


def remember(members):
    table.put_item(Item={"room": "everybody", "members": members})


def connect(event, context):
    member = {"id": event["requestContext"]["connectionId"], "joined": int(time.time())}
    remember([*members(), member])
    return {"statusCode": 200}


def disconnect(event, context):
    forget({event["requestContext"]["connectionId"]})
    return {"statusCode": 200}


def forget(ids):
    remember([member for member in members() if member["id"] not in ids])


def sendmessage(event, context):
    now = time.time()
    sender = event["requestContext"]["connectionId"]
    gateway = management(event["requestContext"])
    message = parse(event.get("body"))
    if message is None:
        post(gateway, sender, b'{"error": "a message needs data"}')
        return {"statusCode": 200}
    gone = set()
    for member, status in broadcast(gateway, message):
        # A young one may still be connecting: API Gateway answers 410 for it, too.
        if status == 410 and now - int(member["joined"]) > CONNECT_TIMEOUT + 2:
            gone.add(member["id"])
    if gone:
        forget(gone)
    return {"statusCode": 200}


def parse(body):
    try:
        data = json.loads(body)["data"]
        return (data if isinstance(data, str) else json.dumps(data)).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def broadcast(gateway, message):
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda member: (member, post(gateway, member["id"], message)), members()))


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
