"""The local stack: API Gateway, Lambda and DynamoDB around one application."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from reference_app.gateway import name_interception
from reference_app.gateway.application import Application
from reference_app.gateway.certificates import Certificates
from reference_app.gateway.clock import SystemClock
from reference_app.gateway.dynamodb_endpoint import DynamoDbEndpoint
from reference_app.gateway.function_environment import Surroundings
from reference_app.gateway.gateway import Gateway
from reference_app.gateway.lambda_service import LambdaService
from reference_app.gateway.logs import LogWriter
from reference_app.gateway.ready_file import Ready, connection_table
from reference_app.gateway.stack_errors import PortTakenError
from reference_app.gateway.table_creation import create_tables
from reference_app.gateway.template import ACCOUNT_ID, check_application
from reference_app.gateway.unknowns import Unknowns

ACCESS_KEY_ID = "local"
SECRET_ACCESS_KEY = "local-secret"

_LOOPBACK = "127.0.0.1"
_ANY_ADDRESS = {"0.0.0.0": _LOOPBACK, "::": "::1", "": _LOOPBACK}  # noqa: S104 - recognised, not bound


def _say_nothing(sentence: str) -> None:
    """Drop it."""


@dataclass(frozen=True)
class StackOptions:
    """How a stack runs."""

    host: str = _LOOPBACK
    port: int = 0
    """0 for a free one."""
    concurrency: int = 10
    """Execution environments a function may have; further events queue."""
    dynamodb_endpoint: str | None = None
    """A DynamoDB endpoint to use instead of the embedded one."""
    unknowns: Unknowns = field(default_factory=Unknowns)
    logs: IO[str] | None = None
    """Where the functions' output goes; None drops it."""
    notify: Callable[[str], None] = _say_nothing
    """Is told, in a sentence, what goes wrong while the stack runs."""


class Stack:
    """`async with Stack(application, options) as stack:` runs it; whatever happens, it leaves nothing behind."""

    def __init__(self, application: Application, options: StackOptions) -> None:
        """Raises TemplateError for a function that cannot be run on this machine."""
        check_application(application)
        self._application = application
        self._options = options
        self._resources = AsyncExitStack()
        self._port = 0
        self._dynamodb = ""
        self._stopping = False

    @property
    def urls(self) -> tuple[str, ...]:
        """The WebSocket URL of each API; the same port takes `wss` as well."""
        return tuple(f"ws://{self._authority}/{api.stage}" for api in self._application.apis)

    @property
    def ready(self) -> Ready:
        """What the target file says."""
        return Ready(
            url=self.urls[0],
            management_endpoint=f"http://{self._authority}/{self._application.apis[0].stage}",
            region=self._application.region,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            dynamodb_endpoint=self._dynamodb,
            table=connection_table(self._application.tables),
        )

    async def __aenter__(self) -> Self:
        """Start everything. Raises StackError: PortTakenError or EndpointUnusableError."""
        async with AsyncExitStack() as resources:
            await self._start(resources)
            self._resources = resources.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        await self._resources.aclose()

    async def _start(self, resources: AsyncExitStack) -> None:
        application, options = self._application, self._options
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="local-stack-")))
        self._dynamodb = options.dynamodb_endpoint or self._start_dynamodb(resources)
        logs = None
        if options.logs is not None:
            logs = LogWriter(options.logs)
            resources.callback(logs.close)
        names = [f"{api.api_id}.execute-api.{application.region}.amazonaws.com" for api in application.apis]
        certificates = Certificates(names, folder)
        service = LambdaService(
            application.functions.values(),
            account_id=ACCOUNT_ID,
            concurrency=options.concurrency,
            logs=logs,
        )
        resources.push_async_callback(service.stop)
        await self._start_gateway(resources, service, certificates)
        surroundings = self._surroundings(certificates, names)
        # Functions initialise while the tables are made; neither needs the other.
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._create_tables())
            tasks.create_task(service.start(surroundings))

    def _start_dynamodb(self, resources: AsyncExitStack) -> str:
        endpoint = DynamoDbEndpoint(ACCOUNT_ID, self._dynamodb_ended)
        resources.push_async_callback(endpoint.stop)
        return endpoint.start()

    def _dynamodb_ended(self, code: int) -> None:
        if not self._stopping:
            self._options.notify(f"the DynamoDB endpoint ended unexpectedly (return code {code})")

    async def _start_gateway(
        self, resources: AsyncExitStack, service: LambdaService, certificates: Certificates
    ) -> None:
        gateway = Gateway(
            self._application.apis,
            service,
            region=self._application.region,
            account_id=ACCOUNT_ID,
            credentials={ACCESS_KEY_ID: SECRET_ACCESS_KEY},
            tls=certificates.server_context(),
            unknowns=self._options.unknowns,
            clock=SystemClock(),
        )
        resources.push_async_callback(gateway.stop)
        try:
            self._port = await gateway.start(self._options.host, self._options.port)
        except OSError as refused:
            reason = refused.strerror or str(refused)
            raise PortTakenError(self._options.host, self._options.port, reason) from refused

    def _surroundings(self, certificates: Certificates, names: list[str]) -> Surroundings:
        variables = {
            "AWS_ENDPOINT_URL_DYNAMODB": self._dynamodb,
            **certificates.variables(),
            **name_interception.variables(names, self._address, self._port),
        }
        return Surroundings(
            region=self._application.region,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            variables=variables,
            python_path=(name_interception.FOLDER,),
        )

    async def _create_tables(self) -> None:
        await asyncio.to_thread(
            create_tables,
            self._application.tables,
            self._dynamodb,
            region=self._application.region,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
        )

    @property
    def _address(self) -> str:
        """Where this machine reaches the gateway."""
        return _ANY_ADDRESS.get(self._options.host, self._options.host)

    @property
    def _authority(self) -> str:
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"{host}:{self._port}"
