"""What a survey has found, as the table of `unknowns.py`: text that `--unknowns FILE` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_app.gateway import unknowns
from reference_app.gateway.unknowns import UnknownRow, UnknownsError

QUESTIONS = tuple(f"Q-{number}" for number in range(1, 31))


class SurveyError(Exception):
    """A question, or all of them, could not be asked; the text says why."""


@dataclass(frozen=True)
class Finding:
    """One answer: to a row of the table, or to a question that has none."""

    value: str | None
    """As in `--unknown NAME=VALUE`; None where nothing was found that the row can hold."""
    seen: str
    """What was seen, or why nothing was."""


Findings = Mapping[str, Finding]
"""By the name of a row, or by a question's id."""


def found(value: object, seen: str = "") -> Finding:
    """An answer; booleans as the table writes them."""
    text = ("false", "true")[value] if isinstance(value, bool) else str(value)
    return Finding(text, seen or repr(text))


def unsettled(seen: str) -> Finding:
    """Something was seen, or nothing, and no value of the row says it."""
    return Finding(None, seen)


def checked(findings: Findings) -> dict[str, Finding]:
    """The same findings, without the values that their rows cannot hold; what was seen is kept."""
    return {name: _checked(name, finding) for name, finding in findings.items()}


def table(findings: Findings, source: str) -> str:
    """The table as text: every row with its question and what was seen, settled ones as `NAME=VALUE`."""
    rows = {row.name: row for row in unknowns.rows()}
    answered = [name for name in rows if findings[name].value is not None]
    differing = [name for name in answered if differs(rows[name], findings[name])]
    head = [
        f"# {source}",
        f"# {len(answered)} of {len(rows)} rows answered, {len(differing)} of them not as assumed.",
        "# For: python -m reference_app TEMPLATE --unknowns THIS-FILE",
    ]
    further = [
        f"# {question}: {_one_line(findings[question].seen)}"
        for question in QUESTIONS
        if question in findings
    ]
    body = [line for row in rows.values() for line in _row_lines(row, findings[row.name])]
    return "\n".join([*head, *body, "", "# Questions without a row", *further, ""])


def differs(row: UnknownRow, finding: Finding) -> bool:
    """Whether the answer is another than the one assumed."""
    return finding.value is not None and finding.value != found(row.default).value


def _row_lines(row: UnknownRow, finding: Finding) -> list[str]:
    assumed = found(row.default).value
    lines = ["", f"# {row.question} {row.fact}: {row.meaning}"]
    if finding.value is None:
        return [*lines, f"# {row.name}: {_one_line(finding.seen)}; assumed: {assumed}"]
    if differs(row, finding):
        lines.append(f"# assumed: {assumed}; seen: {_one_line(finding.seen)}")
    return [*lines, f"{row.name}={finding.value}"]


def _checked(name: str, finding: Finding) -> Finding:
    if finding.value is None or name in QUESTIONS:
        return finding
    if "\n" in finding.value or "\r" in finding.value:
        return unsettled(f"a value of several lines, {finding.value!r}")
    try:
        unknowns.from_assignments([f"{name}={finding.value}"])
    except UnknownsError as impossible:
        return unsettled(f"{finding.seen}; {impossible}")
    return finding


def _one_line(text: str) -> str:
    return " ".join(text.split())
