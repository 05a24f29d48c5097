from __future__ import annotations

import dataclasses

from reports.history import DELIVERY, EVENT_TYPES, message_id


def test_a_delivery_is_24_bytes() -> None:
    assert DELIVERY.itemsize == 24


def test_ids_of_two_processes_never_meet() -> None:
    assert len({message_id(process, number) for process in range(3) for number in range(100)}) == 300


def test_every_event_is_frozen_and_known_by_its_own_name() -> None:
    for name, kind in EVENT_TYPES.items():
        assert kind.__name__ == name
        assert getattr(kind, "__dataclass_params__").frozen  # noqa: B009 - typeshed hides it


def test_every_event_has_a_time() -> None:
    assert all("at_ns" in {f.name for f in dataclasses.fields(kind)} for kind in EVENT_TYPES.values())
