"""What the backend did to the connections of a finding, from the trace: steps of its timeline."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

from reports.history_reader import Connection, FaultSpan, Message
from reports.results import Step
from reports.trace import ConnectionsCall, Invocation, LifecycleStep, TableCall

from .case import Case

_DELETES = ("DeleteItem", "BatchWriteItem", "TransactWriteItems")
_OK = 200
_ERROR = 400
_TOLD = ("held", "disconnect-dropped", "disconnect-late", "disconnect-twice")
_MOST_OTHERS = 12
_EXCERPT = 100


def steps(case: Case, concerned: Sequence[Connection], since_ns: int, until_ns: int) -> list[Step]:
    """Posts to the connections between the two times, and whatever befell them until the second.

    Empty for a run without a trace.
    """
    labels = labels_of(concerned)
    return [
        *_faults(case, labels, since_ns, until_ns),
        *_told(case, concerned, since_ns, until_ns),
        *_deletes(case, concerned, until_ns),
        *_turns(case, labels, until_ns),
    ]


def broadcast_steps(case: Case, message: Message, concerned: Sequence[Connection]) -> list[Step]:
    """What the backend made of a message sent while faults were in force, until the next one came."""
    since_ns, until_ns = message.started_ns, case.until_next_ns(message)
    return [
        *_faults(case, labels_of(case.history.connections), since_ns, until_ns),
        *_told(case, concerned, since_ns, until_ns),
        *_other_posts(case, concerned, since_ns, until_ns),
        *_deletes(case, concerned, until_ns),
    ]


def refusals(case: Case, message: Message, concerned: Sequence[Connection]) -> list[Step]:
    """The first post to others that failed in an invocation for the message's sender, and how many more did.

    A broadcast often ends where one of its posts fails.
    """
    ids = labels_of(concerned)
    failed = [post for post in function_posts(case) if post.connection_id not in ids and _failed(post)]
    found: list[Step] = []
    for run in invocations(case, message):
        during = [post for post in failed if _under_way(run, post)]
        found += _refusal(case, run, [post for post in during if running(case, post) == [run]])
    return found


def labels_of(connections: Sequence[Connection]) -> dict[str, str]:
    """By id, of those whose id is known."""
    return {c.connection_id: c.label for c in connections if c.connection_id is not None}


def posts(case: Case, ids: Collection[str | None], since_ns: int, until_ns: int) -> list[ConnectionsCall]:
    """The posts of the application's functions to these connections that began between the times."""
    found = (call for call in function_posts(case) if call.connection_id in ids)
    return sorted(
        (call for call in found if since_ns <= call.started_ns <= until_ns), key=lambda call: call.started_ns
    )


def function_posts(case: Case) -> list[ConnectionsCall]:
    """All that the application's functions posted, and nobody else, in the trace's order."""
    calls = case.history.trace.of(ConnectionsCall)
    return [call for call in calls if call.method == "POST" and call.function is not None]


def deleted_ids(call: TableCall, ids: Collection[str]) -> list[str]:
    """Those of the connection ids that the call deletes by key; empty for calls that delete nothing."""
    return ids_to_delete(call, ids) if call.status == _OK else []


def ids_to_delete(call: TableCall, ids: Collection[str]) -> list[str]:
    """Those that a function wants deleted by the call, whatever it was answered."""
    if call.operation not in _DELETES or call.function is None or call.request is None:
        return []
    keys = json.dumps(list(_deleted_keys(json.loads(call.request))))
    # Ids are long and random: wherever one stands within a key, that key is about it.
    return [name for name in ids if json.dumps(name)[1:-1] in keys]


def running_for(case: Case, call: TableCall | ConnectionsCall) -> str:
    """The function that made the call, with the connection that it was invoked for where that is certain."""
    whom = {row.connection_id for row in running(case, call)}
    if len(whom) != 1 or "" in whom:
        return str(call.function)
    return f"{call.function}, invoked for {_label(case, whom.pop())},"


def _deleted_keys(request: object) -> Iterator[object]:
    """Every `Key` of a delete in the parameters of DeleteItem, BatchWriteItem or TransactWriteItems."""
    if isinstance(request, list):
        for item in request:
            yield from _deleted_keys(item)
    elif isinstance(request, Mapping):
        if "Key" in request:
            yield request["Key"]
        for name, value in request.items():
            if name not in ("Key", "PutRequest", "Put", "Update", "ConditionCheck"):
                yield from _deleted_keys(value)


def _told(case: Case, concerned: Sequence[Connection], since_ns: int, until_ns: int) -> Iterator[Step]:
    """Posts to the connections, and invocations for them."""
    labels = labels_of(concerned)
    for post in posts(case, labels, since_ns, until_ns):
        yield from _post(case, post, labels)
    yield from _ended_runs(case, labels, since_ns, until_ns)


def _other_posts(case: Case, concerned: Sequence[Connection], since_ns: int, until_ns: int) -> Iterator[Step]:
    """One step that tells all posts of that time to others: to whom, what was answered, when."""
    others = labels_of([c for c in case.history.connections if c not in concerned])
    told = [
        f"{others[post.connection_id or '']} {_answer(post)} after {(post.ended_ns - since_ns) / 1e6:.0f} ms"
        for post in posts(case, others, since_ns, until_ns)
    ]
    if told:
        more = f" and {len(told) - _MOST_OTHERS} more" if len(told) > _MOST_OTHERS else ""
        text = f"posts to others: {', '.join(told[:_MOST_OTHERS])}{more}"
        yield Step(case.ms(since_ns), "backend", text)


