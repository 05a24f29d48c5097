"""The local stack: API Gateway, Lambda, DynamoDB and SQS around one application."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from reference_app.gateway.certificates import Certificates
from reference_app.gateway.clock import Clock, SystemClock
from reference_app.gateway.dynamodb.dynamodb_endpoint import DynamoDbEndpoint
from reference_app.gateway.dynamodb.table_creation import create_tables
from reference_app.gateway.functions import name_interception, node_runtime, node_sdk
from reference_app.gateway.functions.aws_endpoint import AwsEndpoint
from reference_app.gateway.functions.event_sources import EventSources
from reference_app.gateway.functions.function_environment import Surroundings
from reference_app.gateway.functions.inline_code import staged
from reference_app.gateway.functions.lambda_api import LambdaApi
from reference_app.gateway.functions.lambda_runtime import is_node
from reference_app.gateway.functions.lambda_service import LambdaService
from reference_app.gateway.functions.logs import LogWriter
from reference_app.gateway.functions.observed_invocations import Run, observed
from reference_app.gateway.run_folder import run_folder
from reference_app.gateway.running_application import ACCESS_KEY_ID, SECRET_ACCESS_KEY, RunningApplication
from reference_app.gateway.sqs.message_queue import MessageQueue, message_queues
from reference_app.gateway.sqs.sqs_api import SqsApi
from reference_app.gateway.stack_errors import PortTakenError, TemplateError
from reference_app.gateway.template.application import Application
from reference_app.gateway.template.template import ACCOUNT_ID, check_application
from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.user_cache import cache_folder
from reference_app.gateway.websocket_api.api_directory import host_names
from reference_app.gateway.websocket_api.gateway import Gateway
from reference_app.gateway.websocket_api.selection_expression import UnsupportedExpression

if TYPE_CHECKING:
    from reference_app.gateway.control.control_plane import ControlPlane

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
    control_port: int | None = None
    """Where faults, trace and clock are controlled, 0 for a free port; None for a stack without controls."""
    unknowns: Unknowns = field(default_factory=Unknowns)
    logs: IO[str] | None = None
    """Where the functions' output goes; None drops it."""
    notify: Callable[[str], None] = _say_nothing
    """Is told, in a sentence, what goes wrong while the stack runs."""


