"""The smallest slice of a history that shows a violation, as a timeline of the few connections concerned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from conformance.harness.oracle import Pairs
from reports.history import FrameReceived, RowPlanted
from reports.history_reader import Connection, Message
from reports.results import Finding, Step

from . import backend_steps
from .case import Case

MOST_FINDINGS = 3
"""So many violations of one clause are told in full; all are counted."""

_AROUND_NS = 1_500_000_000
_TOGETHER_NS = 100_000_000
_MOST_STEPS = 24
_EXCERPT = 120


def of_pairs(
    case: Case, pairs: Pairs, messages: Sequence[Message], title: str, observed: str
) -> list[Finding]:
    """One finding for each of the first pairs; `title` and `observed` may hold {message} and {connection}."""
    findings = []
    for place, number in list(pairs)[:MOST_FINDINGS]:
        message, connection = messages[place], case.connection(number)
        names = {"message": message.label, "connection": connection.label}
        findings.append(
            Finding(
                title=title.format(**names),
                expected=f"{connection.label} hears {message.label}, once, as sent: {quoted(message.text)}",
                observed=observed.format(**names),
                timeline=pair_timeline(case, message, connection),
                connections=described([case.connection(message.sender), connection]),
            )
        )
    return findings


def of_connection(case: Case, connection: Connection, title: str, expected: str, observed: str) -> Finding:
    """A finding about one connection's life."""
    return Finding(title, expected, observed, life_timeline(case, connection), described([connection]))


def of_sequence(case: Case, messages: Sequence[Message], lost: Pairs, title: str) -> Finding:
    """A finding about a few messages among a few connections, told from the first connect to the last loss.

    `lost` are places in `messages`, and connections.
    """
    missed = [(messages[place], case.connection(number)) for place, number in lost]
    unheard = (f"{connection.label} did not hear {message.label}" for message, connection in missed)
    senders = {case.connection(message.sender).number for message in messages}
    concerned = [case.connection(number) for number in sorted(senders | {c.number for _, c in missed})]
    steps = [step for connection in concerned for step in _life(case, connection)]
    for message in messages:
        sender = case.connection(message.sender).label
        steps.append(Step(case.ms(message.started_ns), sender, f"sends {message.label}", to="backend"))
        steps += _copies(case, message, concerned)
    for message, connection in missed:
        text = f"{message.label} has not come within {case.bounds.deliver_s:g} s"
        steps.append(Step(case.ms(case.due_ns(message)), "backend", text, "expected", connection.label))
    window = (min(c.opening_ns for c in concerned), max(case.due_ns(message) for message in messages))
    steps += _rows(case, concerned, *window)
    steps += backend_steps.steps(case, concerned, *window)
    return Finding(
        title=title,
        expected="everybody who is there hears every broadcast",
        observed="; ".join(unheard),
        timeline=_ordered(steps),
        connections=described(concerned),
    )


def pair_timeline(case: Case, message: Message, receiver: Connection) -> tuple[Step, ...]:
    """Who connected, who sent, who heard, and what `receiver` did not hear."""
    sender = case.connection(message.sender)
    concerned = [sender] if sender is receiver else [sender, receiver]
    steps = [step for connection in concerned for step in _life(case, connection)]
    steps.append(Step(case.ms(message.started_ns), sender.label, f"sends {message.label}", to="backend"))
    steps += _copies(case, message, concerned)
    heard = {number for number, _ in _receipts(case, message)}
    if receiver.number not in heard and not message.group.startswith("mischief/"):
        bound_ns = case.due_ns(message)
        text = f"{message.label} has not come within {case.bounds.deliver_s:g} s"
        steps.append(Step(case.ms(bound_ns), "backend", text, "expected", receiver.label))
    others = sorted(case.connection(number).label for number in heard - {c.number for c in concerned})
    if others:
        who = "another" if len(others) == 1 else f"{len(others)} others"
        named = ", ".join([*others[:6], *(["…"] if len(others) > 6 else [])])
        text = f"{message.label} reached {who}: {named}"
        steps.append(Step(case.ms(_receipts(case, message)[0][1]), "backend", text))
    window = (message.started_ns - _AROUND_NS, case.due_ns(message))
    steps += _rows(case, concerned, *window)
    steps += _frames(case, concerned, *window)
    if message.group.startswith("fault/"):
        steps += backend_steps.broadcast_steps(case, message, concerned)
    else:
        steps += backend_steps.steps(case, concerned, *window)
        steps += backend_steps.refusals(case, message, concerned)
    return _ordered(steps)


def life_timeline(case: Case, connection: Connection) -> tuple[Step, ...]:
    """Everything recorded of one connection, from its handshake on."""
    steps = [*_life(case, connection)]
    window = (connection.opening_ns, case.history.end_ns)
    steps += _rows(case, [connection], *window)
    steps += _frames(case, [connection], *window)
    steps += backend_steps.steps(case, [connection], *window)
    for message in case.history.messages:
        if message.sender == connection.number:
            steps.append(
                Step(case.ms(message.started_ns), connection.label, f"sends {message.label}", to="backend")
            )
    return _ordered(steps)


def excerpt(text: str) -> str:
    """The beginning of a frame's text, for a reason of one line."""
    return text[:_EXCERPT]


