"""Values of template parameters."""

from __future__ import annotations

from typing import Any

import pytest

from reference_app.gateway.stack_errors import ParameterError
from reference_app.gateway.template.template_parameters import parameter_values


def test_a_given_value_wins_over_the_default() -> None:
    declared = {"Stage": {"Type": "String", "Default": "prod"}}

    assert parameter_values(declared, {}) == {"Stage": "prod"}
    assert parameter_values(declared, {"Stage": "dev"}) == {"Stage": "dev"}


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ({"Type": "Number", "Default": 5}, "5"),
        ({"Type": "String", "Default": True}, "true"),
        ({"Type": "CommaDelimitedList", "Default": "a, b"}, ["a", "b"]),
        ({"Type": "List<Number>", "Default": "1,2"}, ["1", "2"]),
    ],
)
def test_values_are_text_or_lists_of_text(declaration: dict[str, Any], value: object) -> None:
    assert parameter_values({"P": declaration}, {}) == {"P": value}


@pytest.mark.parametrize(
    ("declaration", "given", "problem"),
    [
        ({"Type": "String"}, {}, "P has no value: give one with --parameter P=VALUE"),
        ({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path"}, {}, "has no value"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, {"P": "c"}, "allowed: a, b"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, {"P": "A"}, "has to match"),
        ({"Type": "Number"}, {"P": "many"}, "has to be a number"),
        ({"Type": "String"}, {"P": "x", "Q": "y"}, "no parameter Q; its parameters: P"),
        ({"Type": "String", "AllowedPattern": "("}, {"P": "x"}, "declaration of parameter P is malformed"),
        ({"Type": "String", "AllowedValues": None}, {"P": "x"}, "declaration of parameter P is malformed"),
    ],
)
def test_a_value_that_is_missing_or_excluded_is_refused(
    declaration: dict[str, Any], given: dict[str, str], problem: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        parameter_values({"P": declaration}, given)

    assert problem in str(caught.value)
