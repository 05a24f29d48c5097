"""The survey by its command line: what a stack was told to do is what the survey finds."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from reference_app.gateway.unknowns import Unknowns, assignments_in, from_assignments
from reference_app.survey.findings import found
from reference_app.survey.questionnaire import NEVER_ASKED

AS_ASSUMED = Unknowns()
OTHERWISE = Unknowns(
    connect_timeout_status=503,
    invalid_connect_result_status=500,
    authorizer_failure_status=403,
    long_url_status=400,
    handshake_refusal_body="error-frame",
    unknown_stage_status=404,
    abandoned_connect="no-disconnect",
    refused_connect_sends_disconnect=True,
    pending_get="described",
    permessage_deflate="accepted",
    lenient_json="unquoted-keys",
    null_selector="null",
    message_concurrency="serial",
    string_status_code="accepted",
    non_string_body="accepted",
    two_way_error_status="error-frame",
    two_way_empty_body="empty-frame",
    two_way_base64_body="verbatim",
    function_timeout="endpoint-timed-out",
    throttled_message="Slow down",
    bad_request_frame='{"message": "Invalid", "messageId":"{messageId}"}',
    frame_limit_bytes=20_000,
    message_limit_bytes=100_000,
    binary_close_reason="no binary",
    too_big_close_reason="too much",
    invalid_utf8_close_code=1003,
    protocol_error_close_code=1003,
    ping_resets_idle=True,
    abrupt_close_code=1001,
    abrupt_close_reason="gone",
    client_close_reason="dropped",
    failed_disconnect_attempts=2,
    duration_close_code=1000,
    duration_close_reason="too old",
    delete_close_reason="deleted",
    forbidden_message="No",
    unsigned_message="Who?",
    too_large_message="Too much",
    non_utf8_post="binary",
    large_post="split",
)
"""Every row that can be read back exactly, as nobody assumes it."""


def survey(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reference_app.survey", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize("told", [AS_ASSUMED, OTHERWISE], ids=["assumed", "otherwise"])
def test_the_survey_of_a_local_stack_finds_what_the_stack_was_told(told: Unknowns, tmp_path: Path) -> None:
    given, table = tmp_path / "given", tmp_path / "table"
    given.write_text(
        "\n".join(f"{name}={found(value).value}" for name, value in dataclasses.asdict(told).items())
    )

    result = survey("--target", "local", "--unknowns", str(given), "--out", str(table))

    assert result.returncode == 0, result.stderr
    assignments = assignments_in(table.read_text())
    assert from_assignments(assignments) == told
    not_asked = {"connects_per_second", *NEVER_ASKED}
    fields = {field.name for field in dataclasses.fields(Unknowns)}
    assert {assignment.partition("=")[0] for assignment in assignments} == fields - not_asked


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "the following arguments are required: --target"),
        (["--target", "nothing"], "is neither local, nor a ws:// or wss:// URL"),
        (["--target", "wss://host"], "is not a URL of a stage"),
        (
            ["--target", "ws://127.0.0.1:9/survey", "--region", "eu-west-1"],
            "is not the probe app, or does not answer",
        ),
        (["--target", "local", "--patience", "0"], "--patience takes a number above 0"),
        (["--target", "local", "--out", "/nowhere/at/all"], "cannot write /nowhere/at/all"),
        (["--target", "local", "--unknown", "colour=red"], "'colour' is no unknown behaviour"),
    ],
)
def test_wrong_usage_is_told_and_4(arguments: list[str], problem: str) -> None:
    result = survey(*arguments)

    assert result.returncode == 4
    assert problem in result.stderr
