"""`python -m reference_app.survey --target T`: ask a deployed probe app what nobody has written down.

Exit codes: 0 when every question that was asked has its answer, 6 when one has none, 4 for what the caller
can mend.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import boto3
from botocore.credentials import Credentials

from reference_app.gateway import unknowns
from reference_app.survey.findings import Finding, SurveyError, differs, table
from reference_app.survey.management_calls import ManagementCalls
from reference_app.survey.passing_time import MovedClock, RealTime
from reference_app.survey.questionnaire import Scope, conduct, without_answer
from reference_app.survey.survey_target import PROBE_APP, SurveyTarget, survey_target
from reference_app.survey.surveyed_api import SurveyedApi

EXIT_OK = 0
EXIT_USAGE = 4
EXIT_INCONCLUSIVE = 6


class _Parser(argparse.ArgumentParser):
    """argparse with this project's exit code for usage errors."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    # What is started ends with the survey, by SIGTERM as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _parser().parse_args(arguments)
    try:
        return _survey(options)
    except SurveyError as error:
        _complain(str(error))
        return EXIT_USAGE
    except KeyboardInterrupt:
        _complain("interrupted: nothing is written")
        return EXIT_INCONCLUSIVE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m reference_app.survey",
        description="Ask a deployed WebSocket API what it does where AWS does not say, and write the answers "
        "as the table that `python -m reference_app --unknowns FILE` takes.",
        epilog=f"The API has to be the probe app's: sam deploy -t {PROBE_APP}",
    )
    parser.add_argument(
        "--target",
        required=True,
        metavar="T",
        help="URL wss://HOST/STAGE of the deployed probe app; a target file; local or a template for a stack "
        "that is started for the survey",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the table (standard output)")
    parser.add_argument("--region", help="AWS region (the one in the URL)")
    parser.add_argument("--slow", action="store_true", help="ask what takes two hours, too")
    parser.add_argument(
        "--burst", type=int, default=0, metavar="N", help="ask for N handshakes at once, too; 0 for none"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=5.0,
        metavar="S",
        help="seconds to wait for what may never come (%(default)s)",
    )
    parser.add_argument(
        "--unknown", action="append", default=[], metavar="NAME=VALUE", help="for a stack that is started"
    )
    parser.add_argument("--unknowns", type=Path, metavar="FILE", help="for a stack that is started")
    return parser


def _survey(options: argparse.Namespace) -> int:
    if options.patience <= 0 or options.burst < 0:
        raise SurveyError("--patience takes a number above 0, --burst one of 0 or more")
    if options.out is not None and not options.out.parent.is_dir():
        raise SurveyError(f"cannot write {options.out}: {options.out.parent} is not a folder")
    with survey_target(options.target, _stack_options(options)) as target:
        api = _api(target, options)
        _check_probe_app(api)
        scope = Scope(
            credentials=api.management is not None,
            hours=options.slow or target.control_url is not None,
            burst=options.burst,
        )
        findings = conduct(api, scope, _tell)
    source = f"{target.url}, {time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime())}"
    _write(table(findings, source), options.out)
    missing = without_answer(findings)
    if missing:
        _complain(f"without an answer: {', '.join(missing)}")
    return EXIT_INCONCLUSIVE if missing else EXIT_OK


def _stack_options(options: argparse.Namespace) -> list[str]:
    table_file = [] if options.unknowns is None else ["--unknowns", str(options.unknowns)]
    return table_file + [part for assignment in options.unknown for part in ("--unknown", assignment)]


def _api(target: SurveyTarget, options: argparse.Namespace) -> SurveyedApi:
    if target.credentials is not None:
        credentials: Credentials | None = Credentials(*target.credentials)
    else:
        credentials = boto3.Session().get_credentials()
    region = options.region or target.region
    management = None
    if credentials is not None:
        if region is None:
            raise SurveyError(f"{target.url} does not name its region: --region")
        management = ManagementCalls(target.management_endpoint, region, credentials)
    clock = RealTime() if target.control_url is None else MovedClock(target.control_url)
    return SurveyedApi(target.url, options.patience, management, clock)


def _check_probe_app(api: SurveyedApi) -> None:
    try:
        with api.client() as client:
            is_ours = client.ask("{}").get("survey") == 1
    except (SurveyError, ValueError) as failed:
        raise SurveyError(f"{api.url} is not the probe app, or does not answer: {failed}") from failed
    if not is_ours:
        raise SurveyError(f"{api.url} is not the probe app; deploy {PROBE_APP}")


def _tell(name: str, finding: Finding) -> None:
    rows = {row.name: row for row in unknowns.rows()}
    mark = "?" if finding.value is None else "≠" if differs(rows[name], finding) else "="
    value = finding.seen if finding.value is None else finding.value
    print(f"{mark} {name}: {value}", file=sys.stderr, flush=True)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as refused:
        raise SurveyError(f"cannot write {path}: {refused.strerror}") from refused


def _complain(text: str) -> None:
    print(f"survey: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
