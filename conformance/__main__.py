"""`python -m conformance`: what the suite can say without a run."""

from __future__ import annotations

import sys

from conformance.aws_facts import aws_facts
from conformance.clause_document import KnownBad, clause_document
from conformance.clauses import clauses
from conformance.selftest.known_bad import backends, unproven
from reports.command_line import CommandLine
from reports.results import Exit


def main(arguments: list[str] | None = None) -> int:
    parser = CommandLine(prog="python -m conformance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("clauses", help="print the clause document, docs/clauses.md")
    parser.parse_args(arguments)
    print(document(), end="")
    return Exit.OK


def document() -> str:
    """The clause document of this version."""
    known_bad = (KnownBad(b.folder, b.title, b.clause) for b in backends() if b.clause)
    return clause_document(clauses(), aws_facts(), known_bad, unproven())


if __name__ == "__main__":
    sys.exit(main())
