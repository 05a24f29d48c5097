"""Tables are made at an endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import boto3
import pytest

from reference_app.gateway.dynamodb.dynamodb_endpoint import DynamoDbEndpoint
from reference_app.gateway.dynamodb.table_creation import create_tables
from reference_app.gateway.http_server import loopback_listener
from reference_app.gateway.stack_errors import EndpointUnusableError
from reference_app.gateway.template.application import Table

CREATE = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def make(url: str, *tables: Table) -> None:
    create_tables(tables, url, region="eu-west-1", access_key_id="local", secret_access_key="local-secret")


def at_an_endpoint(script: Callable[[str], None]) -> None:
    async def run() -> None:
        endpoint = DynamoDbEndpoint("123456789012", lambda _: None)
        try:
            await asyncio.to_thread(script, endpoint.start())
        finally:
            await endpoint.stop()

    asyncio.run(run())


def test_a_table_is_active_with_its_ttl_and_one_that_is_there_stays() -> None:
    def script(url: str) -> None:
        make(url, Table("T", "t", CREATE, ttl_attribute="expires"))
        make(url, Table("T", "t", CREATE, ttl_attribute="expires"))

        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="local",
            aws_secret_access_key="local-secret",
        )
        assert client.describe_table(TableName="t")["Table"]["TableStatus"] == "ACTIVE"
        ttl = client.describe_time_to_live(TableName="t")["TimeToLiveDescription"]
        assert (ttl["AttributeName"], ttl["TimeToLiveStatus"]) == ("expires", "ENABLED")
        client.close()

    at_an_endpoint(script)


def test_a_table_that_cannot_be_made_is_told_with_the_endpoint() -> None:
    def script(url: str) -> None:
        wrong = {**CREATE, "AttributeDefinitions": []}
        with pytest.raises(EndpointUnusableError, match="ValidationException") as caught:
            make(url, Table("T", "t", wrong))
        assert url in str(caught.value)

    at_an_endpoint(script)


def test_an_endpoint_that_nobody_listens_at_is_told() -> None:
    with loopback_listener() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(EndpointUnusableError, match="Could not connect"):
        make(url, Table("T", "t", CREATE))


@pytest.mark.parametrize("url", ["localhost:8000", "no url"])
def test_what_is_no_url_is_told(url: str) -> None:
    with pytest.raises(EndpointUnusableError, match=url):
        make(url, Table("T", "t", CREATE))
