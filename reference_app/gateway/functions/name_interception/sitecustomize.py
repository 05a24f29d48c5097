"""Runs at the start of each function's interpreter: API Gateway's host names lead to the local gateway.

Handlers build `https://{domainName}/{stage}` or `https://{apiId}.execute-api.{region}.amazonaws.com/{stage}`
and never heard of a local stack. The names of this stack's APIs resolve to the gateway's address and port,
which urllib3, http.client and asyncio take from the resolved address. Every other name is left alone, but
for a word in the log where it is one of AWS's: that service is not here, and knows no local credentials.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

_resolve = socket.getaddrinfo


def install(setting: str) -> None:
    """Wrap the resolver; `setting` is `address:port name name …`."""
    gateway, *names = setting.split()
    address, _, port = gateway.rpartition(":")
    intercepted = frozenset(names)
    told: set[str] = set()

    def getaddrinfo(host: Any, service: Any, *args: Any, **kwargs: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
        """See socket.getaddrinfo."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and name.lower().rstrip(".") in intercepted:
            return list(_resolve(address, int(port), *args, **kwargs))
        if isinstance(name, str) and name.endswith(".amazonaws.com") and name not in told:
            told.add(name)
            sys.stderr.write(f"local stack: {name} is not here; DynamoDB, Lambda, SQS and @connections are\n")
        return list(_resolve(host, service, *args, **kwargs))

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]


if setting := os.environ.get("LOCAL_API_GATEWAY_HOSTS"):
    install(setting)
