"""The AWS SDK for JavaScript, as Lambda's Node runtime ships it: installed by npm, once, into a cache.

Functions find it on NODE_PATH; nothing is written into their folders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from reference_app.gateway.functions import npm_packages
from reference_app.gateway.functions.node_runtime import SDK_MANIFESTS
from reference_app.gateway.stack_errors import NodeSdkError


async def installed_sdk(
    cache: Path, announce: Callable[[str], None], manifests: Sequence[Path] = SDK_MANIFESTS
) -> Path:
    """The `node_modules` folder with what the manifests say; the first call installs it, and says so.

    Raises NodeSdkError if npm is missing, or does not get through: offline, for instance.
    """

    def say(folder: Path) -> None:
        announce(f"installing the AWS SDK for Node.js functions into {folder}; this happens once")

    try:
        return await npm_packages.installed(cache, "node-sdk", manifests, say)
    except npm_packages.NpmError as failed:
        raise NodeSdkError(failed.reason) from failed
