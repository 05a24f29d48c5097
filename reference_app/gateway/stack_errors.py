"""What can keep the local stack from running, told in one sentence each.

StackError                   the user can mend it: exit code 4
├── TemplateError            the template asks for what cannot be run
├── ParameterError           a parameter of the template is missing or has no such value
├── PortTakenError           somebody else listens there
├── EndpointUnusableError    the DynamoDB endpoint that was named does not do its work
└── NodeSdkError             the AWS SDK that Node.js functions expect cannot be installed
"""

from __future__ import annotations

from pathlib import Path

BUILT_TEMPLATE = ".aws-sam/build/template.yaml"
"""What `sam build` leaves beside a template."""
BUILD_COMMAND = f"run `sam build`, and give {BUILT_TEMPLATE}"
BUILD_FIRST = f"if `sam build` makes it: build, and give {BUILT_TEMPLATE}"


class StackError(Exception):
    """A condition outside the stack that stops it; `str()` is what the user reads."""


class TemplateError(StackError):
    """What is wrong, where in which template, and what is accepted instead."""

    def __init__(self, problem: str, *, template: Path, line: int | None = None, accepted: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.template = template
        self.line = line
        self.accepted = accepted

    def __str__(self) -> str:
        where = str(self.template) if self.line is None else f"{self.template}:{self.line}"
        accepted = f" ({self.accepted})" if self.accepted else ""
        return f"{where}: {self.problem}{accepted}"


class ParameterError(StackError):
    """A value for a template parameter that is missing, unknown or not allowed."""


class PortTakenError(StackError):
    """Nothing can listen at `host`:`port` because somebody else does, or may not."""

    def __init__(self, host: str, port: int, reason: str, option: str = "--port") -> None:
        super().__init__(host, port, reason)
        self.host = host
        self.port = port
        self.reason = reason
        self.option = option

    def __str__(self) -> str:
        return (
            f"cannot listen on {self.host} port {self.port}: {self.reason}; "
            f"stop what holds it, name another with {self.option}, or name 0 for a free one"
        )


class EndpointUnusableError(StackError):
    """The DynamoDB endpoint at `url` did not answer as one."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return f"the DynamoDB endpoint {self.url} cannot be used: {self.reason}"


class NodeSdkError(StackError):
    """npm could not install what Lambda's Node runtime ships."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return (
            "the AWS SDK for Node.js functions cannot be installed; it is needed once, and npm has to reach "
            f"its registry for that: {self.reason}"
        )
