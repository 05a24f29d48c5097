"""The command lines that repeat a run: by its seed on any machine, and by its plan to the letter."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reports.redaction import REDACTED, redact

_ONCE = ("--run-dir", "--repeats", "--shrink")
"""What belongs to one run only: its folder must be a new one, and the rest was asked for that time."""
_SCALE = ("--seed", "--connections", "--churn", "--churn-seconds", "--replay")
_SELECTION = ("-k",)
_PARAMETER = "--parameter"
_SECRET = re.compile(r"secret|passw|pwd|token|jwt|credential|(?:api|access|private|signing)[-_]?key", re.I)
"""In the name of a template's parameter, of which CloudFormation's `NoEcho` is not known here."""


def seed_command(program: str, arguments: Sequence[str], seed: int) -> str:
    """The same command, drawing the same plan; `arguments` do not begin with the `program`."""
    kept = list(_without(arguments, _ONCE))
    if not any(_names(argument, "--seed") or _names(argument, "--replay") for argument in kept):
        kept.append(f"--seed={seed}")
    return redact(f"{program} {shlex.join(_unsecret(kept))}")


def replay_command(arguments: Sequence[str], plan: Path, clause: str) -> str:
    """The command that performs the saved plan again and judges the clause of that id by it."""
    kept = list(_without(arguments, (*_ONCE, *_SCALE, *_SELECTION)))
    kept += [f"--replay={plan}", "-k", clause.replace("-", "_")]
    return redact(f"pytest {shlex.join(_unsecret(kept))}")


def _unsecret(arguments: Iterable[str]) -> Iterator[str]:
    """Template parameters (`--parameter NAME=VALUE`) whose name says secret lose their value."""
    previous = ""
    for argument in arguments:
        given = argument.removeprefix(f"{_PARAMETER}=") if previous != _PARAMETER else argument
        name, equals, _ = given.partition("=")
        of_template = previous == _PARAMETER or argument.startswith(f"{_PARAMETER}=")
        secret = of_template and equals and _SECRET.search(name)
        yield f"{argument[: len(argument) - len(given)]}{name}={REDACTED}" if secret else argument
        previous = argument


def _without(arguments: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in options:
            skip = True  # its value is the next argument
        elif not any(_names(argument, option) for option in options):
            yield argument


def _names(argument: str, option: str) -> bool:
    return argument == option or argument.startswith(f"{option}=")
