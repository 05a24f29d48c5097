"""npm packages, installed once into a folder of the user's cache."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from reference_app.gateway.child_process import ChildProcess

INSTALL_LIMIT_S = 180.0

_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_LINES_OF_NPM = 6


class NpmError(Exception):
    """npm is missing, or does not get through: offline, for instance."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def installed(
    cache: Path, name: str, manifests: Sequence[Path], announce: Callable[[Path], None]
) -> Path:
    """The `node_modules` folder of what the manifests say; only the first call on a machine installs it.

    `manifests` are a `package.json` and, for exactly the same packages everywhere, its `package-lock.json`;
    `announce` is told the folder before npm is started. Raises NpmError.
    """
    folder = cache / f"{name}-{_fingerprint(manifests)}"
    if not folder.is_dir():
        announce(folder)
        await _install(folder, manifests)
    return folder / "node_modules"


async def _install(folder: Path, manifests: Sequence[Path]) -> None:
    if shutil.which("npm") is None:
        raise NpmError("there is no npm on the PATH")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as half_done:
            staged = Path(half_done) / folder.name
            staged.mkdir()
            for manifest in manifests:
                shutil.copy(manifest, staged)
            is_locked = any(manifest.name == "package-lock.json" for manifest in manifests)
            # `ci` installs what the lock file says, from whatever registry the user has configured.
            await _run_npm(staged, ("ci",) if is_locked else ("install", "--no-package-lock"))
            _move(staged, folder)
    except OSError as refused:
        raise NpmError(f"cannot write {folder}: {refused.strerror}") from refused


def _move(staged: Path, folder: Path) -> None:
    try:
        staged.rename(folder)
    except OSError:
        if not folder.is_dir():  # else somebody else was faster, and what they installed is the same
            raise


async def _run_npm(folder: Path, command: Sequence[str]) -> None:
    """Run it in `folder` to its end, which is at the latest that of this task."""
    with tempfile.TemporaryFile() as output:
        npm = ChildProcess(
            ("npm", *command, *_OPTIONS), environment=os.environ, folder=folder, output=output.fileno()
        )
        try:
            code = await asyncio.wait_for(npm.exited(), INSTALL_LIMIT_S)
        except TimeoutError as late:
            raise NpmError(f"npm did not end within {INSTALL_LIMIT_S:g} s") from late
        finally:
            await npm.stop()
        if code != 0:
            output.seek(0)
            lines = output.read().decode("utf-8", "replace").strip().splitlines()[:_LINES_OF_NPM]
            raise NpmError("; ".join(lines) or f"npm ended with exit status {code}")


def _fingerprint(manifests: Sequence[Path]) -> str:
    content = b"".join(manifest.read_bytes() for manifest in manifests)
    return hashlib.sha256(content).hexdigest()[:12]
