"""Long, many and slow: a day on a moved clock, a thousand at once, a client that never reads."""

from __future__ import annotations

import asyncio
import resource
import socket
from typing import TYPE_CHECKING

import pytest
import websocket

from reference_app.benchmark.audience import connect, leave
from reference_app.gateway.template.application import Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.tests.raw_frames import PING, frame
from reference_app.tests.running_gateway import PATIENCE_S, handshake_request, running_gateway

if TYPE_CHECKING:
    from reference_app.tests.running_gateway import Running

A_DAY_S = 24 * 3600
EIGHT_MINUTES_S = 480
A_THOUSAND = 1000
ONE_READ = 1 << 18
"""What asyncio takes from a socket at a time, bytes."""


def connections(gateway: Running) -> int:
    return gateway.on_loop(lambda: len(gateway.lifecycle.registry))


def close_code(client: websocket.WebSocket) -> int:
    """Read the close frame, and close the socket."""
    opcode, data = client.recv_data(control_frame=True)
    assert opcode == websocket.ABNF.OPCODE_CLOSE
    assert client.sock is not None
    client.sock.close()
    client.sock = None
    return int.from_bytes(data[:2])


def test_a_day_of_talkers_and_silent_clients_passes_in_seconds() -> None:
    """LM-3, LM-4: who talks every eight minutes is cut after two hours, who is silent after ten minutes."""
    said = talkers = 0
    with running_gateway(Route("$default", "say")) as gateway:
        for now_s in range(0, A_DAY_S, EIGHT_MINUTES_S):
            if now_s % (2 * 3600) == 0:
                assert connections(gateway) == 0
                talker, silent = (websocket.create_connection(gateway.url) for _ in range(2))
                talkers += 1
            talker.send("still here")
            said += 1
            gateway.functions.of_type("MESSAGE", said)
            gateway.advance(EIGHT_MINUTES_S)
            if connections(gateway) == 0:
                assert close_code(talker) == 1001
            elif silent.sock is not None and connections(gateway) == 1:
                assert close_code(silent) == 1001
        endings = gateway.functions.of_type("DISCONNECT", 2 * talkers)
        assert (talkers, len(endings)) == (12, 24)
        assert {event["requestContext"]["disconnectStatusCode"] for event in endings} == {1001}


def test_a_thousand_clients_that_connect_at_once_are_all_let_in_and_all_heard_of_when_they_leave() -> None:
    """LM-1 is the account's quota; the stack's own ears are larger, and no `$disconnect` gets lost."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 3 * A_THOUSAND:
        pytest.skip("a thousand clients and their gateway need more file descriptors (ulimit -n)")

    async def come_and_go(gateway: Running) -> int:
        clients = await connect(gateway.url, A_THOUSAND, A_THOUSAND)
        at_most = await asyncio.to_thread(connections, gateway)
        await leave(clients)
        return at_most

    with running_gateway(unknowns=Unknowns(connects_per_second=A_THOUSAND)) as gateway:
        assert asyncio.run(come_and_go(gateway)) == A_THOUSAND
        events = gateway.functions.of_type("DISCONNECT", A_THOUSAND)
        assert len({event["requestContext"]["connectionId"] for event in events}) == A_THOUSAND


def test_a_client_that_pings_and_never_reads_does_not_fill_the_memory() -> None:
    """RFC 6455 section 5.5.3: not every PING needs its PONG."""
    limit = 100_000
    with (
        running_gateway(unknowns=Unknowns(outbound_buffer_bytes=limit)) as gateway,
        socket.create_connection(("127.0.0.1", gateway.port), PATIENCE_S) as deaf,
    ):
        deaf.sendall(handshake_request(gateway.port))
        assert deaf.recv(12) == b"HTTP/1.1 101"
        for _ in range(100):
            deaf.sendall(frame(PING, b"x" * 125) * 1000)
        gateway.take_notice()
        [client] = gateway.lifecycle._clients
        waiting = gateway.on_loop(client.session._transport.get_write_buffer_size)
        assert 0 < waiting <= limit + ONE_READ
