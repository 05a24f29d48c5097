"""CloudFormation's intrinsic functions."""

from __future__ import annotations

from typing import Any

import pytest

from reference_app.gateway.template.intrinsics import Resolver, Scope, UnresolvableError


def attribute(logical_id: str, name: str) -> str:
    return {("Function", "Arn"): "arn:aws:lambda:f"}[logical_id, name]


def reference(logical_id: str) -> str:
    return {"Table": "the-table"}[logical_id]


@pytest.fixture
def resolver() -> Resolver:
    return Resolver(
        Scope(
            parameters={"Stage": "prod", "List": ["a", "b"], "AWS::Region": "eu-west-1"},
            reference=reference,
            attribute=attribute,
            mappings={"Sizes": {"prod": {"memory": 512}}},
            conditions={
                "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "Not": {"Fn::Not": [{"Condition": "IsProd"}]},
                "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "Not"}]},
                "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "Not"}]},
            },
        )
    )


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "Stage"}, "prod"),
        ({"Ref": "Table"}, "the-table"),
        ({"Fn::GetAtt": ["Function", "Arn"]}, "arn:aws:lambda:f"),
        ({"Fn::GetAtt": "Function.Arn"}, "arn:aws:lambda:f"),
        ({"Fn::Sub": "${Stage}/${Function.Arn}/${!literal}"}, "prod/arn:aws:lambda:f/${literal}"),
        ({"Fn::Sub": ["${x}-${AWS::Region}", {"x": {"Ref": "Stage"}}]}, "prod-eu-west-1"),
        ({"Fn::Join": ["/", ["integrations", {"Ref": "Table"}]]}, "integrations/the-table"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b"),
        ({"Fn::Select": ["1", {"Fn::Split": ["-", "x-y"]}]}, "y"),
        ({"Fn::If": ["IsProd", 1, 2]}, 1),
        ({"Fn::If": ["Not", 1, 2]}, 2),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}, 512),
        ({"Fn::FindInMap": ["Sizes", "dev", "memory", {"DefaultValue": 128}]}, 128),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"nested": [{"Ref": "Stage"}]}, {"nested": ["prod"]}),
        ({1: 2}, {1: 2}),
    ],
)
def test_functions_are_replaced_by_their_values(resolver: Resolver, expression: Any, value: Any) -> None:
    assert resolver.resolve(expression) == value


@pytest.mark.parametrize(
    ("condition", "holds"), [("IsProd", True), ("Not", False), ("Both", False), ("Either", True)]
)
def test_conditions_hold_or_not(resolver: Resolver, condition: str, *, holds: bool) -> None:
    assert resolver.holds(condition) is holds


def test_no_value_takes_its_property_away(resolver: Resolver) -> None:
    no_value = {"Fn::If": ["Not", "x", {"Ref": "AWS::NoValue"}]}

    assert resolver.resolve({"a": no_value, "b": [no_value, 1]}) == {"b": [1]}
    assert resolver.resolve(no_value) is None


def test_equality_is_that_of_texts(resolver: Resolver) -> None:
    assert resolver.resolve({"Fn::Equals": [True, "true"]}) is True


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ({"Ref": "Nobody"}, "Ref Nobody: no such parameter or resource"),
        ({"Fn::GetAtt": ["Table", "Colour"]}, "Fn::GetAtt Table.Colour has no local answer"),
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue has no local answer"),
        ({"Fn::Join": "x"}, "Fn::Join cannot be evaluated with 'x'"),
        ({"Fn::Select": [5, ["a"]]}, "Fn::Select cannot be evaluated"),
        ({"Fn::FindInMap": ["Sizes", "dev", "memory"]}, "Fn::FindInMap cannot be evaluated"),
        ({"Fn::If": ["Undeclared", 1, 2]}, "condition Undeclared is not declared"),
    ],
)
def test_an_expression_without_an_answer_says_why(resolver: Resolver, expression: Any, problem: str) -> None:
    with pytest.raises(UnresolvableError, match=problem.replace("(", r"\(")):
        resolver.resolve(expression)
