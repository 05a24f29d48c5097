"""Every question, what it needs, and the one way to ask them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial

from reference_app.gateway import unknowns
from reference_app.survey.findings import Finding, Findings, SurveyError, checked, unsettled
from reference_app.survey.questions import endings, frames, handshakes, hours, management, messages
from reference_app.survey.surveyed_api import SurveyedApi

_AT_A_TIME = 3

NEVER_ASKED = {
    "Q-7": "an API without $connect, or with a $connect that has no integration, is another API",
    "Q-28": "bills tell, a day later",
    "stage_at_custom_domain_status": "the probe app has no custom domain",
    "server_error_type": "nobody can make @connections fail with 5xx",
    "stream_retry_ms": "the probe app has no table with a stream",
    "outbound_buffer_bytes": "it cannot be told from the kernels' buffers on the way; see Q-22",
}
"""Questions that this survey does not ask, rows that it cannot answer, and why."""


@dataclass(frozen=True)
class Question:
    """What is asked in one go."""

    ask: Callable[[SurveyedApi], Findings]
    answers: tuple[str, ...]
    """Names of rows, and ids of questions without one."""
    needs_credentials: bool = False
    hours: str = ""
    """How long it takes where the clock cannot be moved; empty for seconds."""


@dataclass(frozen=True)
class Scope:
    """Which questions are asked."""

    credentials: bool
    hours: bool
    """Whether hours may pass."""
    burst: int = 0
    """How many handshakes may be asked for at once; 0 for none."""


QUESTIONS = (
    Question(
        handshakes.refusals,
        (
            "invalid_connect_result_status",
            "authorizer_failure_status",
            "long_url_status",
            "unknown_stage_status",
        ),
    ),
    Question(handshakes.connect_timeout, ("connect_timeout_status",)),
    Question(handshakes.refusal_body, ("handshake_refusal_body",)),
    Question(handshakes.refused_client, ("refused_connect_sends_disconnect",)),
    Question(handshakes.abandoned_client, ("abandoned_connect",)),
    Question(handshakes.compression, ("permessage_deflate",)),
    Question(handshakes.window_of_gone, ("pending_get", "gone_after_connect_ms", "Q-2"), True),
    Question(messages.lenient_json, ("lenient_json",)),
    Question(messages.null_selector, ("null_selector",)),
    Question(messages.concurrency, ("message_concurrency",)),
    Question(
        messages.results,
        (
            "string_status_code",
            "non_string_body",
            "two_way_error_status",
            "two_way_empty_body",
            "two_way_base64_body",
        ),
    ),
    Question(messages.throttling, ("throttled_message",)),
    Question(messages.invalid_message, ("bad_request_frame",)),
    Question(messages.hasty_function, ("function_timeout",)),
    Question(messages.impatient_integration, ("Q-26",)),
    Question(
        frames.sizes,
        ("frame_limit_bytes", "message_limit_bytes", "too_big_close_reason", "refused_frame_told"),
    ),
    Question(frames.kinds, ("binary_close_reason", "invalid_utf8_close_code", "protocol_error_close_code")),
    Question(endings.abrupt_end, ("abrupt_close_code", "abrupt_close_reason")),
    Question(endings.reason_of_the_client, ("client_close_reason",)),
    Question(endings.failing_disconnect, ("failed_disconnect_attempts",)),
    Question(endings.deletion, ("delete_close_reason", "Q-20"), True),
    Question(
        management.refusals, ("forbidden_message", "unsigned_message", "too_large_message", "Q-21"), True
    ),
    Question(management.deliveries, ("non_utf8_post", "large_post"), True),
    Question(management.outbound_buffer, ("Q-22",), True),
    Question(management.answers, ("Q-24", "Q-25"), True),
    Question(hours.ping, ("ping_resets_idle",), hours="11 minutes"),
    Question(hours.two_hours, ("duration_close_code", "duration_close_reason"), hours="two hours"),
)


def conduct(api: SurveyedApi, scope: Scope, progress: Callable[[str, Finding], None]) -> dict[str, Finding]:
    """Ask what the scope allows and return a finding for every row and every question.

    `progress` hears of each finding as it comes.
    """
    findings = {question: unsettled(f"not asked: {why}") for question, why in NEVER_ASKED.items()}
    asked = [question for question in QUESTIONS if _why_not(question, scope) is None]
    for question in QUESTIONS:
        reason = _why_not(question, scope)
        if reason is not None:
            findings |= dict.fromkeys(question.answers, unsettled(f"not asked: {reason}"))
    for name, finding in _answers(api, asked, scope):
        findings[name] = finding
        progress(name, finding)
    return findings


def without_answer(findings: Findings) -> list[str]:
    """Rows that were asked for and have no value."""
    names = (row.name for row in unknowns.rows())
    return [
        name
        for name in names
        if findings[name].value is None and not findings[name].seen.startswith("not asked")
    ]


def _why_not(question: Question, scope: Scope) -> str | None:
    if question.needs_credentials and not scope.credentials:
        return "no AWS credentials were found"
    if question.hours and not scope.hours:
        return f"it takes {question.hours} (--slow)"
    return None


def _answers(api: SurveyedApi, asked: Iterable[Question], scope: Scope) -> Iterator[tuple[str, Finding]]:
    """Ask what takes seconds side by side; then, alone, what moves the clock or fills the gateway."""
    quick = [question for question in asked if not question.hours]
    asking = ThreadPoolExecutor(_AT_A_TIME)
    try:
        for answered in as_completed([asking.submit(_asked, question, api) for question in quick]):
            yield from answered.result().items()
    finally:
        asking.shutdown(cancel_futures=True)  # whoever interrupts waits for three questions, not for all
    for question in asked:
        if question.hours:
            yield from _asked(question, api).items()
    if scope.burst:
        ask = partial(handshakes.burst, handshakes=scope.burst)
        yield from _asked(Question(ask, ("connects_per_second",)), api).items()
    else:
        reason = "not asked: a burst of handshakes is felt by all APIs of the account (--burst N)"
        yield "connects_per_second", unsettled(reason)


def _asked(question: Question, api: SurveyedApi) -> Findings:
    try:
        return checked(question.ask(api))
    except (SurveyError, OSError) as failed:
        return dict.fromkeys(question.answers, unsettled(f"no answer: {failed}"))
    except (ValueError, KeyError, TypeError) as unexpected:
        return dict.fromkeys(question.answers, unsettled(f"an answer that cannot be read: {unexpected!r}"))
