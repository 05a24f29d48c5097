"""DISC: who goes is forgotten, who stays notices nothing, who comes back is heard."""

from __future__ import annotations

from collections.abc import Mapping

from .broadcasting import judged_losses
from .case import Case, Checker, Judged
from .rows import judged_departures, judged_live

_ROWS = 2
_PARTING = 2


def the_row_of_the_closed_goes(case: Case) -> Judged:
    """DISC-01: without help of broadcasts, by `$disconnect`."""
    gone = case.connections("leaver/close")
    return judged_departures(case, gone, case.bounds.cleanup_s, _ROWS, "of closed connections")


def the_row_of_the_cut_off_goes(case: Case) -> Judged:
    """DISC-02: while broadcasts go on."""
    gone = case.connections("leaver/abort")
    return judged_departures(case, gone, case.bounds.stale_s, _ROWS, "of connections cut off", by_410=True)


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


CHECKERS: Mapping[str, Checker] = {
    "DISC-01": the_row_of_the_closed_goes,
    "DISC-02": the_row_of_the_cut_off_goes,
    "DISC-03": departures_disturb_nobody,
    "DISC-04": the_rows_of_the_others_stay,
    "DISC-05": who_comes_back_hears,
    "DISC-06": a_parting_word_reaches_all_or_nobody,
}
