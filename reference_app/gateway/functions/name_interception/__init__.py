"""The folder that comes first on the functions' `PYTHONPATH`; `variables` is what it needs to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
VARIABLE = "LOCAL_API_GATEWAY_HOSTS"


def variables(host_names: Iterable[str], address: str, port: int) -> Mapping[str, str]:
    """Lead these names, whatever the port, to the gateway."""
    return {VARIABLE: " ".join([f"{address}:{port}", *host_names])}
