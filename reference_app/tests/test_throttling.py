"""Token buckets, and what a throttled client sees."""

from __future__ import annotations

import pytest
import websocket

from reference_app.gateway.template.application import ApiKeys, Route, Throttle
from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api.throttling import Throttles, TokenBucket
from reference_app.tests.running_gateway import Running, api, echo, running_gateway

SLOW = Throttle(rate=2.0, burst=1)


def test_a_burst_passes_at_once_and_no_more() -> None:
    bucket = TokenBucket(Throttle(rate=1.0, burst=3))

    assert [bucket.take(5.0) for _ in range(4)] == [True, True, True, False]


def test_tokens_come_back_at_the_rate_and_never_beyond_the_burst() -> None:
    bucket = TokenBucket(Throttle(rate=2.0, burst=1))

    assert [bucket.take(at) for at in (0.0, 0.4, 0.5, 100.0, 100.0)] == [True, False, True, True, False]


def test_routes_and_apis_have_buckets_of_their_own() -> None:
    """LM-14."""
    routes = (Route("a", "f", throttle=SLOW), Route("b", "f", throttle=SLOW), Route("free", "f"))
    throttles = Throttles((api(*routes, api_id="one"), api(*routes, api_id="two")), 0)

    calls = [("one", "a"), ("one", "a"), ("one", "b"), ("two", "a"), ("one", "free"), ("one", "free")]
    assert [throttles.let_pass(*call, 0.0) for call in calls] == [True, False, True, True, True, True]


def test_the_accounts_limit_counts_handshakes_of_all_apis() -> None:
    """LM-1."""
    throttles = Throttles((), connects_per_second=2)

    assert [throttles.let_connect(api_id, 0.0) for api_id in ("one", "two", "one")] == [True, True, False]


def status_of_handshake(gateway: Running) -> int:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught, gateway.client():
        pass
    return int(caught.value.status_code)


def test_a_throttled_handshake_gets_429_and_connect_does_not_run() -> None:
    """HS-24, HS-25."""
    throttled = api(Route("$connect", "connect", throttle=SLOW))
    with running_gateway(apis=(throttled,)) as gateway, gateway.client():
        assert status_of_handshake(gateway) == 429
        assert len(gateway.functions.of_type("CONNECT")) == 1
        gateway.advance(0.5)
        with gateway.client():
            assert len(gateway.functions.of_type("CONNECT")) == 2


def test_the_quota_of_new_connections_is_kept_on_request() -> None:
    """LM-1, Q-29."""
    with running_gateway(unknowns=Unknowns(connects_per_second=1)) as gateway, gateway.client():
        assert status_of_handshake(gateway) == 429


@pytest.mark.parametrize("text", ["Too Many Requests", "Rate exceeded"])
def test_a_throttled_message_gets_a_frame_and_the_connection_stays(text: str) -> None:
    """RT-24, Q-11."""
    route = Route("$default", "echo", two_way=True, throttle=SLOW)
    unknowns = Unknowns(throttled_message=text)
    with (
        running_gateway(route, handlers={"echo": echo}, unknowns=unknowns) as gateway,
        gateway.client() as client,
    ):
        client.send("one")
        assert client.recv() == "one"
        client.send("two")
        assert str(client.recv()).startswith(f'{{"message": "{text}", "connectionId":"')
        gateway.advance(0.5)
        client.send("three")
        assert client.recv() == "three"


def test_a_url_that_is_too_long_is_refused_with_a_status_that_can_be_chosen() -> None:
    """LM-11, Q-6."""
    for status in (414, 403):
        with (
            running_gateway(unknowns=Unknowns(long_url_status=status)) as gateway,
            pytest.raises(websocket.WebSocketBadStatusException) as caught,
            gateway.client("?" + "q" * 4096),
        ):
            pass
        assert caught.value.status_code == status


def test_an_api_key_that_comes_too_often_gets_429_and_another_does_not() -> None:
    """HS-24."""
    keys = ApiKeys({"one": "1", "two": "2"}, throttles={"one": SLOW})
    keyed = api(Route("$connect", "connect", api_key_required=True), api_keys=keys)
    with running_gateway(apis=(keyed,)) as gateway, gateway.client(header={"x-api-key": "one"}):
        with pytest.raises(websocket.WebSocketBadStatusException, match="429"):
            websocket.create_connection(gateway.url, header={"x-api-key": "one"})
        with gateway.client(header={"x-api-key": "two"}):
            assert len(gateway.functions.of_type("CONNECT")) == 2
