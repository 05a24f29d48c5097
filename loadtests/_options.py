"""What `locust -f loadtests` understands beside Locust's own options."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from conformance.harness.errors import UsageError
from conformance.harness.receive_times import ReceiveTimes
from conformance.harness.target import FORMS
from reports.results import Exit

from ._scenarios import EXPLAINED, SCENARIOS, Scenario

TARGET_VARIABLE = "CHURNPROOF_TARGET"
_ARGPARSE_ERROR = 2


@dataclass(frozen=True)
class LoadOptions:
    """The command line of a load test, checked. Times in seconds."""

    target: str
    seed: int
    run_dir: Path | None
    gates: Path | None
    contract: Path | None
    """Message, contract and bounds, for a target that is no target file."""
    table: str | None
    region: str | None
    parameters: tuple[str, ...]
    """Values for the parameters of a SAM template, NAME=VALUE each."""
    dynamodb_endpoint: str | None
    management_endpoint: str | None
    receive_times: ReceiveTimes
    scenario: Scenario
    stage_s: float
    """Of a capacity search."""
    pace: Pace


@dataclass(frozen=True)
class Pace:
    """How the users behave."""

    talk_interval_s: float
    """Between two messages of one talker."""
    stay_s: float
    """Mean of a visitor's lifetime."""
    away_s: float
    """Mean of the time between two visits."""
    payload_bytes: int
    storm_every_s: float | None = None
    """Between two reconnect storms; None without."""
    storm_jitter_s: float = 0.0
    """Within which everybody comes back after every other storm."""
    idle_herd: bool = False
    """Everybody is silent."""


def add_options(parser: Any) -> None:  # noqa: ANN401 - Locust's parser class is not public
    """Declare our options on Locust's parser, and let its errors exit with 4 as all of ours do."""

    leave = parser.exit

    def exit_with_ours(status: int = 0, message: str | None = None) -> None:
        leave(int(Exit.USAGE) if status == _ARGPARSE_ERROR else status, message)

    parser.exit = exit_with_ours
    group = parser.add_argument_group("churnproof")

    # Strings, numbers and lists of them only: Locust sends parsed options to its workers as msgpack.
    def add(name: str, kind: Callable[[str], Any], default: object, metavar: str, text: str) -> None:
        group.add_argument(name, type=kind, default=default, metavar=metavar, help=text)

    add("--target", str, None, "<target>", f"what to load: {FORMS}; also in {TARGET_VARIABLE}, or --host")
    text = "file with [message], [contract] and [bounds], for a target that is not a target file"
    add("--contract", str, None, "<file>", text)
    add("--run-dir", str, None, "<folder>", "run folder (default: runs/<time>-load)")
    add("--seed", _whole, None, "<int>", "seed for lifetimes and schedules (default: a random one, printed)")
    add("--gates", str, None, "<file>", "TOML file of limits that the run must keep; a missed one exits 1")
    add("--table", str, None, "<name>", "connection table of a target given by URL")
    add("--region", str, None, "<region>", "AWS region of a target given by URL, or of the local stack")
    text = "value for a parameter of the SAM template; may be repeated"
    group.add_argument("--parameter", action="append", default=[], metavar="<name=value>", help=text)
    add("--dynamodb-endpoint", str, None, "<url>", "DynamoDB endpoint, if not that of AWS")
    add(
        "--management-endpoint",
        str,
        None,
        "<url>",
        "@connections endpoint of the target, including the stage",
    )
    add("--talk-interval", _seconds, 2.0, "<s>", "seconds between the messages of one talker (default 2)")
    add(
        "--stay",
        _seconds,
        3.0,
        "<s>",
        "mean lifetime in seconds of connections that come and go (default 3)",
    )
    add("--away", _seconds, 1.0, "<s>", "mean seconds until they reconnect (default 1)")
    add("--payload-bytes", _payload_bytes, 120, "<n>", "size of a message's payload (default 120)")
    _add_scenario_options(add)
    add(
        "--receive-times",
        _receive_times,
        "kernel",
        "kernel|read",
        "time of receipt: when the kernel had the message (default; costs more), or when it was read",
    )


