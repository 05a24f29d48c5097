"""Templates as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.template_document import parse_document, read_document

PATH = Path("template.yaml")


def test_short_forms_are_written_out() -> None:
    text = (
        "Resources: {A: {Type: T, Properties: {r: !Ref B, g: !GetAtt B.Arn.x, j: !Join ['', [!Sub '${B}']]}}}"
    )

    properties = parse_document(text, PATH).resources["A"]["Properties"]

    assert properties == {
        "r": {"Ref": "B"},
        "g": {"Fn::GetAtt": ["B", "Arn.x"]},
        "j": {"Fn::Join": ["", [{"Fn::Sub": "${B}"}]]},
    }


def test_a_short_form_may_hold_a_mapping_and_name_a_condition() -> None:
    text = "Resources: {A: {Type: T, c: !Condition Yes, t: !Transform {Name: N}}}"

    resource = parse_document(text, PATH).resources["A"]

    assert resource["c"] == {"Condition": "Yes"}
    assert resource["t"] == {"Fn::Transform": {"Name": "N"}}


def test_dates_stay_text() -> None:
    document = parse_document("AWSTemplateFormatVersion: 2010-09-09\nResources: {}", PATH)

    assert document.content["AWSTemplateFormatVersion"] == "2010-09-09"


def test_json_may_be_indented_by_tabs() -> None:
    text = '{\n\t"Resources": {\n\t\t"T": {"Type": "X",\t"Properties": {"a": "b\\tc"}}\n\t}\n}'
    document = parse_document(text, PATH)
    assert document.resources["T"]["Properties"] == {"a": "b\tc"}
    assert document.lines["T"] == 3


def test_json_is_read_too() -> None:
    assert parse_document('{"Resources": {"A": {"Type": "T"}}}', PATH).resources == {"A": {"Type": "T"}}


def test_each_resource_knows_its_line() -> None:
    document = parse_document("Resources:\n  A:\n    Type: T\n  B:\n    Type: T\n", PATH)

    assert (document.line_of("A"), document.line_of("B")) == (2, 4)


def test_what_sam_generates_has_the_line_of_what_it_came_from() -> None:
    document = parse_document("Resources:\n  Api:\n    Type: T\n  ApiTwo:\n    Type: T\n", PATH)

    assert document.line_of("ApiTwoConnectRoute") == 4
    assert document.line_of("Elsewhere") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1", "template.yaml:1: this is neither YAML nor JSON"),
        ("just text", "template.yaml: this is not a CloudFormation template"),
        ("", "template.yaml: this is not a CloudFormation template"),
        ("Resources: [1]", "template.yaml: this is not a CloudFormation template"),
        ("Resources:\n  A: 1", "template.yaml:2: resource A has no Type"),
        ("Resources: {A: {Type: T, Properties: []}, B: 1}", "template.yaml:1: resource B has no Type"),
        ("Resources: {A: {Type: T, Properties: x}}", "template.yaml:1: resource A has Properties that"),
        ("Parameters: x\nResources: {}", "template.yaml: its Parameters are not a mapping"),
        ("Parameters: {P: x}\nResources: {}", "template.yaml: parameter P has no Type"),
    ],
)
def test_what_is_no_template_is_told_in_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_document(text, PATH)

    assert str(caught.value).startswith(problem)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="there is no such template"):
        read_document(tmp_path / "none.yaml")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "t.yaml"
    binary.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(TemplateError, match="cannot be read"):
        read_document(binary)


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be read"):
        read_document(tmp_path)
