"""Children: frozen, thawed, killed, watched."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from reference_app.gateway.child_process import ChildProcess
from reference_app.tests.process_state import eventually, state

SLEEP = ["sleep", "60"]


def child(*command: str, **options: object) -> ChildProcess:
    return ChildProcess(command, environment=dict(os.environ), **options)  # type: ignore[arg-type]


def test_the_return_code_is_told_once_to_whoever_asks_or_listens() -> None:
    async def run() -> None:
        codes: list[int] = []
        process = child(sys.executable, "-c", "raise SystemExit(7)", on_exit=codes.append)
        assert process.alive
        assert await process.exited() == 7
        assert await process.exited() == 7
        assert codes == [7]
        assert not process.alive

    asyncio.run(run())


def test_a_frozen_child_stands_still_until_it_is_thawed() -> None:
    async def run() -> None:
        process = child(*SLEEP)
        process.freeze()
        eventually(lambda: state(process.pid) == "T", "frozen")
        process.thaw()
        eventually(lambda: state(process.pid) in {"S", "R"}, "thawed")
        await process.stop()

    asyncio.run(run())


def test_a_frozen_child_can_be_killed() -> None:
    async def run() -> None:
        process = child(*SLEEP)
        process.freeze()
        await process.stop()
        assert await process.exited() == -9
        assert state(process.pid) is None

    asyncio.run(run())


def test_a_child_takes_its_own_children_along(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = (
        "import subprocess, sys; open(sys.argv[1], 'w').write(str(subprocess.Popen(['sleep', '60']).pid))"
    )

    async def run() -> None:
        process = child(sys.executable, "-c", script, str(note))
        await process.exited()

    asyncio.run(run())

    grandchild = int(note.read_text())
    eventually(lambda: state(grandchild) is None, "the grandchild died")


def test_a_child_has_a_session_of_its_own() -> None:
    """Ctrl-C on the terminal is for the stack alone; the stack ends its children itself."""

    async def run() -> None:
        process = child(*SLEEP)
        assert os.getsid(process.pid) == process.pid != os.getsid(0)
        await process.stop()

    asyncio.run(run())


def test_signals_to_a_child_that_is_gone_are_harmless() -> None:
    async def run() -> None:
        process = child("true")
        await process.exited()
        process.freeze()
        process.thaw()
        await process.stop()

    asyncio.run(run())


def test_folder_environment_and_descriptors_are_as_given(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    script = "import os, sys; os.write(int(sys.argv[1]), f'{os.getcwd()} {os.environ[\"NAME\"]}'.encode())"

    async def run() -> None:
        process = ChildProcess(
            [sys.executable, "-c", script, str(writing)],
            environment={"NAME": "value"},
            folder=tmp_path,
            pass_fds=[writing],
        )
        assert await process.exited() == 0

    asyncio.run(run())

    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == f"{tmp_path.resolve()} value"
