"""The one decision for an inbound turn."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs import effects as want
from dialogs import engine
from dialogs.respond import respond
from dialogs.snapshot import Heard, HeardKind, Snapshot
from dialogs.triage.finding import Context
from dialogs.triage.judge import judge
from dialogs.triage.rules import TriageRules
from dialogs.triage.second_look import SecondLook
from models.values import ConsentKind, GestationalAge, Language, RiskColour, Urgency

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
XIAOLIN = Snapshot(facts={"name": "小林"}, context=Context(gestational_age=GestationalAge.of(32)))
DANGERS = [
    "下面流了好多血止不住",
    "宝宝不动了",
    "胸口疼喘不上气",
    "头疼得厉害眼前发黑",
    "她抽过去了",
    "见红了",
    "不想活了药都买好了",
]


def text(typed):
    return Heard(HeardKind.TEXT, typed)


def after(snapshot, turn):
    return replace(snapshot, session=None if turn.state is None else json.loads(json.dumps(turn.state)))


def in_visit(house, *said, snapshot=XIAOLIN):
    """A woman in the middle of the script `visit`."""
    snapshot = after(snapshot, engine.begin(house, "visit", snapshot, NOW))
    for typed in said:
        snapshot = after(snapshot, respond(house, snapshot, text(typed), NOW))
    return snapshot


@pytest.mark.parametrize("title", ["退订", "T", "孕期大出血怎么办", "1"])
def test_the_title_of_a_page_she_forwards_is_not_taken_for_her_own_words(house, title):
    before = in_visit(house)
    turn = respond(house, before, Heard(HeardKind.LINK, title), NOW)
    assert turn.state == before.session
    assert [effect.urgency for effect in turn.effects if isinstance(effect, want.Escalate)] == [Urgency.SOON]
    assert not any(isinstance(effect, want.OptOut | want.Record) for effect in turn.effects)


def states(house):
    return {
        "no dialog": XIAOLIN,
        "unknown to the roster": replace(XIAOLIN, confirmed=False),
        "a choice": in_visit(house),
        "a reading": in_visit(house, "1"),
        "yes or no": in_visit(house, "1", "没量"),
        "free text": in_visit(house, "4"),
        "held": in_visit(house, "肚子疼得要命", "1"),
        "clarifying": after(XIAOLIN, respond(house, XIAOLIN, text("破水是什么感觉"), NOW)),
        "a nurse has it": replace(in_visit(house), nurse_has_it=True),
        "opted out": replace(XIAOLIN, opted_out=True),
        "the guardian writes": replace(XIAOLIN, by_guardian=True),
        "two misses": replace(XIAOLIN, unread_misses=2),
        "a vanished script": replace(XIAOLIN, session={"script": "gone", "version": 1, "step": "x"}),
    }


def said(turn):
    return [effect.text for effect in turn.effects if isinstance(effect, want.Say)]


def escalated(turn):
    return min((e.urgency for e in turn.effects if isinstance(e, want.Escalate)), key=lambda u: u.rank, default=None)


def of_kind(turn, kind):
    return [effect for effect in turn.effects if isinstance(effect, kind)]


STATES = [
    "no dialog",
    "unknown to the roster",
    "a choice",
    "a reading",
    "yes or no",
    "free text",
    "held",
    "clarifying",
    "a nurse has it",
    "opted out",
    "the guardian writes",
    "two misses",
]


class TestADangerSign:
    @pytest.mark.parametrize("state", STATES)
    @pytest.mark.parametrize("typed", DANGERS)
    def test_is_heard_in_any_state(self, house, state, typed):
        turn = respond(house, states(house)[state], text(typed), NOW)
        assert escalated(turn).at_least(Urgency.URGENT)
        first = next(effect for effect in turn.effects if isinstance(effect, want.Say))
        assert first.purpose is want.Purpose.SAFETY

    @pytest.mark.parametrize("state", STATES)
    @pytest.mark.parametrize("typed", ["没有", "没有出血", "不疼", "谢谢", "118/76"])
    def test_is_not_seen_where_there_is_none(self, house, state, typed):
        turn = respond(house, states(house)[state], text(typed), NOW)
        level = escalated(turn)
        assert level is None or not level.at_least(Urgency.URGENT) or state == "clarifying"

    def test_asks_at_most_two_questions_and_only_after_the_safety_line(self, house):
        for typed in DANGERS:
            says = of_kind(respond(house, XIAOLIN, text(typed), NOW), want.Say)
            assert says[0].purpose is want.Purpose.SAFETY
            assert len([s for s in says if s.purpose is want.Purpose.QUESTION]) <= 2

    def test_keeps_her_own_words_out_of_the_reason(self, house):
        """The reason is stored readable, the evidence encrypted."""
        for typed in DANGERS:
            for escalate in of_kind(respond(house, XIAOLIN, text(typed), NOW), want.Escalate):
                assert escalate.findings
                assert typed not in escalate.reason
                assert len(escalate.reason) <= 200

    def test_brings_guardian_and_check_ins(self, house):
        turn = respond(house, XIAOLIN, text("见红了"), NOW)
        assert len(of_kind(turn, want.TellGuardian)) == 1
        assert [later.script for later in of_kind(turn, want.BeginLater)] == ["how_now"] * 3

    @pytest.mark.parametrize("typed", ["不想活了药都买好了", "老公打我肚子"])
    def test_of_mind_or_violence_is_hidden_from_the_guardian(self, house, typed):
        turn = respond(house, XIAOLIN, text(typed), NOW)
        assert escalated(turn) is not None
        assert of_kind(turn, want.TellGuardian) == []

    def test_gives_the_numbers_that_are_known_and_no_others(self, house):
        known = replace(XIAOLIN, facts={"facility": "县医院", "emergency_phone": "0439-0000001", "ga": "32周+0"})
        assert "0439-0000001" in said(respond(house, known, text("下面流了好多血止不住"), NOW))[0]
        for line in said(respond(house, Snapshot(), text("下面流了好多血止不住"), NOW)):
            assert "{" not in line
            assert "电话：\n" not in line


class TestAnInterruptedDialog:
    def test_is_kept_and_taken_up_again_with_a_word(self, house):
        snapshot = in_visit(house, "1", "没量", "见红了", "像月经")
        turn = respond(house, snapshot, text("继续"), NOW)
        assert said(turn)[-1].startswith("有流水吗？")
        turn = respond(house, after(snapshot, turn), text("没有"), NOW)
        assert want.Record("fluid", False, said="没有") in turn.effects  # noqa: FBT003

    def test_does_not_take_a_nod_for_an_answer(self, house):
        snapshot = in_visit(house, "1", "没量", "见红了", "像月经")
        turn = respond(house, snapshot, text("好的"), NOW)
        assert of_kind(turn, want.Record) == []
        assert escalated(turn) is None
        assert turn.waits

    def test_never_drops_what_it_does_not_understand(self, house):
        snapshot = in_visit(house, "见红了", "像月经")
        turn = respond(house, snapshot, text("我表姐说要多喝水"), NOW)
        assert escalated(turn) is Urgency.SOON
        assert said(turn)

    def test_hears_the_next_danger_sign_too(self, house):
        snapshot = in_visit(house, "见红了", "像月经")
        assert escalated(respond(house, snapshot, text("宝宝不动了"), NOW)).at_least(Urgency.URGENT)

    def test_gives_telephone_numbers_without_asking_on(self, house):
        snapshot = in_visit(house, "见红了", "像月经")
        turn = respond(house, snapshot, text("电话"), NOW)
        assert said(turn) == ["请打120。"]
        assert said(respond(house, after(snapshot, turn), text("继续"), NOW))[-1].endswith("4 想说说")

    def test_lets_a_check_in_come_between(self, house):
        snapshot = in_visit(house, "见红了", "像月经")
        assert engine.is_held(snapshot.session)
        assert not engine.is_held(in_visit(house).session)
        turn = engine.aside(house, "how_now", snapshot, NOW)
        assert said(turn) == ["到医院了吗？\n1 到了\n2 没到"]
        turn = respond(house, after(snapshot, turn), text("到了"), NOW)
        assert said(turn) == ["好。"]
        assert engine.is_held(turn.state)
        assert said(respond(house, after(snapshot, turn), text("继续"), NOW))[-1].endswith("4 想说说")

    def test_goes_on_at_once_after_what_is_harmless(self, house):
        turn = respond(house, in_visit(house), text("腿抽筋"), NOW)
        assert len(said(turn)) == 2
        assert said(turn)[1].endswith("4 想说说")
        assert respond(house, after(XIAOLIN, turn), text("挺好"), NOW).understood

    def test_is_still_there_after_a_script_aside(self, house):
        snapshot = in_visit(house, "1", "没量", "电话")
        assert of_kind(respond(house, snapshot, text("退订"), NOW), want.Finish)[0].script == "visit"

    def test_goes_on_by_itself_after_what_is_not_urgent(self, house):
        snapshot = in_visit(house, "有点头疼")
        turn = respond(house, snapshot, text("血压118/76"), NOW)
        assert said(turn)[-1].endswith("4 想说说")


class TestAnAnswerWithADangerWord:
    def test_keeps_the_words_of_the_script_when_it_calls_for_help_itself(self, house):
        turn = respond(house, in_visit(house), text("肚子很痛"), NOW)
        assert said(turn) == ["请拨打120，再打120。"]
        assert escalated(turn) is Urgency.EMERGENCY

    def test_is_raised_to_what_triage_says(self, house):
        turn = respond(house, in_visit(house), text("出血了"), NOW)
        assert want.Record("mood", "bleeding", said="出血了") in turn.effects
        assert escalated(turn).at_least(Urgency.URGENT)
        assert turn.effects[0].purpose is want.Purpose.SAFETY

    def test_in_free_text_is_recorded_and_the_script_falls_silent(self, house):
        turn = respond(house, in_visit(house, "4"), text("下面流了好多血止不住"), NOW)
        assert want.Record("told", "下面流了好多血止不住", said="下面流了好多血止不住") in turn.effects
        assert not any("谢谢" in line for line in said(turn))

    def test_adds_the_sign_that_stands_beside_a_reading(self, house):
        turn = respond(house, in_visit(house, "1"), text("145/92 眼花"), NOW)
        assert escalated(turn) is Urgency.EMERGENCY
        assert of_kind(turn, want.Record)[0].value == {"systolic": 145, "diastolic": 92}


class TestOnHerWay:
    def test_she_is_told_what_to_do_on_the_road_and_nobody_is_called_for_her_words(self, house):
        turn = respond(house, XIAOLIN, text("已出发"), NOW)
        assert turn.understood
        assert "120" in said(turn)[0]
        assert escalated(turn) is None

    def test_she_need_not_say_it_to_a_question_about_the_sign_which_still_stands(self, house):
        asked = after(XIAOLIN, respond(house, XIAOLIN, text("要生了，39周"), NOW))
        assert asked.session is not None
        turn = respond(house, asked, text("已出发"), NOW)
        assert said(turn) == said(respond(house, XIAOLIN, text("已出发"), NOW))
        assert turn.state == asked.session

    def test_a_dialog_that_the_sign_holds_stays_held(self, house):
        held = in_visit(house, "下面流了好多血止不住")
        turn = respond(house, held, text("已出发。"), NOW)
        assert said(turn) == said(respond(house, XIAOLIN, text("已出发"), NOW))
        assert turn.state == held.session

    def test_the_check_in_takes_it_for_its_answer(self, library):
        she = after(XIAOLIN, engine.begin(library, "after_emergency", XIAOLIN, NOW))
        for words in ("已出发", "출발했어요", "on my way"):
            assert [r.value for r in of_kind(respond(library, she, text(words), NOW), want.Record)] == ["on_the_way"]

    def test_her_guardian_may_say_it_for_her_and_answers_no_question_of_hers(self, library):
        asked = after(XIAOLIN, engine.begin(library, "after_emergency", XIAOLIN, NOW))
        turn = respond(library, replace(asked, by_guardian=True), text("已出发"), NOW)
        assert (turn.understood, turn.state) == (True, asked.session)
        assert [type(effect) for effect in turn.effects] == [want.Say]

    @pytest.mark.parametrize("language", list(Language))
    def test_every_such_word_is_understood_and_answered_in_her_language(self, library, language):
        she = replace(XIAOLIN, language=language)
        for word in library.menu.words.departed:
            assert said(respond(library, she, text(word), NOW)) == [library.wording("departed", language, {})], word


class TestADoubt:
    def asked(self, house, typed="破水是什么感觉"):
        return after(XIAOLIN, respond(house, XIAOLIN, text(typed), NOW))

    @pytest.mark.parametrize("answer", ["1", "是", "有", "嗯"])
    def test_becomes_an_alarm_with_a_yes(self, house, answer):
        turn = respond(house, self.asked(house), text(answer), NOW)
        assert escalated(turn) is Urgency.EMERGENCY
        assert "破水" in of_kind(turn, want.Escalate)[0].findings[0].evidence

    @pytest.mark.parametrize("answer", ["2", "不是", "没有"])
    def test_ends_with_a_no(self, house, answer):
        turn = respond(house, self.asked(house), text(answer), NOW)
        assert escalated(turn) is None
        assert turn.state is None

    def test_goes_to_a_nurse_when_nobody_answers_within_ten_minutes(self, house):
        snapshot = self.asked(house)
        assert engine.wait(house, snapshot.session) == engine.CONFIRM_WAIT
        turn = engine.timeout(house, snapshot, NOW)
        assert escalated(turn) is Urgency.URGENT
        assert turn.state is None

    def test_about_another_person_is_asked_back(self, house):
        turn = respond(house, XIAOLIN, text("我同事流血了"), NOW)
        assert escalated(turn) is None
        assert turn.waits

    @pytest.mark.parametrize(
        ("typed", "called"),
        [("你过来看看吧", Urgency.URGENT), ("是我姐姐", Urgency.SOON), ("不是我", None)],
    )
    def test_left_open_by_her_answer_is_one_for_a_nurse_today(self, house, typed, called):
        assert escalated(respond(house, self.asked(house, "我同事流血了"), text(typed), NOW)) is called

    @pytest.mark.parametrize("typed", ["165/112", "165", "一百六十五"])
    def test_what_she_measures_when_she_is_asked_to_is_judged(self, house, typed):
        called = escalated(respond(house, self.asked(house, "有点头疼"), text(typed), NOW))
        assert called.at_least(Urgency.URGENT)

    @pytest.mark.parametrize("typed", ["我妈血压165/112", "去年血压165/112"])
    def test_a_reading_of_another_or_of_long_ago_is_no_answer(self, house, typed):
        turn = respond(house, self.asked(house, "有点头疼"), text(typed), NOW)
        assert escalated(turn) is None
        assert of_kind(turn, want.Record) == []

    @pytest.mark.parametrize("typed", ["118/76", "11876", "高压118低压76", "一百一十八，七十六"])
    def test_a_harmless_reading_is_recorded_in_every_way_of_writing_it(self, house, typed):
        turn = respond(house, self.asked(house, "有点头疼"), text(typed), NOW)
        assert of_kind(turn, want.Record)[0].value == {"systolic": 118, "diastolic": 76}

    def test_what_she_measures_when_she_is_asked_to_may_be_harmless(self, house):
        assert escalated(respond(house, self.asked(house, "有点头疼"), text("115"), NOW)) is None

    def test_keeps_the_dialog_that_ran(self, house):
        snapshot = in_visit(house, "破水是什么感觉")
        assert said(respond(house, snapshot, text("2"), NOW))[-1].endswith("4 想说说")

    def test_keeps_the_dialog_when_nobody_answers(self, house):
        turn = engine.timeout(house, in_visit(house, "破水是什么感觉"), NOW)
        assert turn.state["script"] == "visit"

    def test_a_question_about_a_sign_answered_with_yes_makes_it_worse(self, house):
        woman = replace(XIAOLIN, context=Context(gestational_age=GestationalAge.of(39)))
        snapshot = after(woman, respond(house, woman, text("要生了"), NOW))
        assert escalated(respond(house, snapshot, text("有"), NOW)) is Urgency.EMERGENCY
        assert escalated(respond(house, snapshot, text("没有"), NOW)) is None

    @pytest.mark.parametrize(
        ("asked", "typed"),
        [
            ("有点头疼", "眼睛有点花"),
            ("有点头疼", "嗯，血压是165/112"),
            ("破水是什么感觉", "是"),
            ("肚子疼", "下面流了好多血"),
        ],
    )
    def test_shows_evidence_where_it_stands_in_her_last_message_and_nowhere_when_in_the_one_before(
        self, house, asked, typed
    ):
        (called,) = of_kind(respond(house, self.asked(house, asked), text(typed), NOW), want.Escalate)
        assert called.findings
        for finding in called.findings:
            assert typed[finding.start : finding.end] == (finding.evidence if finding.end else "")
            assert finding.evidence in (typed if finding.end else asked)


class TestOptingOut:
    @pytest.mark.parametrize("word", ["退订", "td", "TD", "T", "R", "Stop", "退订。"])
    def test_is_one_word_in_any_state(self, house, word):
        turn = respond(house, in_visit(house), text(word), NOW)
        assert want.OptOut() in turn.effects
        assert want.Finish("visit", "opted_out") in turn.effects
        assert turn.state is None

    def test_of_a_woman_at_risk_brings_a_phone_call(self, house):
        orange = replace(XIAOLIN, context=Context(risk_colour=RiskColour.ORANGE))
        assert escalated(respond(house, orange, text("退订"), NOW)) is Urgency.SOON
        assert escalated(respond(house, XIAOLIN, text("退订"), NOW)) is None

    def test_silences_everything_but_safety(self, house):
        out = replace(XIAOLIN, opted_out=True)
        for typed in ("你好", "电话", "帮助", "退订", "有点头疼"):
            assert said(respond(house, out, text(typed), NOW)) == []
        turn = respond(house, out, text("见红了"), NOW)
        assert [say.purpose for say in of_kind(turn, want.Say)] == [want.Purpose.SAFETY]
        assert of_kind(turn, want.BeginLater) == []

    def test_does_not_lose_what_she_writes(self, house):
        assert escalated(respond(house, replace(XIAOLIN, opted_out=True), text("你好"), NOW)) is Urgency.SOON

    def test_ends_with_a_word(self, house):
        turn = respond(house, replace(XIAOLIN, opted_out=True), text("恢复"), NOW)
        assert want.OptIn() in turn.effects

    def test_a_letter_inside_a_sentence_is_no_opt_out(self, house):
        assert want.OptOut() not in respond(house, XIAOLIN, text("T恤买小了"), NOW).effects


class TestANurseInTheConversation:
    def test_is_not_interrupted(self, house):
        nursed = replace(in_visit(house), nurse_has_it=True)
        for heard in (text("挺好"), text("有点头疼"), text("电话"), Heard(HeardKind.IMAGE, media="m")):
            turn = respond(house, nursed, heard, NOW)
            assert turn.effects == ()
            assert turn.state == nursed.session


class TestAKeyword:
    def test_begins_its_script(self, house):
        assert said(respond(house, XIAOLIN, text("电话"), NOW)) == ["请打120。"]

    def test_of_the_menu_begins_its_script(self, house):
        assert said(respond(house, XIAOLIN, Heard(HeardKind.MENU, menu_key="numbers"), NOW)) == ["请打120。"]

    def test_in_the_middle_of_a_dialog_brings_the_question_back(self, house):
        turn = respond(house, in_visit(house), Heard(HeardKind.MENU, menu_key="numbers"), NOW)
        assert said(turn)[0] == "请打120。"
        assert said(turn)[1].endswith("4 想说说")

    def test_is_heard_where_free_text_is_asked_for(self, house):
        snapshot = in_visit(house, "4")
        assert said(respond(house, snapshot, text("电话"), NOW)) == ["请打120。", "请说。"]
        assert want.Record("told", "家访", said="家访") in respond(house, snapshot, text("家访"), NOW).effects

    def test_help_and_thanks_are_understood(self, house):
        for word in ("帮助", "谢谢", "好的", "继续"):
            turn = respond(house, XIAOLIN, text(word), NOW)
            assert turn.understood
            assert len(said(turn)) == 1
            assert escalated(turn) is None


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("line", ["help", "held", "opted_out", "nothing_held", "guardian_help", "unread"])
def test_every_word_that_a_text_tells_her_to_reply_with_works(library, language, line):
    she = replace(XIAOLIN, language=language)
    told = library.wording(line, language, {})
    for word in re.findall(r"[“\"]([^”\"]+)[”\"]|\b(START|STOP)\b", told):
        typed = "".join(word)
        turn = respond(library, replace(she, opted_out=line == "opted_out"), text(typed), NOW)
        assert turn.understood, typed
        assert said(turn), typed


class TestWhatNothingUnderstands:
    def test_reaches_a_nurse_and_she_is_told_so(self, house):
        turn = respond(house, XIAOLIN, text("苹果什么颜色"), NOW)
        assert not turn.understood
        assert escalated(turn) is Urgency.SOON
        assert len(said(turn)) == 1

    def test_twice_in_a_row_goes_to_a_human_in_other_words(self, house):
        once = respond(house, XIAOLIN, text("苹果什么颜色"), NOW)
        twice = respond(house, replace(XIAOLIN, unread_misses=1), text("苹果什么颜色"), NOW)
        assert said(once) != said(twice)
        assert escalated(twice) is Urgency.SOON

    def test_in_a_dialog_is_asked_again_before_a_human_takes_over(self, house):
        assert escalated(respond(house, in_visit(house), text("苹果什么颜色"), NOW)) is None
        assert escalated(respond(house, in_visit(house, "苹果", "香蕉"), text("梨"), NOW)) is Urgency.SOON

    @pytest.mark.parametrize("kind", [HeardKind.IMAGE, HeardKind.VOICE, HeardKind.VIDEO, HeardKind.LOCATION])
    def test_a_picture_or_recording_is_acknowledged_and_reaches_a_nurse(self, house, kind):
        doubt = after(XIAOLIN, respond(house, XIAOLIN, text("破水是什么感觉"), NOW))
        for snapshot in (XIAOLIN, doubt, in_visit(house), in_visit(house, "见红了", "像月经")):
            turn = respond(house, snapshot, Heard(kind, media="m"), NOW)
            assert len(said(turn)) == 1
            assert escalated(turn) is Urgency.SOON
            assert turn.state == snapshot.session

    def test_recognised_speech_is_read_like_text(self, house):
        turn = respond(house, XIAOLIN, Heard(HeardKind.VOICE, "见红了", media="m"), NOW)
        assert escalated(turn).at_least(Urgency.URGENT)

    def test_a_reading_nobody_asked_for_is_recorded(self, house):
        turn = respond(house, XIAOLIN, text("血压118/76"), NOW)
        assert of_kind(turn, want.Record)[0].value == {"systolic": 118, "diastolic": 76}
        assert turn.understood
        baby = respond(house, XIAOLIN, text("宝宝体温36.8"), NOW)
        assert of_kind(baby, want.Record)[0].code == "newborn_temperature"

    @pytest.mark.parametrize("typed", ["血压165112", "165112", "血压一六五，一一二", "一百六十五一百一十二"])
    def test_a_danger_in_numbers_is_one_in_every_way_of_writing_them(self, house, typed):
        turn = respond(house, XIAOLIN, text(typed), NOW)
        assert escalated(turn).at_least(Urgency.URGENT)
        assert of_kind(turn, want.Record)[0].value == {"systolic": 165, "diastolic": 112}
        assert of_kind(turn, want.Escalate)[0].findings[0].evidence

    @pytest.mark.parametrize("typed", ["我妈血压165/112", "我妈血压118/76", "去年血压165/112", "上次产检血压118/76"])
    def test_a_reading_of_another_or_of_long_ago_is_not_recorded_as_hers(self, house, typed):
        turn = respond(house, XIAOLIN, text(typed), NOW)
        assert of_kind(turn, want.Record) == []
        assert turn.waits or escalated(turn) is Urgency.SOON


class TestAnArrival:
    @pytest.mark.parametrize("kind", [HeardKind.FOLLOWED, HeardKind.SCANNED])
    def test_of_a_stranger_begins_enrolment(self, house, kind):
        turn = respond(house, Snapshot(confirmed=False), Heard(kind), NOW)
        assert turn.state["script"] == "hello"

    def test_of_a_woman_of_the_roster_who_has_not_consented_begins_enrolment(self, house):
        turn = respond(house, XIAOLIN, Heard(HeardKind.SCANNED), NOW)
        assert turn.state["script"] == "hello"

    def test_of_a_woman_who_takes_part_is_a_welcome(self, house):
        takes_part = replace(XIAOLIN, consents=frozenset({ConsentKind.SERVICE}))
        turn = respond(house, takes_part, Heard(HeardKind.FOLLOWED), NOW)
        assert turn.state is None
        assert len(said(turn)) == 1


class TestAGuardian:
    HIM = replace(XIAOLIN, by_guardian=True)

    def test_is_told_what_to_do_and_not_alerted_about_himself(self, house):
        turn = respond(house, self.HIM, text("她抽过去了"), NOW)
        assert escalated(turn) is Urgency.EMERGENCY
        assert of_kind(turn, want.TellGuardian) == []

    def test_is_otherwise_told_politely_what_he_can_do(self, house):
        turn = respond(house, self.HIM, text("她今天吃得不多"), NOW)
        assert len(said(turn)) == 1
        assert escalated(turn) is Urgency.SOON

    def test_of_whomever_he_tells_a_danger_a_nurse_calls_today(self, house):
        turn = respond(house, self.HIM, text("她同事大出血了"), NOW)
        assert escalated(turn) is Urgency.URGENT

    def test_does_not_answer_her_dialog(self, house):
        snapshot = replace(in_visit(house), by_guardian=True)
        turn = respond(house, snapshot, text("挺好"), NOW)
        assert of_kind(turn, want.Record) == []
        assert turn.state == snapshot.session


class TestAnyMessage:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(typed=st.text(max_size=60) | st.text("没有不血破水疼38.5/120-月号第二个1是，。！ ", max_size=20))
    def test_is_decided_without_an_error_and_leaves_a_state_that_json_can_hold(self, house, typed):
        for snapshot in states(house).values():
            turn = respond(house, snapshot, text(typed), NOW)
            assert json.loads(json.dumps(turn.state)) == turn.state
            assert not any("{" in line.replace(typed, "") for line in said(turn))

    @pytest.mark.parametrize("state", [*STATES, "a vanished script"])
    def test_is_answered_or_reaches_a_human(self, house, state):
        snapshot = states(house)[state]
        for typed in ("苹果什么颜色", "。。。", "？？？", "a" * 5000):
            turn = respond(house, snapshot, text(typed), NOW)
            assert said(turn) or escalated(turn) or snapshot.nurse_has_it

    @pytest.mark.parametrize("state", [*STATES, "a vanished script"])
    def test_takes_along_what_was_read_in_it_whoever_answers(self, house, state):
        snapshot = states(house)[state]
        for typed in ("没有出血，有点头晕", "如果破水怎么办", "谢谢", "1"):
            turn = respond(house, snapshot, text(typed), NOW)
            assert turn.judgement == judge(typed, snapshot.context, house.rules)


class TestASecondLook:
    @pytest.fixture
    def rules_alone(self, house):
        return replace(house, rules=TriageRules(house.rules.data, house.rules.lexicon))

    @pytest.fixture
    def looking(self, house):
        alarmed_by_apples = SecondLook({"苹果": 9.0}, bias=0.0, threshold=1.0)
        return replace(house, rules=TriageRules(house.rules.data, house.rules.lexicon, alarmed_by_apples))

    def test_has_a_nurse_read_what_no_rule_takes_seriously_and_says_nothing_itself(self, rules_alone, looking):
        before = in_visit(rules_alone)
        without, turn = (respond(library, before, text("苹果什么颜色"), NOW) for library in (rules_alone, looking))
        (call,) = of_kind(turn, want.Escalate)
        assert (call.urgency, [finding.rule for finding in call.findings]) == (Urgency.SOON, ["second_look"])
        assert (said(turn), turn.state) == (said(without), without.state)
        assert escalated(without) is None

    @pytest.mark.parametrize("typed", DANGERS)
    def test_changes_nothing_where_a_rule_calls_somebody(self, rules_alone, looking, typed):
        for state in states(rules_alone).values():
            turns = [respond(library, state, text(f"{typed}，苹果"), NOW) for library in (rules_alone, looking)]
            assert turns[0] == turns[1]
