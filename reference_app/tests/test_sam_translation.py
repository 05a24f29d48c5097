"""SAM templates become plain ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template import sam_translation
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


def with_parameter(kind: str, properties: str) -> str:
    return f"{SAM}Parameters: {{Given: {{Type: {kind}}}}}\nResources: {{{FUNCTION % properties}}}"


def test_list_parameters_reach_the_translator_as_text() -> None:
    text = with_parameter("CommaDelimitedList", ", Description: !Ref Given")

    assert "F" in translate(document(text), {"Given": ["a", "b"]}, "eu-west-1")


def test_a_parameter_that_only_environment_variables_use_needs_no_translation_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sam_translation, "cache_folder", lambda: tmp_path)
    text = document(with_parameter("String", ", Environment: {Variables: {V: !Ref Given, W: w}}"))

    first, second = (translate(text, {"Given": value}, "eu-west-1") for value in ("one", "another"))

    assert first == second
    assert first["F"]["Properties"]["Environment"] == {"Variables": {"V": {"Ref": "Given"}, "W": "w"}}
    assert len(list((tmp_path / "translations").iterdir())) == 1


@pytest.mark.parametrize(
    "properties",
    [
        ", Environment: {Variables: {V: !Ref Given}}, Description: !Ref Given",
        ", Environment: {Variables: {V: !Sub '${Given}'}}",
        ", Environment: {Variables: {Given: v}}",
    ],
)
def test_a_parameter_that_may_be_used_elsewhere_is_translated_with_its_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, properties: str
) -> None:
    monkeypatch.setattr(sam_translation, "cache_folder", lambda: tmp_path)

    for value in ("one", "another"):
        translate(document(with_parameter("String", properties)), {"Given": value}, "eu-west-1")

    assert len(list((tmp_path / "translations").iterdir())) == 2


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Api", "{StageName: s, DefinitionUri: openapi.yaml}"),
        ("HttpApi", "{DefinitionUri: openapi.yaml}"),
        ("StateMachine", "{DefinitionUri: machine.json, Role: 'arn:aws:iam::1:role/r'}"),
        ("Application", "{Location: {ApplicationId: 'arn:aws:serverlessrepo:::a', SemanticVersion: 1.0.0}}"),
    ],
)
def test_what_is_not_run_here_needs_no_upload_and_no_call_either(
    kind: str, properties: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr("boto3.session.Session.client", lambda *_, **__: pytest.fail("a call to AWS"))
    other = f"R: {{Type: AWS::Serverless::{kind}, Properties: {properties}}}"
    resources = translated(SAM + "Resources: {" + FUNCTION % ", CodeUri: chat/" + f", {other}}}")
    assert resources["F"]["Type"] == "AWS::Lambda::Function"


def test_an_empty_layer_gets_the_translators_complaint() -> None:
    empty = "{Type: AWS::Serverless::LayerVersion, Properties: }"
    kinds = {resource["Type"] for resource in translated(f"{SAM}Resources: {{L: {empty}}}").values()}
    assert kinds == {"AWS::Lambda::LayerVersion"}
