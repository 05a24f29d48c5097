from __future__ import annotations

import pytest

from conformance.harness.contract import Bounds, Contract


def test_the_defaults_are_those_of_the_reference_app() -> None:
    assert Contract() == Contract(
        echo_to_sender=True, delivery="at-most-once", order="none", unknown_action="error-frame"
    )
    assert Bounds() == Bounds(deliver_s=5.0, cleanup_s=10.0, stale_s=15.0, connect_s=29.0)


def test_a_contract_cannot_be_changed_once_it_is_judged_by() -> None:
    with pytest.raises(AttributeError):
        Contract().echo_to_sender = False  # type: ignore[misc]
