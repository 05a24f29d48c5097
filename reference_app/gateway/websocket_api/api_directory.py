"""Which API and stage a request is for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_app.gateway.http_message import HttpRequest
    from reference_app.gateway.template.application import WebSocketApi

CONNECTIONS = "@connections"


@dataclass(frozen=True, slots=True)
class Destination:
    """An API, the host name it was reached by, and what follows the stage in the path, percent-decoded."""

    api: WebSocketApi
    rest: tuple[str, ...]
    domain: str
    """`domainName` of the events (EV-34)."""
    is_custom: bool = False
    """Whether that is a custom domain, whose paths go without the stage (MG-31)."""


def domain_name(api: WebSocketApi, region: str) -> str:
    """Return the host name of the API's default endpoint (HS-1, EV-34)."""
    return f"{api.api_id}.execute-api.{region}.amazonaws.com"


def host_names(api: WebSocketApi, region: str) -> tuple[str, ...]:
    """Return every name under which the API is served."""
    return (domain_name(api, region), *(domain.name for domain in api.domains))


class ApiDirectory:
    """Finds APIs by host name; any other name, such as `127.0.0.1`, reaches the first API with the stage."""

    def __init__(self, apis: Sequence[WebSocketApi], region: str) -> None:
        self._region = region
        self._by_domain = {domain_name(api, region): api for api in apis}
        mapped = [(domain, api) for api in apis for domain in api.domains]
        # Of two base paths that fit, the longer one is meant.
        self._mapped = sorted(mapped, key=lambda entry: len(entry[0].base_path), reverse=True)
        self._custom_names = frozenset(domain.name for domain, _ in mapped)

    def find(self, request: HttpRequest) -> Destination | None:
        """Return the destination; None when the path begins with no stage (HS-3, MG-33)."""
        path = segments(request.path)
        host = (request.header("host") or "").partition(":")[0].lower()
        if host in self._custom_names:
            return self._at_custom_domain(host, path)
        named = self._by_domain.get(host)
        candidates = self._by_domain.values() if named is None else (named,)
        api = next((api for api in candidates if api.stage == path[0]), None)
        return None if api is None else Destination(api, path[1:], domain_name(api, self._region))

    def _at_custom_domain(self, host: str, path: tuple[str, ...]) -> Destination | None:
        for domain, api in self._mapped:
            base = tuple(domain.base_path.split("/")) if domain.base_path else ()
            if domain.name == host and path[: len(base)] == base:
                return Destination(api, path[len(base) :], host, is_custom=True)
        return None


# Each path is looked at twice, and a broadcast after the other posts to the same ones.
@lru_cache(maxsize=512)
def segments(path: str) -> tuple[str, ...]:
    """Split a path as sent into its percent-decoded segments; there is always one."""
    return tuple(unquote(segment) for segment in path.removeprefix("/").split("/"))


def is_management_call(request: HttpRequest) -> bool:
    """Tell whether the request is for `@connections`, in its right place or not."""
    return CONNECTIONS in segments(request.path)