class Stack:
    """AWS on this machine, as far as an application with a WebSocket API needs it.

    `async with Stack(options) as stack:` starts what does not depend on the application, `deploy` the rest;
    whatever happens, nothing is left behind.
    """

    def __init__(self, options: StackOptions) -> None:
        self._options = options
        self._resources = AsyncExitStack()
        self._dynamodb = options.dynamodb_endpoint or ""
        self._is_stopping = False

    async def __aenter__(self) -> Self:
        """Start the DynamoDB endpoint; it gets ready while the template is read."""
        if not self._dynamodb:
            endpoint = DynamoDbEndpoint(ACCOUNT_ID, self._dynamodb_ended)
            self._resources.push_async_callback(endpoint.stop)
            self._dynamodb = endpoint.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopping = True
        await self._resources.aclose()

    async def deploy(self, application: Application) -> RunningApplication:
        """Run an application until the stack ends; returns when it takes connections, its functions warm.

        Raises StackError: TemplateError, PortTakenError, EndpointUnusableError or NodeSdkError.
        """
        folder = self._resources.enter_context(run_folder("local-stack-"))
        application = staged(application, folder)
        check_application(application)
        node_sdks = await self._node_sdks(application)
        names = [name for api in application.apis for name in host_names(api, application.region)]
        certificates = Certificates(names, folder)
        service = self._lambda_service(application)
        self._resources.push_async_callback(service.stop)
        plane = await self._control_plane(application, service)
        port = await self._start_gateway(application, service, certificates, plane)
        running = RunningApplication(
            application,
            _reachable(self._options.host),
            port,
            self._dynamodb if plane is None else plane.dynamodb_endpoint,
            None if plane is None else plane.url,
        )
        clock = SystemClock() if plane is None else plane.clock
        run = observed(service, None if plane is None else plane.interference)
        queues = message_queues(application.queues, clock, self._options.notify)
        aws = await self._aws_endpoint(application, service, run, clock, queues)
        surroundings = self._surroundings(running, aws, certificates, names, node_sdks)
        # Functions initialise while the tables are made; neither needs the other.
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._create_tables(application))
                tasks.create_task(service.start(surroundings))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        sources = EventSources(application, run, clock=clock, notify=self._options.notify)
        await self._poll(sources, queues)
        return running

    def _dynamodb_ended(self, code: int) -> None:
        if not self._is_stopping:
            self._options.notify(f"the DynamoDB endpoint ended unexpectedly (return code {code})")

    def _lambda_service(self, application: Application) -> LambdaService:
        logs = None
        if self._options.logs is not None:
            logs = LogWriter(self._options.logs)
            self._resources.callback(logs.close)
        return LambdaService(
            application.functions.values(),
            account_id=ACCOUNT_ID,
            concurrency=self._options.concurrency,
            logs=logs,
            notify=self._options.notify,
        )

    async def _control_plane(self, application: Application, service: LambdaService) -> ControlPlane | None:
        if self._options.control_port is None:
            return None
        # Imported late: who wants no faults does not wait for them.
        from reference_app.gateway.control.control_plane import ControlPlane

        plane = ControlPlane(service.retire)
        service.watch_output(plane.printed)
        self._resources.push_async_callback(plane.stop)
        await plane.start(
            self._options.control_port,
            self._dynamodb,
            application.tables,
            region=application.region,
            access_key_id=ACCESS_KEY_ID,
        )
        return plane

    async def _aws_endpoint(
        self,
        application: Application,
        service: LambdaService,
        run: Run,
        clock: Clock,
        queues: Mapping[str, MessageQueue],
    ) -> str:
        """Serve what functions ask of AWS beside DynamoDB and `@connections`; returns the URL."""
        functions = LambdaApi(
            application.functions,
            run,
            service.running,
            arn_prefix=f"arn:aws:lambda:{application.region}:{ACCOUNT_ID}:function:",
            clock=clock,
            notify=self._options.notify,
        )
        endpoint = AwsEndpoint(functions, SqsApi(queues.values(), clock), self._options.notify)
        self._resources.push_async_callback(endpoint.stop)
        return await endpoint.start()

    async def _poll(self, sources: EventSources, queues: Mapping[str, MessageQueue]) -> None:
        self._resources.push_async_callback(sources.stop)
        sources.poll_queues(queues)
        await sources.poll_streams(self._dynamodb, retry_s=self._options.unknowns.stream_retry_ms / 1000)

    async def _start_gateway(
        self,
        application: Application,
        service: LambdaService,
        certificates: Certificates,
        plane: ControlPlane | None,
    ) -> int:
        try:
            gateway = Gateway(
                application.apis,
                service,
                region=application.region,
                account_id=ACCOUNT_ID,
                credentials={ACCESS_KEY_ID: SECRET_ACCESS_KEY},
                tls=certificates.server_context(),
                unknowns=self._options.unknowns,
                clock=SystemClock() if plane is None else plane.clock,
                interference=None if plane is None else plane.interference,
            )
        except UnsupportedExpression as unsupported:
            raise TemplateError(str(unsupported), template=application.template) from unsupported
        self._resources.push_async_callback(gateway.stop)
        try:
            return await gateway.start(self._options.host, self._options.port)
        except OSError as refused:
            reason = os.strerror(refused.errno) if refused.errno else str(refused)
            raise PortTakenError(self._options.host, self._options.port, reason) from refused

    async def _node_sdks(self, application: Application) -> Mapping[str, Path]:
        """What Lambda ships with each of the Node.js runtimes that the application has functions for."""
        # For a function that perhaps nobody ever invokes, no npm has to be there.
        needed = [function for function in application.functions.values() if not function.on_demand]
        runtimes = {function.runtime for function in needed if is_node(function)}
        return {
            runtime: await node_sdk.installed_sdk(
                cache_folder(), self._options.notify, node_runtime.sdk_manifests(runtime)
            )
            for runtime in sorted(runtimes)
        }

    def _surroundings(
        self,
        running: RunningApplication,
        aws: str,
        certificates: Certificates,
        names: list[str],
        node_sdks: Mapping[str, Path],
    ) -> Surroundings:
        variables = {
            "AWS_ENDPOINT_URL": aws,
            "AWS_ENDPOINT_URL_DYNAMODB": running.dynamodb_endpoint,
            **certificates.variables(),
            **name_interception.variables(names, running.address, running.port),
        }
        return Surroundings(
            region=running.application.region,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            variables=variables,
            python_path=(name_interception.FOLDER,),
            node_sdks=node_sdks,
        )

    async def _create_tables(self, application: Application) -> None:
        if not application.tables:
            return
        await asyncio.to_thread(
            create_tables,
            application.tables,
            self._dynamodb,
            region=application.region,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
        )


def _reachable(host: str) -> str:
    """The address at which this machine reaches what listens at `host`."""
    return _ANY_ADDRESS.get(host, host)
