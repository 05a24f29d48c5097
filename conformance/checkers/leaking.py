"""LEAK: nothing internal reaches a client."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reports.history import FrameReceived
from reports.results import Finding

from . import evidence
from .case import Case, Checker, Judged, failed, passed, unknown

_INTERNAL = {
    "a Python traceback": re.compile(r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+"),
    "a JavaScript stack": re.compile(r"\bat (?:[\w.<>$ \[\]]+ \(?)?(?:file://)?/[^)\s]+:\d+:\d+"),
    "an exception": re.compile(
        r"\b(?:[A-Z]\w*(?:Exception|Error)\b\s*[:(]|botocore\.|boto3\.|ClientError|"
        r"An error occurred \(\w+\) when calling the \w+ operation)"
    ),
    "an AWS resource name": re.compile(r"\barn:aws[\w-]*:[\w-]+:"),
    "a path of the Lambda environment": re.compile(r"/var/(?:task|runtime|lang)/"),
    "AWS credentials": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
}


def nothing_internal(case: Case) -> Judged:
    """LEAK-01: looked at is every frame that is no exact delivery; mischief must have been tried."""
    mischief = case.messages("mischief/")
    leaks = [
        (frame, what)
        for frame in case.history.frames
        if (what := internal(frame.text, case.secrets_of_target))
    ]
    counts = {"frames": len(case.history.frames), "mischief": len(mischief), "leaks": len(leaks)}
    if leaks:
        frame, what = leaks[0]
        return failed(
            f"{len(leaks)} frames reveal {what}: {evidence.excerpt(frame.text)!r}",
            [_finding(case, frame, what) for frame, what in leaks[: evidence.MOST_FINDINGS]],
            **counts,
        )
    if not mischief:
        return unknown("no message was sent that could have provoked an error", **counts)
    return passed(**counts)


def internal(text: str, names: tuple[str, ...] = ()) -> str:
    """What internal thing the text reveals; empty for none. `names` are the target's own secrets."""
    for what, pattern in _INTERNAL.items():
        if pattern.search(text):
            return what
    return next((f"the name {name!r}" for name in names if _names(text, name)), "")


def _names(text: str, name: str) -> bool:
    """Whether it stands there as a word, and is not a word that any application may use, as `messages`."""
    return (
        bool(name)
        and not name.isalpha()
        and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
    )


def _finding(case: Case, frame: FrameReceived, what: str) -> Finding:
    connection = case.connection(frame.connection)
    return evidence.of_connection(
        case,
        connection,
        f"{connection.label} was shown {what}",
        "an error frame tells the client nothing about the inside",
        repr(frame.text[:400]),
    )


CHECKERS: Mapping[str, Checker] = {"LEAK-01": nothing_internal}
