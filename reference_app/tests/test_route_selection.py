from __future__ import annotations

import pytest

from reference_app.gateway.template.application import Route
from reference_app.gateway.unknowns import Unknowns
from reference_app.gateway.websocket_api.route_selection import RouteSelector
from reference_app.gateway.websocket_api.selection_expression import UnsupportedExpression


def selected(
    message: str, *keys: str, expression: str = "$request.body.action", **unknowns: str
) -> str | None:
    routes = {key: Route(key, "function") for key in keys}
    selector = RouteSelector(expression, routes, Unknowns(**unknowns))  # type: ignore[arg-type]
    route = selector.select(message)
    return None if route is None else route.key


@pytest.mark.parametrize(
    "expression", ["$request.body.action", "${request.body.action}", "$request.body['action']"]
)
def test_the_expression_names_a_path_in_the_body(expression: str) -> None:
    """RT-1."""
    assert selected('{"action":"join"}', "join", "leave", expression=expression) == "join"


def test_variables_and_static_text_combine() -> None:
    """RT-1."""
    expression = "${request.body.service}/${request.body.action}"
    assert selected('{"service":"chat","action":"join"}', "chat/join", expression=expression) == "chat/join"


def test_an_array_is_written_with_comma_and_space() -> None:
    """RT-2."""
    assert selected('{"action":["item1","item2"]}', "[item1, item2]") == "[item1, item2]"


def test_a_path_that_is_not_there_is_the_empty_string() -> None:
    """RT-3."""
    expression = "a${request.body.missing}b${request.body.list[7]}${request.body.list.x}"
    assert selected('{"list":[1]}', "ab", expression=expression) == "ab"


def test_matching_is_exact() -> None:
    """RT-4."""
    assert selected('{"action":"Join"}', "join") is None
    assert selected('{"action":"join "}', "join") is None


@pytest.mark.parametrize("message", ['{"action":"other"}', "{}", "[]", '"join"', "7", ""])
def test_no_equal_key_means_default_if_there_is_one(message: str) -> None:
    """RT-5."""
    assert selected(message, "join", "$default") == "$default"
    assert selected(message, "join") is None


def test_text_that_is_no_json_goes_to_default() -> None:
    """RT-6."""
    assert selected("hello", "hello", "$default") == "$default"


def test_an_unquoted_key_does_not_go_to_default() -> None:
    """RT-8."""
    assert selected('{"action":"sendMessage", body:"hello"}', "sendMessage", "$default") == "sendMessage"


def test_leniency_can_be_switched_off() -> None:
    """RT-8, Q-9."""
    assert selected("{action:'x'}", "x", "$default", lenient_json="strict") == "$default"


@pytest.mark.parametrize(
    ("value", "key"),
    [("5", "5"), ("1.0", "1.0"), ("true", "true"), ('{"a":{"b":[1]}}', "{a={b=[1]}}"), ("null", "")],
)
def test_other_values_have_a_string_form(value: str, key: str) -> None:
    """RT-9."""
    assert selected(f'{{"action":{value}}}', key) == key


def test_null_can_be_written_out() -> None:
    """RT-9, Q-10."""
    assert selected('{"action":null}', "null", null_selector="null") == "null"


def test_an_escaped_dollar_is_literal() -> None:
    """RT-10."""
    assert selected("{}", r"$default", expression=r"\$default") == "$default"


def test_evaluation_is_one_pass() -> None:
    """RT-10."""
    assert selected('{"action":"$request.body.x","x":"y"}', "y", "$request.body.x") == "$request.body.x"


def test_a_nested_path_with_an_index_is_followed() -> None:
    assert selected('{"a":[{"b":"deep"}]}', "deep", expression="$request.body.a[0].b") == "deep"


@pytest.mark.parametrize("key", ["$connect", "$disconnect"])
def test_a_message_cannot_reach_the_routes_of_the_lifecycle(key: str) -> None:
    """HS-31."""
    assert selected(f'{{"action":"{key}"}}', key) is None


@pytest.mark.parametrize(
    "expression", ["$request.header.x", "${context.stage}", "$request.body..a", "$request.body"]
)
def test_an_expression_that_cannot_be_evaluated_is_named(expression: str) -> None:
    with pytest.raises(UnsupportedExpression, match="cannot evaluate"):
        selected("{}", expression=expression)


def test_a_value_nested_too_deep_to_be_written_is_no_route_s_key() -> None:
    """RT-5."""
    deep = f'{{"action": {"[" * 700}{"]" * 700}}}'
    assert selected(deep, "join", "$default") == "$default"
