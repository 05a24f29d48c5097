from __future__ import annotations

from pathlib import Path

import pytest

from conformance.harness.errors import UsageError
from conformance.harness.plan import draw
from conformance.saved_plan import saved_plan


def test_a_plan_is_found_in_its_file_and_in_its_run_folder(tmp_path: Path) -> None:
    plan = draw(3, 4, 2.0)
    (tmp_path / "plan.json").write_text(plan.to_json())
    assert saved_plan(tmp_path / "plan.json") == plan
    assert saved_plan(tmp_path) == plan


def test_a_folder_without_a_plan_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--replay: .* holds no plan.json"):
        saved_plan(tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"[]"])
def test_a_file_that_is_no_plan_is_told_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"--replay: .*plan\.json"):
        saved_plan(tmp_path)
