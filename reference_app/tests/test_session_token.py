from __future__ import annotations

import pytest

from reference_app.gateway.functions.session_token import calling_function, session_token


def test_a_functions_token_tells_its_logical_id() -> None:
    assert calling_function(session_token("SendMessage")) == "SendMessage"


@pytest.mark.parametrize("token", [None, "", "IQoJb3JpZ2luX2VjEJ3"])
def test_any_other_token_tells_nothing(token: str | None) -> None:
    assert calling_function(token) is None
