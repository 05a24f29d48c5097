"""The backend under test: where it is, how it is spoken to, what it promises, what can be looked into."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reports.redaction import redact_all, redact_url

from .access import Credentials, ManagementAccess, TableAccess
from .contract import Bounds, Contract
from .errors import UsageError
from .handshake import Endpoint
from .message_format import PAYLOAD, USUAL_SEND, ReceiveFormat, SendFormat
from .target_file import Routing, TargetFile, is_endpoint, near, read_target_file, region_of

CONTROLS = ("faults", "trace", "clock")
"""What a control endpoint opens."""

TEMPLATE_SUFFIXES = (".yaml", ".yml", ".json", ".template")
FORMS = (
    "`local` (the reference app on a local stack), a path to a SAM template, "
    "a ws:// or wss:// URL, or a path to a target file (.toml)"
)


@dataclass(frozen=True)
class LocalApplication:
    """A target that is yet to be started on a local stack; see `local_stack.open_target`."""

    template: Path | None
    """Its SAM template; None for the reference app."""
    parameters: tuple[str, ...] = ()
    """Values of the template's parameters, `NAME=VALUE` each."""
    region: str | None = None
    """AWS region of the stack; None for its default."""

    @property
    def name(self) -> str:
        """As the user names it."""
        return "local" if self.template is None else str(self.template)


@dataclass(frozen=True)
class Target:
    """A backend that can be connected to."""

    endpoint: Endpoint
    send: SendFormat = field(default_factory=lambda: SendFormat(USUAL_SEND))
    receive: ReceiveFormat = field(default_factory=lambda: ReceiveFormat(PAYLOAD))
    contract: Contract = field(default_factory=Contract)
    bounds: Bounds = field(default_factory=Bounds)
    management: ManagementAccess | None = None
    table: TableAccess | None = None
    credentials: Credentials | None = None
    control_url: str | None = None
    routing: Routing | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Texts that must appear in no output."""
    name: str = ""
    """Of what was started for this run: its URL is another one in every run."""

    @property
    def url(self) -> str:
        return self.endpoint.url

    @property
    def on_this_machine(self) -> bool:
        """Whether it is reached by the loopback interface: then nobody is billed for it."""
        return re.fullmatch(r"localhost|127\..*|::1", urlsplit(self.url).hostname or "") is not None

    @property
    def features(self) -> frozenset[str]:
        """What clauses may ask for beyond the wire: `management`, `table`, `faults`, `trace`, `clock`."""
        access = {"management": self.management, "table": self.table}
        control = () if self.control_url is None else CONTROLS
        return frozenset(name for name, given in access.items() if given is not None).union(control)

    def describe(self) -> Mapping[str, Any]:
        """The target for people and reports; what may be secret is hidden."""
        return {
            **({"name": self.name} if self.name else {}),
            "url": redact_url(self.url, self.secrets),
            "headers": sorted(self.endpoint.headers),
            "query": sorted(self.endpoint.query),
            "subprotocols": list(self.endpoint.subprotocols),
            "send": redact_all(self.send.template, self.secrets),
            "receive": redact_all(self.receive.template, self.secrets),
            "contract": {name: getattr(self.contract, name) for name in Contract.__slots__},
            "bounds": {name: getattr(self.bounds, name) for name in Bounds.__slots__},
            "features": sorted(self.features),
            "table": self.table.name if self.table else None,
            "management": redact_url(self.management.endpoint) if self.management else None,
        }

    def merged(self, file: TargetFile) -> Target:
        """This target where the file is silent, the file's where it speaks."""
        endpoint = replace(
            self.endpoint,
            url=self.url if file.url is None else checked_url(file.url),
            headers=self.endpoint.headers if file.headers is None else file.headers,
            query=self.endpoint.query if file.query is None else file.query,
            subprotocols=self.endpoint.subprotocols if file.subprotocols is None else file.subprotocols,
        )
        credentials = file.credentials or self.credentials
        return replace(
            self,
            endpoint=endpoint,
            send=file.send or self.send,
            receive=file.receive or self.receive,
            contract=replace(self.contract, **(file.contract or {})),
            bounds=replace(self.bounds, **(file.bounds or {})),
            management=file.management or self.management,
            table=file.table or self.table,
            credentials=credentials,
            control_url=file.control_url or self.control_url,
            routing=file.routing or self.routing,
            secrets=(*self.secrets, *file.secrets, *_secrets_of(endpoint, credentials)),
        )


def load_target(
    spec: str,
    *,
    table: str | None = None,
    region: str | None = None,
    dynamodb_endpoint: str | None = None,
    management_endpoint: str | None = None,
    parameters: Sequence[str] = (),
) -> Target | LocalApplication:
    """The target that a user names: see FORMS.

    With `region`, an execute-api URL shows its own management endpoint, and a local stack is there.
    `parameters` are values for a template's parameters, `NAME=VALUE` each. Raises UsageError.
    """
    is_local = spec == "local" or (spec.endswith(TEMPLATE_SUFFIXES) and "://" not in spec)
    if parameters and not is_local:
        raise UsageError(f"target {spec}: only a SAM template on the local stack takes a --parameter")
    for parameter in parameters:
        if not re.match("[^=]+=", parameter):
            raise UsageError(f"--parameter {parameter!r} is not of the form NAME=VALUE")
    if spec.startswith(("ws://", "wss://")):
        endpoint = Endpoint(checked_url(spec))
        found = Target(endpoint, secrets=_secrets_of(endpoint, None))
    elif "://" in spec:
        raise _wrong_scheme(spec)
    elif is_local:
        if table or dynamodb_endpoint or management_endpoint:
            raise UsageError(
                f"target {spec}: the local stack brings its own table and endpoints; leave out --table, "
                "--dynamodb-endpoint and --management-endpoint"
            )
        return replace(_local(spec), parameters=tuple(parameters), region=region)
    else:
        found = target_from_file(_target_path(spec))
    return _with_access(found, table, region, dynamodb_endpoint, management_endpoint)


