"""DISC: who goes is forgotten, who stays notices nothing, who comes back is heard."""

from __future__ import annotations

from collections.abc import Mapping

from .broadcasting import judged_losses
from .case import Case, Checker, Judged
from .rows import gone_ns, judged_live, judged_removals, removal, was_there, young_until_ns

_ROWS = 2
_PARTING = 2


def the_row_of_the_closed_goes(case: Case) -> Judged:
    """DISC-01: without help of broadcasts, by `$disconnect`."""
    return forgotten(case, "leaver/close", case.bounds.cleanup_s, "of closed connections")


def the_row_of_the_cut_off_goes(case: Case) -> Judged:
    """DISC-02: while broadcasts go on."""
    return forgotten(case, "leaver/abort", case.bounds.stale_s, "of connections cut off", by_410=True)


def departures_disturb_nobody(case: Case) -> Judged:
    """DISC-03."""
    judgement = case.pairs("leave/during", "leave/after", ears=case.ears("leave-stayer"))
    return judged_losses(case, judgement, "of those who stayed")


def the_rows_of_the_others_stay(case: Case) -> Judged:
    """DISC-04."""
    return judged_live(case, case.connections("leave-stayer"), _ROWS)


def who_comes_back_hears(case: Case) -> Judged:
    """DISC-05."""
    judgement = case.pairs("return/after", ears=case.ears("returner"))
    return judged_losses(case, judgement, "of clients that had come back")


def a_parting_word_reaches_all_or_nobody(case: Case) -> Judged:
    """DISC-06: the oracle takes a message as accepted once anybody heard it."""
    return judged_losses(case, case.pairs("leave/parting"), "of a parting sender's words", at_least=_PARTING)


def forgotten(case: Case, group: str, bound_s: float, whose: str, *, by_410: bool = False) -> Judged:
    """Whether the rows of the group's connections were gone so long after they had left.

    `by_410`: the backend may have learned of it by nothing else, and spare a row while it is young.
    """
    watched = [c for c in case.connections(group) if was_there(case.observations(c), gone_ns(c))]
    young = young_until_ns(case) if by_410 else {}
    gone = ((c, c.connection_id or "") for c in watched)
    removals = [
        removal(case.observations(c), name, gone_ns(c), bound_s, young.get(name, 0)) for c, name in gone
    ]
    return judged_removals(case, removals, bound_s, _ROWS, whose)


CHECKERS: Mapping[str, Checker] = {
    "DISC-01": the_row_of_the_closed_goes,
    "DISC-02": the_row_of_the_cut_off_goes,
    "DISC-03": departures_disturb_nobody,
    "DISC-04": the_rows_of_the_others_stay,
    "DISC-05": who_comes_back_hears,
    "DISC-06": a_parting_word_reaches_all_or_nobody,
}
