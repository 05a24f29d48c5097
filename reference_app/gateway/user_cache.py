"""Where what takes long to make, or to download, is kept for the next start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this user's caches are (XDG Base Directory Specification)."""
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "churnproof"
