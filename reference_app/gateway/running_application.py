"""A deployed application: where clients, callers of `@connections` and testers find it."""

from __future__ import annotations

from dataclasses import dataclass

from reference_app.gateway.ready_file import Ready, connection_table
from reference_app.gateway.template.application import Application

ACCESS_KEY_ID = "local"
SECRET_ACCESS_KEY = "local-secret"


@dataclass(frozen=True)
class RunningApplication:
    """An application that runs, and where."""

    application: Application
    address: str
    port: int
    dynamodb_endpoint: str
    control_url: str | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The WebSocket URL of each API; the same port takes `wss` as well."""
        return tuple(f"ws://{self._authority}/{api.stage}" for api in self.application.apis)

    @property
    def ready(self) -> Ready:
        """What the target file says."""
        api = self.application.apis[0]
        return Ready(
            url=self.urls[0],
            management_endpoint=f"http://{self._authority}/{api.stage}",
            region=self.application.region,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            dynamodb_endpoint=self.dynamodb_endpoint,
            route_selection_expression=api.route_selection_expression,
            route_keys=tuple(api.routes),
            table=connection_table(self.application.tables),
            control_url=self.control_url,
        )

    @property
    def _authority(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"
