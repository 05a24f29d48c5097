"""Layers of a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Application
from reference_app.tests.template_writing import SMALLEST, application

WITH_LAYERS = SMALLEST.replace("Runtime: python3.12", "Runtime: python3.12, Layers: [{layers}]")
SAM = "Transform: AWS::Serverless-2016-10-31"
OURS = "\nDep:\n  Type: {kind}\n  Properties: {{{content}}}\n"


def read(folder: Path, layers: str, kind: str, content: str, head: str = "") -> Application:
    resources = WITH_LAYERS.replace("{layers}", layers) + OURS.format(kind=kind, content=content)
    return application(folder, resources, head)


@pytest.mark.parametrize(
    ("kind", "content", "head"),
    [
        ("AWS::Serverless::LayerVersion", "ContentUri: layer/", SAM),
        ("AWS::Lambda::LayerVersion", "Content: layer", ""),
    ],
)
def test_a_layer_is_a_folder_beside_the_template(tmp_path: Path, kind: str, content: str, head: str) -> None:
    (tmp_path / "layer").mkdir()

    result = read(tmp_path, "!Ref Dep", kind, content, head)

    assert result.functions["Fn"].layers == (tmp_path / "layer",)
    assert result.warnings == ()


def test_a_layer_from_elsewhere_is_left_out_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    arn = "arn:aws:lambda:us-east-1:1:layer:other:1"

    result = read(tmp_path, f"'{arn}', !Ref Dep", "AWS::Lambda::LayerVersion", "Content: layer")

    assert result.functions["Fn"].layers == (tmp_path / "layer",)
    assert [f"its layer {arn} is not in this template" in warning for warning in result.warnings] == [True]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("Content: nowhere", "nowhere, is not a folder"),
        ("Content: {S3Bucket: b, S3Key: k}", "not in a local folder"),
        ("LayerName: x", "not in a local folder but in None"),
    ],
)
def test_a_layer_without_a_local_folder_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(tmp_path, "!Ref Dep", "AWS::Lambda::LayerVersion", content)

    assert problem in str(caught.value)
    assert "Dep (AWS::Lambda::LayerVersion)" in str(caught.value)


def test_a_layer_whose_content_another_resource_makes_is_left_out_with_a_warning(tmp_path: Path) -> None:
    content = "Content: {S3Bucket: !GetAtt Fn.Bucket, S3Key: k}"

    result = read(tmp_path, "!Ref Dep", "AWS::Lambda::LayerVersion", content)

    assert result.functions["Fn"].layers == ()
    assert any("Fn::GetAtt Fn.Bucket has no local answer" in warning for warning in result.warnings)
