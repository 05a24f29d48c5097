"""The control endpoint's HTTP interface, version 1, as docs/control-endpoint.md has it: JSON over loopback.

    GET    /v1                 version, number of rules, trace, clock
    GET    /v1/faults          {"rules": [...]}: what is in force, with counters
    POST   /v1/faults          add a rule; 201 and the rule with its id
    DELETE /v1/faults          remove every rule: normal behaviour
    GET    /v1/faults/{id}     one rule
    DELETE /v1/faults/{id}     remove it, and let go of what it holds
    GET    /v1/trace           NDJSON; ?after=SEQ&kind=K,K&follow=true
    GET    /v1/clock           {"epoch_ms": ..., "moved_s": ...}
    POST   /v1/clock           {"advance_s": SECONDS}: move it forward

Errors are {"error": "a sentence"} with 400, 403, 404, 405, 415 or 500. A request whose `Host` is no loopback
name is refused, and so is one that carries the `Origin` of another site: a web page cannot get here, not even
by a name that it has made to resolve to 127.0.0.1.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from reference_app.gateway.control.controls import now_ns
from reference_app.gateway.control.fault_rules import RuleError
from reference_app.gateway.control.rule_json import rule_from_json, rule_to_json
from reference_app.gateway.control.trace import CAPACITY, ClockMoved, Gap, line
from reference_app.gateway.dynamodb.engine_calls import EngineError
from reference_app.gateway.http_client import OriginError
from reference_app.gateway.http_server import Request, Response, Stream

if TYPE_CHECKING:
    from reference_app.gateway.control.controls import Controls
    from reference_app.gateway.control.trace import Entry

VERSION = 1
LONGEST_BODY = 1 << 16
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_ADVANCE_S = 10 * 365 * 86400.0
_LINES_PER_CHUNK = 500


class _Refusal(Exception):  # noqa: N818 - it is an answer
    """The request is answered with an error."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class ControlApi:
    """Answers requests about the controls of one stack."""

    def __init__(
        self,
        controls: Controls,
        *,
        rules_changed: Callable[[], Awaitable[None]],
        clock_moved: Callable[[], Awaitable[int]],
    ) -> None:
        """`rules_changed` returns when the rules are in force everywhere.

        `clock_moved` does what DynamoDB does as time passes, and returns how many rows have expired.
        """
        self._controls = controls
        self._rules_changed = rules_changed
        self._clock_moved = clock_moved

    async def answer(self, request: Request) -> Response | Stream:
        """Answer one request."""
        try:
            _check_origin(request.headers)
            return await self._answer(request)
        except _Refusal as refusal:
            return _json(refusal.status, {"error": str(refusal)})
        except (EngineError, OriginError) as error:
            return _json(500, {"error": f"the DynamoDB engine: {error}"})

    async def _answer(self, request: Request) -> Response | Stream:
        path, _, query = request.target.partition("?")
        match path.strip("/").split("/"):
            case ["v1"]:
                return _json(200, self._overview(_only("GET", request)))
            case ["v1", "faults"]:
                return await self._faults(request)
            case ["v1", "faults", rule_id]:
                return await self._fault(request, rule_id)
            case ["v1", "trace"]:
                return self._trace(_only("GET", request), parse_qs(query, keep_blank_values=True))
            case ["v1", "clock"]:
                return await self._clock(request)
            case _:
                raise _Refusal(404, f"there is no {path}; the interface begins at /v{VERSION}")

    def _overview(self, _request: Request) -> dict[str, object]:
        return {
            "version": VERSION,
            "rules": len(self._controls.faults.states()),
            "trace": {"last": self._controls.trace.last, "capacity": CAPACITY},
            "clock": self._clock_state(),
        }

    async def _faults(self, request: Request) -> Response:
        match request.method:
            case "GET":
                return _json(
                    200, {"rules": [rule_to_json(state) for state in self._controls.faults.states()]}
                )
            case "POST":
                return await self._add(_body(request))
            case "DELETE":
                removed = [state.rule_id for state in self._controls.faults.states()]
                for rule_id in removed:
                    self._controls.remove_fault(rule_id)
                await self._rules_changed()
                return _json(200, {"removed": removed})
        raise _Refusal(405, "this takes GET, POST and DELETE")

    async def _add(self, document: object) -> Response:
        try:
            rule_id = self._controls.add_fault(rule_from_json(document))
        except RuleError as wrong:
            raise _Refusal(400, str(wrong)) from wrong
        try:
            await self._rules_changed()
        except BaseException:
            self._controls.remove_fault(rule_id)
            raise
        return self._rule(201, rule_id)

    async def _fault(self, request: Request, rule_id: str) -> Response:
        answer = self._rule(200, rule_id)
        match request.method:
            case "GET":
                return answer
            case "DELETE":
                self._controls.remove_fault(rule_id)
                await self._rules_changed()
                return answer
        raise _Refusal(405, "this takes GET and DELETE")

    def _rule(self, status: int, rule_id: str) -> Response:
        state = self._controls.faults.state(rule_id)
        if state is None:
            raise _Refusal(404, f"there is no rule {rule_id}")
        return _json(status, rule_to_json(state))

    def _trace(self, _request: Request, query: Mapping[str, list[str]]) -> Stream:
        if unknown := query.keys() - {"after", "kind", "follow"}:
            raise _Refusal(400, f"{min(unknown)}: there is no such parameter; there are after, kind, follow")
        after = query.get("after", ["0"])[-1]
        if not (after.isascii() and after.isdecimal()):
            raise _Refusal(400, "after: must be the number of an entry")
        kinds = frozenset(query["kind"][-1].split(",")) if "kind" in query else None
        follow = query.get("follow", ["false"])[-1]
        if follow not in {"true", "false"}:
            raise _Refusal(400, "follow: must be true or false")
        lines = self._lines(int(after), kinds, follow=follow == "true")
        return Stream(200, lines, {"Content-Type": "application/x-ndjson"})

    async def _lines(
        self, after: int, kinds: frozenset[str] | None, *, follow: bool
    ) -> AsyncGenerator[bytes, None]:
        if not follow:
            for chunk in _chunks(list(self._controls.trace.since(after)), kinds):
                yield chunk
            return
        async for batch in self._controls.trace.follow(after):
            for chunk in _chunks(batch, kinds):
                yield chunk

    async def _clock(self, request: Request) -> Response:
        match request.method:
            case "GET":
                return _json(200, self._clock_state())
            case "POST":
                seconds = _advance(_body(request))
                started = now_ns()
                self._controls.clock.advance(seconds)
                expired = await self._clock_moved()
                self._controls.record(ClockMoved(seconds, expired), started)
                return _json(200, {**self._clock_state(), "expired_rows": expired})
        raise _Refusal(405, "this takes GET and POST")

    def _clock_state(self) -> dict[str, object]:
        clock = self._controls.clock
        return {"epoch_ms": clock.epoch_ms(), "moved_s": clock.moved_s}


