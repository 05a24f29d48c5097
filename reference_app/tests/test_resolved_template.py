"""Properties of resources, evaluated."""

from __future__ import annotations

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.tests.template_writing import resolved_template


def test_a_property_is_read_without_intrinsic_functions() -> None:
    template = resolved_template("A: {Type: T, Properties: {p: !Sub '${AWS::Region}'}}")

    assert template.get("A", "p") == "us-east-1"
    assert template.get("A", "q", "default") == "default"


def test_a_resource_whose_condition_fails_is_not_there() -> None:
    template = resolved_template("A: {Type: T}\nB: {Type: T, Condition: Never}")
    conditions = template.resolver._scope.conditions
    assert isinstance(conditions, dict)
    conditions["Never"] = {"Fn::Equals": [1, 2]}

    assert list(template.of_type("T")) == ["A"]


def test_a_number_may_come_as_text() -> None:
    template = resolved_template("A: {Type: T, Properties: {n: '12', m: many}}")

    assert template.number("A", "n", 3) == 12
    assert template.number("A", "absent", 3) == 3
    with pytest.raises(TemplateError, match=r"A \(T\): property m is 'many', not a whole number"):
        template.number("A", "m", 3)


def test_a_missing_property_is_named_with_resource_and_line() -> None:
    with pytest.raises(TemplateError, match=r"template.yaml:2: A \(T\): property p is missing"):
        resolved_template("A: {Type: T}").text("A", "p")


def test_a_value_from_elsewhere_is_an_error_only_when_it_is_needed() -> None:
    template = resolved_template("A: {Type: T, Properties: {p: !ImportValue x, q: 1}}")

    assert template.get("A", "q") == 1
    with pytest.raises(TemplateError, match="property p: Fn::ImportValue has no local answer"):
        template.get("A", "p")


def test_a_warning_names_resource_type_and_line() -> None:
    template = resolved_template("A: {Type: T}")

    template.warn("A", "is left out")

    assert template.warnings == ["template.yaml:2: A (T): is left out"]


def test_pseudo_parameters_have_values() -> None:
    text = "${AWS::AccountId} ${AWS::Partition} ${AWS::StackName} ${AWS::URLSuffix}"
    template = resolved_template(f"A: {{Type: T, Properties: {{p: !Sub '{text}'}}}}")

    assert template.get("A", "p") == "123456789012 aws local amazonaws.com"


def test_shapes_are_checked_where_they_are_read() -> None:
    template = resolved_template("A: {Type: T, Properties: {m: {a: 1}, l: [{a: 1}], x: [1]}}")

    assert (template.mapping("A", "m"), template.mapping("A", "absent")) == ({"a": 1}, {})
    assert (template.mappings("A", "l"), template.mappings("A", "absent")) == ([{"a": 1}], [])
    with pytest.raises(TemplateError, match=r"property x is \[1\], not a mapping"):
        template.mapping("A", "x")
    with pytest.raises(TemplateError, match=r"property x is \[1\], not a list of mappings"):
        template.mappings("A", "x")


def test_a_name_that_leads_back_to_itself_is_told() -> None:
    template = resolved_template("A: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Ref A}}")

    with pytest.raises(TemplateError, match=r"its name: .* leads back to itself"):
        template.name("A")


def test_a_condition_that_is_not_declared_is_told() -> None:
    with pytest.raises(TemplateError, match="its condition: condition Maybe is not declared"):
        resolved_template("A: {Type: T, Condition: Maybe}").type_of("A")
