"""The published schema accepts what this project writes, and refuses what it would not read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from reports.artefacts import write_artefacts
from reports.latency_counts import TimeAxis
from reports.metrics import no_pairs
from reports.results import Results
from reports.schema import results_schema
from reports.tests.published_schema import SCHEMA, check, check_run
from reports.tests.sample_runs import failing_run, passing_run
from reports.tests.sample_sides import side

LEAST = {
    "format": 1,
    "kind": "load",
    "verdict": "pass",
    "target": {},
    "seed": 1,
    "started": "2026-03-14T09:26:53+00:00",
    "duration_s": 1.5,
    "clauses": [{"id": "BCAST-01", "level": "MUST", "feature": "", "outcome": "pass"}],
}


def test_the_published_schema_is_the_one_that_the_dataclasses_give() -> None:
    assert results_schema() == SCHEMA, "write it again: python -m reports.schema > docs/results.schema.json"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("run", [failing_run(), passing_run("load"), side([None])[0]])
def test_it_accepts_what_a_run_leaves(tmp_path: Path, run: Results) -> None:
    write_artefacts(tmp_path, run, no_pairs(TimeAxis(0, 1.0, 1)))
    check_run(tmp_path)


def test_it_accepts_the_least_and_so_does_the_reader() -> None:
    check(LEAST)
    Results.from_json(json.dumps(LEAST))


def test_it_allows_what_a_newer_version_adds() -> None:
    check({**LEAST, "weather": "rain"})


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"kind": "soak"},
        {"verdict": "splendid"},
        {"seed": "one"},
        {"clauses": [{"id": "BCAST-01"}]},
        {"delivery": {"owed": 1.5}},
        {"latency_ms": {"pair": {"p50": "fast"}}},
        {"traffic": {"connects": None}},
    ],
)
def test_it_refuses_what_the_reader_refuses(change: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check({**LEAST, **change})
    with pytest.raises(ValueError, match=r"format|damaged"):
        Results.from_json(json.dumps({**LEAST, **change}))


def test_it_tells_what_the_fields_mean() -> None:
    assert "PR-1" in SCHEMA["$defs"]["Traffic"]["properties"]["units_in"]["description"]


def test_a_missing_key_that_every_writer_gives_is_refused() -> None:
    with pytest.raises(ValidationError, match="'kind' is a required property"):
        check({key: value for key, value in LEAST.items() if key != "kind"})
    check(json.loads(replace(passing_run(), cost=None).to_json()))
