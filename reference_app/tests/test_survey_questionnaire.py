"""Which questions are asked, and that none is forgotten."""

from __future__ import annotations

from reference_app.gateway import unknowns
from reference_app.survey.findings import QUESTIONS as QUESTION_IDS
from reference_app.survey.findings import unsettled
from reference_app.survey.passing_time import RealTime
from reference_app.survey.questionnaire import NEVER_ASKED, QUESTIONS, Scope, conduct, without_answer
from reference_app.survey.surveyed_api import SurveyedApi

ROWS = {row.name: row for row in unknowns.rows()}
NOBODY = SurveyedApi("ws://127.0.0.1:9/survey", 0.1, None, RealTime())
NAMES = [name for question in QUESTIONS for name in question.answers] + [*NEVER_ASKED]


def test_every_row_and_every_question_is_asked_once_or_says_why_not() -> None:
    covered = {ROWS[name].question if name in ROWS else name for name in [*NAMES, "connects_per_second"]}

    assert covered == set(QUESTION_IDS)
    assert sorted(name for name in [*NAMES, "connects_per_second"] if name in ROWS) == sorted(ROWS)


def test_what_cannot_be_asked_is_said() -> None:
    findings = conduct(NOBODY, Scope(credentials=False, hours=False), lambda *_: None)

    assert findings["forbidden_message"] == unsettled("not asked: no AWS credentials were found")
    assert findings["duration_close_code"] == unsettled("not asked: it takes two hours (--slow)")
    assert findings["Q-28"].seen.startswith("not asked: ")


def test_a_question_that_gets_no_answer_is_told_and_the_others_go_on() -> None:
    findings = conduct(NOBODY, Scope(credentials=False, hours=False), lambda *_: None)

    assert findings["null_selector"].seen.startswith("no answer: ")
    assert {"null_selector", "lenient_json"} <= set(without_answer(findings))
    assert "duration_close_code" not in without_answer(findings)
