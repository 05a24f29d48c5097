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
OLDEST_NODE = (20, 6)
"""The first that lets a function's imports be resolved beside its folder."""
EXTENSIONS = ("", ".js", ".mjs", ".cjs")
"""Of the file that a handler is in, in the order in which they are tried."""


def command(handler: str) -> list[str]:
    """The command that runs a function's code; NODE_PATH says where packages beside it are."""
    return [
        "node",
        "--v8-pool-size=1",  # four by default; each thread has to be woken to be frozen, and to be thawed
        "--require",
        str(FOLDER / "name_interception.cjs"),
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
