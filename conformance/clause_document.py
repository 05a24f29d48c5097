"""The clause table as a document for people: `docs/clauses.md`.

Pure: clauses, facts and known-bad backends in, Markdown out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .aws_facts import AwsFact
from .clauses import FAMILIES, Clause

_HEAD = """# The clauses

What churnproof holds a backend against, written by `make docs` from `conformance/clauses.toml`.
An id is a name: it is never renumbered and never used again. MUST, SHOULD and INFO are meant as in
[RFC 2119](https://www.rfc-editor.org/rfc/rfc2119): a MUST that does not hold fails the run, a SHOULD is
shown as *non-strict*, an INFO only tells. *Needs* is what the run must be given beyond the URL; a clause
that needs nothing is *core*. *Caught* names the backends of `conformance/selftest/backends` whose one
mistake has to turn this clause red, and no other. Where the violation of another clause already explains
one, it is reported as unknown, so that one mistake turns one clause red: see *explained by*.
"""


@dataclass(frozen=True)
class KnownBad:
    """A backend with one mistake."""

    folder: str
    mistake: str
    clause: str


def clause_document(
    table: Mapping[str, Clause],
    facts: Mapping[str, AwsFact],
    backends: Iterable[KnownBad],
    unproven: Mapping[str, str],
) -> str:
    """The whole document; `unproven` says why no backend turns a clause red alone.

    Raises KeyError when a clause cites a fact that nobody has written down.
    """
    caught: dict[str, list[KnownBad]] = {}
    for backend in backends:
        caught.setdefault(backend.clause, []).append(backend)
    families = list(dict.fromkeys(clause.family for clause in table.values()))
    lines = [_HEAD, *_overview(table, families)]
    for family in families:
        lines += ["", f"## {family}", "", FAMILIES.get(family, ""), ""]
        for clause in table.values():
            if clause.family == family:
                lines += _clause(clause, caught.get(clause.id, []), unproven.get(clause.id, ""))
    lines += _facts(facts[name] for name in _cited(table))
    return "\n".join(lines).rstrip() + "\n"


def _overview(table: Mapping[str, Clause], families: Sequence[str]) -> list[str]:
    core = sum(clause.core for clause in table.values())
    rows = [
        f"{len(table)} clauses, {core} of them core.",
        "",
        "| family | clauses | about |",
        "|---|---|---|",
    ]
    for family in families:
        number = sum(clause.family == family for clause in table.values())
        rows.append(f"| [{family}](#{family.lower()}) | {number} | {FAMILIES.get(family, '')} |")
    return rows


def _clause(clause: Clause, caught: Sequence[KnownBad], unproven: str) -> Iterator[str]:
    needs = "nothing: core" if clause.core else clause.feature
    yield f"### {clause.id}"
    yield ""
    yield f"**{clause.level}** {clause.sentence}"
    yield ""
    yield f"- needs {needs}; since {clause.since}"
    yield "- AWS: " + ", ".join(f"[{fact}](#{fact.lower()})" for fact in clause.facts)
    for backend in caught:
        yield f"- caught: `{backend.folder}`, {backend.mistake}"
    if unproven:
        yield f"- caught: by no backend; {unproven}"
    if clause.explained_by:
        others = ", ".join(f"[{name}](#{name.lower()})" for name in clause.explained_by)
        yield f"- explained by: {others}"
    yield ""


def _cited(table: Mapping[str, Clause]) -> list[str]:
    """Ids of all cited facts, by family and number."""
    cited = {fact for clause in table.values() for fact in clause.facts}
    return sorted(cited, key=lambda fact: (fact.partition("-")[0], int(fact.partition("-")[2])))


def _facts(facts: Iterable[AwsFact]) -> Iterator[str]:
    yield "## What AWS does"
    yield ""
    yield "The facts that the clauses rest on, from `conformance/aws_facts.toml`, with the pages that say so."
    for fact in facts:
        pages = ", ".join(f"[{_page_name(source)}]({source})" for source in fact.sources)
        yield ""
        yield f"### {fact.id}"
        yield ""
        yield f"{fact.says}. *{fact.status.capitalize()}{': ' + pages if pages else ''}.*"


def _page_name(source: str) -> str:
    """`owner/repository#7` for a GitHub thread, else the last part of the address."""
    parts = urlsplit(source)
    path = parts.path.strip("/").removesuffix(".html")
    if parts.hostname == "github.com":
        return path.replace("/issues/", "#")
    return path.rpartition("/")[2]
