"""The commands that documents, workflows and the Makefile name, held against their own parsers."""

from __future__ import annotations

import argparse
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest

from conformance.conftest import pytest_addoption

ROOT = Path(__file__).parent.parent
FOREIGN = frozenset({".", "cd", "java", "pip", "sam", "venv"})
"""Programs and modules that documents and recipes name, and that are not ours to check."""
_OURS = re.compile(r"(?:(?:python|locust|pytest|make)(?= )).*")
_CONTINUED = re.compile(r"\\\n\s*")
_NEXT = re.compile(r"\s*(?:&&|\|\||[;|]|\d?>+)\s*")


def console_lines(document: str) -> list[str]:
    """What a Markdown document tells its reader to type, without comments."""
    blocks = re.findall(r"^```console\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    lines = (line for block in blocks for line in block.splitlines())
    return [re.sub(r"\s+#.*", "", line[2:]) for line in lines if line.startswith("$ ")]


def prose_commands(document: str) -> list[str]:
    """Commands of ours in the running text of a Markdown document, with at least one argument."""
    prose = re.sub(r"^```.*?^```", "", document, flags=re.MULTILINE | re.DOTALL)
    return [code for code in re.findall(r"`([^`\n]+)`", prose) if _OURS.fullmatch(code)]


def ours(script: str) -> Iterator[tuple[str, ...]]:
    """The commands of ours in a shell script, variables replaced by a number that any option takes."""
    for line in _CONTINUED.sub(" ", script).splitlines():
        for command in _NEXT.split(line):
            bare = re.sub(r"^\s*\S*\.venv/bin/", "", command)
            if _OURS.match(bare):
                yield tuple(shlex.split(re.sub(r"\$\{?\w+\}?", "1", bare)))


def refusal(words: Sequence[str], capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> str:
    """What the command's own parser has against it; empty when it would begin to work."""
    try:
        _parse(words, patch)
    except _Parsed:
        return ""
    except (SystemExit, argparse.ArgumentError, pytest.UsageError) as error:
        return f"{shlex.join(words)}: {error} {capsys.readouterr().err.strip()}"
    return ""


class _Parsed(BaseException):
    """The command line was understood, and nothing begun."""


def _parse(words: Sequence[str], patch: pytest.MonkeyPatch) -> None:
    match words:
        case ["make", "-C", "churnproof", *arguments] | ["make", *arguments]:
            recipe(*arguments)
        case ["locust", *arguments]:
            _locust_parser().parse_args(arguments)
        case ["pytest", *arguments] | ["python", "-m", "pytest" | "conformance", "judge", *arguments]:
            _pytest_options(arguments)
        case ["python", "-m", "pytest", *arguments]:
            _pytest_options(arguments)
        case ["python", "-m", module, *arguments]:
            _module(module, arguments, patch)
        case _:
            raise SystemExit("no command that is known here")


def recipe(*arguments: str) -> str:
    """The script that `make` would run."""
    done = subprocess.run(
        ["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _locust_parser() -> argparse.ArgumentParser:
    from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

    from loadtests._options import add_options

    parser: argparse.ArgumentParser = get_empty_argument_parser(add_help=True, default_config_files=[])
    set_up: Callable[[argparse.ArgumentParser], None] = setup_parser_arguments
    set_up(parser)
    add_options(parser)
    return parser


def _pytest_options(arguments: Sequence[str]) -> None:
    parser = _PytestParser(prog="pytest", allow_abbrev=False)
    parser.add_argument("files", nargs="*")
    parser.add_argument("-q", action="store_true")
    for of_pytest in ("-k", "-n", "--dist"):
        parser.add_argument(of_pytest)
    pytest_addoption(cast(pytest.Parser, parser))
    parser.parse_args(arguments)


class _PytestParser(argparse.ArgumentParser):
    """What a conftest asks of pytest's own parser, which is not to be had without pytest's start."""

    def getgroup(self, name: str, description: str) -> SimpleNamespace:
        return SimpleNamespace(addoption=self.add_argument_group(name, description).add_argument)


def _module(module: str, arguments: Sequence[str], patch: pytest.MonkeyPatch) -> None:
    """Call the module's `main` as far as its parser; without arguments it is enough that it exists."""
    spec = find_spec(module)
    if spec is None:
        raise SystemExit("no such module")
    if not arguments or module in FOREIGN:
        return
    main = import_module(f"{module}.__main__" if spec.submodule_search_locations else module).main
    parse = argparse.ArgumentParser.parse_args

    def parse_only(self: argparse.ArgumentParser, *given: Any) -> NoReturn:
        parse(self, *given)
        raise _Parsed

    patch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    patch.setattr(signal, "signal", lambda *_: None)
    patch.setattr(sys, "argv", [module, *arguments])
    main()
    raise SystemExit(f"{module} never looked at its arguments")
