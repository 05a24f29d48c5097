"""The DynamoDB endpoint of functions in a stack with controls: faults and trace, whatever the engine."""

from __future__ import annotations

import asyncio
import binascii
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reference_app.gateway.control.controls import now_ns
from reference_app.gateway.control.fault_rules import Occurrence, Site, TableLag, TablePages, TableThrottled
from reference_app.gateway.control.trace import TableCall
from reference_app.gateway.dynamodb.engine_calls import TableRequest, table_request
from reference_app.gateway.dynamodb.expired_rows import delete_expired
from reference_app.gateway.dynamodb.lagging_replica import WRITES, LaggingReplica
from reference_app.gateway.dynamodb.small_pages import PAGED, SmallPages
from reference_app.gateway.functions.session_token import calling_function
from reference_app.gateway.http_client import OriginError, Reply
from reference_app.gateway.http_server import LOOPBACK, HttpServer, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reference_app.gateway.control.controls import Controls
    from reference_app.gateway.control.fault_book import Injection
    from reference_app.gateway.dynamodb.engine_calls import EngineCalls
    from reference_app.gateway.http_client import HttpClient
    from reference_app.gateway.template.application import Table

_LONGEST_BODY = 16 * 1024 * 1024 + 1024  # BatchWriteItem takes 16 MB
_LONGEST_TRACED = 4096
_CONTENT_TYPE = "application/x-amz-json-1.0"
_THROTTLED = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)


