"""The AWS SDK for JavaScript, as Lambda's Node runtime ships it: installed by npm, once, into a cache.

Functions find it on NODE_PATH; nothing is written into their folders.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from reference_app.gateway.child_process import ChildProcess
from reference_app.gateway.functions.node_runtime import SDK_MANIFESTS
from reference_app.gateway.stack_errors import NodeSdkError

INSTALL_LIMIT_S = 180.0

# `ci` installs exactly what the lock file says, from whatever registry the user has configured.
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_LINES_OF_NPM = 6


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where this user's caches are (XDG Base Directory Specification)."""
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "churnproof"


async def installed_sdk(cache: Path, announce: Callable[[str], None]) -> Path:
    """The `node_modules` folder with the SDK; the first call on a machine installs it, and says so.

    Raises NodeSdkError if npm is missing, or does not get through: offline, for instance.
    """
    folder = cache / f"node-sdk-{_fingerprint()}"
    if not folder.is_dir():
        announce(f"installing the AWS SDK for Node.js functions into {folder}; this happens once")
        await _install(folder)
    return folder / "node_modules"


async def _install(folder: Path) -> None:
    if shutil.which("npm") is None:
        raise NodeSdkError("there is no npm on the PATH")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as half_done:
            staged = Path(half_done) / folder.name
            staged.mkdir()
            for manifest in SDK_MANIFESTS:
                shutil.copy(manifest, staged)
            await _run_npm(staged)
            _move(staged, folder)
    except OSError as refused:
        raise NodeSdkError(f"cannot write {folder}: {refused.strerror}") from refused


def _move(staged: Path, folder: Path) -> None:
    try:
        staged.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another stack was faster, and what it installed is the same
            raise


async def _run_npm(folder: Path) -> None:
    """Run it in `folder` to its end, which is at the latest that of this task."""
    with tempfile.TemporaryFile() as output:
        npm = ChildProcess(_INSTALL, environment=os.environ, folder=folder, output=output.fileno())
        try:
            code = await asyncio.wait_for(npm.exited(), INSTALL_LIMIT_S)
        except TimeoutError as late:
            raise NodeSdkError(f"npm did not end within {INSTALL_LIMIT_S:g} s") from late
        finally:
            await npm.stop()
        if code != 0:
            output.seek(0)
            lines = output.read().decode("utf-8", "replace").strip().splitlines()[:_LINES_OF_NPM]
            raise NodeSdkError("; ".join(lines) or f"npm ended with exit status {code}")


def _fingerprint() -> str:
    content = b"".join(manifest.read_bytes() for manifest in SDK_MANIFESTS)
    return hashlib.sha256(content).hexdigest()[:12]
