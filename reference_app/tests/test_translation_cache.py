from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest

from reference_app.gateway.template import translation_cache
from reference_app.gateway.template.translation_cache import TranslationCache


class Translator:
    """Counts how often it is asked."""

    def __init__(self, result: dict[str, Any] | None = None) -> None:
        self.calls = 0
        self._result = result or {"A": {"Type": "T"}}

    def __call__(self) -> dict[str, Any]:
        self.calls += 1
        return self._result


def test_the_same_question_is_translated_once(tmp_path: Path) -> None:
    translator = Translator()
    answers = [TranslationCache(tmp_path / "cache").get({"a": 1}, translator) for _ in range(2)]
    assert answers == [{"A": {"Type": "T"}}] * 2
    assert translator.calls == 1


@pytest.mark.parametrize("other", [{"a": 2}, {"a": "1"}, {"a": 1, "b": 1}, {"a": datetime.date(2026, 1, 1)}])
def test_another_question_is_translated_anew(tmp_path: Path, other: object) -> None:
    translator = Translator()
    cache = TranslationCache(tmp_path)
    cache.get({"a": 1}, translator)
    cache.get(other, translator)
    assert translator.calls == 2


@pytest.mark.parametrize("damage", ["", "{", "\0"])
def test_a_damaged_file_is_replaced(tmp_path: Path, damage: str) -> None:
    translator = Translator()
    cache = TranslationCache(tmp_path)
    cache.get("q", translator)
    [file] = tmp_path.iterdir()
    file.write_text(damage)
    assert cache.get("q", translator) == cache.get("q", translator)
    assert translator.calls == 2


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    translator = Translator()
    cache = TranslationCache(tmp_path / "file")
    assert cache.get("q", translator) == cache.get("q", translator)
    assert translator.calls == 2


def test_what_json_cannot_say_is_not_kept(tmp_path: Path) -> None:
    result = {"A": {"When": datetime.date(2026, 1, 1)}}
    assert TranslationCache(tmp_path).get("q", Translator(result)) == result
    assert list(tmp_path.iterdir()) == []


def test_a_translation_that_fails_is_not_kept(tmp_path: Path) -> None:
    def fail() -> dict[str, Any]:
        raise LookupError("no")

    with pytest.raises(LookupError):
        TranslationCache(tmp_path).get("q", fail)
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation_cache, "KEPT", 2)
    translator, cache = Translator(), TranslationCache(tmp_path)
    for age, question in enumerate(["oldest", "old", "new"]):
        before = set(tmp_path.iterdir())
        cache.get(question, translator)
        for added in set(tmp_path.iterdir()) - before:
            os.utime(added, (age, age))
    cache.get("new", translator)
    cache.get("old", translator)
    assert translator.calls == 3
    assert len(list(tmp_path.iterdir())) == 2
