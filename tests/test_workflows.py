"""The workflows that are ready to use: valid, and made of commands and files that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from reports.gates import read_gates

_ROOT = Path(__file__).parent.parent
OURS = _ROOT / ".github" / "workflows" / "ci.yml"
GITHUB = _ROOT / "docs" / "ci" / "github.yml"
GITLAB = _ROOT / "docs" / "ci" / "gitlab-ci.yml"
ACTIONLINT = shutil.which("actionlint")


def loaded(path: Path) -> dict[Any, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def steps_of(path: Path) -> list[dict[str, Any]]:
    return [step for job in loaded(path)["jobs"].values() for step in job["steps"]]


def scripts_of(path: Path) -> list[str]:
    if path == GITLAB:
        job = loaded(path)["churnproof"]
        return ["\n".join((*job["before_script"], *job["script"], *job["after_script"]))]
    return [step["run"] for step in steps_of(path) if "run" in step]


@pytest.mark.parametrize(
    ("path", "schema"),
    [(OURS, "github-workflows"), (GITHUB, "github-workflows"), (GITLAB, "gitlab-ci")],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_it_is_valid_by_the_schema_of_its_system(path: Path, schema: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(ACTIONLINT is None, reason="no actionlint on this machine")
@pytest.mark.parametrize("path", [OURS, GITHUB], ids=lambda path: path.name)
def test_actionlint_finds_nothing(path: Path) -> None:
    assert ACTIONLINT is not None
    done = subprocess.run([ACTIONLINT, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [OURS, GITHUB, GITLAB], ids=lambda path: path.name)
def test_every_script_is_a_shell_script(path: Path) -> None:
    scripts = scripts_of(path)
    assert scripts
    for script in scripts:
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", [OURS, GITHUB, GITLAB], ids=lambda path: path.name)
def test_the_files_and_targets_of_make_that_it_names_exist(path: Path) -> None:
    script = "\n".join(scripts_of(path))
    files = set(re.findall(r"docs/ci/[\w.-]+", script))
    targets = set(re.findall(r"\bmake (?:-C churnproof )?(\w+)", script))
    assert targets
    assert all((_ROOT / name).exists() for name in files)
    assert targets <= set(re.findall(r"^(\w+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", [OURS, GITHUB], ids=lambda path: path.name)
def test_nothing_from_a_pull_request_is_pasted_into_a_script(path: Path) -> None:
    """Whoever names a branch could write the script otherwise; values go through the environment."""
    assert not [script for script in scripts_of(path) if "${{" in script]


def test_a_stack_is_torn_down_whatever_happened() -> None:
    (teardown,) = [step for step in steps_of(GITHUB) if "sam delete" in step.get("run", "")]
    assert teardown["if"] == "always()"
    assert any("sam delete" in line for line in loaded(GITLAB)["churnproof"]["after_script"])


def test_each_pull_request_has_a_stack_of_its_own() -> None:
    assert "pull_request.number" in loaded(GITHUB)["env"]["STACK"]
    assert "$CI_MERGE_REQUEST_IID" in loaded(GITLAB)["churnproof"]["variables"]["STACK"]


@pytest.mark.parametrize("path", [OURS, GITHUB], ids=lambda path: path.name)
def test_reports_are_kept_also_after_a_failure(path: Path) -> None:
    kept = [step for step in steps_of(path) if "upload-artifact" in step.get("uses", "")]
    kept += [step for step in steps_of(path) if "GITHUB_STEP_SUMMARY" in step.get("run", "")]
    assert len(kept) >= 2
    assert all(step["if"] == "always()" for step in kept)


@pytest.mark.parametrize("name", ["gates.toml", "gates-absolute.toml"])
def test_the_gates_can_be_read(name: str) -> None:
    gates = read_gates(_ROOT / "docs" / "ci" / name)
    assert any(gate.metric == "delivery.lost" and gate.most == 0 for gate in gates)
