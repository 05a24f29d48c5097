"""Installing itself is tested with what it is for, in test_node_sdk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from reference_app.gateway.functions.npm_packages import NpmError, installed


def test_a_manifest_without_a_lock_file_is_installed_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\necho "$@" >&2\nexit 1\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    manifest = tmp_path / "package.json"
    manifest.write_text("{}")

    with pytest.raises(NpmError, match="install --no-package-lock"):
        asyncio.run(installed(tmp_path / "cache", "some", [manifest], lambda _: None))


def test_other_manifests_are_another_folder(tmp_path: Path) -> None:
    manifest = tmp_path / "package.json"
    folders: list[Path] = []
    for content in ("{}", "{ }"):
        manifest.write_text(content)
        with pytest.raises(NpmError):
            asyncio.run(installed(manifest / "no folder", "some", [manifest], folders.append))

    assert len(set(folders)) == 2
