"""A function that hands its message on to another, on the whole stack; and what it asks of AWS in vain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from reference_app.tests.process_state import eventually
from reference_app.tests.running_command import APPS, Running, running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("stack"), APPS / "handing_on" / "template.yaml") as result:
        yield result


def ask(stack: Running, **question: object) -> dict[str, Any]:
    """What the function is told that waits for another one."""
    with stack.client() as client:
        client.send(json.dumps({"action": "ask", **question}))
        answer: dict[str, Any] = json.loads(client.recv())
        return answer


def test_an_event_that_a_function_hands_on_reaches_everybody(stack: Running) -> None:
    with stack.client() as one, stack.client() as two:
        one.send(json.dumps({"action": "sendmessage", "data": "héllo"}))

        assert [client.recv() for client in (one, two)] == ["héllo"] * 2


def test_a_function_waits_for_the_result_of_another(stack: Running) -> None:
    answer = ask(stack)

    assert (answer["status"], answer["error"]) == (200, None)
    assert answer["payload"]["heard"] == {"action": "ask"}


def test_a_function_sees_that_another_failed(stack: Running) -> None:
    answer = ask(stack, fail=True)

    assert (answer["status"], answer["error"]) == (200, "Unhandled")
    assert answer["payload"]["errorType"] == "ValueError"
    assert "[ERROR] ValueError: told to fail" in answer["log"]  # LI-8
    assert "\nREPORT RequestId: " in answer["log"]


def test_a_service_that_is_not_here_is_named_with_the_operation(stack: Running) -> None:
    answer = ask(stack, topic="arn:aws:sns:us-east-1:123456789012:topic")

    assert "(ServiceNotOnThisMachine) when calling the Publish operation" in answer["payload"]["errorMessage"]
    assert "sns:Publish is not on this machine" in answer["payload"]["errorMessage"]
    said = "Answer calls sns:Publish, which is refused"
    eventually(lambda: stack.stderr.read_text().count(said) == 1, "the terminal tells it once")
