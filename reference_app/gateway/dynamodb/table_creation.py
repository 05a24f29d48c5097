"""The application's tables, made at whatever DynamoDB endpoint there is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reference_app.gateway.stack_errors import EndpointUnusableError
from reference_app.gateway.template.application import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def create_tables(
    tables: Iterable[Table], endpoint: str, *, region: str, access_key_id: str, secret_access_key: str
) -> None:
    """Create each table and its TTL setting, and wait until it is active; blocks.

    A table that is there already stays as it is. Raises EndpointUnusableError.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client = boto3.session.Session().client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}),
        )
    except ValueError as wrong:
        raise EndpointUnusableError(endpoint, "it is not a URL such as http://127.0.0.1:8000") from wrong
    try:
        for table in tables:
            _create(client, table)
    except (BotoCoreError, ClientError) as error:
        raise EndpointUnusableError(endpoint, str(error)) from error
    finally:
        client.close()


def _create(client: DynamoDBClient, table: Table) -> None:
    try:
        client.create_table(**table.create)
    except client.exceptions.ResourceInUseException:
        return
    client.get_waiter("table_exists").wait(TableName=table.name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    if table.ttl_attribute is not None:
        client.update_time_to_live(
            TableName=table.name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl_attribute},
        )
