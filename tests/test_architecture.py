"""The repository tests itself: import arrows, the clause table, the top level."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.clauses import FEATURES, clauses

_ROOT = Path(__file__).parent.parent
_ROOMS = ("reference_app", "loadtests", "conformance", "reports", "benchmarks")
_MAY_IMPORT = {
    "loadtests": {"conformance", "reports"},
    "conformance": {"reports"},
    "reports": set[str](),
    "reference_app": set[str](),
    "benchmarks": {"loadtests", "conformance", "reports"},
}
_EDGES = {
    "socket",
    "boto3",
    "botocore",
    "locust",
    "gevent",
    "pytest",
    "asyncio",
    "websocket",
    "subprocess",
}
_PURE = (
    "benchmarks/table.py",
    "loadtests/_capacity_search.py",
    "loadtests/_scenarios.py",
    "conformance/accepted.py",
    "conformance/aws_facts.py",
    "conformance/clause_document.py",
    "conformance/clauses.py",
    "conformance/expected_traffic.py",
    "conformance/function_failures.py",
    "conformance/checkers",
    "conformance/repeat_command.py",
    "conformance/run_results.py",
    "conformance/selftest/mutation/mutants.py",
    "conformance/tester_policy.py",
    "conformance/kit/delivery_verdict.py",
    "conformance/harness/clock_doubt.py",
    "conformance/harness/contract.py",
    "conformance/harness/envelope.py",
    "conformance/harness/fault_rules.py",
    "conformance/harness/frames.py",
    "conformance/harness/heard.py",
    "conformance/harness/read_size.py",
    "conformance/harness/receive_backlog.py",
    "conformance/harness/message_format.py",
    "conformance/harness/oracle.py",
    "conformance/harness/received.py",
    "conformance/harness/plan.py",
    "conformance/harness/plan_shrinking.py",
    "reports/baseline.py",
    "reports/baseline_gates.py",
    "reports/billing.py",
    "reports/bootstrap.py",
    "reports/change_points.py",
    "reports/capacity.py",
    "reports/charts.py",
    "reports/clock_bands.py",
    "reports/cost.py",
    "reports/cost_section.py",
    "reports/ctrf.py",
    "reports/gates.py",
    "reports/hdr_encoding.py",
    "reports/hdr_log.py",
    "reports/history.py",
    "reports/html.py",
    "reports/idle_herd.py",
    "reports/latency_counts.py",
    "reports/markdown.py",
    "reports/metrics.py",
    "reports/reconnects.py",
    "reports/proportion.py",
    "reports/results.py",
    "reports/table.py",
    "reports/trace.py",
    "reports/traffic.py",
    "reports/trend.py",
    "reports/trend_section.py",
    "reference_app/gateway/control/fault_book.py",
    "reference_app/gateway/control/fault_rules.py",
    "reference_app/gateway/control/rule_json.py",
    "reference_app/gateway/dynamodb/small_pages.py",
    "reference_app/gateway/functions/absent_services.py",
    "reference_app/gateway/functions/batch_item_failures.py",
    "reference_app/gateway/functions/event_filter.py",
    "reference_app/gateway/functions/invoke_call.py",
    "reference_app/gateway/functions/queue_batches.py",
    "reference_app/gateway/functions/running_invocations.py",
    "reference_app/gateway/functions/stream_batches.py",
    "reference_app/gateway/sqs/sqs_call.py",
    "reference_app/gateway/websocket_api/error_frames.py",
    "reference_app/gateway/websocket_api/identifiers.py",
    "reference_app/gateway/websocket_api/lenient_json.py",
    "reference_app/gateway/websocket_api/management_answers.py",
    "reference_app/gateway/websocket_api/mock_integration.py",
    "reference_app/gateway/websocket_api/proxy_event.py",
    "reference_app/gateway/websocket_api/proxy_result.py",
    "reference_app/gateway/websocket_api/message_validation.py",
    "reference_app/gateway/websocket_api/route_selection.py",
    "reference_app/gateway/websocket_api/selection_expression.py",
    "reference_app/gateway/websocket_api/compression.py",
    "reference_app/survey/findings.py",
)


def _sources(*places: str) -> Iterator[Path]:
    for place in places:
        path = _ROOT / place
        yield from path.rglob("*.py") if path.is_dir() else [path]


def _imports(path: Path) -> set[str]:
    """Names of the modules that the file imports, relative ones spelled out as their room's."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


