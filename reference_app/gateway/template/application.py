"""What the local stack runs: an application read from a SAM template, as plain data.

`template.py` makes it; the gateway, the Lambda service and the DynamoDB endpoint only read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer of type REQUEST (HS-20)."""

    function: str
    """Logical id."""
    identity_sources: tuple[str, ...] = ()
    """Expressions such as `route.request.header.Auth`; all have to be there (HS-18)."""


@dataclass(frozen=True)
class Throttle:
    """How often a route may be called (LM-14)."""

    rate: float
    """Calls a second in the long run."""
    burst: int
    """Calls at once."""


@dataclass(frozen=True)
class Models:
    """What a route's messages have to look like (RT-23)."""

    selection_expression: str
    schemas: Mapping[str, Any]
    """JSON schemas by the key that the expression gives; `$default` is for all others."""


@dataclass(frozen=True)
class Mock:
    """A MOCK integration: what API Gateway answers by itself (MK-1)."""

    status: int | None
    """Of the request template; None for one that states none, which is an error in every call (MK-2)."""
    body: str | None = None
    """Of the response template; None without one."""


@dataclass(frozen=True)
class Route:
    """One route of a WebSocket API (`AWS::ApiGatewayV2::Route` with its integration)."""

    key: str
    """Route key: `$connect`, `$disconnect`, `$default` or a value of the selection expression."""
    function: str | None
    """Logical id of the integrated function; None for a route without a Lambda integration."""
    mock: Mock | None = None
    two_way: bool = False
    """True with a route response `$default`: the function's body is sent to the client (RT-34)."""
    timeout_s: float = 29.0
    """Integration timeout, 0.05 to 29 seconds (LM-7)."""
    authorizer: Authorizer | None = None
    """Who is asked before a client is let in; on `$connect` only (HS-17)."""
    throttle: Throttle | None = None
    api_key_required: bool = False
    """Whether a client has to present one of the API's keys; on `$connect` only (HS-23)."""
    models: Models | None = None
    iam: bool = False
    """Whether the handshake has to be signed; on `$connect` only (HS-22)."""


@dataclass(frozen=True)
class ApiKeys:
    """What clients may present as API key (HS-23)."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """Ids of the keys by their values."""
    source: Literal["header", "authorizer"] = "header"
    """Header `x-api-key`, or the authorizer's `usageIdentifierKey`."""
    throttles: Mapping[str, Throttle] = field(default_factory=dict)
    """How often a key may come, by its value, where its usage plan says (HS-24)."""


@dataclass(frozen=True)
class CustomDomain:
    """A name of its own under which a stage is served, without the stage in the path (MG-31)."""

    name: str
    base_path: str = ""
    """Path segments that stand in place of the stage, `a/b`; empty for none."""


@dataclass(frozen=True)
class WebSocketApi:
    """One WebSocket API, deployed to one stage."""

    logical_id: str
    api_id: str
    """Ten characters `[a-z0-9]` (EV-36), the same for the same template and logical id."""
    stage: str
    route_selection_expression: str
    routes: Mapping[str, Route]
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    api_keys: ApiKeys = field(default_factory=ApiKeys)
    domains: tuple[CustomDomain, ...] = ()


@dataclass(frozen=True)
class EventRetries:
    """What becomes of an asynchronous invocation that fails (LI-3, LI-4)."""

    attempts: int = 2
    """How often a function that fails is run again, 0 to 2."""
    oldest_s: float = 21_600.0
    """Age at which an event is given up, 60 s to six hours."""


@dataclass(frozen=True)
class Function:
    """One Lambda function."""

    logical_id: str
    name: str
    runtime: str
    handler: str
    code: Path
    """Folder of the code, absolute; for inline code the template's, until the stack has made one."""
    timeout_s: float = 3.0
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    log_format: str = "Text"
    """`Text` or `JSON` (LoggingConfig)."""
    layers: tuple[Path, ...] = ()
    """Folders of its layers; what a later one holds wins."""
    retries: EventRetries = EventRetries()
    on_demand: bool = False
    """Whether nothing in the template leads to it: it runs if another function invokes it by its name."""
    inline_code: str | None = None
    """The text of `index.py` or `index.js`, where the template holds the code itself."""
    build_method: str | None = None
    """What `sam build` is told to build it with, such as `esbuild`."""
    line: int | None = None
    """Of the template."""


@dataclass(frozen=True)
class Table:
    """One DynamoDB table."""

    logical_id: str
    name: str
    create: Mapping[str, Any]
    """Arguments of DynamoDB's CreateTable."""
    ttl_attribute: str | None = None


@dataclass(frozen=True)
class StreamSource:
    """A table's stream that invokes a function (`AWS::Lambda::EventSourceMapping`, ES-1 to ES-5)."""

    function: str
    """Logical id."""
    table: str
    """Name."""
    stream_arn: str
    """As the template has it, and the function's events."""
    starting_position: Literal["TRIM_HORIZON", "LATEST"]
    batch_size: int = 100
    window_s: float = 0.0
    """How long records are gathered for a batch that is not full."""
    retries: int = -1
    """How often a batch that fails is tried again; -1 for as long as its records live."""
    oldest_s: float = -1.0
    """Age at which records are given up; -1 for 24 hours."""
    bisects: bool = False
    """Whether a batch that fails is split in two."""
    reports_failures: bool = False
    """Whether the function's result names the records that failed."""
    filters: tuple[Mapping[str, Any], ...] = ()
    """Patterns; a record that matches none of them, where there are some, is not sent."""


@dataclass(frozen=True)
class Queue:
    """One standard queue of SQS (`AWS::SQS::Queue`, SQ-1 to SQ-3)."""

    name: str
    url: str
    arn: str
    visibility_s: float = 30.0
    """How long a message is hidden once it has been received."""
    delay_s: float = 0.0
    """How long a message that has no delay of its own is hidden at first."""
    retention_s: float = 345_600.0
    """Age at which a message is dropped."""
    longest_message: int = 1_048_576
    """Bytes."""
    dead_letters: str | None = None
    """ARN of the queue for messages that have been received too often; None to keep them."""
    max_receives: int = 0
    """How often that is; without dead letters it says nothing."""


@dataclass(frozen=True)
class QueueSource:
    """A queue that invokes a function (`AWS::Lambda::EventSourceMapping`, SQ-4, SQ-5)."""

    function: str
    """Logical id."""
    queue_arn: str
    batch_size: int = 10
    window_s: float = 0.0
    """How long messages are gathered for a batch that is not full."""
    concurrency: int = 5
    """How many batches are with the function at a time."""
    reports_failures: bool = False
    """Whether the function's result names the messages that failed."""
    filters: tuple[Mapping[str, Any], ...] = ()
    """Patterns; a message that matches none of them, where there are some, is dropped."""


@dataclass(frozen=True)
class Application:
    """Everything of one template that the local stack can run."""

    template: Path
    region: str
    apis: tuple[WebSocketApi, ...]
    functions: Mapping[str, Function]
    tables: tuple[Table, ...]
    queues: tuple[Queue, ...] = ()
    event_sources: tuple[StreamSource | QueueSource, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the template asks for and the stack leaves out, one sentence each."""
