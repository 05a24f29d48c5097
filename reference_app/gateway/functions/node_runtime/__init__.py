"""Node.js functions: our own runtime client, and what it finds around it.

AWS's client for Node, aws-lambda-ric, needs a native build. Ours, `main.cjs`, speaks the same Runtime API.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent
SDK_MANIFESTS = (FOLDER / "sdk" / "package.json", FOLDER / "sdk" / "package-lock.json")
"""The packages of the AWS SDK that Lambda's Node runtime ships, with exact versions."""
SDK_V2_MANIFESTS = (FOLDER / "sdk_v2" / "package.json", FOLDER / "sdk_v2" / "package-lock.json")
"""The same for the runtimes up to nodejs16.x: `aws-sdk`."""
OLDEST_NODE = (20, 6)
"""The first that lets a function's imports be resolved beside its folder."""
LAST_WITH_SDK_V2 = 16
EXTENSIONS = ("", ".js", ".mjs", ".cjs")
"""Of the file that a handler is in, in the order in which they are tried."""


def sdk_manifests(runtime: str) -> tuple[Path, Path]:
    """What Lambda ships of the AWS SDK with this runtime, which is either v2 or v3, never both."""
    version = re.match(r"nodejs(\d+)", runtime)
    ships_v2 = version is None or int(version[1]) <= LAST_WITH_SDK_V2
    return SDK_V2_MANIFESTS if ships_v2 else SDK_MANIFESTS


def command(handler: str) -> list[str]:
    """The command that runs a function's code; NODE_PATH says where packages beside it are."""
    return [
        "node",
        "--v8-pool-size=1",  # four by default; each thread has to be woken to be frozen, and to be thawed
        "--require",
        str(FOLDER / "name_interception.cjs"),
        "--require",
        str(FOLDER / "service_endpoints.cjs"),
        str(FOLDER / "main.cjs"),
        handler,
    ]


@functools.cache
def installed_version() -> tuple[int, int] | None:
    """Major and minor version of the `node` on the PATH; None if there is none that runs."""
    node = shutil.which("node")
    if node is None:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.(\d+)", asked.stdout)
    return (int(match[1]), int(match[2])) if match else None
