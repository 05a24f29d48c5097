"""SAM templates become plain ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.sam_translation import code_location, translate
from reference_app.gateway.template.template_document import TemplateDocument, parse_document

SAM = "Transform: AWS::Serverless-2016-10-31\n"
FUNCTION = "F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.12%s}}"


def document(text: str) -> TemplateDocument:
    return parse_document(text, Path("template.yaml"))


def translated(text: str) -> dict[str, Any]:
    return translate(document(text), {}, "eu-west-1")


def test_a_plain_template_stays_as_it_is() -> None:
    assert translated("Resources: {A: {Type: T}}") == {"A": {"Type": "T"}}


def test_functions_need_no_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    resources = translated(SAM + "Resources: {" + FUNCTION % ", CodeUri: chat/" + "}")

    assert resources["F"]["Type"] == "AWS::Lambda::Function"


def test_managed_policies_need_no_call_to_iam() -> None:
    resources = translated(SAM + "Resources: {" + FUNCTION % ", Policies: [AmazonDynamoDBFullAccess]" + "}")

    assert resources["FRole"]["Properties"]["ManagedPolicyArns"][-1].endswith("AmazonDynamoDBFullAccess")


def test_a_layer_needs_no_upload() -> None:
    layer = "{Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}"

    kinds = {resource["Type"] for resource in translated(f"{SAM}Resources: {{L: {layer}}}").values()}

    assert kinds == {"AWS::Lambda::LayerVersion"}


def test_a_serverless_type_without_the_transform_is_refused() -> None:
    with pytest.raises(TemplateError, match="add: Transform: AWS::Serverless-2016-10-31"):
        translated("Resources: {" + FUNCTION % "" + "}")


def test_the_translators_complaint_comes_with_the_line() -> None:
    text = SAM + "Resources:\n  Api:\n    Type: AWS::Serverless::WebSocketApi\n    Properties: {Routes: {}}\n"

    with pytest.raises(TemplateError, match=r"template.yaml:3: SAM: .*\[Api\] is invalid"):
        translated(text)


@pytest.mark.parametrize(
    ("own", "in_globals", "location"),
    [(", CodeUri: a/", "CodeUri: g/", "a/"), ("", "CodeUri: g/", "g/"), ("", "Timeout: 1", ".")],
)
def test_code_is_where_the_function_or_globals_say_or_beside_the_template(
    own: str, in_globals: str, location: str
) -> None:
    text = f"{SAM}Globals: {{Function: {{{in_globals}}}}}\nResources: {{{FUNCTION % own}}}"

    assert code_location(document(text), "F") == location
    assert translated(text)["F"]["Type"] == "AWS::Lambda::Function"


def test_the_code_of_a_plain_function_is_its_own() -> None:
    text = "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: here}}}"

    assert code_location(document(text), "F") == "here"


def test_list_parameters_reach_the_translator_as_text() -> None:
    text = f"{SAM}Parameters: {{L: {{Type: CommaDelimitedList}}}}\nResources: {{{FUNCTION % ''}}}"

    assert "F" in translate(document(text), {"L": ["a", "b"]}, "eu-west-1")
