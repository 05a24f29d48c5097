from __future__ import annotations

from conformance.harness.access import Credentials


def test_credentials_do_not_show_their_secrets() -> None:
    shown = repr(Credentials("AKIDEXAMPLE", "the-secret", "the-token"))
    assert "AKIDEXAMPLE" in shown
    assert "the-secret" not in shown
    assert "the-token" not in shown
