"""Whether this process may open as many sockets as a run needs."""

from __future__ import annotations

import resource

from .errors import UsageError


def allow(descriptors: int, remedy: str) -> None:
    """Raise the soft limit as far as needed.

    Raises UsageError, which ends in `remedy`, where the hard limit forbids it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= descriptors:
        return
    if hard != resource.RLIM_INFINITY and hard < descriptors:
        raise UsageError(
            f"this run needs {descriptors} file descriptors a process and the limit is {hard}: {remedy}"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
