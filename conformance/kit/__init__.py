"""churnproof in other people's tests: `pytest_plugins = ["conformance.kit"]` in a conftest.py.

`churnproof_target` in the pytest configuration (a template's path, a URL, a target file) says which
backend; the environment's CHURNPROOF_TARGET goes before it. See docs/kit.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.harness.errors import UsageError
from conformance.harness.local_stack import open_target
from conformance.harness.target import FORMS, Target, load_target
from conformance.harness.target_file import read_target_file

from .connections_machine import ConnectionsMachine
from .trial import Trial, UndeliveredError

__all__ = ["ConnectionsMachine", "Trial", "UndeliveredError"]

_TARGET, _CONTRACT = "churnproof_target", "churnproof_contract"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(_TARGET, f"the backend that the fixture `churnproof` tests: {FORMS}", default="")
    parser.addini(_CONTRACT, "file with [message], [contract] and [bounds] of that backend", default="")


@pytest.fixture(scope="session")
def churnproof_target(pytestconfig: pytest.Config) -> str:
    """Which backend is tested; override it where neither environment nor configuration can say it."""
    if named := os.environ.get("CHURNPROOF_TARGET"):
        return named
    configured = str(pytestconfig.getini(_TARGET))
    if not configured:
        pytest.fail(f"which backend? set {_TARGET} in the pytest configuration: {FORMS}", pytrace=False)
    beside = pytestconfig.rootpath / configured
    return str(beside) if beside.is_file() else configured


@pytest.fixture(scope="session")
def churnproof_backend(
    churnproof_target: str, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The backend, open: a template runs on a local stack for as long as the session lasts."""
    folder = tmp_path_factory.mktemp("churnproof")
    contract = str(pytestconfig.getini(_CONTRACT))
    try:
        file = read_target_file(pytestconfig.rootpath / contract) if contract else None
        with open_target(load_target(churnproof_target), folder) as target:
            yield target.merged(file) if file else target
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def churnproof(churnproof_backend: Target, tmp_path: Path) -> Iterator[Trial]:
    """Clients of the backend, and the record of all that they send and hear."""
    folder = tmp_path / "churnproof"
    folder.mkdir()
    try:
        with Trial(churnproof_backend, folder) as trial:
            yield trial
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)
