"""One greenlet hears all connections of the process."""

from __future__ import annotations

import time

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


_NAP_S = 0.002
_TURN_NS = 2_000_000


class ReceiveLoop:
    """Drains a receiver whenever gevent's loop finds its poller readable; hardly blocks the others.

    To be woken for each delivery would cost more than the delivery. Where the kernel notes when it came,
    the loop sleeps a little between two rounds; where the read is what counts, it looks again at once,
    and gives way to others after two milliseconds.
    """

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
                self._take_turn()
        except Exception as error:  # noqa: BLE001 - kept for those who judge by what was heard
            self._receiver.fault = error
        finally:
            watcher.close()

    def _take_turn(self) -> None:
        if self._receiver.stamped:
            began_s = time.monotonic()
            self._receiver.drain(0.0)
            # After a long round the next sockets are ready already.
            gevent.sleep(_NAP_S if time.monotonic() - began_s < _NAP_S else 0.0)
            return
        end_ns = time.monotonic_ns() + _TURN_NS
        while self._receiver.drain(0.0) and time.monotonic_ns() < end_ns:
            continue
