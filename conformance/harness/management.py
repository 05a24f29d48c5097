"""The `@connections` management API, as a witness: does the gateway know a connection?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from botocore.exceptions import ClientError

from .access import Credentials, ManagementAccess
from .aws_access import client_config, code_of, explained, session_for

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

Status: TypeAlias = Literal["open", "gone", "malformed", "throttled"]

_STATUS: dict[str, Status] = {
    "GoneException": "gone",  # MG-13
    "410": "gone",  # emulators that leave the error type out (CL-3)
    "BadRequestException": "malformed",  # MG-14
    "400": "malformed",
    "LimitExceededException": "throttled",  # MG-17
    "429": "throttled",
}


class Management:
    """Asks about connections, and posts to them.

    Raises UsageError when credentials or endpoint are wrong, HarnessError when the API fails otherwise.
    """

    def __init__(self, access: ManagementAccess, credentials: Credentials | None) -> None:
        self.access = access
        self._what = f"management API {access.endpoint}"
        with explained(self._what):
            self._client: ApiGatewayManagementApiClient = session_for(credentials).client(
                "apigatewaymanagementapi",
                region_name=access.region,
                endpoint_url=access.endpoint,
                config=client_config(),
            )

    def close(self) -> None:
        self._client.close()

    def status(self, connection_id: str) -> Status:
        """What the gateway says of this id (MG-11, MG-13, MG-14, MG-17)."""
        with explained(self._what):
            try:
                self._client.get_connection(ConnectionId=connection_id)
            except ClientError as error:
                return _status_of(error)
        return "open"

    def post(self, connection_id: str, text: str) -> Status:
        """Send a text to the client (MG-10); `throttled` may also mean that it does not read (MG-17)."""
        with explained(self._what):
            try:
                self._client.post_to_connection(ConnectionId=connection_id, Data=text.encode())
            except ClientError as error:
                return _status_of(error)
        return "open"


def _status_of(error: ClientError) -> Status:
    status = _STATUS.get(code_of(error))
    if status is None:
        raise error
    return status
