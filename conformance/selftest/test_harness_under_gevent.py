"""The same harness in Locust's world: sockets, threads and waiting patched by gevent."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import harness

from .broadcast_server import BroadcastServer
from .certificates import certificates

LOAD = """
from gevent import monkey
monkey.patch_all()
import sys
from pathlib import Path
import gevent
from gevent.hub import get_hub
from conformance.harness.churn import perform
from conformance.harness.deadline import Deadline
from conformance.harness.fleet import Fleet
from conformance.harness.plan import Rates, draw
from conformance.harness.target import load_target
from reports.history_writer import HistoryWriter

url, folder = sys.argv[1:]
epoll = monkey.get_original("select", "epoll")
fleet = Fleet(load_target(url), HistoryWriter(Path(folder)), own_thread=False, poller=epoll())

def receive():
    watcher = get_hub().loop.io(fleet.receiver.fileno(), 1)
    while True:
        get_hub().wait(watcher)
        fleet.receiver.drain(0)

receiving = gevent.spawn(receive)
with fleet:
    clients = fleet.connect_many(20, "stayer", 20)
    message = fleet.broadcast(clients[0], "plain", after="x" * 100_000)
    assert fleet.wait_heard(message, clients, Deadline(20)) == []
    plan = draw(1, 2, 0.3, Rates(sends=20, arrivals=20, stay_s=0.1))
    assert perform(fleet, plan, Deadline(20)).outcomes == {"done": len(plan.actions)}
    fleet.close_all()
    assert not fleet.clients
receiving.kill()
print("all heard")
"""


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_clients_hear_and_churn_under_gevent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secure: bool
) -> None:
    issued = certificates()
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.write_authority(tmp_path)))
    with BroadcastServer(tls=issued.server if secure else None) as server:
        done = subprocess.run(
            [sys.executable, "-c", LOAD, server.url, str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (done.stdout, done.stderr, done.returncode) == ("all heard\n", "", 0)


def test_the_harness_imports_nothing_that_belongs_to_one_world_only() -> None:
    folder = Path(harness.__file__).parent
    imported = {
        (path.name, name.partition(".")[0])
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    worlds = {"pytest", "locust", "gevent", "asyncio", "multiprocessing", "reference_app", "loadtests"}
    assert {pair for pair in imported if pair[1] in worlds} == set()


def test_only_one_module_knows_websocket_client() -> None:
    folder = Path(harness.__file__).parent
    knowing = [
        path.name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if "websocket" in _names(node)
    ]
    assert knowing == ["handshake.py"]


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or ""]
    return []