def _top(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("room", _ROOMS)
def test_imports_run_left_to_right_only(room: str) -> None:
    """loadtests drive, conformance judges, reports remember; reference_app is met only over the wire."""
    forbidden = set(_ROOMS) - _MAY_IMPORT[room] - {room}
    wrong = {
        str(path.relative_to(_ROOT)): bad
        for path in _sources(room)
        if "backends" not in path.parts and (bad := _top(_imports(path)) & forbidden)
    }
    assert wrong == {}


def test_every_room_has_sources() -> None:
    assert all(len(list(_sources(room))) > 3 for room in _ROOMS)


@pytest.mark.parametrize("place", _PURE)
def test_pure_modules_do_no_input_and_output(place: str) -> None:
    found = list(_sources(place))
    assert found
    assert {str(path.name): bad for path in found if (bad := _top(_imports(path)) & _EDGES)} == {}
    clock = re.compile(r"\b(time\.(time|monotonic|monotonic_ns|perf_counter)|datetime\.now)\(")
    assert [path.name for path in found if clock.search(path.read_text(encoding="utf-8"))] == []


def test_the_harness_knows_neither_pytest_nor_locust_nor_asyncio() -> None:
    """So that the same code runs under pytest and, patched by gevent, under Locust."""
    for path in _sources("conformance/harness", "conformance/workloads", "conformance/checkers"):
        assert not _top(_imports(path)) & {"pytest", "locust", "gevent", "asyncio"}, path


def test_only_one_module_knows_websocket_client() -> None:
    users = [
        path.name for path in _sources("conformance", "loadtests") if "websocket" in _top(_imports(path))
    ]
    assert len([name for name in users if not name.startswith("test_")]) == 1


def test_locust_imports_only_what_is_meant_for_it() -> None:
    """It imports every .py under its folder whose name does not begin with an underscore."""
    public = [path.name for path in (_ROOT / "loadtests").rglob("*.py") if not path.name.startswith("_")]
    assert public
    assert all(name.endswith("_users.py") for name in public)


def test_every_clause_has_one_test_and_every_test_a_clause() -> None:
    text = "".join(path.read_text() for path in (_ROOT / "conformance").glob("test_*.py"))
    tested = re.findall(r'@pytest\.mark\.clause\("([A-Z]+-\d+)"\)', text)
    assert sorted(tested) == sorted(clauses())


@pytest.mark.parametrize("clause", clauses().values(), ids=lambda clause: clause.id)
def test_a_clause_is_one_sentence_with_its_level_and_sources(clause: object) -> None:
    from conformance.clauses import Clause

    assert isinstance(clause, Clause)
    assert re.fullmatch(r"[A-Z]+-\d\d", clause.id)
    assert clause.level == "INFO" or f" {clause.level} " in clause.sentence
    assert clause.sentence.endswith(".")
    assert clause.feature in FEATURES
    assert clause.facts
    assert all(re.fullmatch(r"[A-Z]{2}-\d+", fact) for fact in clause.facts)
    assert clause.core == (clause.feature == "none")


def test_the_lock_file_pins_everything_and_names_no_host() -> None:
    lines = [line.strip() for line in (_ROOT / "requirements.lock").read_text().splitlines()]
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert all(re.fullmatch(r"[A-Za-z0-9._\[\],-]+==[A-Za-z0-9.+!]+( ;.*)?", pin) for pin in pins)
