"""Judge a backend, or print and clean up what judging needs: `python -m conformance COMMAND`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import pytest

from conformance.aws_facts import aws_facts
from conformance.clause_document import KnownBad, clause_document
from conformance.clauses import clauses
from conformance.harness.errors import ChurnproofError, UsageError
from conformance.harness.target import Target, load_target
from conformance.left_over_rows import delete_left_over_rows
from conformance.selftest.known_bad import backends, unproven
from conformance.tester_policy import policy_for_tester
from reports.command_line import CommandLine
from reports.results import Exit

_JUDGING = (str(Path(__file__).parent), "-p", "no:locust", "--import-mode=importlib")
"""As in pyproject.toml, which is not there where the package is installed."""


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["judge"]:
        return int(pytest.main([*_JUDGING, *given[1:]]))
    parser = CommandLine(prog="python -m conformance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("judge", help="judge a backend: `pytest conformance` with all its options")
    commands.add_parser("clauses", help="print the clause document (docs/clauses.md)")
    policy = commands.add_parser("policy", help="print the minimal IAM policy for judging a deployed target")
    policy.add_argument("--target", required=True, metavar="T", help="a wss:// URL or a target file")
    policy.add_argument("--table", metavar="NAME", help="its connection table")
    policy.add_argument("--region", help="AWS region of the table and the management API")
    policy.add_argument(
        "--management-endpoint", metavar="URL", help="@connections endpoint, including the stage"
    )
    policy.add_argument("--account", metavar="ID", default="*", help="AWS account, 12 digits (default: any)")
    clean = commands.add_parser("clean", help="delete the rows that a killed run planted and left behind")
    clean.add_argument("folder", metavar="RUN", type=Path, help="its run folder")
    options = parser.parse_args(given)
    if options.command == "clean":
        return _clean(options.folder)
    if options.command == "policy":
        return _print_policy(options)
    print(document(), end="")
    return Exit.OK


def _print_policy(options: argparse.Namespace) -> int:
    """The policy as JSON on stdout, remarks on stderr."""
    try:
        policy = policy_for_tester(_deployed(options), options.account)
    except UsageError as error:
        print(f"python -m conformance policy: {error}", file=sys.stderr)
        return Exit.USAGE
    for remark in policy.remarks:
        print(remark, file=sys.stderr)
    print(json.dumps(policy.document, indent=2))
    return Exit.OK


def _clean(folder: Path) -> int:
    try:
        done = delete_left_over_rows(folder)
    except ChurnproofError as error:
        print(f"python -m conformance clean: {error}", file=sys.stderr)
        return error.exit_code
    print("\n".join(done))
    return Exit.OK


def _deployed(options: argparse.Namespace) -> Target:
    if not re.fullmatch(r"\d{12}|\*", options.account):
        raise UsageError(f"--account {options.account!r}: an AWS account id has 12 digits")
    target = load_target(
        options.target,
        table=options.table,
        region=options.region,
        management_endpoint=options.management_endpoint,
    )
    if not isinstance(target, Target):
        raise UsageError(f"target {options.target}: the local stack needs no AWS permissions")
    return target


def document() -> str:
    """The clause document of this version."""
    known_bad = (KnownBad(b.folder, b.title, b.clause) for b in backends() if b.clause)
    return clause_document(clauses(), aws_facts(), known_bad, unproven())


if __name__ == "__main__":
    sys.exit(main())
