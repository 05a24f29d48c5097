"""Locust's events, options and messages with the types that Locust leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locust.env import Environment
from locust.event import EventHook
from locust.rpc import Message
from locust.runners import MasterRunner, WorkerRunner


def listen(hook: EventHook, listener: Callable[..., object]) -> None:
    """Have `listener` called, with keyword arguments, whenever the event occurs."""
    hook.add_listener(listener)  # type: ignore[no-untyped-call]


def fire_request(
    environment: Environment,
    kind: str,
    name: str,
    response_ms: float | None,
    size: int,
    error: Exception | None,
) -> None:
    """Tell every listener of a request: Locust's statistics, and whatever plug-in there is."""
    environment.events.request.fire(  # type: ignore[no-untyped-call]
        request_type=kind,
        name=name,
        response_time=response_ms,
        response_length=size,
        exception=error,
        context={},
    )


def options_of(environment: Environment) -> Any:  # noqa: ANN401 - an argparse namespace
    """The parsed command line."""
    assert environment.parsed_options is not None, "Locust was not started from its command line"
    return environment.parsed_options


def tell(
    runner: MasterRunner | WorkerRunner, kind: str, data: object = None, *, worker: str | None = None
) -> None:
    """Send a message of ours to the master, or to all workers or one; `data` of types that msgpack knows."""
    runner.send_message(kind, data, worker)  # type: ignore[arg-type]  # Locust sends any


def on_message(
    runner: MasterRunner | WorkerRunner,
    kind: str,
    listener: Callable[[Message], object],
    *,
    alongside: bool = False,
) -> None:
    """Have `listener` called with each message of that kind; `alongside` others if it takes its time."""

    def take(environment: Environment, msg: Message) -> None:  # noqa: ARG001 - the names are Locust's
        listener(msg)

    runner.register_message(kind, take, concurrent=alongside)


def report(worker: WorkerRunner) -> None:
    """Send the master the worker's statistics now, ahead of what is told after it."""
    worker._send_stats()  # private: Locust has no other way than to wait
