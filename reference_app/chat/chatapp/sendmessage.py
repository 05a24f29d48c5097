"""`sendmessage`: what one says, everybody hears, the sender included."""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from .clean_up import remove_gone
from .connection_table import CALL_LIMIT_S, connection_table
from .error_frame import error_frame
from .fan_out import Delivery, FanOut
from .management_api import POST_LIMIT_S, ManagementApi, management_api, management_endpoint
from .payload import UnusableMessageError, broadcast_payload
from .post_outcome import PostOutcome
from .retry_policy import RetryPolicy
from .structured_log import log_event
from .time_budget import TimeBudget, budget_of
from .websocket_event import RequestContext, request_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from .post_outcome import PostResult

POST_CONCURRENCY = 32
"""As many posts of 10 ms each as one vCPU signs and sends meanwhile; more would only cost switches."""
CLOSING_RESERVE_S = POST_LIMIT_S + 0.5
"""Kept back for an error frame and the last log lines."""
CLEAN_UP_RESERVE_S = CALL_LIMIT_S + 0.5
"""Kept back for removing rows, or broadcasts that use all their time would never get rid of one."""

REGION = os.environ["AWS_REGION"]
CONNECT_TIMEOUT_S = float(os.environ["CONNECT_TIMEOUT_SECONDS"])
TABLE = connection_table(os.environ["TABLE_NAME"], POST_CONCURRENCY)


class LambdaContext(Protocol):
    """What this handler uses of Lambda's context object (RA-28)."""

    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Broadcast the message's `data`, or tell the sender alone why not.

    The route is one-way and error frames are posted: what a two-way route sends for an answer without a
    body, which every successful message's would be, is not known (RT-36).
    """
    budget = budget_of(context.get_remaining_time_in_millis() / 1000 - CLOSING_RESERVE_S)
    sender = request_context(event)
    api = management_api(management_endpoint(sender, REGION), REGION)
    try:
        payload = broadcast_payload(event.get("body"))
    except UnusableMessageError as error:
        _tell_sender(api, sender, error.reason)
        return {"statusCode": 200}
    with ThreadPoolExecutor(POST_CONCURRENCY) as pool:
        outcomes = _broadcast(partial(api.post, payload=payload), sender, pool, budget)
    if outcomes[PostOutcome.TOO_LARGE]:
        _tell_sender(api, sender, "Message too large")
    return {"statusCode": 502 if _nobody_reached(outcomes) else 200}


def _nobody_reached(outcomes: Counter[PostOutcome]) -> bool:
    """Tell whether everybody who may be there missed the message: metrics should show that, not only logs."""
    harmless = (PostOutcome.DELIVERED, PostOutcome.GONE, PostOutcome.TOO_LARGE)
    failed = outcomes.total() - sum(outcomes[outcome] for outcome in harmless)
    return failed > 0 and not outcomes[PostOutcome.DELIVERED]


def _broadcast(
    post_payload: Callable[[str], PostResult], sender: RequestContext, pool: Executor, budget: TimeBudget
) -> Counter[PostOutcome]:
    # Ages count from before the first post: a 410 proves nothing about a `$connect` that ended after it.
    now_ms = time.time_ns() // 1_000_000
    fan_out = FanOut(
        post_payload, pool, POST_CONCURRENCY, budget.less(CLEAN_UP_RESERVE_S), POST_LIMIT_S, RetryPolicy()
    )
    outcomes: Counter[PostOutcome] = Counter()
    gone = []
    for delivery in fan_out.run(TABLE.rows()):
        outcomes[delivery.result.outcome] += 1
        if delivery.result.outcome is not PostOutcome.GONE:
            _log_unless_delivered(delivery, sender)
        elif not delivery.row.may_be_connecting(now_ms, CONNECT_TIMEOUT_S):
            gone.append(delivery.row)
    rows = remove_gone(gone, TABLE, pool, budget)
    _log_summary(outcomes, rows, sender, budget)
    return outcomes


def _log_unless_delivered(delivery: Delivery, sender: RequestContext) -> None:
    if delivery.result.outcome is PostOutcome.DELIVERED:
        return
    log_event(
        "WARNING",
        "not_delivered",
        requestId=sender.request_id,
        connectionId=delivery.row.connection_id,
        outcome=delivery.result.outcome.value,
        attempts=delivery.attempts,
        detail=delivery.result.detail,
    )


def _log_summary(
    outcomes: Counter[PostOutcome], rows: Counter[str], sender: RequestContext, budget: TimeBudget
) -> None:
    log_event(
        "INFO",
        "broadcast",
        requestId=sender.request_id,
        connectionId=sender.connection_id,
        recipients=outcomes.total(),
        outcomes={outcome.value: count for outcome, count in outcomes.items()},
        rows=dict(rows),
        seconds=round(budget.elapsed(), 3),
    )


def _tell_sender(api: ManagementApi, sender: RequestContext, reason: str) -> None:
    """Post an error frame; a sender who has left meanwhile needs none (RC-8)."""
    result = api.post(sender.connection_id, error_frame(reason, sender))
    log_event(
        "INFO",
        "message_refused",
        requestId=sender.request_id,
        connectionId=sender.connection_id,
        reason=reason,
        outcome=result.outcome.value,
    )
