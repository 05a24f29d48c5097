"""`junit.xml`, as GitHub, GitLab and Jenkins read it.

One case a clause and one a gate. `failure` is the target's fault, `error` is ours or missing
evidence (type `inconclusive`), so that a run which proved nothing is never shown green.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from .figures import evidence
from .gates import GateRow
from .results import ClauseResult, Outcome, Results
from .terminal import Style, finding_text

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 excludes; no escape can bring it in."""

_MOST_FINDINGS_EACH = 5


def render_junit(
    runs: Sequence[tuple[str, Results, Sequence[GateRow]]], of_all: Sequence[GateRow] = ()
) -> str:
    """The document for runs given as (name, results, gates), and gates that concern all of them."""
    root = ET.Element("testsuites", name="churnproof")
    for name, results, gates in runs:
        root.append(_suite(name, results, gates))
    if of_all:
        suite = ET.SubElement(root, "testsuite", name="churnproof all runs")
        suite.extend(_gate_case("all-runs", gate) for gate in of_all)
        _count_cases(suite)
    total = {key: sum(int(suite.get(key, "0")) for suite in root) for key in _TOTALS}
    root.attrib.update({key: str(value) for key, value in total.items()})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


_TOTALS = ("tests", "failures", "errors", "skipped")


def _suite(name: str, results: Results, gates: Sequence[GateRow]) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=_legal(f"churnproof {results.kind} {name}".strip()),
        timestamp=_legal(results.started),
        time=f"{results.duration_s:.3f}",
    )
    cases = [_clause_case(results, clause) for clause in results.clauses]
    cases += [_gate_case(results.kind, gate) for gate in gates]
    if results.verdict != "pass" and not any(_is_red(case) for case in cases):
        cases.append(_verdict_case(results))
    suite.extend(cases)
    if results.remarks:
        ET.SubElement(suite, "system-out").text = _legal("\n".join(results.remarks))
    _count_cases(suite)
    return suite


def _count_cases(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    for key, tag in zip(_TOTALS, (None, "failure", "error", "skipped"), strict=True):
        suite.set(key, str(sum(tag is None or case.find(tag) is not None for case in cases)))


def _clause_case(results: Results, clause: ClauseResult) -> ET.Element:
    family = clause.id.rpartition("-")[0] or clause.id
    case = _case(f"{results.kind}.{family}", f"{clause.id} {clause.sentence}")
    reason = clause.reason or clause.outcome.value
    match clause.outcome:
        case Outcome.FAIL:
            _add(case, "failure", "violation", reason, _details(clause))
        case Outcome.ERROR:
            _add(case, "error", "harness-error", reason, _details(clause))
        case Outcome.UNKNOWN:
            _add(case, "error", "inconclusive", reason, _details(clause))
        case Outcome.SKIP:
            ET.SubElement(case, "skipped", message=_legal(reason))
        case Outcome.WAIVED | Outcome.KNOWN:
            ET.SubElement(case, "skipped", message=_legal(f"{clause.outcome.value}: {reason}"))
            ET.SubElement(case, "system-out").text = _legal(_details(clause))
        case Outcome.NON_STRICT | Outcome.INFO:
            ET.SubElement(case, "system-out").text = _legal(f"{clause.outcome.value}: {_details(clause)}")
        case Outcome.PASS:
            pass
    return case


def _gate_case(kind: str, gate: GateRow) -> ET.Element:
    case = _case(f"{kind}.gates", gate.rule)
    observed = "no figure" if gate.observed is None else f"observed {gate.observed:g}"
    message = f"{observed}: {gate.reason}" if gate.reason else observed
    if gate.outcome == "missed":
        _add(case, "failure", "gate", message, message)
    elif gate.outcome == "undecided":
        _add(case, "error", "inconclusive", message, message)
    return case


def _is_red(case: ET.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _verdict_case(results: Results) -> ET.Element:
    """A run whose cases are all green and which still is no pass (partial, cut short) must not look it."""
    case = _case(f"{results.kind}.verdict", "the run is conclusive")
    tag, kind = ("failure", "violation") if results.verdict == "fail" else ("error", results.verdict)
    _add(case, tag, kind, results.reason, results.reason)
    return case


def _details(clause: ClauseResult) -> str:
    parts = [clause.reason, f"evidence: {evidence(clause.evidence)}" if clause.evidence else ""]
    parts += [finding_text(finding, Style()) for finding in clause.findings[:_MOST_FINDINGS_EACH]]
    return "\n\n".join(part for part in parts if part)


def _case(group: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=_legal(group), name=_legal(name))


def _add(case: ET.Element, tag: str, kind: str, message: str, text: str) -> None:
    ET.SubElement(case, tag, type=kind, message=_legal(message)).text = _legal(text)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
