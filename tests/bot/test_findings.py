"""What is kept beside a message of what triage read in it, and what that came to."""

import json

from bot.findings import detail_without_infection, findings_in, kept, level, told_in, without_infection
from dialogs.effects import Escalate, Say
from dialogs.snapshot import Turn
from dialogs.triage.finding import Finding, FindingStatus, Judgement, Told
from models.values import Urgency

HEADACHE = Finding("M6b", "headache", Urgency.SOON, FindingStatus.CURRENT, "头疼", 0, 2)
NO_BLEEDING = Finding("M1c", "bleeding", Urgency.URGENT, FindingStatus.NEGATED, "没出血", 3, 6)
HIGH_PRESSURE = Finding("M8a", "very_high_bp", Urgency.URGENT, FindingStatus.CURRENT, "血压 165/112 mmHg")
WORDS = Judgement(Urgency.SOON, (HEADACHE, NO_BLEEDING), told=(Told("headache", "mother"),))


def called(*findings: Finding) -> Escalate:
    return Escalate(Urgency.URGENT, "危险信号", findings)


def stored(turn: Turn):
    """The column as it comes back from the database."""
    return json.loads(json.dumps(kept(turn)))


def test_what_was_set_aside_is_kept_with_the_reason():
    column = stored(Turn(None, judgement=WORDS))
    assert [(one["rule"], one["status"]) for one in findings_in(column)] == [("M6b", "current"), ("M1c", "negated")]
    assert findings_in(column)[1] == {
        "rule": "M1c",
        "sign": "bleeding",
        "level": "urgent",
        "status": "negated",
        "evidence": "没出血",
        "start": 3,
        "end": 6,
    }


def test_what_she_told_comes_back_as_old_as_it_is():
    column = stored(Turn(None, judgement=Judgement(None, told=(Told("systolic", "mother", 150.0),))))
    assert list(told_in(column, hours_ago=2.5)) == [Told("systolic", "mother", 150.0, 2.5)]


def test_what_only_the_dialog_found_stands_first_when_it_is_graver():
    turn = Turn(None, (Say("请现在就出发去医院"), called(HIGH_PRESSURE)), judgement=WORDS)
    assert [one["rule"] for one in findings_in(kept(turn))] == ["M8a", "M6b", "M1c"]
    assert level(turn) is Urgency.URGENT


def test_what_words_and_dialog_both_found_is_kept_once():
    assert len(findings_in(kept(Turn(None, (called(HEADACHE, NO_BLEEDING),), judgement=WORDS)))) == 2


def test_a_sign_that_she_does_not_have_raises_no_message():
    assert level(Turn(None, (called(HEADACHE, NO_BLEEDING),), judgement=WORDS)) is Urgency.SOON


def test_where_no_human_is_called_the_words_themselves_count():
    assert level(Turn(None, (Say("好的"),), judgement=Judgement(Urgency.SELF_CARE))) is Urgency.SELF_CARE
    assert level(Turn(None, (Escalate(Urgency.SOON, "有一条消息没看懂"),), judgement=Judgement(None))) is None


def test_where_nothing_was_read_nothing_is_kept():
    for turn in (Turn(None), Turn(None, judgement=Judgement(None))):
        assert kept(turn) is None
        assert level(turn) is None
    assert findings_in(None) == []
    assert list(told_in(None, 1.0)) == []


def test_infection_is_left_out_of_findings_and_of_what_an_event_tells():
    cough = {"rule": "M30", "sign": "infection", "evidence": "咳嗽"}
    silence = {"rule": "no_answer", "due_on": "2026-03-01"}
    assert without_infection([cough, silence, {"code": "blood_pressure"}]) == [silence, {"code": "blood_pressure"}]
    assert detail_without_infection({"reason": "r", "evidence": [cough]}) == {"reason": "r", "evidence": []}
    assert detail_without_infection({"outcome": "advised"}) == {"outcome": "advised"}
