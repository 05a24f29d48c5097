"""Which Lambda runtimes run here, and the command that is each one's runtime client."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from reference_app.gateway.functions import node_runtime
from reference_app.gateway.stack_errors import BUILD_COMMAND, BUILD_FIRST
from reference_app.gateway.template.application import Function

_PYTHON_CLIENT = (
    "import os, sys; from awslambdaric.__main__ import main; "
    "sys.path.insert(0, os.environ['LAMBDA_TASK_ROOT']); main(sys.argv)"
)
"""As on Lambda, the runtime client is imported before the function's code can be: a function may have a
`logging.py` of its own, which Python's `-m` would give to the client."""


@dataclass(frozen=True)
class NotRunnable:
    """Why a function cannot be run here, and what could."""

    what: str
    accepted: str


def check_runnable(function: Function) -> NotRunnable | None:
    """None for a function that can be started; its code may still fail to import (an init error)."""
    if is_node(function):
        return _check_node() or _check_handler(function, node_runtime.EXTENSIONS, ".mjs")
    if _has_own_runtime(function):
        return _check_bootstrap(function)
    if not function.runtime.startswith("python"):
        return NotRunnable(f"runtime {function.runtime} is not run here", "python3.*, nodejs*, provided.*")
    return _check_handler(function, (".py", "/__init__.py"), ".py")


def is_node(function: Function) -> bool:
    """Whether the function is written for one of Lambda's Node.js runtimes."""
    return function.runtime.startswith("nodejs")


def runtime_client(function: Function) -> list[str]:
    """The command that runs a function's code: for Python this interpreter with AWS's own runtime client
    (RA-20), for Node.js the `node` on the PATH with a client of ours, else the function's own `bootstrap`.

    Lambda's Python brings boto3 along, and so does this one.
    """
    if is_node(function):
        return node_runtime.command(function.handler)
    if _has_own_runtime(function):
        return [str(_bootstrap(function))]
    return [sys.executable, "-P", "-c", _PYTHON_CLIENT, function.handler]


def _has_own_runtime(function: Function) -> bool:
    return function.runtime.startswith("provided")


def _bootstrap(function: Function) -> Path:
    return function.code / "bootstrap"


def _check_bootstrap(function: Function) -> NotRunnable | None:
    if os.access(_bootstrap(function), os.X_OK):
        return None
    return NotRunnable(
        f"{_bootstrap(function)} is no program", f"an executable file named bootstrap; {BUILD_FIRST}"
    )


def _check_node() -> NotRunnable | None:
    oldest = ".".join(map(str, node_runtime.OLDEST_NODE))
    version = node_runtime.installed_version()
    if version is None:
        return NotRunnable("it needs Node.js, and there is no node on the PATH", f"Node.js {oldest} or later")
    if version < node_runtime.OLDEST_NODE:
        installed = ".".join(map(str, version))
        return NotRunnable(f"the node on the PATH is {installed}", f"Node.js {oldest} or later")
    return None


def _check_handler(function: Function, endings: tuple[str, ...], usual: str) -> NotRunnable | None:
    """`endings` are what may follow the module's name in the name of its file; `usual` is told."""
    module = _node_module(function.handler) if is_node(function) else _python_module(function.handler)
    if not module:
        return NotRunnable(f"handler {function.handler!r} is not of the form module.function", "app.handler")
    if any((function.code / f"{module}{ending}").is_file() for ending in endings):
        return None
    missing = function.code / f"{module}{usual}"
    source = " in TypeScript only" if (function.code / f"{module}.ts").is_file() else ""
    does_not = f"exists{source}" if source else "does not exist"
    accepted = BUILD_FIRST
    if function.build_method is not None:
        accepted = f"BuildMethod {function.build_method} makes it: {BUILD_COMMAND}"
    return NotRunnable(f"the file of its handler {function.handler}, {missing}, {does_not}", accepted)


def _python_module(handler: str) -> str:
    return handler.rpartition(".")[0].replace(".", "/")


def _node_module(handler: str) -> str:
    """Up to the first dot of the last segment: `folder/app.things.handler` is in `folder/app`."""
    folder, slash, name = handler.rpartition("/")
    module, dot, _ = name.partition(".")
    return f"{folder}{slash}{module}" if dot else ""
