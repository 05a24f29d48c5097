from __future__ import annotations

from pathlib import Path

import pytest

from conformance.repeat_command import replay_command, seed_command

_PLAN = Path("runs/one/plan.json")


@pytest.mark.parametrize("given", [["--seed", "7"], ["--seed=7"], ["--replay", "runs/one"]])
def test_a_seed_or_a_plan_that_was_given_is_kept(given: list[str]) -> None:
    assert seed_command("pytest", ["conformance", *given], 9) == f"pytest conformance {' '.join(given)}"


def test_a_seed_that_was_drawn_is_added() -> None:
    assert seed_command("pytest", ["conformance", "--connections", "6"], 9) == (
        "pytest conformance --connections 6 --seed=9"
    )


def test_the_folder_of_the_first_run_is_not_asked_for_again() -> None:
    arguments = ["conformance", "--run-dir", "runs/one", "-q", "--repeats=3", "--shrink", "60"]
    assert seed_command("pytest", arguments, 9) == "pytest conformance -q --seed=9"


def test_a_replay_names_the_plan_and_judges_the_clause() -> None:
    arguments = [
        "conformance",
        "--target",
        "local",
        "--seed=7",
        "--churn",
        "2",
        "--churn-seconds=4",
        "-k",
        "A",
    ]
    assert replay_command(arguments, _PLAN, "CHURN-04") == (
        "pytest conformance --target local --replay=runs/one/plan.json -k CHURN_04"
    )


def test_what_needs_quotes_has_them() -> None:
    command = replay_command(["my tests"], Path("a b/plan.json"), "CHURN-01")
    assert command == "pytest 'my tests' '--replay=a b/plan.json' -k CHURN_01"


@pytest.mark.parametrize("name", ["DbPassword", "AuthToken", "ApiKey", "signing_key", "CLIENT_SECRET"])
def test_a_parameter_whose_name_says_secret_has_no_value(name: str) -> None:
    given = ["conformance", "--parameter", f"{name}=hunter2", f"--parameter={name}=hun=ter2", "--seed=7"]
    expected = f"pytest conformance --parameter '{name}=[redacted]' '--parameter={name}=[redacted]' --seed=7"
    assert seed_command("pytest", given, 9) == expected


def test_any_other_parameter_keeps_its_value() -> None:
    given = [
        "conformance",
        "--parameter",
        "Table=tokens",
        "--parameter=Stage=password",
        "-k",
        "token",
        "--seed=7",
    ]
    assert seed_command("pytest", given, 9) == f"pytest {' '.join(given)}"
