"""Everything that a stack with controls has and one without has not: put together here, once."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from reference_app.gateway.control.control_api import LONGEST_BODY, ControlApi
from reference_app.gateway.control.controls import Controls, now_ns
from reference_app.gateway.control.gateway_faults import GatewayFaults
from reference_app.gateway.control.trace import FunctionOutput
from reference_app.gateway.dynamodb.engine_calls import EngineCalls
from reference_app.gateway.dynamodb.table_front import TableFront
from reference_app.gateway.http_client import HttpClient
from reference_app.gateway.http_server import LOOPBACK, HttpServer, loopback_listener
from reference_app.gateway.stack_errors import EndpointUnusableError, PortTakenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_app.gateway.template.application import Table


class ControlPlane:
    """The controls of one stack, from `start` to `stop`; create it inside the event loop."""

    def __init__(self, retire: Callable[[str], None]) -> None:
        """`retire` ends the execution environments of the function with a logical id."""
        self._controls = Controls()
        self._resources = AsyncExitStack()
        self.clock = self._controls.clock
        self.interference = GatewayFaults(self._controls, retire)
        self.url = ""
        self.dynamodb_endpoint = ""
        """Where functions and onlookers find their tables."""

    def printed(self, function: str) -> None:
        """Trace that a function has printed a line."""
        self._controls.record(FunctionOutput(function), now_ns())

    async def start(
        self, port: int, engine: str, tables: Sequence[Table], *, region: str, access_key_id: str
    ) -> None:
        """Serve the control endpoint, and the tables of the engine at a URL.

        Raises PortTakenError, EndpointUnusableError.
        """
        try:
            client = HttpClient(engine)
        except ValueError as wrong:
            raise EndpointUnusableError(engine, str(wrong)) from wrong
        calls = EngineCalls(client, region=region, access_key_id=access_key_id)
        front = TableFront(self._controls, client, calls, tables)
        self._resources.push_async_callback(front.stop)
        self.dynamodb_endpoint = await front.start()
        api = ControlApi(self._controls, rules_changed=front.follow_rules, clock_moved=front.delete_expired)
        server = HttpServer(api.answer, longest_body=LONGEST_BODY)
        self._resources.push_async_callback(server.stop)
        try:
            listener = loopback_listener(port)
        except OSError as refused:
            reason = os.strerror(refused.errno) if refused.errno else str(refused)
            raise PortTakenError(LOOPBACK, port, reason, option="--control-port") from refused
        self.url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        await server.serve(listener)

    async def stop(self) -> None:
        """Close every port."""
        await self._resources.aclose()