def described(connections: Iterable[Connection]) -> tuple[str, ...]:
    """Label, API Gateway id and source port of each, once."""
    lines = []
    for connection in connections:
        parts = [connection.label, connection.group]
        if connection.connection_id:
            parts.append(f"connection id {connection.connection_id}")
        if connection.source_port:
            parts.append(f"source port {connection.source_port}")
        lines.append(", ".join(parts))
    return tuple(dict.fromkeys(lines))


def _life(case: Case, connection: Connection) -> list[Step]:
    steps = [Step(case.ms(connection.opening_ns), connection.label, "connects", to="backend")]
    if connection.opened_ns is not None:
        steps.append(
            Step(case.ms(connection.opened_ns), "backend", "101, handshake done", to=connection.label)
        )
    elif connection.connect_outcome == "failed":
        answer = f"refused: {connection.status or connection.detail}"
        steps.append(Step(case.ms(connection.opening_ns), "backend", answer, "bad", connection.label))
    if connection.leaving_ns is not None:
        ours = connection.how in ("close", "abort", "half-open")
        code = "" if connection.code is None else f" {connection.code} {connection.reason}".rstrip()
        what = {
            "close": "closes",
            "abort": "is cut off (RST)",
            "half-open": "stops reading (half-open)",
            "peer-close": f"close frame{code}",
        }.get(connection.how or "", "connection lost")
        who, to = (connection.label, "backend") if ours else ("backend", connection.label)
        steps.append(Step(case.ms(connection.leaving_ns), who, what, "" if ours else "bad", to))
    return steps


def _receipts(case: Case, message: Message) -> list[tuple[int, int]]:
    """To whom and when, in time order."""
    mine = case.history.deliveries.of(message.id)[["connection", "at_ns"]]
    return sorted(mine.tolist(), key=lambda receipt: receipt[1])


def _copies(case: Case, message: Message, concerned: Sequence[Connection]) -> list[Step]:
    labels = {connection.number: connection.label for connection in concerned}
    steps: list[Step] = []
    seen: set[int] = set()
    for number, at_ns in _receipts(case, message):
        if number in labels:
            again = " again" if number in seen else ""
            seen.add(number)
            steps.append(
                Step(
                    case.ms(at_ns),
                    "backend",
                    f"{message.label} arrives{again}",
                    "bad" if again else "",
                    labels[number],
                )
            )
    return steps


def _rows(case: Case, concerned: Sequence[Connection], since_ns: int, until_ns: int) -> list[Step]:
    labels = backend_steps.labels_of(concerned)
    steps = []
    for row in case.history.rows:
        if since_ns <= row.at_ns <= until_ns and row.connection_id in labels:
            state = "is there" if row.present else "is not there"
            steps.append(Step(case.ms(row.at_ns), "table", f"row of {labels[row.connection_id]} {state}"))
    planted = [row for row in case.history.planted if since_ns <= row.at_ns <= until_ns]
    return [*steps, *(_planting(case, rows) for rows in _together(planted))]


def _together(planted: Iterable[RowPlanted]) -> list[list[RowPlanted]]:
    """Rows of one kind that were planted one after another, a dozen at a time."""
    groups: list[list[RowPlanted]] = []
    for row in planted:
        last = groups[-1][-1] if groups else None
        if last is not None and row.kind == last.kind and row.at_ns - last.at_ns <= _TOGETHER_NS:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _planting(case: Case, rows: Sequence[RowPlanted]) -> Step:
    places = Counter(row.position for row in rows)
    where = ", ".join(place if count == 1 else f"{count} {place}" for place, count in places.items())
    what = "stale row" if len(rows) == 1 else f"{len(rows)} stale rows"
    return Step(case.ms(rows[0].at_ns), "table", f"{what} planted ({rows[0].kind}, {where})")


def _frames(case: Case, concerned: Sequence[Connection], since_ns: int, until_ns: int) -> list[Step]:
    return [
        Step(
            case.ms(frame.at_ns),
            "backend",
            f"frame {quoted(frame.text)}",
            "" if _was_asked_for(case, frame) else "bad",
            connection.label,
        )
        for connection in concerned
        for frame in case.frames(connection, since_ns, until_ns)
    ]


def _was_asked_for(case: Case, frame: FrameReceived) -> bool:
    """Whether it is the gateway's own answer (RT-20) to mischief, the question for an id included."""
    said = (m for m in case.history.messages if m.sender == frame.connection and m.started_ns <= frame.at_ns)
    last = max(said, key=lambda message: message.started_ns, default=None)
    return last is not None and last.group.startswith("mischief/") and '"Forbidden"' in frame.text


def _ordered(steps: list[Step]) -> tuple[Step, ...]:
    ordered = sorted(steps, key=lambda step: step.at_ms)
    telling = [step for step in ordered if step.mark]
    plain = [step for step in ordered if not step.mark]
    kept = telling[:_MOST_STEPS] + plain[: max(6, _MOST_STEPS - len(telling))]
    return tuple(sorted(kept, key=ordered.index))


def quoted(text: str, most: int = 80) -> str:
    """The text as Python would write it, its end left out where it is long."""
    short = text if len(text) <= most else f"{text[:most]}…"
    return repr(short)