def _check_origin(headers: Mapping[str, str]) -> None:
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        origin = urlsplit(headers["origin"]).hostname if "origin" in headers else host
    except ValueError as wrong:
        raise _Refusal(400, f"the request's Host or Origin cannot be read: {wrong}") from wrong
    if host not in _LOOPBACK_NAMES or origin not in _LOOPBACK_NAMES:
        raise _Refusal(
            403, "only requests to 127.0.0.1, localhost or [::1] are answered, none of other sites"
        )


def _only(method: str, request: Request) -> Request:
    if request.method != method:
        raise _Refusal(405, f"this takes {method}")
    return request


def _body(request: Request) -> object:
    # A form of another site cannot send this type.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refusal(415, "the body must be application/json")
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as wrong:
        raise _Refusal(400, f"the body is not JSON: {wrong}") from wrong


def _advance(document: object) -> float:
    if not isinstance(document, dict) or document.keys() != {"advance_s"}:
        raise _Refusal(400, 'the body must be {"advance_s": SECONDS}')
    seconds = document["advance_s"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not isfinite(seconds):
        raise _Refusal(400, "advance_s: must be a number")
    if not 0 <= seconds <= _LONGEST_ADVANCE_S:
        raise _Refusal(400, "advance_s: must be from 0 to ten years; the clock does not go back")
    return float(seconds)


def _chunks(entries: list[Entry | Gap], kinds: frozenset[str] | None) -> Iterator[bytes]:
    """Whole lines, many at a time; gaps are told whatever kinds are asked for."""
    wanted = (
        entry for entry in entries if kinds is None or isinstance(entry, Gap) or entry.event.kind in kinds
    )
    while batch := [line(entry) for entry in islice(wanted, _LINES_PER_CHUNK)]:
        yield b"".join(batch)


def _json(status: int, document: object) -> Response:
    body = json.dumps(document, ensure_ascii=False).encode() + b"\n"
    return Response(status, body, {"Content-Type": "application/json", "Cache-Control": "no-store"})
