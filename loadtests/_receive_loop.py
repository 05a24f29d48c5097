"""One greenlet hears all connections of the process."""

from __future__ import annotations

import gevent
from gevent import monkey
from gevent.hub import get_hub

from conformance.harness.readiness import READABLE, Poller, new_poller
from conformance.harness.receiver import Receiver


def system_poller() -> Poller:
    """The system's own epoll where there is one: gevent's patches hide it, because it can block."""
    if monkey.is_module_patched("select") and "epoll" in monkey.saved.get("select", {}):
        poller: Poller = monkey.get_original("select", "epoll")()
        return poller
    return new_poller()


class ReceiveLoop:
    """Drains a receiver whenever gevent's loop finds its poller readable; never blocks the others."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._greenlet = gevent.Greenlet(self._run)

    def start(self) -> None:
        self._greenlet.start()

    def stop(self) -> None:
        """Hear no more; the receiver stays as it is."""
        self._greenlet.kill()

    def _run(self) -> None:
        hub = get_hub()
        # An epoll descriptor is itself readable when one of its sockets is (epoll(7)).
        watcher = hub.loop.io(self._receiver.fileno(), READABLE)
        try:
            while True:
                hub.wait(watcher)
                self._receiver.drain(0.0)
        finally:
            watcher.close()
