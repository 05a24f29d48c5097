"""Which API and stage a request is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_app.gateway.http_message import HttpRequest
    from reference_app.gateway.template.application import WebSocketApi

CONNECTIONS = "@connections"


@dataclass(frozen=True, slots=True)
class Destination:
    """An API, by its stage, and what follows the stage in the path, percent-decoded."""

    api: WebSocketApi
    rest: tuple[str, ...]


def domain_name(api: WebSocketApi, region: str) -> str:
    """Return the host name of the API's default endpoint (HS-1, EV-34)."""
    return f"{api.api_id}.execute-api.{region}.amazonaws.com"


class ApiDirectory:
    """Finds APIs by host name; any other name, such as `127.0.0.1`, reaches the first API with the stage."""

    def __init__(self, apis: Sequence[WebSocketApi], region: str) -> None:
        self._by_domain = {domain_name(api, region): api for api in apis}

    def find(self, request: HttpRequest) -> Destination | None:
        """Return the destination; None when the path begins with no stage (HS-3, MG-33)."""
        stage, *rest = segments(request.path)
        host = (request.header("host") or "").partition(":")[0].lower()
        named = self._by_domain.get(host)
        candidates = self._by_domain.values() if named is None else (named,)
        api = next((api for api in candidates if api.stage == stage), None)
        return None if api is None else Destination(api, tuple(rest))


def segments(path: str) -> list[str]:
    """Split a path as sent into its percent-decoded segments; there is always one."""
    return [unquote(segment) for segment in path.removeprefix("/").split("/")]


def is_management_call(request: HttpRequest) -> bool:
    """Tell whether the request is for `@connections`, in its right place or not."""
    return CONNECTIONS in segments(request.path)