class TableFront:
    """Answers from `start` to `stop`, by asking the engine, or against it as the fault rules say."""

    def __init__(
        self, controls: Controls, client: HttpClient, calls: EngineCalls, tables: Sequence[Table]
    ) -> None:
        """`calls` are made with `client`; `tables` are the application's."""
        self._controls = controls
        self._client = client
        self._calls = calls
        self._tables = tables
        self._pages = SmallPages()
        self._replicas: dict[str, LaggingReplica] = {}
        self._changing = asyncio.Lock()
        self._server = HttpServer(self._answer, longest_body=_LONGEST_BODY)

    async def start(self) -> str:
        """Listen; returns the URL."""
        return f"http://{LOOPBACK}:{await self._server.start()}"

    async def stop(self) -> None:
        """Close the port and the connections to the engine."""
        await self._server.stop()
        for table in tuple(self._replicas):
            await self._replicas.pop(table).stop()
        await self._client.close()

    async def follow_rules(self) -> None:
        """Keep a replica of the tables whose reads lag, and of no other. Raises EngineError, OriginError."""
        async with self._changing:
            wanted = {table.name: lag for table in self._tables if (lag := self._lag(table.name)) is not None}
            for name, replica in tuple(self._replicas.items()):
                if wanted.get(name) != replica.seconds:
                    await self._replicas.pop(name).stop()
            for name, seconds in wanted.items():
                if name not in self._replicas:
                    replica = LaggingReplica(self._calls, name, seconds)
                    await replica.start()
                    self._replicas[name] = replica

    async def delete_expired(self) -> int:
        """Delete what has expired on the stack's clock; returns how many rows.

        Raises EngineError, OriginError.
        """
        deleted = 0
        for table in self._tables:
            now_s = self._controls.clock.epoch_ms() / 1000
            async for deletion in delete_expired(self._calls, table, now_s):
                self._wrote(deletion)
                deleted += 1
        return deleted

    def _lag(self, table: str) -> float | None:
        lags = [
            state.rule.fault.seconds
            for state in self._controls.faults.states()
            if isinstance(state.rule.fault, TableLag) and state.rule.where.may_concern_table(table)
        ]
        return lags[0] if lags else None

    async def _answer(self, request: Request) -> Response:
        started = now_ns()
        asked = table_request(request.headers.get("x-amz-target", ""), request.body)
        function = calling_function(request.headers.get("x-amz-security-token"))
        call_id = request.headers.get("amz-sdk-invocation-id")
        injections: tuple[Injection, ...] = ()
        if function is not None:  # whoever looks into the table from outside sees it as it is
            about = Occurrence(
                Site.TABLE_CALL, function=function, table=asked.table, operation=asked.operation, call=call_id
            )
            injections = self._controls.decide(about)
        reply: Reply | None = None
        try:
            reply = await self._reply(request, asked, injections, by_function=function is not None)
        except OriginError as error:
            reply = _error(500, "InternalServerError", str(error))
        finally:
            status, error_type, items, has_more = _outcome(asked, reply)
            event = TableCall(
                asked.operation,
                asked.table,
                function,
                call_id,
                request.body.decode(errors="replace") if len(request.body) <= _LONGEST_TRACED else None,
                status,
                error_type,
                items,
                has_more,
                tuple(injection.rule_id for injection in injections),
            )
            self._controls.record(event, started)
        headers = {name: value for name, value in reply.headers.items() if name in _KEPT_HEADERS}
        return Response(reply.status, reply.body, headers)

    async def _reply(
        self, request: Request, asked: TableRequest, injections: Sequence[Injection], *, by_function: bool
    ) -> Reply:
        faults = [injection.fault for injection in injections]
        if any(isinstance(fault, TableThrottled) for fault in faults):
            return _error(400, "ProvisionedThroughputExceededException", _THROTTLED)
        shown = asked
        replica = self._replicas.get(asked.table or "")
        if replica is not None and any(isinstance(fault, TableLag) for fault in faults):
            shown = replica.read(asked) or asked
        pages = next((fault for fault in faults if isinstance(fault, TablePages)), None)
        if asked.operation in PAGED:
            if pages is not None:
                return await self._paged(shown, pages)
            if by_function and (resumed := self._pages.resumed(shown.parameters)) is not shown.parameters:
                shown = replace(shown, parameters=resumed)
        if shown is not asked:
            return await self._calls.send(shown)
        reply = await self._client.request(request.method, request.target, request.headers, request.body)
        if reply.status == 200 and asked.operation in WRITES:
            self._wrote(asked)
        return reply

    async def _paged(self, asked: TableRequest, fault: TablePages) -> Reply:
        newest: Reply | None = None

        async def ask(parameters: Mapping[str, Any]) -> dict[str, Any] | None:
            nonlocal newest
            newest = await self._calls.send(TableRequest(asked.operation, parameters))
            return json.loads(newest.body) if newest.status == 200 else None

        page = await self._pages.answer(ask, asked.parameters, limit=fault.limit, empty=fault.empty)
        assert newest is not None
        return newest if page is None else _result(page)

    def _wrote(self, request: TableRequest) -> None:
        for replica in self._replicas.values():
            replica.wrote(request)


_KEPT_HEADERS = frozenset({"content-type", "x-amzn-requestid", "x-amz-crc32", "x-amzn-errortype", "date"})


def _result(page: Mapping[str, Any]) -> Reply:
    return _reply(200, json.dumps(page, separators=(",", ":")).encode())


def _error(status: int, kind: str, message: str) -> Reply:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": message}
    return _reply(status, json.dumps(body, separators=(",", ":")).encode())


def _reply(status: int, body: bytes) -> Reply:
    headers = {
        "content-type": _CONTENT_TYPE,
        "x-amzn-requestid": uuid.uuid4().hex.upper(),
        "x-amz-crc32": str(binascii.crc32(body)),
    }
    return Reply(status, headers, body)


def _outcome(asked: TableRequest, reply: Reply | None) -> tuple[int | None, str | None, int | None, bool]:
    if reply is None:
        return None, None, None, False
    if reply.status == 200 and asked.operation not in PAGED:
        return 200, None, None, False
    try:
        body = json.loads(reply.body)
    except ValueError:
        body = {}
    if reply.status == 200:
        return 200, None, len(body.get("Items", ())), "LastEvaluatedKey" in body
    return reply.status, str(body.get("__type", "")).rpartition("#")[2] or None, None, False
