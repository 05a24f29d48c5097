"""`pytest conformance --target T` as a user runs it: a fair verdict, a clear sentence for each mistake."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from conformance.expected_traffic import expected_traffic
from conformance.harness.plan import Plan
from conformance.workloads.churn import plan_of
from conformance.workloads.session import Scale
from reports.results import ClauseResult, Outcome, Results
from reports.run_folder import read_results
from reports.tests.published_schema import check_run
from reports.tests.sample_runs import passing_run, write_results

from .broadcast_server import BroadcastServer
from .certificates import certificates

_ROOT = Path(__file__).parents[2]
_BACKENDS = Path(__file__).parent / "backends"
_QUICK = ("--connections=6", "--churn-seconds=4", "--seed=1")


@dataclass(frozen=True)
class Done:
    exit: int
    output: str
    folder: Path

    @property
    def results(self) -> Results:
        return read_results(self.folder)

    def outcomes(self) -> dict[str, Outcome]:
        return {clause.id: clause.outcome for clause in self.results.clauses}


_STRICT = ("-W", "error")
"""What the harness leaves unclosed is an error here."""


def _pytest(
    folder: Path, *arguments: str, first: Callable[[], None] | None = None, **environment: str
) -> Done:
    inherited = {name: value for name, value in os.environ.items() if name != "CHURNPROOF_TARGET"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "conformance",
            *arguments,
            "--run-dir",
            str(folder),
            "-p",
            "no:cacheprovider",
            *_STRICT,
        ],
        cwd=_ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=280,
        preexec_fn=first,
        check=False,
    )
    return Done(done.returncode, done.stdout + done.stderr, folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


def _bounds(tmp_path: Path) -> str:
    path = tmp_path / "bounds.toml"
    path.write_text("[bounds]\ndeliver_s = 1.0\ncleanup_s = 1.0\nstale_s = 2.0\n")
    return str(path)


def test_a_correct_backend_by_its_url_alone_is_conformant_on_the_core_clauses(
    folder: Path, tmp_path: Path
) -> None:
    with BroadcastServer() as server:
        done = _pytest(
            folder, "--target", server.url, "--profile", "core", "--contract", _bounds(tmp_path), *_QUICK
        )
    ran = done.results.traffic
    assert ran is not None
    core = ("bad messages", "calm", "departures", "interleavings", "churn", "limits")
    plan = plan_of(Scale(seed=1, connections=6, churn_s=4.0))
    expected = expected_traffic(core, plan, table=False)
    assert expected.messages_in / 1.5 < ran.messages_in < 1.5 * expected.messages_in
    assert expected.connects / 1.5 < ran.connects < 1.5 * expected.connects
    assert expected.messages_out / 2 < ran.messages_out < 2 * expected.messages_out
    red = {name: outcome for name, outcome in done.outcomes().items() if outcome not in ("pass", "info")}
    if any("too busy" in clause.reason for clause in done.results.clauses):
        pytest.skip("the machine was too busy to judge bounds")
    assert red == {}
    assert done.exit == 0
    assert "CONFORMANT" in done.output
    assert {path.name for path in folder.iterdir()} >= {
        "plan.json",
        "history.0.jsonl",
        "history.0.deliveries",
        "results.json",
        "latency.hlog",
        "junit.xml",
        "summary.md",
        "report.html",
    }
    check_run(folder)


def test_without_access_to_the_table_its_clauses_are_skipped_with_the_reason(
    folder: Path, tmp_path: Path
) -> None:
    with BroadcastServer() as server:
        done = _pytest(
            folder, "--target", server.url, "--contract", _bounds(tmp_path), "-k", "STALE", "-n", "2", *_QUICK
        )
    assert "-n is left out: one run is one process" in done.output
    assert set(done.outcomes().values()) == {Outcome.SKIP}
    assert "--table NAME --region REGION" in done.output
    assert done.exit == 6


def test_a_backend_that_damages_payloads_is_caught_with_evidence(folder: Path, tmp_path: Path) -> None:
    with BroadcastServer(alter=json.dumps) as server:
        done = _pytest(
            folder, "--target", server.url, "--contract", _bounds(tmp_path), "-k", "BCAST", *_QUICK
        )
    assert done.exit == 1
    assert [name for name, outcome in done.outcomes().items() if outcome is Outcome.FAIL] == ["BCAST-04"]
    assert "damaged" in done.output
    assert "repeat" in done.output
    assert "--seed" in done.output


def test_known_and_waived_violations_are_told_and_do_not_fail_the_run(folder: Path, tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(
        '[[waiver]]\nclause = "BCAST-04"\nreason = "mended in spring"\nowner = "chat"\nexpires = 2999-01-01\n'
    )
    baseline = tmp_path / "baseline"
    baseline.mkdir()
    write_results(replace(passing_run(), clauses=(_red("BCAST-03"),)), baseline)
    with BroadcastServer(alter=json.dumps) as server:
        # Its contract says that senders do not hear themselves, and they do: BCAST-03.
        contract = Path(_bounds(tmp_path))
        contract.write_text(contract.read_text() + "[contract]\necho_to_sender = false\n")
        options = ("--waivers", str(waivers), "--baseline", str(baseline), "--contract", str(contract))
        timeless = "bcast_02 or bcast_03 or bcast_04"
        done = _pytest(folder, "--target", server.url, *options, "-k", timeless, *_QUICK)
    assert done.exit == 0, done.output
    assert done.outcomes()["BCAST-04"] is Outcome.WAIVED
    assert done.outcomes()["BCAST-03"] is Outcome.KNOWN
    for name in ("summary.md", "report.html", "junit.xml", "results.json"):
        assert "mended in spring" in (folder / name).read_text()
    assert "waived until 2999-01-01 by chat: mended in spring" in " ".join(done.output.split())


def _red(name: str) -> ClauseResult:
    return ClauseResult(name, "MUST", "none", "", Outcome.FAIL)


def test_a_route_selection_expression_that_does_not_match_is_told_in_words(
    folder: Path, tmp_path: Path
) -> None:
    """A workshop deploys `$request.body.message` while its messages carry `action`."""
    with BroadcastServer(selector="message") as server:
        done = _pytest(
            folder, "--target", server.url, "--contract", _bounds(tmp_path), "--profile", "core", *_QUICK
        )
    assert done.exit == 1
    assert [name for name, outcome in done.outcomes().items() if outcome is Outcome.FAIL] == ["ROUTE-01"]
    assert "RouteSelectionExpression probably is not $request.body.action" in done.output
    assert any("Forbidden" in remark for remark in done.results.remarks)


def _refused(done: Done, *sentences: str) -> None:
    assert done.exit == 4, done.output
    assert "Traceback" not in done.output
    for sentence in sentences:
        assert sentence in done.output


def test_no_target_is_a_usage_error(folder: Path) -> None:
    _refused(_pytest(folder), "which backend? --target T")


def test_the_target_may_stand_in_the_environment(folder: Path) -> None:
    _refused(_pytest(folder, CHURNPROOF_TARGET="https://example.test/prod"), "wss://example.test/prod")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("https://example.test/prod", "wss://example.test/prod"),
        ("nonsense", "a target is `local`"),
        ("no/such/template.yaml", "no such SAM template"),
        ("ws://127.0.0.1:9/prod", "nothing listens there"),
        ("ws://host.invalid/prod", "host.invalid"),
    ],
)
def test_a_wrong_target_is_told_in_one_sentence(folder: Path, target: str, sentence: str) -> None:
    _refused(_pytest(folder, "--target", target), sentence)


@pytest.mark.parametrize("option", ["--waivers", "--baseline"])
def test_a_file_of_accepted_violations_that_is_not_there_is_told(folder: Path, option: str) -> None:
    _refused(_pytest(folder, "--target", "local", option, "no/such/file"), "no/such/file")
    assert not folder.exists()


@pytest.mark.parametrize("status", [403, 404, 500, 502])
def test_a_refused_handshake_tells_the_status_and_what_it_means(folder: Path, status: int) -> None:
    with BroadcastServer(refuse=(status, "go away")) as server:
        done = _pytest(folder, "--target", server.url)
    _refused(done, str(status))


def test_a_certificate_that_nobody_trusts_is_told(folder: Path) -> None:
    with BroadcastServer(tls=certificates().server) as server:
        done = _pytest(folder, "--target", server.url)
    _refused(done, "certificate")


def test_an_expired_certificate_is_told(folder: Path, tmp_path: Path) -> None:
    expired = certificates(expired=True)
    with BroadcastServer(tls=expired.server) as server:
        done = _pytest(folder, "--target", server.url, SSL_CERT_FILE=str(expired.write_authority(tmp_path)))
    _refused(done, "expired")


def test_a_template_that_is_no_yaml_is_told(folder: Path, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("{ this is: [no yaml")
    _refused(_pytest(folder, "--target", str(template)), "template.yaml")


def test_a_template_without_a_websocket_api_is_told(folder: Path, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n")
    _refused(_pytest(folder, "--target", str(template)), "WebSocket")


def test_a_run_folder_that_is_not_empty_is_not_overwritten(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("three years of work")
    _refused(_pytest(folder, "--target", "local"), "is not empty")
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--profile", "some"),
        ("--connections", "many"),
        ("--connections", "1"),
        ("--churn", "0"),
        ("--churn", "nan"),
        ("--churn-seconds", "0.5"),
        ("--repeats", "-1"),
        ("--shrink", "nan"),
        ("--seed", "x"),
    ],
)
def test_an_unknown_option_value_is_a_usage_error(folder: Path, arguments: tuple[str, str]) -> None:
    _refused(_pytest(folder, "--target", "local", *arguments), arguments[0].lstrip("-"))


def test_more_clients_than_file_descriptors_are_refused_with_both_numbers(folder: Path) -> None:
    limited = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (400, 400))
    done = _pytest(folder, "--target", "local", "--connections", "1000", "--seed", "1", first=limited)
    _refused(done, "file descriptors a process and the limit is 400", "ulimit -Hn", "lower --connections")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no file"),
        ("{}", "not a churnproof plan"),
        ('{"seed": 1, "churn": true, "mix": {}}', "of a conformance run"),
    ],
)
def test_a_plan_that_cannot_be_performed_again_is_told(
    folder: Path, tmp_path: Path, content: str | None, sentence: str
) -> None:
    plan = tmp_path / "plan.json"
    if content is not None:
        plan.write_text(content)
    _refused(_pytest(folder, "--target", "local", "--replay", str(plan)), sentence)


def test_a_plan_that_is_performed_again_takes_no_scale_beside_it(folder: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(Plan(1, 3, 1.0, ()).to_json())
    _refused(_pytest(folder, "--target", "local", "--replay", str(plan), "--churn", "2"), "leave out --churn")


def test_a_backend_that_lets_nobody_in_violates_conn_01_on_the_local_stack(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return {}\n")
    source = (_BACKENDS / "correct_simple" / "template.yaml").read_text()
    lines = [
        f"{line.split('Handler:')[0]}Handler: app.handler" if "Handler:" in line else line
        for line in source.splitlines()
    ]
    (tmp_path / "template.yaml").write_text("\n".join(lines))
    done = _pytest(folder, "--target", str(tmp_path / "template.yaml"), "--profile", "core")
    assert done.exit == 1, done.output
    assert [name for name, outcome in done.outcomes().items() if outcome is Outcome.FAIL] == ["CONN-01"]


def test_anywhere_on_the_machine_python_m_conformance_judge_is_the_same_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "judge", "--target", "https://example.com"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4
    assert "wss://" in done.stderr


_LEAVES_A_SOCKET_OPEN = """
import socket

def pytest_sessionfinish(session):
    left = [socket.create_server(("127.0.0.1", 0))]
    left.append(left)
"""


@pytest.mark.parametrize(("options", "code"), [((), 0), (("-W", "error"), 1)])
def test_a_warning_about_the_harness_is_no_verdict_on_the_backend(
    options: Sequence[str], code: int, tmp_path: Path
) -> None:
    (tmp_path / "careless.py").write_text(_LEAVES_A_SOCKET_OPEN)
    command = [sys.executable, "-m", "pytest", "conformance", "--target", "local", "--collect-only", "-q"]
    done = subprocess.run(
        [*command, "-p", "careless", "-p", "no:cacheprovider", *options],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
