"""The signature against botocore's own, which AWS accepts."""

from __future__ import annotations

import datetime
from unittest import mock
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from reference_app.chat.chatapp import signature
from reference_app.chat.chatapp.signature import Keys, signed_headers

HOST = "abcdef1234.execute-api.eu-west-1.amazonaws.com"
MOMENT = datetime.datetime(2026, 11, 22, 23, 59, 58, tzinfo=datetime.UTC)
# "." and ".." would be resolved as path segments, and are no ids.
IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda text: text.strip(".") != ""
)
TIMESTAMP = "20261122T235958Z"


def botocores(path: str, body: bytes, keys: Keys, region: str) -> str:
    request = AWSRequest("POST", f"https://{HOST}{path}", headers={"host": HOST}, data=body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=MOMENT):
        SigV4Auth(Credentials(*keys), "execute-api", region).add_auth(request)
    return str(request.headers["Authorization"])


@given(
    IDS,
    st.binary(max_size=50),
    st.sampled_from([None, "token//+="]),
    st.sampled_from(["eu-west-1", "cn-north-1"]),
)
def test_a_post_to_any_id_is_signed_as_botocore_signs_it(
    connection_id: str, body: bytes, token: str | None, region: str
) -> None:
    path = f"/prod/@connections/{quote(connection_id, safe='')}"
    keys = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    headers = signed_headers(HOST, path, body, keys=keys, region=region, timestamp=TIMESTAMP)
    assert headers["authorization"] == botocores(path, body, keys, region)


def test_the_key_of_a_day_is_derived_once() -> None:
    signature._signing_key.cache_clear()
    keys = Keys("id", "secret", None)
    for second in range(10):
        timestamp = f"20261122T00000{second}Z"
        signed_headers(HOST, "/prod", b"", keys=keys, region="eu-west-1", timestamp=timestamp)
    assert signature._signing_key.cache_info().misses == 1
