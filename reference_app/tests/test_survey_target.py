"""What a survey's --target may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.survey.findings import SurveyError
from reference_app.survey.survey_target import SurveyTarget, deployed, from_target_file, survey_target


def test_a_deployed_stage_names_its_region_and_its_management_endpoint() -> None:
    url = "wss://abc.execute-api.eu-west-1.amazonaws.com/survey"

    assert deployed(url) == SurveyTarget(
        url, "https://abc.execute-api.eu-west-1.amazonaws.com/survey", "eu-west-1"
    )


@pytest.mark.parametrize("url", ["wss://host", "wss:///survey", "wss://host/survey?x=1"])
def test_a_url_without_a_stage_is_refused(url: str) -> None:
    with pytest.raises(SurveyError, match="is not a URL of a stage"):
        deployed(url)


def test_a_target_file_brings_credentials_and_controls(tmp_path: Path) -> None:
    path = tmp_path / "ready.toml"
    path.write_text(
        'url = "ws://127.0.0.1:1/survey"\n[credentials]\naccess_key_id = "a"\nsecret_access_key = "b"\n'
        '[table]\nregion = "eu-west-1"\n[control]\nurl = "http://127.0.0.1:2"\n'
    )

    with survey_target(str(path), ()) as target:
        assert target == SurveyTarget(
            "ws://127.0.0.1:1/survey",
            "http://127.0.0.1:1/survey",
            "eu-west-1",
            ("a", "b"),
            "http://127.0.0.1:2",
        )


def test_a_file_that_is_no_target_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ready.toml"
    path.write_text("x = 1")

    with pytest.raises(SurveyError, match=r"is no target file"):
        from_target_file(path)


def test_a_target_that_is_nothing_is_refused() -> None:
    with pytest.raises(SurveyError, match="is neither local"), survey_target("nothing", ()):
        pass
