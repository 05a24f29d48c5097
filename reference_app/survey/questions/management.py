"""Questions about `@connections`."""

from __future__ import annotations

from reference_app.survey.findings import Finding, Findings, found, unsettled
from reference_app.survey.management_calls import ManagementAnswer
from reference_app.survey.surveyed_api import BINARY, TEXT, Client, SurveyedApi

NEVER_ISSUED = "BFHPhfCWIAMCKlQ="
_MOST_BYTES = 131072
_ABOVE_THE_FRAME_LIMIT = 40_000
_MOST_POSTS = 800


def refusals(api: SurveyedApi) -> Findings:
    """With which words calls are refused (Q-17, Q-21)."""
    assert api.management is not None
    call = api.management.call
    wrong_stage = call("POST", NEVER_ISSUED, b"x", stage="no-such-stage")
    with api.client() as client:
        too_large = call("POST", _id(api, client), b"x" * (_MOST_BYTES + 1))
    return {
        "forbidden_message": _message(call("POST", NEVER_ISSUED, b"x", signed="wrongly")),
        "unsigned_message": _message(call("POST", NEVER_ISSUED, b"x", signed="not")),
        "too_large_message": _message(too_large),
        "Q-21": unsettled(f"a stage that is not there: {_brief(wrong_stage)}"),
    }


def deliveries(api: SurveyedApi) -> Findings:
    """How a posted body arrives (Q-17)."""
    assert api.management is not None
    with api.client() as client:
        connection_id = _id(api, client)
        api.management.call("POST", connection_id, b"a\xffb")
        not_utf8 = client.frame()
        api.management.call("POST", connection_id, b"x" * _ABOVE_THE_FRAME_LIMIT)
        sizes = _frame_sizes(client)
    replaced = not_utf8.data.decode(errors="replace") == "a\ufffdb"
    values = {BINARY: "binary", TEXT: "text-replaced" if replaced else None}
    value = values.get(not_utf8.opcode)
    seen = f"opcode {not_utf8.opcode}, {not_utf8.data!r}"
    return {
        "non_utf8_post": unsettled(seen) if value is None else found(value, seen),
        "large_post": found("single-frame" if len(sizes) == 1 else "split", f"frames of {sizes} bytes"),
    }


def outbound_buffer(api: SurveyedApi) -> Findings:
    """When a POST to a client that does not read gets 429 (Q-22)."""
    assert api.management is not None
    with api.client() as client:
        connection_id = _id(api, client)
        for posted in range(_MOST_POSTS):
            answer = api.management.call("POST", connection_id, b"x" * _MOST_BYTES)
            if answer.status != 200:
                seen = f"{_brief(answer)} after {posted * _MOST_BYTES} bytes, the kernels' buffers among them"
                return {"Q-22": unsettled(seen)}
    return {"Q-22": unsettled(f"{_MOST_POSTS * _MOST_BYTES} bytes were taken")}


def answers(api: SurveyedApi) -> Findings:
    """Whether answers are those of 2020 (Q-24), and what becomes of ids that are none (Q-25)."""
    assert api.management is not None
    call = api.management.call
    with api.client() as client:
        connection_id = _id(api, client)
        today = {verb: call(verb, connection_id) for verb in ("POST", "GET", "DELETE")}
    today |= {"POST to a closed one": call("POST", connection_id), "malformed": call("GET", "no-id")}
    lower = connection_id.replace("=", "%3d")
    odd = {
        "never issued": call("GET", NEVER_ISSUED),
        "without =": call("GET", connection_id.rstrip("=")),
        "%3d": call("GET", connection_id, escaped=lower),
    }
    return {
        "Q-24": unsettled("; ".join(f"{what}: {_whole(answer)}" for what, answer in today.items())),
        "Q-25": unsettled("; ".join(f"{what}: {_brief(answer)}" for what, answer in odd.items())),
    }


def _id(api: SurveyedApi, client: Client) -> str:
    return str(api.noted(client.token, "CONNECT")["connectionId"])


def _frame_sizes(client: Client) -> list[int]:
    frames = [client.frame()]
    while not frames[-1].fin:
        frames.append(client.frame())
    return [len(frame.data) for frame in frames]


def _message(answer: ManagementAnswer) -> Finding:
    if answer.message is None:
        return unsettled(_brief(answer))
    return found(answer.message, _brief(answer))


def _brief(answer: ManagementAnswer) -> str:
    return f"{answer.status} {answer.error_type} {answer.body.decode(errors='replace')[:200]}".rstrip()


def _whole(answer: ManagementAnswer) -> str:
    names = ", ".join(name for name, _ in answer.headers)
    return f"{answer.status} with {names}, {answer.body.decode(errors='replace')!r}"
