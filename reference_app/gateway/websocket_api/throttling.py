"""Who calls too often: token buckets of routes (LM-14), API keys (HS-24) and all handshakes (LM-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_app.gateway.template.application import Throttle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_app.gateway.template.application import WebSocketApi


class TokenBucket:
    """Lets through `burst` calls at once, and `rate` a second in the long run."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._tokens = float(throttle.burst)
        self._filled_at: float | None = None

    def take(self, now: float) -> bool:
        """Take a token at this time, in seconds; return whether there was one."""
        if self._filled_at is not None:
            gained = (now - self._filled_at) * self._throttle.rate
            self._tokens = min(self._throttle.burst, self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttles:
    """The buckets of some APIs; a route without a limit has none."""

    def __init__(self, apis: Iterable[WebSocketApi], connects_per_second: int) -> None:
        """`connects_per_second` is the account's limit for new connections of all APIs; 0 is none (LM-1)."""
        self._routes = {
            (api.api_id, route.key): TokenBucket(route.throttle)
            for api in apis
            for route in api.routes.values()
            if route.throttle is not None
        }
        self._keys = {
            (api.api_id, value): TokenBucket(throttle)
            for api in apis
            for value, throttle in api.api_keys.throttles.items()
        }
        limit = Throttle(connects_per_second, connects_per_second)
        self._connects = TokenBucket(limit) if connects_per_second else None

    def let_connect(self, api_id: str, now: float) -> bool:
        """Return whether a handshake may go on; one that may not is answered 429 (HS-24, HS-25)."""
        if self._connects is not None and not self._connects.take(now):
            return False
        return self.let_pass(api_id, "$connect", now)

    def let_key_pass(self, api_id: str, value: str, now: float) -> bool:
        """Return whether a client with this API key may come; its usage plan says how often (HS-24)."""
        bucket = self._keys.get((api_id, value))
        return bucket is None or bucket.take(now)

    def let_pass(self, api_id: str, route_key: str, now: float) -> bool:
        """Return whether a message may go to its route (RT-24)."""
        bucket = self._routes.get((api_id, route_key))
        return bucket is None or bucket.take(now)
