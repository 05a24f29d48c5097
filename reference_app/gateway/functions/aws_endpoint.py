"""Where functions find AWS: everything but DynamoDB and `@connections`, which have places of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_app.gateway.functions import absent_services
from reference_app.gateway.functions.invoke_call import LONGEST_PAYLOAD, is_invoke
from reference_app.gateway.functions.session_token import calling_function
from reference_app.gateway.http_server import LOOPBACK, HttpServer, Request, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reference_app.gateway.functions.lambda_api import LambdaApi
    from reference_app.gateway.sqs.sqs_api import SqsApi

_LONGEST_BODY = 2 * max(LONGEST_PAYLOAD.values())


class AwsEndpoint:
    """Answers what AWS SDKs send to `AWS_ENDPOINT_URL`, from `start` to `stop`."""

    def __init__(self, functions: LambdaApi, queues: SqsApi, notify: Callable[[str], None]) -> None:
        """`notify` is told once of each call that a function makes of a service that is not here."""
        self._functions = functions
        self._queues = queues
        self._notify = notify
        self._told: set[str] = set()
        self._server = HttpServer(self._answer, longest_body=_LONGEST_BODY)

    async def start(self) -> str:
        """Listen; returns the URL."""
        return f"http://{LOOPBACK}:{await self._server.start()}"

    async def stop(self) -> None:
        """Close the port."""
        await self._server.stop()
        await self._functions.stop()

    def _answer(self, request: Request) -> Response | Awaitable[Response]:
        if is_invoke(request):
            return self._functions.answer(request)
        if self._queues.serves(request):
            return self._queues.answer(request)
        call = absent_services.absent_call(request)
        caller = calling_function(request.headers.get("x-amz-security-token")) or "a caller from outside"
        sentence = f"{caller} calls {call}, which is refused: of AWS there are {absent_services.HERE} here"
        if sentence not in self._told:
            self._told.add(sentence)
            self._notify(sentence)
        return absent_services.refusal(call, request)
