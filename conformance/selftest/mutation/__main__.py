"""`python -m conformance.selftest.mutation`: every mutant of the oracle against its tests.

Fails when a mutant survives without a reason in `survivors.toml`, and when a reason has no survivor.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import multiprocessing
import os
import signal
import sys
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from reports.results import Exit

from .mutants import Mutant, mutants

_ROOT = Path(__file__).parents[3]
_MODULE = "conformance.harness.oracle"
_TESTS = "conformance/selftest/test_oracle.py"
_REASONS = Path(__file__).parent / "survivors.toml"
_PATIENCE_S = 60
"""A mutant that makes the tests run longer does not end."""
_LEAST = 100
_OPTIONS = (
    "-x",
    "-q",
    "--noconftest",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:hypothesispytest",
)


@dataclass(frozen=True)
class _Tried:
    mutant: Mutant
    survived: bool


def main() -> int:
    """0 when every survivor has its reason; a line for each that has none, or has one without need."""
    parser = argparse.ArgumentParser(prog="python -m conformance.selftest.mutation", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time (default 2)")
    options = parser.parse_args()
    source = (_ROOT / f"{_MODULE.replace('.', '/')}.py").read_text(encoding="utf-8")
    chosen = mutants(source)
    importlib.import_module(_TESTS.removesuffix(".py").replace("/", "."))  # numpy and all: once, not in each
    if _passes(source) is False:
        print(f"the tests of {_MODULE} fail without any change; nothing can be said of mutants")
        return Exit.HARNESS_ERROR
    # A process of its own for each: modules are loaded anew, and the parent's stay as they are.
    with multiprocessing.get_context("fork").Pool(options.jobs, maxtasksperchild=1) as pool:
        tried = []
        for one in pool.imap(_try, chosen, chunksize=1):
            tried.append(one)
            print(f"{len(tried)} of {len(chosen)}", end="\r", file=sys.stderr, flush=True)
    return _told(tried, tomllib.loads(_REASONS.read_text(encoding="utf-8")))


def _told(tried: list[_Tried], reasons: Mapping[str, str]) -> int:
    survivors = [one.mutant.name for one in tried if one.survived]
    for name in survivors:
        print(f"survives, {reasons[name]}:\n  {name}" if name in reasons else f"SURVIVES:\n  {name}")
    needless = [name for name in reasons if name not in survivors]
    for name in needless:
        print(f"DOES NOT SURVIVE, but has a reason in {_REASONS.name}:\n  {name}")
    unexplained = [name for name in survivors if name not in reasons]
    killed = len(tried) - len(survivors)
    print(f"{killed} of {len(tried)} mutants killed, {len(unexplained)} survive unexplained")
    if len(tried) < _LEAST:
        print(f"so few mutants prove little; {_LEAST} are needed")
        return Exit.INCONCLUSIVE
    return Exit.VIOLATION if unexplained or needless else Exit.OK


def _try(mutant: Mutant) -> _Tried:
    return _Tried(mutant, _passes(mutant.source))


def _passes(source: str) -> bool:
    """Whether the tests pass with the module as `source` has it; in a process that ends soon."""
    context = multiprocessing.get_context("fork")
    if multiprocessing.current_process().name == "MainProcess":
        with context.Pool(1) as pool:
            return pool.apply(partial(_passes, source))
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_PATIENCE_S)
    for name in [name for name in sys.modules if name.startswith("conformance.")]:
        if not name.startswith("conformance.selftest.mutation"):
            del sys.modules[name]
    os.chdir(_ROOT)
    try:
        _load(source)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return pytest.main([*_OPTIONS, _TESTS]) == pytest.ExitCode.OK
    except Exception:  # noqa: BLE001 - whatever a mutant raises while it is loaded, it does not live
        return False
    finally:
        signal.alarm(0)


def _load(source: str) -> None:
    """Put the module into this process in place of its own file."""
    package, _, name = _MODULE.rpartition(".")
    module = types.ModuleType(_MODULE)
    module.__package__ = package
    sys.modules[_MODULE] = module
    exec(compile(source, f"<{_MODULE}>", "exec"), module.__dict__)
    setattr(importlib.import_module(package), name, module)


def _too_long(_number: int, _frame: types.FrameType | None) -> None:
    raise TimeoutError(f"the tests ran longer than {_PATIENCE_S} s")


if __name__ == "__main__":
    sys.exit(main())
