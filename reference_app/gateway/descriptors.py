"""Room for as many sockets as the system lets a process have: each client takes one."""

from __future__ import annotations

import resource

ENOUGH = 65_536
"""More would only slow programs down that close every descriptor there might be."""


def allow_many() -> None:
    """Raise the soft limit of this process, often 1,024, towards the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
