"""Tries one mutant: its module is loaded in place of the real one, and the tests run; in a process that ends.

Nothing of this may run in a process that goes on: what it imports is the mutant.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import io
import os
import signal
import sys
import types
from collections.abc import Generator, Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec

import pytest

from .reach import Reach, noted
from .subjects import ROOT, Subject

_PATIENCE_S = 180
"""A mutant that makes the tests run longer does not end."""
_NEEDLESS = ("cacheprovider", "xdist", "hypothesispytest", "unraisableexception", "threadexception")
_OPTIONS = ("-x", "-q", "--noconftest", "--assert=plain", *(f"-pno:{name}" for name in _NEEDLESS))


def passes(subject: Subject, source: str, wanted: Sequence[str]) -> bool:
    """Whether the wanted tests pass, in their order, with the module as `source` has it."""
    files = dict.fromkeys(test.partition("::")[0] for test in wanted)
    return _run(subject, source, files, _Wanted(wanted)) == pytest.ExitCode.OK


def passing(subject: Subject) -> Reach:
    """What the subject's tests run; empty when one fails without any change."""
    plugin = _Noting()
    passed = _run(subject, subject.source, subject.tests, plugin) == pytest.ExitCode.OK
    return plugin.reach if passed else {}


class _Wanted:
    """A pytest plugin that keeps to the wanted tests, in their order."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = wanted

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        by_id = {item.nodeid: item for item in items}
        items[:] = [by_id[name] for name in self._wanted]


class _Noting:
    """A pytest plugin that notes what every test runs."""

    def __init__(self) -> None:
        self.reach: dict[str, frozenset[str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        with noted() as called:
            done = yield
        self.reach[item.nodeid] = frozenset(called)
        return done


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the subject from another source than its file's."""

    def __init__(self, subject: Subject, source: str) -> None:
        self._subject = subject
        self._source = source

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._subject.module:
            return None
        file = self._subject.file
        return importlib.util.spec_from_file_location(
            name,
            file,
            loader=self,
            submodule_search_locations=[str(file.parent)] if file.name == "__init__.py" else None,
        )

    def get_source(self, fullname: str) -> str:
        return self._source


def _run(subject: Subject, source: str, files: Iterable[str], plugin: object) -> int | pytest.ExitCode:
    for name in [name for name in sys.modules if name.startswith("conformance.")]:
        if not name.startswith("conformance.selftest.mutation"):
            del sys.modules[name]
    sys.meta_path.insert(0, _Instead(subject, source))
    os.chdir(ROOT)
    with _silence(), _patience():
        try:
            importlib.import_module(subject.module)
            return pytest.main([*_OPTIONS, *files], plugins=[plugin])
        except Exception:  # noqa: BLE001 - whatever a mutant raises while it is loaded, it does not live
            return pytest.ExitCode.TESTS_FAILED


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)


def _too_long(_number: int, _frame: types.FrameType | None) -> None:
    raise TimeoutError(f"the tests ran longer than {_PATIENCE_S} s")
