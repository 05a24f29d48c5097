"""Ring (b): one change to a valid run turns exactly one clause red, and for every clause there is one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from conformance.checkers import CHECKERS, judge
from conformance.checkers.case import Case
from conformance.clauses import clauses
from conformance.harness.contract import Bounds, Contract
from reports.results import Outcome

from .story import history_of
from .valid_run import valid_run

_BOUNDS = Bounds(deliver_s=1.0, cleanup_s=2.0, stale_s=3.0, connect_s=0.0)
_PLACES = ("first", "middle", "last")
_RED = (Outcome.FAIL, Outcome.NON_STRICT)
Mutation = Callable[[list[str]], list[str]]


def _outcomes(lines: list[str], contract: Contract | None = None) -> dict[str, Outcome]:
    case = Case(history_of(lines), contract or Contract(), _BOUNDS, ("secret-table",))
    return {name: judge(name, case).outcome for name in CHECKERS}


def _without(pattern: str, most: int = 1) -> Mutation:
    """Take out the first `most` lines that the pattern finds."""

    def mutate(lines: list[str]) -> list[str]:
        found = [line for line in lines if re.search(pattern, line)][:most]
        assert found, f"no line has {pattern!r}"
        return [line for line in lines if line not in found]

    return mutate


def _changed(pattern: str, change: Callable[[re.Match[str]], str], most: int = 1) -> Mutation:
    """Replace what the pattern finds in the first `most` lines; a change may hold several lines."""

    def mutate(lines: list[str]) -> list[str]:
        out: list[str] = []
        done = 0
        for line in lines:
            match = re.search(pattern, line)
            if match is None or done == most:
                out.append(line)
                continue
            done += 1
            out += (line[: match.start()] + change(match) + line[match.end() :]).split("\n")
        assert done, f"no line has {pattern!r}"
        return out

    return mutate


def _all(*mutations: Mutation) -> Mutation:
    def mutate(lines: list[str]) -> list[str]:
        for mutation in mutations:
            lines = mutation(lines)
        return lines

    return mutate


def _frame_for(ear: str, after: str, text: str) -> Mutation:
    """`ear` hears a frame 1 ms after the line that holds `after`."""
    return _changed(rf"^(\d+) (.*{after}.*)$", lambda m: f"{m[0]}\n{int(m[1]) + 1} {ear} frame {text}")


def _again(pattern: str) -> Mutation:
    """What somebody heard comes once more, 3 ms later."""
    return _changed(rf"^(\d+) ({pattern})$", lambda m: f"{m[0]}\n{int(m[1]) + 3} {m[2]}")


def _late(pattern: str) -> Mutation:
    return _changed(rf"^(\d+) ({pattern})$", lambda m: f"{int(m[1]) + 1100} {m[2]}")


def _always(health: str) -> Mutation:
    return _changed(r"^(\d+) lag 3$", lambda m: f"{m[1]} {health}")


_GATEWAY_ERROR = '{"message": "Internal server error", "connectionId":"x", "requestId":"y"}'

MUTATIONS: dict[str, Mutation] = {
    "CONN-01": _changed(
        r"^(\d+) n0 connects newcomer",
        lambda m: f"{m[1]} x connecting newcomer\n{m[1]} x refused 500\n{m[0]}",
    ),
    "CONN-02": _changed(r"row n1 there", lambda m: "row n1 absent"),
    "CONN-03": _without(r"n4 hears connect-first"),
    "ROUTE-01": _frame_for(
        "f1", "sends wiring-probe", '{"message": "Forbidden", "connectionId":"x", "requestId":"y"}'
    ),
    "ROUTE-02": _changed(
        r"^(\d+) (unknown-action-villain frame .*)$",
        lambda m: f"{m[0]}\n{int(m[1]) + 1} unknown-action-villain closed-by-peer",
    ),
    "ROUTE-03": _without(r"unknown-action-third hears routing-unknown-action-other"),
    "ROUTE-04": _without(r"no-action-third hears routing-no-action-same"),
    "ROUTE-05": _frame_for("no-action-other", "no-action-villain sends no-action", "somebody sent nothing"),
    "ROUTE-06": _without(r"not-json-villain hears routing-not-json-other"),
    "ROUTE-07": _changed(
        r"^(\d+) not-json-villain sends not-json .*$",
        lambda m: f"{m[0]}\n{int(m[1]) + 5} not-json-third hears not-json",
    ),
    "ROUTE-08": _changed(
        r"^(\d+) not-an-object-villain sends not-an-object .*$",
        lambda m: f"{m[0]}\n{int(m[1]) + 5} not-an-object-third lost",
    ),
    "ROUTE-09": _without(r"unknown-action-villain frame"),
    "ROUTE-10": _frame_for("no-payload-third", "no-payload-villain sends no-payload", "undefined"),
    "ROUTE-11": _without(r"no-payload-other hears routing-no-payload-same"),
    "ROUTE-12": _without(r"odd-payload-third hears routing-odd-payload-same"),
    "BCAST-01": _without(r"n2 hears broadcast-plain"),
    "BCAST-02": _again(r"n2 hears broadcast-plain.*"),
    "BCAST-03": _without(r"f1 hears broadcast-plain"),
    "BCAST-04": _changed(r".* n2 hears broadcast-plain.*", lambda m: f"{m[0]} damaged"),
    "BCAST-05": _changed(r".* n2 hears broadcast-unicode.*", lambda m: f"{m[0]} damaged"),
    "BCAST-06": _without(r"n2 hears broadcast-literal"),
    "BCAST-07": _late(r"n2 hears broadcast-plain.*"),
    "BCAST-08": _without(r"n3 hears broadcast-concurrent"),
    "BCAST-09": _changed(r".* n2 hears broadcast-large.*", lambda m: f"{m[0]} damaged"),
    "LEAK-01": _frame_for(
        "not-json-villain", "not-json-villain sends not-json", "Traceback (most recent call last): …"
    ),
    "DISC-01": _changed(r"^(\d+) row lc0 absent", lambda m: f"{int(m[1]) + 2500} row lc0 there"),
    "DISC-02": _changed(r"^(\d+) row la1 absent", lambda m: f"{int(m[1]) + 3500} row la1 there"),
    "DISC-03": _without(r"d1 hears leave-during"),
    "DISC-04": _changed(r"row d2 there", lambda m: "row d2 absent"),
    "DISC-05": _without(r"r1 hears return-after"),
    "DISC-06": _without(r"d2 hears parting1"),
    "STALE-01": _without(r"s2 hears stale-plain"),
    "STALE-02": _changed(r"^(\d+) row stale1 absent", lambda m: f"{int(m[1]) + 4500} row stale1 there"),
    "STALE-03": _changed(r"row s3 there", lambda m: "row s3 absent"),
    "STALE-04": _late(r"s2 hears stale-many.*"),
    "STALE-05": _without(r"s2 hears stale-malformed"),
    "STALE-06": _without(r"s2 hears stale-pages"),
    "STALE-07": _frame_for("s0", "s0 sends stale-plain", _GATEWAY_ERROR),
    "CHURN-01": _without(r"k2 hears churn-main"),
    "CHURN-02": _again(r"k2 hears churn-main.*"),
    "CHURN-03": _changed(r".* k2 hears churn-main.*", lambda m: f"{m[0]} damaged"),
    "CHURN-04": _without(r"j1 hears churn-final", most=3),
    "CHURN-05": _changed(r"row g1 absent", lambda m: "row g1 there"),
    "CHURN-06": _changed(r"row k1 there", lambda m: "row k1 absent"),
    "CHURN-07": _without(r"b1 hears churn-(main|final)", most=4),
    "CHURN-08": _without(r"j1 hears churn-main"),
    "CHURN-09": _changed(
        r"^(\d+) j0 connects joiner", lambda m: f"{m[1]} x connecting joiner\n{m[1]} x refused 500\n{m[0]}"
    ),
    "CHURN-11": _frame_for("k0", "k0 sends churn-main", _GATEWAY_ERROR),
    "CHURN-12": _without(r"i0 hears interleaving"),
    "CHURN-13": _late(r"k2 hears churn-main.*"),
    "LIMIT-01": _changed(r".* l2 hears limit-size.*", lambda m: f"{m[0]} damaged"),
    "LIMIT-02": _without(r"l1 hears limit-after-oversize"),
    "LIMIT-03": _changed(r"^(\d+) row o0 absent", lambda m: f"{int(m[1]) + 2000} row o0 there"),
    "LIMIT-04": _late(r"l2 hears limit-slow.*"),
    "LIMIT-05": _without(r"w0 hears limit-after-slow"),
    "LIMIT-06": _without(r"z97 hears limit-crowd"),
    "FAULT-01": _without(r"v6 hears fault-post-500"),
    "FAULT-02": _without(r"v2 hears fault-after"),
    "FAULT-03": _without(r"v1 hears fault-post-throttled"),
    "FAULT-04": _again(r"v2 hears fault-post-ambiguous.*"),
    "FAULT-05": _again(r"v6 hears fault-post-failing-twice.*"),
    "FAULT-06": _late(r"v6 hears fault-post-hang.*"),
    "FAULT-07": _without(r"backend fails v5"),
    "FAULT-08": _changed(
        r"^(\d+) (v(\d) hears fault-post-latency.*)$",
        lambda m: f"{int(m[1]) + 30 * int(m[3])} {m[2]}",
        most=7,
    ),
    "FAULT-09": _changed(
        r"^(\d+) lag 3$",
        lambda m: f"{int(m[1]) - 4000} backend posts g0 410\n{m[1]} backend posts g0 410\n{m[0]}",
    ),
    "FAULT-10": _without(r"v5 hears fault-after"),
    "FAULT-20": _without(r"held1 hears fault-life-held"),
    "FAULT-21": _changed(r"^(\d+) life2 connects.*$", lambda m: f"{m[0]}\n{m[1]} backend welcomes life2"),
    "FAULT-22": _changed(r"^(\d+) row dropped1 absent", lambda m: f"{int(m[1]) + 3500} row dropped1 there"),
    "FAULT-23": _changed(r"backend forgets", lambda m: "backend fumbles"),
    "FAULT-24": _without(r"life2 hears fault-life-pages"),
    "FAULT-25": _without(r"unwritten1 hears fault-life-admitted"),
    "FAULT-26": _without(r"life1 hears fault-life-unread"),
    "FAULT-27": _without(r"lag0 hears fault-life-lag"),
    "FAULT-28": _changed(r"^(\d+) row refused1 absent", lambda m: f"{int(m[1]) + 3500} row refused1 there"),
    "FAULT-29": _without(r"life3 hears fault-life-cold"),
    "FAULT-30": _changed(r"row silent1 absent", lambda m: "row silent1 there"),
}


def _k2_is_closed(lines: list[str]) -> list[str]:
    """k2 is closed between two broadcasts that nothing else is owed around, and speaks no more."""
    last = max(int(line.split()[0]) for line in lines if " sends churn-main" in line)
    final = [line for line in lines if " sends churn-final" in line]
    speaker = final[-1].split()[1]
    name = final[-1].split()[3]
    kept = [
        line
        for line in lines
        if not (f" {speaker} hears" in line and int(line.split()[0]) > last + 1200)
        and not line.endswith(f"row {speaker} there")
        and f" {speaker} sends {name}" not in line
        and f" hears {name}" not in line
    ]
    return [*kept, f"{last + 1150} {speaker} closed-by-peer"]


def _j3_hears_of_what_was_over(lines: list[str]) -> list[str]:
    first = next(line.split()[3] for line in lines if " sends churn-main" in line)
    connected = _changed(r"^(\d+) j3 connects joiner", lambda m: f"{m[0]}\n{int(m[1]) + 9} j3 hears {first}")
    return connected(lines)


MUTATIONS["CHURN-10"] = _k2_is_closed
MUTATIONS["CHURN-14"] = _j3_hears_of_what_was_over


def test_a_valid_run_passes_every_clause() -> None:
    red = {name: outcome for name, outcome in _outcomes(valid_run()).items() if outcome is not Outcome.PASS}
    assert red == {"BCAST-10": Outcome.INFO}


def test_every_clause_has_a_mutation() -> None:
    """All but BCAST-10, which is told and not judged."""
    assert set(MUTATIONS) == set(clauses()) - {"BCAST-10"}


@pytest.mark.parametrize("clause", MUTATIONS)
def test_one_mutation_turns_exactly_its_clause_red(clause: str) -> None:
    outcomes = _outcomes(MUTATIONS[clause](valid_run()))
    assert [name for name, outcome in outcomes.items() if outcome in _RED] == [clause]


def test_messages_out_of_order_are_red_where_the_contract_promises_order() -> None:
    lines = [*valid_run(), "90000 o connects orderly"]
    lines += ["91000 o sends o1 broadcast/plain", "91001 o sends o2 broadcast/plain"]
    lines += ["91020 o hears o2", "91021 o hears o1", "99000 lag 1"]
    assert _outcomes(lines, Contract(order="per-sender"))["BCAST-10"] is Outcome.FAIL
    assert _outcomes(lines, Contract(order="none"))["BCAST-10"] is Outcome.INFO


def test_only_those_whom_a_clause_is_about_are_evidence_for_it() -> None:
    """Stayers hear everything; of those who joined, nobody stayed long enough to be owed anything."""
    lines = ["0 k0 connects stayer", "1 k1 connects stayer", "2 k2 connects stayer", "30000 lag 1"]
    for number in range(5):
        at = 1000 + 2000 * number
        lines += [f"{at} k0 sends m{number} churn/main"]
        lines += [f"{at + 20 + ear} k{ear} hears m{number}" for ear in range(3)]
        lines += [f"{at + 500} v{number} connects joiner", f"{at + 700} v{number} closes"]
    outcomes = _outcomes(lines)
    assert outcomes["CHURN-01"] is Outcome.PASS
    assert outcomes["CHURN-08"] is Outcome.UNKNOWN


def test_a_loss_is_one_without_churn_too_but_nothing_held_under_churn_without_any() -> None:
    lines = [f"{ear} k{ear} connects stayer" for ear in range(3)]
    for number in range(5):
        lines += [f"{1000 + 2000 * number} k0 sends m{number} churn/main"]
        lines += [f"{1020 + 2000 * number + ear} k{ear} hears m{number}" for ear in range(3)]
    lines += ["30000 lag 1"]
    assert _outcomes(lines)["CHURN-01"] is Outcome.UNKNOWN
    assert _outcomes(_without(r"k1 hears m2")(lines))["CHURN-01"] is Outcome.FAIL


def test_the_ghost_race_tells_how_many_clients_it_was_run_with_and_how_sure_its_rate_is() -> None:
    case = Case(history_of(MUTATIONS["CHURN-04"](valid_run())), Contract(), _BOUNDS)
    found = judge("CHURN-04", case).evidence
    assert (found["asked"], found["deaf"]) == (6, 1)
    assert found["deaf_rate_95"] == (pytest.approx(0.030, abs=0.001), pytest.approx(0.564, abs=0.001))


def test_the_ghost_race_counts_who_met_a_broadcast_in_its_handshake() -> None:
    lines = ["0 k0 connects stayer", "1000 k0 sends m churn/main", "1050 k0 hears m"]
    lines += ["1040 met connects joiner", "1060 late connects joiner"]
    for at in (3000, 4500):
        lines += [f"{at} k0 sends f{at} churn/final"]
        lines += [f"{at + 20} {ear} hears f{at}" for ear in ("k0", "met", "late")]
    evidence = judge("CHURN-04", Case(history_of([*lines, "9000 lag 1"]), Contract(), _BOUNDS)).evidence
    assert (evidence["asked"], evidence["met_a_broadcast"]) == (2, 1)


def test_the_smallest_interleaving_that_failed_is_told_whole_and_first() -> None:
    lines = ["0 a connects interleaver/1", "5 b connects interleaver/1", "9 c connects interleaver/1"]
    lines += ["100 a sends long1 interleaving/1", "120 a hears long1", "120 b hears long1"]
    lines += [
        "2000 b sends long2 interleaving/1",
        "2020 a hears long2",
        "2020 b hears long2",
        "5000 c closes",
    ]
    lines += [
        "5001 a closes",
        "5002 b closes",
        "6000 d connects interleaver/10",
        "6010 e connects interleaver/10",
    ]
    lines += ["6100 d sends short interleaving/10", "6120 d hears short", "9000 lag 1"]
    result = judge("CHURN-12", Case(history_of(lines), Contract(), _BOUNDS))
    first = result.findings[0]
    assert first.title == "the smallest interleaving that failed"
    assert first.observed == "e did not hear m2"
    told = [(step.who, step.to) for step in first.timeline if step.mark == "expected"]
    assert told == [("backend", "e")]
    assert len(result.findings) > 1


def test_without_evidence_nothing_passes() -> None:
    """An empty run, and a run in which nobody spoke."""
    for lines in (["0 lag 1"], ["0 a connects stayer", "0 b connects stayer", "9000 lag 1"]):
        assert Outcome.PASS not in _outcomes(lines).values()


@pytest.mark.parametrize("busy", ["lag 800", "lag 0 crowd 9", "lag 0 burst 9"])
@pytest.mark.parametrize("clause", ["BCAST-07", "STALE-02", "STALE-04", "CHURN-05", "CHURN-13"])
def test_a_bound_missed_on_a_busy_machine_is_unknown(clause: str, busy: str) -> None:
    assert _outcomes(_always(busy)(MUTATIONS[clause](valid_run())))[clause] is Outcome.UNKNOWN


@pytest.mark.parametrize("busy", ["lag 800", "lag 0 burst 9"])
@pytest.mark.parametrize("clause", ["BCAST-07", "DISC-01", "STALE-04", "CHURN-13"])
def test_a_bound_missed_in_peace_is_missed_however_busy_the_machine_was_at_another_time(
    clause: str, busy: str
) -> None:
    lines = MUTATIONS[clause](valid_run())
    assert _outcomes([f"0 {busy}", *lines, f"999999 {busy}"])[clause] is Outcome.FAIL


def test_a_loss_is_unknown_on_a_busy_machine_where_the_receiver_left_soon_after_the_bound() -> None:
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["1020 x hears lost", "1100 backend posts y 200", "2500 y closes", "9000 lag 3"]
    assert _outcomes(lines)["BCAST-01"] is Outcome.FAIL
    assert _outcomes(_always("lag 800")(lines))["BCAST-01"] is Outcome.UNKNOWN


def test_a_loss_is_one_on_a_busy_machine_too_where_the_trace_has_no_post() -> None:
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["1020 x hears lost", "2500 y closes", "9999 lag 800"]
    assert _outcomes(lines)["BCAST-01"] is Outcome.FAIL
    assert _outcomes([*lines, "1002 backend posts y 429"])["BCAST-01"] is Outcome.FAIL
    assert _outcomes([*lines, "1001 backend fails x"])["BCAST-01"] is Outcome.UNKNOWN


def test_deafness_is_unknown_on_a_busy_machine_where_the_deaf_left_soon_after_the_bound() -> None:
    lines = ["0 k connects stayer", "10 deaf connects joiner"]
    for number in range(2):
        lines += [f"{1000 + number} k sends f{number} churn/final", f"{1010 + number} k hears f{number}"]
    for leaving_ms, outcome in ((2500, Outcome.UNKNOWN), (4500, Outcome.FAIL)):
        told = [*lines, f"{leaving_ms} deaf closes", "9000 lag 800"]
        assert _outcomes(told)["CHURN-04"] is outcome


def test_a_loss_that_outlasts_the_bound_many_times_is_one_on_a_busy_machine_too() -> None:
    """k2 stays for three bounds and more after the broadcast that it did not hear."""
    lines = MUTATIONS["CHURN-01"](valid_run())
    assert _outcomes(_always("lag 800")(lines))["CHURN-01"] is Outcome.FAIL


def test_a_loss_of_a_function_that_the_table_kept_waiting_is_unknown_on_a_busy_machine() -> None:
    """Who stays for long is owed it all the same, but the function was kept from posting."""
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["1020 x hears lost", "1010 backend starves x", "8000 y closes"]
    assert _outcomes([*lines, "9000 lag 3"])["BCAST-01"] is Outcome.FAIL
    assert _outcomes([*lines, "9000 lag 800"])["BCAST-01"] is Outcome.UNKNOWN
    fails = [line.replace("starves", "fails") for line in lines]
    assert _outcomes([*fails, "9000 lag 800"])["BCAST-01"] is Outcome.FAIL


def test_a_row_that_nobody_tries_to_delete_stays_on_a_busy_machine_too() -> None:
    """A bound apart, functions that end well are told twice that its connection is gone."""
    lines = ["0 x connects stale-live", *(f"{10 + n} plants gone {where}" for n, where in enumerate(_PLACES))]
    lines += [f"{at} x sends m{at} stale/plain" for at in (100, 3200)]
    lines += [f"{at + 20} x hears m{at}" for at in (100, 3200)]
    told = [f"{at} backend posts stale{n} 410" for at in (110, 3210) for n in range(3)]
    looks = [f"3300 row stale{n} there" for n in range(3)]
    busy = "9000 lag 3000"
    assert _outcomes([*lines, *told, *looks, busy])["STALE-02"] is Outcome.FAIL
    assert _outcomes([*lines, *told[:3], *looks, busy])["STALE-02"] is Outcome.UNKNOWN
    tried = [f"150 backend deletes stale{n}" for n in range(3)]
    assert _outcomes([*lines, *told, *tried, *looks, busy])["STALE-02"] is Outcome.UNKNOWN
    failing = [f"{at + 2} backend fails x" for at in (105, 3205)]
    assert _outcomes([*lines, *told, *failing, *looks, busy])["STALE-02"] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "lag_ms", "outcome"), [(500, 3, "FAIL"), (500, 800, "UNKNOWN"), (403, 800, "FAIL")]
)
def test_a_handshake_that_an_overworked_stack_gives_up_is_not_held_against_the_backend(
    status: int, lag_ms: int, outcome: str
) -> None:
    lines = ["0 x connects newcomer", "1 y connecting newcomer", f"900 y refused {status}"]
    assert _outcomes([*lines, f"1000 lag {lag_ms}"])["CONN-01"] is Outcome[outcome]


def test_json_that_is_no_object_must_leave_its_senders_connection_usable_too() -> None:
    closed = _changed(
        r"^(\d+) (not-an-object-villain sends not-an-object .*)$",
        lambda m: f"{m[0]}\n{int(m[1]) + 1} not-an-object-villain closed-by-peer",
    )
    assert _outcomes(valid_run())["ROUTE-08"] is Outcome.PASS
    assert _outcomes(closed(valid_run()))["ROUTE-08"] is Outcome.FAIL


def test_a_violation_that_a_busy_machine_makes_unknown_still_explains_what_follows() -> None:
    """Neither hears the message: y leaves too soon to be judged, x stays, and its loss is judged alone."""
    lines = ["0 x connects newcomer", "1 y connects newcomer", "1000 x sends lost broadcast/plain"]
    lines += ["2500 y closes", "9999 lag 800"]
    outcomes = _outcomes(lines)
    assert (outcomes["BCAST-01"], outcomes["BCAST-03"]) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    alone = [line for line in lines if not line.split()[1].startswith("y")]
    assert _outcomes(alone)["BCAST-03"] is Outcome.FAIL


def test_every_clause_has_a_checker_and_every_checker_a_clause() -> None:
    assert list(CHECKERS) == sorted(CHECKERS, key=list(CHECKERS).index)
    assert set(CHECKERS) == set(clauses())


def test_what_explains_a_clause_is_a_clause() -> None:
    named = {cause for clause in clauses().values() for cause in clause.explained_by}
    assert named <= set(clauses())
