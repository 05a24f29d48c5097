"""Changes to the valid run: for every clause one that turns exactly this clause red (ring b)."""

from __future__ import annotations

import re
from collections.abc import Callable

from .verdicts import GATEWAY_ERROR

_PLACES = ("first", "middle", "last")
Mutation = Callable[[list[str]], list[str]]


def take_out(pattern: str, most: int = 1) -> Mutation:
    """Take out the first `most` lines that the pattern finds."""

    def mutate(lines: list[str]) -> list[str]:
        found = [line for line in lines if re.search(pattern, line)][:most]
        assert found, f"no line has {pattern!r}"
        return [line for line in lines if line not in found]

    return mutate


def change(pattern: str, replacement: Callable[[re.Match[str]], str], most: int = 1) -> Mutation:
    """Replace what the pattern finds in the first `most` lines; a replacement may hold several lines."""

    def mutate(lines: list[str]) -> list[str]:
        out: list[str] = []
        done = 0
        for line in lines:
            match = re.search(pattern, line)
            if match is None or done == most:
                out.append(line)
                continue
            done += 1
            out += (line[: match.start()] + replacement(match) + line[match.end() :]).split("\n")
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
    return change(rf"^(\d+) (.*{after}.*)$", lambda m: f"{m[0]}\n{int(m[1]) + 1} {ear} frame {text}")


def _again(pattern: str) -> Mutation:
    """What somebody heard comes once more, 3 ms later."""
    return change(rf"^(\d+) ({pattern})$", lambda m: f"{m[0]}\n{int(m[1]) + 3} {m[2]}")


def _late(pattern: str) -> Mutation:
    return change(rf"^(\d+) ({pattern})$", lambda m: f"{int(m[1]) + 1100} {m[2]}")


def always(health: str) -> Mutation:
    return change(r"^(\d+) lag 3$", lambda m: f"{m[1]} {health}")


