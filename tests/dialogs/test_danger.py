"""What follows from a danger sign: her reply, her hospital's number of this hour, and the words for her guardian."""

import re
from dataclasses import replace

import pytest

from bot.channels.text import sms_segments
from dialogs import effects as want
from dialogs.danger import safety, watch
from dialogs.snapshot import Snapshot
from dialogs.triage.finding import Context, Judgement, Told
from models.values import Language, Urgency

FACILITY, EMERGENCY, DUTY = "县妇幼保健院", "0439-0000002", "0439-0000001"
XIAOLIN = Snapshot(facts={"facility": FACILITY, "ga": "33周+2"})
LEVELS = (Urgency.EMERGENCY, Urgency.URGENT)


def told(library, level: Urgency, snapshot: Snapshot = XIAOLIN, **facts: str) -> list[str]:
    """The lines of her reply."""
    snapshot = replace(snapshot, facts={**snapshot.facts, **facts})
    [said] = (e for e in safety(library, snapshot, Judgement(level, reply=level)) if isinstance(e, want.Say))
    return said.text.splitlines()


@pytest.mark.parametrize("level", LEVELS)
class TestHerHospitalsNumber:
    def test_stands_between_what_to_do_now_and_what_to_do_meanwhile(self, library, level):
        now, number, meanwhile = told(library, level, emergency_phone=EMERGENCY)
        assert number == f"{FACILITY}急诊电话：{EMERGENCY}"
        assert EMERGENCY not in now + meanwhile

    def test_is_the_emergency_line_where_both_answer(self, library, level):
        assert told(library, level, emergency_phone=EMERGENCY, duty_phone=DUTY)[1].endswith(EMERGENCY)

    def test_is_the_duty_line_where_only_that_answers(self, library, level):
        assert told(library, level, duty_phone=DUTY)[1] == f"{FACILITY}值班电话：{DUTY}"

    def test_leaves_no_gap_where_none_answers(self, library, level):
        assert len(told(library, level)) == 2
        assert len(told(library, level, Snapshot())) == 2

    @pytest.mark.parametrize("language", list(Language))
    def test_is_said_in_her_language(self, library, level, language):
        word = {Language.ZH_CN: "急诊", Language.KO: "응급", Language.EN: "emergency"}[language]
        line = told(library, level, replace(XIAOLIN, language=language), emergency_phone=EMERGENCY)[1]
        assert word in line
        assert EMERGENCY in line


def test_who_need_not_go_today_is_given_no_number_of_the_hospital(library):
    assert len(told(library, Urgency.SOON, emergency_phone=EMERGENCY)) == 2


def alert(library, level: Urgency, snapshot: Snapshot = XIAOLIN) -> str:
    effects = watch(library, snapshot, level, private=False)
    return next(effect.text for effect in effects if isinstance(effect, want.TellGuardian))


@pytest.mark.parametrize("level", LEVELS)
class TestTheGuardianIsTold:
    def test_to_call_her_to_be_with_her_and_to_call_120(self, library, level):
        text = alert(library, level)
        assert "给她打电话" in text
        assert re.search("到她身边|陪她去", text)
        assert "120" in text

    def test_in_one_sms_in_chinese_whatever_she_reads(self, library, level):
        text = alert(library, level, replace(XIAOLIN, language=Language.KO))
        assert text == alert(library, level)
        assert sms_segments(text) == 1

    def test_neither_what_is_wrong_nor_her_colour_nor_her_weeks(self, library, level):
        facts = XIAOLIN.facts | {"emergency_phone": EMERGENCY, "mental_line": "12356"}
        text = alert(library, level, replace(XIAOLIN, facts=facts))
        assert not re.search("[血痛疼烧热晕]|孕周|周\\+|感染|阳性|诊断|[红橙黄绿紫]色|高危|心理|12356", text)


@pytest.mark.parametrize(("sign", "heard"), [("violence_now", False), ("suicide_wish", True), ("headache", True)])
def test_after_she_told_of_violence_her_guardian_hears_of_nothing_that_day(library, sign, heard):
    told_before = Context(recent=(Told(sign, "mother", None, 3.0),))
    following = watch(library, replace(XIAOLIN, context=told_before), Urgency.EMERGENCY, private=False)
    assert any(isinstance(effect, want.TellGuardian) for effect in following) is heard
