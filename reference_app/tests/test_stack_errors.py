"""What the user reads when the stack cannot run."""

from __future__ import annotations

from pathlib import Path

from reference_app.gateway.stack_errors import EndpointUnusableError, PortTakenError, TemplateError


def test_a_template_error_says_where_what_and_what_is_accepted() -> None:
    error = TemplateError("no route", template=Path("t.yaml"), line=7, accepted="AWS::ApiGatewayV2::Route")

    assert str(error) == "t.yaml:7: no route (AWS::ApiGatewayV2::Route)"


def test_a_template_error_about_the_whole_file_names_no_line() -> None:
    assert str(TemplateError("no such template", template=Path("t.yaml"))) == "t.yaml: no such template"


def test_a_taken_port_is_named_together_with_the_way_out() -> None:
    message = str(PortTakenError("127.0.0.1", 8080, "Address already in use"))

    assert "port 8080: Address already in use" in message
    assert "--port" in message


def test_an_endpoint_that_does_not_answer_is_named_with_the_reason() -> None:
    message = str(EndpointUnusableError("http://127.0.0.1:1", "connection refused"))

    assert message == "the DynamoDB endpoint http://127.0.0.1:1 cannot be used: connection refused"