MUTATIONS: dict[str, Mutation] = {
    "CONN-01": change(
        r"^(\d+) n0 connects newcomer",
        lambda m: f"{m[1]} x connecting newcomer\n{m[1]} x refused 500\n{m[0]}",
    ),
    "CONN-02": change(r"row n1 there", lambda m: "row n1 absent"),
    "CONN-03": take_out(r"n4 hears connect-first"),
    "ROUTE-01": _frame_for(
        "f1", "sends wiring-probe", '{"message": "Forbidden", "connectionId":"x", "requestId":"y"}'
    ),
    "ROUTE-02": change(
        r"^(\d+) (unknown-action-villain frame .*)$",
        lambda m: f"{m[0]}\n{int(m[1]) + 1} unknown-action-villain closed-by-peer",
    ),
    "ROUTE-03": take_out(r"unknown-action-third hears routing-unknown-action-other"),
    "ROUTE-04": take_out(r"no-action-third hears routing-no-action-same"),
    "ROUTE-05": _frame_for("no-action-other", "no-action-villain sends no-action", "somebody sent nothing"),
    "ROUTE-06": take_out(r"not-json-villain hears routing-not-json-other"),
    "ROUTE-07": change(
        r"^(\d+) not-json-villain sends not-json .*$",
        lambda m: f"{m[0]}\n{int(m[1]) + 5} not-json-third hears not-json",
    ),
    "ROUTE-08": change(
        r"^(\d+) not-an-object-villain sends not-an-object .*$",
        lambda m: f"{m[0]}\n{int(m[1]) + 5} not-an-object-third lost",
    ),
    "ROUTE-09": take_out(r"unknown-action-villain frame"),
    "ROUTE-10": _frame_for("no-payload-third", "no-payload-villain sends no-payload", "undefined"),
    "ROUTE-11": take_out(r"no-payload-other hears routing-no-payload-same"),
    "ROUTE-12": take_out(r"odd-payload-third hears routing-odd-payload-same"),
    "BCAST-01": take_out(r"n2 hears broadcast-plain"),
    "BCAST-02": _again(r"n2 hears broadcast-plain.*"),
    "BCAST-03": take_out(r"f1 hears broadcast-plain"),
    "BCAST-04": change(r".* n2 hears broadcast-plain.*", lambda m: f"{m[0]} damaged"),
    "BCAST-05": change(r".* n2 hears broadcast-unicode.*", lambda m: f"{m[0]} damaged"),
    "BCAST-06": take_out(r"n2 hears broadcast-literal"),
    "BCAST-07": _late(r"n2 hears broadcast-plain.*"),
    "BCAST-08": take_out(r"n3 hears broadcast-concurrent"),
    "BCAST-09": change(r".* n2 hears broadcast-large.*", lambda m: f"{m[0]} damaged"),
    "LEAK-01": _frame_for(
        "not-json-villain", "not-json-villain sends not-json", "Traceback (most recent call last): …"
    ),
    "DISC-01": change(r"^(\d+) row lc0 absent", lambda m: f"{int(m[1]) + 2500} row lc0 there"),
    "DISC-02": change(r"^(\d+) row la1 absent", lambda m: f"{int(m[1]) + 3500} row la1 there"),
    "DISC-03": take_out(r"d1 hears leave-during"),
    "DISC-04": change(r"row d2 there", lambda m: "row d2 absent"),
    "DISC-05": take_out(r"r1 hears return-after"),
    "DISC-06": take_out(r"d2 hears parting1"),
    "STALE-01": take_out(r"s2 hears stale-plain"),
    "STALE-02": change(r"^(\d+) row stale1 absent", lambda m: f"{int(m[1]) + 4500} row stale1 there"),
    "STALE-03": change(r"row s3 there", lambda m: "row s3 absent"),
    "STALE-04": _late(r"s2 hears stale-many.*"),
    "STALE-05": take_out(r"s2 hears stale-malformed"),
    "STALE-06": take_out(r"s2 hears stale-pages"),
    "STALE-07": _frame_for("s0", "s0 sends stale-plain", GATEWAY_ERROR),
    "CHURN-01": take_out(r"k2 hears churn-main"),
    "CHURN-02": _again(r"k2 hears churn-main.*"),
    "CHURN-03": change(r".* k2 hears churn-main.*", lambda m: f"{m[0]} damaged"),
    "CHURN-04": take_out(r"j1 hears churn-final", most=3),
    "CHURN-05": change(r"row g1 absent", lambda m: "row g1 there"),
    "CHURN-06": change(r"row k1 there", lambda m: "row k1 absent"),
    "CHURN-07": take_out(r"b1 hears churn-(main|final)", most=4),
    "CHURN-08": take_out(r"j1 hears churn-main"),
    "CHURN-09": change(
        r"^(\d+) j0 connects joiner", lambda m: f"{m[1]} x connecting joiner\n{m[1]} x refused 500\n{m[0]}"
    ),
    "CHURN-11": _frame_for("k0", "k0 sends churn-main", GATEWAY_ERROR),
    "CHURN-12": take_out(r"i0 hears interleaving"),
    "CHURN-13": _late(r"k2 hears churn-main.*"),
    "LIMIT-01": change(r".* l2 hears limit-size.*", lambda m: f"{m[0]} damaged"),
    "LIMIT-02": take_out(r"l1 hears limit-after-oversize"),
    "LIMIT-03": change(r"^(\d+) row o0 absent", lambda m: f"{int(m[1]) + 2000} row o0 there"),
    "LIMIT-04": _late(r"l2 hears limit-slow.*"),
    "LIMIT-05": take_out(r"w0 hears limit-after-slow"),
    "LIMIT-06": take_out(r"z97 hears limit-crowd"),
    "FAULT-01": take_out(r"v6 hears fault-post-500"),
    "FAULT-02": take_out(r"v2 hears fault-after"),
    "FAULT-03": take_out(r"v1 hears fault-post-throttled"),
    "FAULT-04": _again(r"v2 hears fault-post-ambiguous.*"),
    "FAULT-05": _again(r"v6 hears fault-post-failing-twice.*"),
    "FAULT-06": _late(r"v6 hears fault-post-hang.*"),
    "FAULT-07": take_out(r"backend fails v5"),
    "FAULT-08": change(
        r"^(\d+) (v(\d) hears fault-post-latency.*)$",
        lambda m: f"{int(m[1]) + 30 * int(m[3])} {m[2]}",
        most=7,
    ),
    "FAULT-09": change(
        r"^(\d+) lag 3$",
        lambda m: f"{int(m[1]) - 4000} backend posts g0 410\n{m[1]} backend posts g0 410\n{m[0]}",
    ),
    "FAULT-10": take_out(r"v5 hears fault-after"),
    "FAULT-20": take_out(r"held1 hears fault-life-held"),
    "FAULT-21": change(r"^(\d+) life2 connects.*$", lambda m: f"{m[0]}\n{m[1]} backend welcomes life2"),
    "FAULT-22": change(r"^(\d+) row dropped1 absent", lambda m: f"{int(m[1]) + 3500} row dropped1 there"),
    "FAULT-23": change(r"backend forgets", lambda m: "backend fumbles"),
    "FAULT-24": take_out(r"life2 hears fault-life-pages"),
    "FAULT-25": take_out(r"unwritten1 hears fault-life-admitted"),
    "FAULT-26": take_out(r"life1 hears fault-life-unread"),
    "FAULT-27": take_out(r"lag0 hears fault-life-lag"),
    "FAULT-28": change(r"^(\d+) row refused1 absent", lambda m: f"{int(m[1]) + 3500} row refused1 there"),
    "FAULT-29": take_out(r"life3 hears fault-life-cold"),
    "FAULT-30": change(r"row silent1 absent", lambda m: "row silent1 there"),
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
    connected = change(r"^(\d+) j3 connects joiner", lambda m: f"{m[0]}\n{int(m[1]) + 9} j3 hears {first}")
    return connected(lines)


MUTATIONS["CHURN-10"] = _k2_is_closed
MUTATIONS["CHURN-14"] = _j3_hears_of_what_was_over
