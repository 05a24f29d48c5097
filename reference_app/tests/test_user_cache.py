from __future__ import annotations

from pathlib import Path

from reference_app.gateway.user_cache import cache_folder


def test_the_cache_is_where_the_user_keeps_caches() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/elsewhere"}) == Path("/elsewhere/churnproof")
    assert cache_folder({}) == Path.home() / ".cache" / "churnproof"