def _add_scenario_options(add: Callable[[str, Callable[[str], Any], object, str, str], None]) -> None:
    text = f"how the load changes over time (default steady). {_scenarios_explained()}"
    add("--scenario", _scenario, "steady", "<name>", text)
    add("--storm-every", _seconds, None, "<s>", "seconds between reconnect storms (default 10)")
    text = "seconds over which users reconnect after every second storm (default 5)"
    add("--storm-jitter", _seconds, None, "<s>", text)
    add(
        "--stage-time",
        _seconds,
        None,
        "<s>",
        "seconds for which a capacity search tries each load (default 10)",
    )


def _scenarios_explained() -> str:
    return "; ".join(f"{name}: {EXPLAINED[name]}" for name in SCENARIOS)


def load_options(parsed: Any) -> LoadOptions:  # noqa: ANN401 - an argparse namespace
    """The options out of Locust's namespace. Raises UsageError."""
    if parsed.scenario == "capacity" and not parsed.num_users:
        raise UsageError("--scenario capacity needs -u, the most users to try")
    if parsed.scenario == "idle-herd" and (parsed.master or (parsed.processes or 1) != 1):
        raise UsageError("--scenario idle-herd runs in one process; leave --processes and --master out")
    for name, (scenario, _) in _OF_ONE_SCENARIO.items():
        if getattr(parsed, name) is not None and parsed.scenario != scenario:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} is for --scenario {scenario}, and this one is {parsed.scenario}")
    return LoadOptions(
        target=_target(parsed.target, parsed.host),
        seed=parsed.seed,
        run_dir=_path(parsed.run_dir),
        gates=_path(parsed.gates),
        contract=_path(parsed.contract),
        table=parsed.table,
        region=parsed.region,
        parameters=tuple(parsed.parameter),
        dynamodb_endpoint=parsed.dynamodb_endpoint,
        management_endpoint=parsed.management_endpoint,
        receive_times=parsed.receive_times,
        scenario=parsed.scenario,
        stage_s=_given(parsed, "stage_time"),
        pace=_pace(parsed),
    )


def _pace(parsed: Any) -> Pace:  # noqa: ANN401 - an argparse namespace
    stormy = parsed.scenario == "reconnect-storm"
    return Pace(
        parsed.talk_interval,
        parsed.stay,
        parsed.away,
        parsed.payload_bytes,
        _given(parsed, "storm_every") if stormy else None,
        _given(parsed, "storm_jitter") if stormy else 0.0,
        parsed.scenario == "idle-herd",
    )


_OF_ONE_SCENARIO: Mapping[str, tuple[str, float]] = {
    "storm_every": ("reconnect-storm", 10.0),
    "storm_jitter": ("reconnect-storm", 5.0),
    "stage_time": ("capacity", 10.0),
}
"""The scenario that an option belongs to, and its default there."""


def _given(parsed: Any, name: str) -> float:  # noqa: ANN401 - an argparse namespace
    value: float | None = getattr(parsed, name)
    return _OF_ONE_SCENARIO[name][1] if value is None else value


def _target(target: str | None, host: str | None) -> str:
    if target and host and target != host:
        raise UsageError(f"--target {target} and --host {host} differ; give one of them")
    found = target or host or os.environ.get(TARGET_VARIABLE)
    if not found:
        raise UsageError(f"no target: give --target, --host or {TARGET_VARIABLE}; a target is {FORMS}")
    return found


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no whole number") from error


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds") from error
    if not 0.001 <= value <= 86_400:
        raise ArgumentTypeError(f"{text} is not between 0.001 and 86400 seconds")
    return value


def _scenario(text: str) -> str:
    if text not in SCENARIOS:
        raise ArgumentTypeError(f"{text!r} is none of {', '.join(SCENARIOS)} ({_scenarios_explained()})")
    return text


def _receive_times(text: str) -> str:
    if text not in get_args(ReceiveTimes):
        raise ArgumentTypeError(f"{text!r} is neither `kernel` nor `read`")
    return text


def _payload_bytes(text: str) -> int:
    value = _whole(text)
    if not LEAST_PAYLOAD <= value <= MOST_PAYLOAD:
        raise ArgumentTypeError(f"{text} is not between {LEAST_PAYLOAD} and {MOST_PAYLOAD} bytes")
    return value


LEAST_PAYLOAD = 80
"""Run, message, digest and time must fit."""
MOST_PAYLOAD = 120 * 1024
"""API Gateway takes messages of 128 KB (RT-51), and the application's own JSON needs some of it."""
