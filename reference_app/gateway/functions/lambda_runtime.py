"""Which Lambda runtimes run here, and the command that is each one's runtime client."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from reference_app.gateway.template.application import Function


@dataclass(frozen=True)
class NotRunnable:
    """Why a function cannot be run here, and what could."""

    what: str
    accepted: str


def check_runnable(function: Function) -> NotRunnable | None:
    """None for a function that can be started; its code may still fail to import (an init error)."""
    if not function.runtime.startswith("python"):
        return NotRunnable(f"runtime {function.runtime} is not run here", "python3.*")
    module, separator, _ = function.handler.rpartition(".")
    if not separator:
        return NotRunnable(f"handler {function.handler!r} is not of the form module.function", "app.handler")
    path = function.code / module.replace(".", "/")
    candidates = (path.with_name(path.name + ".py"), path / "__init__.py")
    if not any(candidate.is_file() for candidate in candidates):
        return NotRunnable(
            f"the file of its handler {function.handler}, {candidates[0]}, does not exist", "module.function"
        )
    return None


def runtime_client(function: Function) -> list[str]:
    """The command that runs a function's code (RA-20): this interpreter with AWS's own runtime client.

    Lambda's Python brings boto3 along, and so does this one.
    """
    return [sys.executable, "-m", "awslambdaric", function.handler]
