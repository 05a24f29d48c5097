"""Everything in an application that invokes functions by itself: streams of tables, and queues."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from reference_app.gateway.dynamodb.engine_calls import STREAMS, TABLES, EngineCalls, EngineError
from reference_app.gateway.functions.queue_sources import QueuePoller
from reference_app.gateway.functions.stream_reader import NoStreamError, StreamReader
from reference_app.gateway.functions.stream_sources import StreamPoller
from reference_app.gateway.http_client import HttpClient, OriginError
from reference_app.gateway.running_application import ACCESS_KEY_ID
from reference_app.gateway.stack_errors import EndpointUnusableError
from reference_app.gateway.template.application import QueueSource, StreamSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reference_app.gateway.clock import Clock
    from reference_app.gateway.functions.observed_invocations import Run
    from reference_app.gateway.sqs.message_queue import MessageQueue
    from reference_app.gateway.template.application import Application


class EventSources:
    """Polls the event sources of one application until it is stopped."""

    def __init__(
        self, application: Application, run: Run, *, clock: Clock, notify: Callable[[str], None]
    ) -> None:
        """`notify` is told of records that are given up."""
        self._application = application
        self._run = run
        self._clock = clock
        self._notify = notify
        self._resources = AsyncExitStack()

    async def stop(self) -> None:
        """Leave what has not been sent."""
        await self._resources.aclose()

    def poll_queues(self, queues: Mapping[str, MessageQueue]) -> None:
        """Poll those of these queues, by ARN, that are event sources."""
        for source in self._application.event_sources:
            if isinstance(source, QueueSource):
                poller = QueuePoller(
                    source,
                    queues[source.queue_arn],
                    self._run,
                    clock=self._clock,
                    region=self._application.region,
                )
                self._resources.push_async_callback(poller.stop)
                poller.start()

    async def poll_streams(self, dynamodb: str, *, retry_s: float) -> None:
        """Poll the streams of the tables at this endpoint; see StreamPoller for `retry_s`.

        Raises EndpointUnusableError.
        """
        sources = [source for source in self._application.event_sources if isinstance(source, StreamSource)]
        if not sources:
            return
        client = HttpClient(dynamodb)
        self._resources.push_async_callback(client.close)
        tables, streams = (
            EngineCalls(client, region=self._application.region, access_key_id=ACCESS_KEY_ID, service=service)
            for service in (TABLES, STREAMS)
        )
        for source in sources:
            poller = StreamPoller(
                source,
                StreamReader(tables, streams, source.table),
                self._run,
                clock=self._clock,
                region=self._application.region,
                retry_s=retry_s,
                notify=self._notify,
            )
            self._resources.push_async_callback(poller.stop)
            try:
                await poller.start()
            except (NoStreamError, EngineError, OriginError) as unusable:
                raise EndpointUnusableError(dynamodb, str(unusable)) from unusable
