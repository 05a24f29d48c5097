"""A run that ended before it was judged: what its history still shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from .figures import count
from .history_figures import close_codes, connection_times, handshakes, phase_spans
from .history_reader import History, HistoryError, read_history
from .metrics import axis_of, generator, no_pairs, series
from .redaction import redact_all
from .results import Delivery, Results, Series
from .run_folder import RunFolderError, read_plan


def read_cut_short(folder: Path) -> Results:
    """An inconclusive result for a folder with a history and no results.json.

    It shows connections, handshakes and phases; deliveries are counted and not judged.
    Raises RunFolderError.
    """
    plan = read_plan(folder)
    try:
        history = read_history(folder)
    except HistoryError as error:
        raise RunFolderError(f"{folder} was cut short, and its history cannot be read: {error}") from error
    start_ns = min(header.monotonic_ns for header in history.headers)
    clean = Results(
        kind=_kind(plan),
        verdict="inconclusive",
        reason=_reason(history, plan),
        target=_mapping(plan, "target"),
        seed=_integer(plan, "seed"),
        started=history.headers[0].wall,
        duration_s=max(0, history.end_ns - start_ns) / 1e9,
        delivery=Delivery(messages=len(history.messages)),
        series=_series(history, start_ns),
        phases=phase_spans(history, start_ns),
        close_codes=close_codes(history.connections),
        connects=handshakes(history.connections),
        generator=generator(history.health),
        command=_text(plan, "command"),
        cut_short=True,
    )
    return redact_all(clean)


def _reason(history: History, plan: Mapping[str, Any]) -> str:
    recorded = f"{count(len(history.messages))} messages and {count(len(history.deliveries))} deliveries"
    command = _text(plan, "command")
    repeat = f"repeat it with: {command}" if command else "repeat it, and let it end"
    return f"the run was cut short before it was judged, with {recorded} recorded; to get a verdict, {repeat}"


def _series(history: History, start_ns: int) -> Series:
    """Nothing over time where times of several clocks cannot be compared."""
    if any(clock.unclear for clock in history.clocks) or history.end_ns <= start_ns:
        return Series()
    nothing = no_pairs(axis_of(start_ns, history.end_ns))
    return series(nothing, connection_times(history.connections))


def _kind(plan: Mapping[str, Any]) -> Literal["conformance", "load"]:
    return "load" if plan.get("kind") == "load" else "conformance"


def _mapping(plan: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = plan.get(key)
    return value if isinstance(value, dict) else {}


def _integer(plan: Mapping[str, Any], key: str) -> int:
    value = plan.get(key)
    return value if isinstance(value, int) else 0


def _text(plan: Mapping[str, Any], key: str) -> str:
    value = plan.get(key)
    return value if isinstance(value, str) else ""
