"""The AWS SDK for Node functions: installed once, by an npm that writes down what it is asked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from reference_app.gateway.functions import node_runtime, npm_packages
from reference_app.gateway.functions.node_sdk import installed_sdk
from reference_app.gateway.stack_errors import NodeSdkError

INSTALLS = """#!/bin/sh
echo "$@" >> "$NPM_CALLS"
test -f package.json && test -f package-lock.json && mkdir -p node_modules/@aws-sdk
"""
FAILS = """#!/bin/sh
echo "npm error code ENOTFOUND" >&2
exit 1
"""


class Npm:
    """Stands in for npm on the PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._program = folder / "bin" / "npm"
        self._calls = folder / "calls"
        self.cache = folder / "cache"
        self.said: list[str] = []
        self._program.parent.mkdir()
        monkeypatch.setenv("PATH", f"{self._program.parent}:/usr/bin:/bin")
        monkeypatch.setenv("NPM_CALLS", str(self._calls))

    def does(self, script: str) -> None:
        self._program.write_text(script)
        self._program.chmod(0o755)

    def install(self) -> Path:
        return asyncio.run(installed_sdk(self.cache, self.said.append))

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    stand_in = Npm(tmp_path, monkeypatch)
    stand_in.does(INSTALLS)
    return stand_in


def test_the_locked_packages_are_installed_once_and_that_is_said(npm: Npm) -> None:
    first = npm.install()

    assert (first / "@aws-sdk").is_dir()
    assert npm.install() == first
    assert [call.split()[0] for call in npm.calls] == ["ci"]
    assert len(npm.said) == 1
    assert "--ignore-scripts" in npm.calls[0]


def test_nothing_half_installed_stays_in_the_cache(npm: Npm) -> None:
    npm.does(FAILS)

    with pytest.raises(NodeSdkError, match="npm error code ENOTFOUND") as caught:
        npm.install()

    assert "has to reach its registry" in str(caught.value)
    assert list(npm.cache.iterdir()) == []


def test_an_npm_that_never_ends_is_ended(npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    npm.does("#!/bin/sh\nsleep 600\n")
    monkeypatch.setattr(npm_packages, "INSTALL_LIMIT_S", 0.05)

    with pytest.raises(NodeSdkError, match="did not end within"):
        npm.install()


def test_a_machine_without_npm_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NodeSdkError, match="no npm on the PATH"):
        asyncio.run(installed_sdk(tmp_path / "cache", print))


def test_a_cache_that_cannot_be_written_is_told_of(npm: Npm) -> None:
    npm.cache.write_text("a file")

    with pytest.raises(NodeSdkError, match="cannot write"):
        npm.install()


@pytest.mark.parametrize("runtime", ["nodejs16.x", "nodejs22.x"])
def test_the_manifests_name_exact_versions_and_no_host(runtime: str) -> None:
    manifest, lock = (path.read_text() for path in node_runtime.sdk_manifests(runtime))

    assert all(version[0].isdigit() for version in json.loads(manifest)["dependencies"].values())
    assert "resolved" not in lock
    assert "://registry" not in lock


@pytest.mark.parametrize("runtime", ["nodejs", "nodejs8.10", "nodejs16.x"])
def test_runtimes_up_to_nodejs16_ship_sdk_v2(runtime: str) -> None:
    assert node_runtime.sdk_manifests(runtime) == node_runtime.SDK_V2_MANIFESTS


@pytest.mark.parametrize("runtime", ["nodejs18.x", "nodejs24.x"])
def test_later_runtimes_ship_sdk_v3(runtime: str) -> None:
    assert node_runtime.sdk_manifests(runtime) == node_runtime.SDK_MANIFESTS
