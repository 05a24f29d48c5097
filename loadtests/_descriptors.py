"""Whether this process may open as many sockets as the load needs."""

from __future__ import annotations

import resource

from conformance.harness.errors import UsageError

_OWN = 64
"""Beside the connections: files, Locust's own sockets, gevent."""


def needed(users: int, processes: int) -> int:
    """File descriptors of the process with the most users."""
    return -(-users // max(1, processes)) + _OWN


def allow(descriptors: int) -> None:
    """Raise the soft limit as far as needed. Raises UsageError where the hard limit forbids it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= descriptors:
        return
    if hard != resource.RLIM_INFINITY and hard < descriptors:
        raise UsageError(
            f"this load needs {descriptors} file descriptors a process and the limit is {hard}: raise it "
            "(ulimit -Hn), lower --users, or share the users among more --processes"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
