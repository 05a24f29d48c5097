from __future__ import annotations

import pytest

from reports.command_line import CommandLine


def test_a_usage_error_exits_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        CommandLine(prog="judge").parse_args(["--no-such-option"])
    assert caught.value.code == 4
    assert "judge: unrecognized arguments: --no-such-option" in capsys.readouterr().err


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        CommandLine(prog="judge").parse_args(["--help"])
    assert caught.value.code == 0
    assert "usage: judge" in capsys.readouterr().out
