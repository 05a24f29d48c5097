"""SIGKILL at any moment of the stack's life leaves no process behind."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reference_app.tests.process_state import eventually, state
from reference_app.tests.running_command import command, running

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT_WITH_A_CHILD = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: prod
      Routes:
        $connect: {FunctionArn: !GetAtt Parent.Arn}
  Parent:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      InlineCode: |
        import subprocess
        child = subprocess.Popen(["sleep", "600"])
        def handler(event, context):
            return {"statusCode": 200}
"""


def with_temporary_folder(folder: Path) -> list[int]:
    """Processes that were started for this folder, by whomever: TMPDIR is handed down to all of them."""
    mark = f"TMPDIR={folder}".encode()
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and mark in _environment(process) and state(int(process.name))
    ]


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return []


@contextmanager
def starting(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        command("--quiet"), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
def test_a_stack_killed_while_it_starts_leaves_nothing(tmp_path: Path, processes: int) -> None:
    """Five are all of them: the stack, the tables, and an environment of each function."""
    with starting(tmp_path) as stack:
        eventually(lambda: len(with_temporary_folder(tmp_path)) >= processes, f"{processes} processes")
        stack.kill()
        stack.wait()
        eventually(lambda: not with_temporary_folder(tmp_path), "no process is left")


def test_what_a_function_has_started_dies_with_the_stack(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(PARENT_WITH_A_CHILD)
    with running(tmp_path, template, "--quiet") as stack:
        eventually(lambda: len(with_temporary_folder(tmp_path)) >= 4, "the function has a child")
        stack.process.kill()
        stack.process.wait()
        eventually(lambda: not with_temporary_folder(tmp_path), "no process is left")
