from __future__ import annotations

import re
from base64 import urlsafe_b64decode

import pytest

from reference_app.gateway.websocket_api.identifiers import IdSource, cell, is_well_formed, tick

CONNECTION_ID = "BFHPhfCWIAMCKlQ="  # captured, 11 Nov 2024 in us-east-1
REQUEST_ID = "BFHPhFe3IAMF95g="
NOW = 1_731_332_735_513


def ids(region: str = "us-east-1") -> IdSource:
    return IdSource(region)


def test_ids_have_the_captured_form() -> None:
    """EV-50."""
    source = ids()
    connection_id = source.connection_id(NOW)
    for issued in (connection_id, source.request_id(NOW), source.message_id(NOW, connection_id)):
        assert re.fullmatch(r"[A-Za-f][A-Za-z0-9_-]{13}[AQgw]=", issued)
        assert len(urlsafe_b64decode(issued)) == 11


@pytest.mark.parametrize("captured", [CONNECTION_ID, REQUEST_ID, "R0oXA-fD0_wCH6w="])
def test_captured_ids_are_well_formed(captured: str) -> None:
    """EV-50."""
    assert is_well_formed(captured)


@pytest.mark.parametrize(
    "malformed",
    [
        "cjy8i76bx002884le6n17d49b",
        CONNECTION_ID + "test",
        "bot_GAMECODE_1",
        "test-connection-123",
        CONNECTION_ID[:-1],
        "",
    ],
)
def test_ids_that_aws_calls_invalid_are_malformed(malformed: str) -> None:
    """MG-14, MG-22."""
    assert not is_well_formed(malformed)


def test_the_time_counter_agrees_with_a_dated_capture() -> None:
    """EV-51: within 13 ticks of `requestTimeEpoch`."""
    captured = int.from_bytes(urlsafe_b64decode("BFaVtH2HoAMFZEQ=")[:4])
    assert abs(captured - tick(1_731_332_746_514)) <= 13


def test_the_first_four_bytes_are_the_time() -> None:
    """EV-51."""
    assert int.from_bytes(urlsafe_b64decode(ids().connection_id(NOW))[:4]) == tick(NOW)


def test_kinds_of_ids_are_marked() -> None:
    """EV-52, EV-53."""
    source = ids()
    connection, request = (
        urlsafe_b64decode(source.connection_id(NOW)),
        urlsafe_b64decode(source.request_id(NOW)),
    )
    assert (connection[4] >> 6, connection[8]) == (0b11, 0x02)
    assert (request[4] >> 6, request[8]) == (0b01, 0x05)


@pytest.mark.parametrize(("region", "expected"), [("us-east-1", 0x2003), ("eu-west-1", 0x0E81)])
def test_ids_carry_the_cell_of_their_region(region: str, expected: int) -> None:
    """EV-54."""
    issued = urlsafe_b64decode(ids(region).connection_id(NOW))
    assert int.from_bytes(issued[6:8]) & 0x7FFF == expected


def test_a_region_without_a_capture_has_a_cell_too() -> None:
    """EV-54."""
    assert 0 <= cell("mars-north-1") < 2**15


def test_a_message_id_ends_like_the_id_of_its_connection() -> None:
    """EV-55."""
    source = ids()
    connection_id = source.connection_id(NOW)
    message_id = source.message_id(NOW, connection_id)
    assert urlsafe_b64decode(message_id)[8:] == urlsafe_b64decode(connection_id)[8:]
    assert message_id != connection_id


def test_ids_of_one_tick_differ() -> None:
    source = IdSource("us-east-1", entropy=bytes)
    assert len({source.connection_id(NOW) for _ in range(1000)}) == 1000


def test_uuids_are_of_version_4() -> None:
    """EV-56."""
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", ids().uuid())


def test_a_trace_id_begins_with_the_time() -> None:
    assert re.fullmatch(rf"Root=1-{NOW // 1000:08x}-[0-9a-f]{{24}}", ids().trace_id(NOW))
