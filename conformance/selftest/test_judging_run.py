"""A run that ends early still leaves a verdict of what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.harness.errors import HarnessError, UsageError
from conformance.harness.message_format import SendFormat
from conformance.harness.target import load_target
from conformance.judging_run import WORKLOADS, JudgingRun
from conformance.saved_plan import saved_plan
from conformance.workloads.session import Scale, Session
from reports.cut_short import read_cut_short
from reports.results import Outcome
from reports.run_folder import HARNESS_ERROR, read_results

from .broadcast_server import BroadcastServer


def _quiet(_line: str) -> None:
    """Progress that no test looks at."""


def _performed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, workload: Callable[[Session], None]
) -> JudgingRun:
    monkeypatch.setitem(WORKLOADS, "calm", workload)
    with BroadcastServer() as server:
        run = JudgingRun(load_target(server.url), Scale(1), folder, ("conformance",), _quiet)
        run.perform(["calm"])
    return run


def test_a_mistake_of_ours_is_an_error_and_what_was_seen_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(session: Session) -> None:
        session.connect("newcomer", 3)
        raise ZeroDivisionError("ours")

    run = _performed(tmp_path, monkeypatch, broken)
    assert isinstance(run.failure, HarnessError)
    assert run.judge("CONN-01").outcome is Outcome.PASS
    assert run.judge("BCAST-01").outcome is Outcome.ERROR
    run.write()
    assert read_results(tmp_path).verdict == "error"
    assert 'in broken\n    raise ZeroDivisionError("ours")' in (tmp_path / HARNESS_ERROR).read_text("utf-8")


def test_credentials_that_expire_on_the_way_cost_nothing_that_was_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expired(session: Session) -> None:
        session.connect("newcomer", 3)
        raise UsageError("table rows: the AWS credentials are not accepted")

    run = _performed(tmp_path, monkeypatch, expired)
    assert run.judge("CONN-01").outcome is Outcome.PASS
    assert "not accepted" in run.judge("BCAST-01").reason
    run.write()
    assert read_results(tmp_path).verdict == "error"


def test_a_clause_about_messages_that_the_form_leaves_none_of_only_informs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(session: Session) -> None:
        session.connect("newcomer", 3)

    run = _performed(tmp_path, monkeypatch, silent)
    assert run.target is not None
    assert run.judge("ROUTE-06").outcome is Outcome.UNKNOWN
    run.target = replace(run.target, send=SendFormat("{payload}"))
    assert run.judge("ROUTE-07").outcome is Outcome.INFO


def test_ctrl_c_leaves_a_verdict_that_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(session: Session) -> None:
        session.connect("newcomer", 3)
        raise KeyboardInterrupt

    run = _performed(tmp_path, monkeypatch, interrupted)
    assert run.cut_short
    assert run.judge("CONN-01").outcome is Outcome.PASS
    run.write()
    assert read_results(tmp_path).verdict == "inconclusive"


def test_a_run_that_is_killed_leaves_what_it_was_and_how_to_repeat_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_session: Session) -> None:
        """Killed before it has done anything."""

    run = _performed(tmp_path, monkeypatch, nothing)
    assert run.target is not None
    left = read_cut_short(tmp_path)
    assert (left.kind, left.seed) == ("conformance", 1)
    assert left.target["url"] == run.target.endpoint.url
    assert left.command == "pytest conformance --seed=1"
    assert saved_plan(tmp_path).actions