def target_from_file(path: Path) -> Target:
    """The target that a target file describes. Raises UsageError."""
    file = read_target_file(path)
    if file.url is None:
        raise UsageError(f"{path}: url is missing: the target file must say where the backend is")
    try:
        return Target(Endpoint(file.url)).merged(file)
    except UsageError as error:
        raise UsageError(f"{path}: url: {error}") from error


def checked_url(url: str) -> str:
    """`url` if a WebSocket can be opened there. Raises UsageError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is not a valid URL: {error}") from error
    if parts.scheme not in ("ws", "wss"):
        raise _wrong_scheme(url)
    if re.search(r"[\x00-\x20\x7f]", url):
        raise UsageError(f"{url!r} contains whitespace or control characters; write them as %20 and so on")
    if not _is_host(parts.hostname) or port == 0:
        raise UsageError(f"{url!r} names no host; a WebSocket URL looks like wss://HOST/STAGE")
    if parts.username is not None:
        raise UsageError("a WebSocket URL carries no user name; use [handshake] headers of a target file")
    if parts.fragment:
        raise UsageError(f"{redact_url(url)}: a WebSocket URL has no fragment (RFC 6455 section 3)")
    return url


def _is_host(name: str | None) -> bool:
    try:
        return bool(name and name.encode("idna"))
    except UnicodeError:  # an empty label, or one of more than 63 bytes (RFC 1035 section 2.3.4)
        return False


def _wrong_scheme(spec: str) -> UsageError:
    scheme, _, rest = spec.partition("://")
    right = {"https": "wss", "http": "ws"}.get(scheme.lower())
    if right:
        return UsageError(
            f"the target of a WebSocket backend is {right}://, not {scheme}://: {right}://{rest}"
        )
    return UsageError(f"target {spec!r}: unknown scheme {scheme!r}; a target is {FORMS}")


def _local(spec: str) -> LocalApplication:
    if spec == "local":
        return LocalApplication(None)
    template = Path(spec)
    if not template.is_file():
        raise UsageError(f"target {spec}: no such SAM template")
    return LocalApplication(template)


def _target_path(spec: str) -> Path:
    path = Path(spec)
    if spec and path.is_dir():
        inside = next(
            (path / f"template{s}" for s in TEMPLATE_SUFFIXES if (path / f"template{s}").exists()), None
        )
        hint = f"; did you mean {inside}?" if inside else ""
        raise UsageError(f"target {spec} is a folder{hint}")
    if path.suffix == ".toml" or path.is_file():
        return path
    raise UsageError(f"target {spec!r}{near(spec, ['local'])}: a target is {FORMS}")


def _with_access(
    target: Target,
    table: str | None,
    region: str | None,
    dynamodb_endpoint: str | None,
    management_endpoint: str | None,
) -> Target:
    for option, endpoint in (
        ("--dynamodb-endpoint", dynamodb_endpoint),
        ("--management-endpoint", management_endpoint),
    ):
        if endpoint is not None and not is_endpoint(endpoint):
            raise UsageError(f"{option} {endpoint!r} is not an http:// or https:// URL")
    known = region or (target.table and target.table.region) or region_of(target.url)
    if table or dynamodb_endpoint:
        name = table or (target.table and target.table.name)
        if not name:
            raise UsageError("--dynamodb-endpoint says where the table is; --table must say which")
        if not known:
            raise UsageError("--table needs --region: the URL does not show the region")
        key = target.table.key if target.table else None
        endpoint = dynamodb_endpoint or (target.table.endpoint if target.table else None)
        target = replace(target, table=TableAccess(name, known, key, endpoint))
    derived = _management_endpoint(target.url) if region else None
    if management_endpoint or (derived and target.management is None):
        signing = region or region_of(management_endpoint or "") or known
        if not signing:
            raise UsageError("--management-endpoint needs --region: requests are signed for a region")
        target = replace(target, management=ManagementAccess(management_endpoint or derived or "", signing))
    return target


def _management_endpoint(url: str) -> str | None:
    """Of an execute-api host (MG-1); a custom domain does not show it (MG-31)."""
    parts = urlsplit(url)
    if not re.search(r"\.execute-api\..*(amazonaws\.com|api\.aws)", parts.hostname or ""):
        return None
    return f"https://{parts.netloc}{parts.path.rstrip('/')}"


def _secrets_of(endpoint: Endpoint, credentials: Credentials | None) -> tuple[str, ...]:
    query = [value for _, value in parse_qsl(urlsplit(endpoint.url).query)]
    values = [*endpoint.headers.values(), *endpoint.query.values(), *query]
    if credentials:
        values += [credentials.secret_access_key, credentials.session_token or ""]
    # Shorter ones would hide ordinary words ("1", "true", "chat") in every output.
    return tuple(dict.fromkeys(value for value in values if len(value) >= 8))