def _faults(case: Case, labels: Mapping[str, str], since_ns: int, until_ns: int) -> Iterator[Step]:
    for span in case.history.faults:
        over = span.ended_ns is not None and span.ended_ns < since_ns
        about = span.connection_id
        if over or span.began_ns > until_ns or (about is not None and about not in labels):
            continue
        whom = "all" if about is None else labels[about]
        text = f"fault for {whom}: {_fault_in_words(span)}, met {span.injected} times"
        yield Step(case.ms(span.began_ns), "harness", text)


def _fault_in_words(span: FaultSpan) -> str:
    given = span.rule.get("fault", {})
    rest = [f"{name} {value}" for name, value in given.items() if name != "kind" and value is not False]
    return " ".join([str(given.get("kind", span.name)), *rest])


def _refusal(case: Case, invocation: Invocation, failed: Sequence[ConnectionsCall]) -> Iterator[Step]:
    if not failed:
        return
    first = min(failed, key=lambda post: post.ended_ns)
    planted = {row.connection_id for row in case.history.planted}
    gone = first.connection_id in planted
    whom = "a planted row" if gone else _label(case, first.connection_id or "a malformed id")
    more = f"; {len(failed) - 1} more to others failed" if len(failed) > 1 else ""
    yield Step(
        case.ms(first.ended_ns), "backend", f"{invocation.function}'s post to {whom}: {_answer(first)}{more}"
    )


def _failed(post: ConnectionsCall) -> bool:
    return post.status is None or post.status >= _ERROR


def _post(case: Case, post: ConnectionsCall, labels: Mapping[str, str]) -> Iterator[Step]:
    label = labels[post.connection_id or ""]
    took = (post.ended_ns - post.started_ns) / 1e6
    text = f"POST @connections of {label}: {_answer(post)} after {took:.0f} ms"
    yield Step(case.ms(post.ended_ns), "backend", text, "bad" if _failed(post) else "", label)


def _answer(post: ConnectionsCall) -> str:
    if post.status is None:
        return "no answer until the caller left"
    kind = (post.error_type or "").removesuffix("Exception")
    also = ", delivered all the same" if post.carried_out and post.status >= _ERROR else ""
    return f"{post.status} {kind}".rstrip() + also


def _deletes(case: Case, concerned: Sequence[Connection], until_ns: int) -> Iterator[Step]:
    by_id = {c.connection_id: c for c in concerned if c.connection_id is not None}
    for call in case.history.trace.of(TableCall):
        if call.started_ns > until_ns:
            continue
        for connection in (by_id[name] for name in deleted_ids(call, by_id)):
            left = connection.leaving_ns is not None and connection.leaving_ns <= call.started_ns
            why = "" if left else _why(case, call, connection)
            text = f"{running_for(case, call)} deletes the row of {connection.label}{why}"
            yield Step(case.ms(call.started_ns), "backend", text, "" if left else "bad", "table")


def _why(case: Case, call: TableCall, connection: Connection) -> str:
    """The failed post that probably made it delete the row: one to the connection, or of that invocation."""
    failed = [
        post
        for post in case.history.trace.of(ConnectionsCall)
        if post.method == "POST" and post.function == call.function
        if post.ended_ns <= call.started_ns and _failed(post)
    ]
    own = [post for post in failed if post.connection_id == connection.connection_id]
    during = running(case, call)
    others = [post for post in failed if len(during) == 1 and post.started_ns >= during[0].started_ns]
    if not (own or others):
        return ""
    post = max(own or others, key=lambda post: post.ended_ns)
    later = (call.started_ns - post.ended_ns) / 1e6
    whom = _label(case, post.connection_id or "")
    return f", {later:.0f} ms after its post to {whom} was answered {_answer(post)}"


def running(case: Case, call: TableCall | ConnectionsCall) -> list[Invocation]:
    """The invocations of the calling function that were under way: one of them made the call."""
    return [run for run in case.runs_of(call.function) if _under_way(run, call)]


def _under_way(run: Invocation, call: TableCall | ConnectionsCall) -> bool:
    return run.function == call.function and run.started_ns <= call.started_ns <= run.ended_ns


def invocations(case: Case, message: Message) -> list[Invocation]:
    """Those that the message may have caused: for its sender, begun before it was due."""
    sender = case.connection(message.sender).connection_id
    return [
        row
        for row in case.history.trace.of(Invocation)
        if row.connection_id == sender and message.started_ns <= row.started_ns <= case.due_ns(message)
    ]


def _label(case: Case, connection_id: str) -> str:
    labels = {c.connection_id: c.label for c in case.history.connections}
    return labels.get(connection_id, connection_id)


def _ended_runs(case: Case, labels: Mapping[str, str], since_ns: int, until_ns: int) -> Iterator[Step]:
    for row in case.history.trace.of(Invocation):
        if row.connection_id not in labels or not since_ns <= row.ended_ns <= until_ns:
            continue
        failed = row.outcome != "returned"
        why = row.route or row.cause
        text = f"{row.function} ({why}) for {labels[row.connection_id]}: {row.outcome} {row.detail}"
        yield Step(case.ms(row.ended_ns), "backend", text[:_EXCERPT].rstrip(), "bad" if failed else "")


def _turns(case: Case, labels: Mapping[str, str], until_ns: int) -> Iterator[Step]:
    for row in case.history.trace.of(LifecycleStep):
        if row.step in _TOLD and row.connection_id in labels and row.started_ns <= until_ns:
            yield Step(case.ms(row.started_ns), "harness", f"{labels[row.connection_id]}: {row.step}")
