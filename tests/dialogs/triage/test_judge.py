from collections.abc import Callable
from dataclasses import replace

import pytest

from dialogs.triage.finding import About, FindingStatus, Judgement, Told
from dialogs.triage.judge import judge, judge_answers, judge_reading
from dialogs.triage.rules import TriageRules
from dialogs.triage.second_look import SecondLook
from models.values import RiskColour, Urgency
from tests.dialogs.triage.conftest import context, read_phrases, read_yaml


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("没有出血", FindingStatus.NEGATED),
        ("我姐姐流血了", FindingStatus.OTHER_PERSON),
        ("去年生老大的时候大出血", FindingStatus.PAST),
        ("如果破水了怎么办", FindingStatus.HYPOTHETICAL),
        ("今天流血了", FindingStatus.CURRENT),
    ],
)
def test_a_finding_says_why_it_counts_or_not(say: Callable[..., Judgement], text: str, status: FindingStatus) -> None:
    judgement = say(text, "30")
    assert {finding.status for finding in judgement.findings} == {status}
    assert (judgement.level is None) == (status is not FindingStatus.CURRENT)


def test_another_persons_danger_still_gets_the_number_and_a_question(say: Callable[..., Judgement]) -> None:
    judgement = say("我同事大出血", "30")
    assert (judgement.reply, judgement.ask) == ("other_person", ("confirm_self",))


def test_a_supposed_danger_gets_knowledge_and_asks_whether_it_is_now(say: Callable[..., Judgement]) -> None:
    judgement = say("如果破水了怎么办", "30")
    assert (judgement.reply, judgement.ask) == ("information", ("have_it_now",))


def test_what_holds_no_word_is_asked_again(say: Callable[..., Judgement]) -> None:
    assert say("。。。").ask == ("say_more",)


def test_evidence_is_a_piece_of_the_text_as_written(say: Callable[..., Judgement]) -> None:
    text = "护士您好😭 我下面流雪了，好多！"
    for finding in say(text, "30").findings:
        assert text[finding.start : finding.end] == finding.evidence
        assert finding.evidence


def test_one_message_may_hold_several_signs_and_the_highest_wins(say: Callable[..., Judgement]) -> None:
    judgement = say("有点头晕 流了好多血", "30")
    assert judgement.level is Urgency.EMERGENCY
    assert {"M1a", "M8z"} <= {finding.rule for finding in judgement.findings}


def test_what_she_tells_of_her_child_joins_no_rule_about_herself(say: Callable[..., Judgement]) -> None:
    hers, the_childs = say("我发烧了，肚子有点疼", "p10"), say("宝宝发烧了，我肚子有点疼", "p10")
    assert "M4c" in {finding.rule for finding in hers.findings}
    assert "M4c" not in {finding.rule for finding in the_childs.findings}


def test_at_most_two_questions_are_asked(say: Callable[..., Judgement]) -> None:
    assert len(say("头晕 胸闷 肚子疼 有点出血 嗓子疼 心情不好", "30").ask) == 2


@pytest.mark.parametrize(
    ("text", "where", "condition", "plain", "raised"),
    [
        ("有点头疼", "30", "hypertension", "soon", "urgent"),
        ("头疼得厉害", "30", "hypertension", "urgent", "emergency"),
        ("胎动少了", "32", "fgr", "urgent", "emergency"),
        ("有点褐色分泌物", "30", "placenta_praevia", "urgent", "emergency"),
        ("不想活了", "p20", "mental", "urgent", "emergency"),
        ("胸闷", "30", "heart", "soon", "urgent"),
        ("宫缩10分钟一次", "39", "multipara", "soon", "urgent"),
        ("破水了", "39", "malpresentation", "urgent", "emergency"),
        ("摔了一跤", "30", "remote", "urgent", "emergency"),
    ],
)
def test_a_recorded_condition_that_matches_raises_the_level(
    say: Callable[..., Judgement], text: str, where: str, condition: str, plain: str, raised: str
) -> None:
    assert say(text, where).level == plain
    assert say(text, where, condition).level == raised
    assert say(text, where, "icp" if condition != "fgr" else "scar").level == plain


@pytest.mark.parametrize(
    ("text", "known", "level"),
    [("破水了", "39", "urgent"), ("胎动少了", "20", "self_care"), ("右上腹疼", "30", "urgent")],
)
def test_the_unknown_takes_the_worst_branch(say: Callable[..., Judgement], text: str, known: str, level: str) -> None:
    known_level, unknown = say(text, known).level, say(text).level
    assert known_level == level
    assert unknown is not None
    assert unknown.at_least(Urgency(level))


@pytest.mark.parametrize(
    ("code", "value", "where", "level", "reply"),
    [
        ("blood_pressure", {"systolic": 118, "diastolic": 70}, "30", None, None),
        ("blood_pressure", {"systolic": 135, "diastolic": 78}, "30", "self_care", "self_care_bp"),
        ("blood_pressure", {"systolic": 145, "diastolic": 85}, "30", "urgent", "urgent_bp"),
        ("blood_pressure", {"systolic": 165, "diastolic": 100}, "p4", "urgent", "urgent_bp"),
        ("blood_pressure", {"systolic": 85, "diastolic": 60}, "30", "soon", "soon_bp"),
        ("blood_pressure", {"systolic": 1200, "diastolic": 80}, "30", None, "reading_unlikely"),
        ("temperature", 36.6, "30", None, None),
        ("temperature", 37.5, "30", "soon", "soon_fever"),
        ("temperature", 38.2, "30", "urgent", "urgent_fever"),
        ("temperature", 385, "30", None, "reading_unlikely"),
        ("newborn_temperature", 37.6, "p5", "urgent", "urgent_newborn_temperature"),
        ("newborn_temperature", 38.1, "p5", "urgent", "urgent_newborn"),
        ("newborn_temperature", 36.9, "p5", None, None),
        ("pulse", 110, "30", "soon", "soon"),
        ("pulse", 150, "30", "emergency", "emergency_breath"),
        ("spo2", 90, "30", "emergency", "emergency_breath"),
        ("spo2", 93, "30", "urgent", "urgent"),
        ("spo2", 98, "30", None, None),
        ("glucose", 2.8, "30", "urgent", "urgent_sugar"),
        ("glucose", 3.1, "30", "soon", "soon_sugar"),
        ("glucose", 17.0, "30", "emergency", "emergency_sugar"),
        ("fetal_heart", 90, "30", "urgent", "urgent_movement"),
        ("fetal_heart", 165, "30", "soon", "soon"),
        ("fetal_heart", 140, "30", None, None),
        ("fetal_movement_count", 4, "30", "urgent", "urgent_movement"),
        ("fetal_movement_count", 14, "30", None, None),
        ("bilirubin", 16, "n5", "urgent", "urgent_newborn"),
        ("bilirubin", 10, "n2", "urgent", "urgent_newborn"),
        ("bilirubin", 10, "n6", None, None),
        ("respiratory_rate", 65, "n5", "emergency", "emergency_newborn"),
        ("respiratory_rate", 18, "30", None, None),
        ("weight", 62.5, "30", None, None),
        ("mood", 3, "30", None, None),
        ("temperature", "high", "30", None, None),
        ("temperature", True, "30", None, None),
    ],
)
def test_readings_are_judged_by_their_bounds(
    rules: TriageRules, code: str, value: object, where: str, level: str | None, reply: str | None
) -> None:
    judgement = judge_reading(code, value, context(where), rules)  # type: ignore[arg-type]
    assert (judgement.level, judgement.reply) == (level, reply)


def told(*names: str, hours_ago: float = 2.0, about: About = "mother") -> tuple[Told, ...]:
    return tuple(Told(name, about, None, hours_ago) for name in names)


def measured(name: str, value: float, hours_ago: float, about: About = "mother") -> Told:
    return Told(name, about, value, hours_ago)


class TestWhatSheToldBefore:
    """Piece by piece she tells what together is dangerous (D1.4)."""

    @pytest.mark.parametrize(
        ("before", "text", "alone", "together"),
        [
            (told("headache"), "眼睛看东西有点花", "urgent", "emergency"),
            (told("vision"), "头疼", "soon", "emergency"),
            (told("fever"), "迷迷糊糊说胡话", "emergency", "emergency"),
            (told("fever"), "肚子疼", "soon", "urgent"),
            ((measured("systolic", 150, 3),), "有点头疼", "soon", "emergency"),
            ((measured("temperature", 38.6, 5),), "喘不上气", "emergency", "emergency"),
            (told("fm_less"), "有点见红", "urgent", "emergency"),
        ],
    )
    def test_is_judged_together_with_what_she_tells_now(
        self, rules: TriageRules, before: tuple[Told, ...], text: str, alone: str, together: str
    ) -> None:
        where = context("33")
        assert judge(text, where, rules).level == alone
        assert judge(text, replace(where, recent=before), rules).level == together

    def test_alarms_nobody_a_second_time_by_itself(self, rules: TriageRules) -> None:
        where = replace(context("33"), recent=(*told("headache", "vision"), measured("systolic", 170, 1)))
        assert judge("谢谢护士", where, rules).level is None

    def test_counts_for_the_person_of_whom_it_was_told(self, rules: TriageRules) -> None:
        where = replace(context("p5"), recent=told("fever", about="baby"))
        assert judge("肚子有点疼", where, rules).level == judge("肚子有点疼", context("p5"), rules).level

    def test_no_word_that_only_qualifies_is_remembered(self, rules: TriageRules) -> None:
        names = {one.name for one in judge("肚子一直疼，越来越厉害", context("33"), rules).told}
        assert "belly_pain" in names
        assert not any(rules.lexicon.signs[name].qualifies for name in names)

    def test_holds_for_a_day(self, rules: TriageRules) -> None:
        old = replace(context("33"), recent=(measured("systolic", 150, 30),))
        assert judge("有点头疼", old, rules).level == "soon"


class TestAReadingAndOneBefore:
    @pytest.mark.parametrize(
        ("code", "value", "before", "level"),
        [
            ("blood_pressure", {"systolic": 165, "diastolic": 100}, measured("systolic", 168, 0.3), "emergency"),
            ("blood_pressure", {"systolic": 165, "diastolic": 100}, measured("systolic", 168, 0.05), "urgent"),
            ("blood_pressure", {"systolic": 165, "diastolic": 100}, measured("systolic", 120, 0.3), "urgent"),
            ("glucose", 12.0, measured("glucose", 11.8, 20), "urgent"),
            ("glucose", 12.0, measured("glucose", 9.0, 20), "soon"),
            ("glucose_fasting", 5.6, measured("glucose_fasting", 5.8, 24), "soon"),
            ("glucose_fasting", 5.6, measured("glucose_fasting", 5.0, 24), "self_care"),
            ("weight", 66.0, measured("weight", 64.5, 160), "soon"),
            ("weight", 64.8, measured("weight", 64.5, 160), None),
            ("newborn_weight", 2800, measured("newborn_weight", 3200, 72, "baby"), "urgent"),
            ("newborn_weight", 3050, measured("newborn_weight", 3200, 72, "baby"), None),
        ],
    )
    def test_say_together_what_neither_says_alone(
        self, rules: TriageRules, code: str, value: object, before: Told, level: str | None
    ) -> None:
        where = replace(context("n4" if code.startswith("newborn") else "33"), recent=(before,))
        assert judge_reading(code, value, where, rules).level == level  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "where", "conditions", "colour", "level"),
    [
        ("血压142/91", "30", (), None, "urgent"),
        ("血压142/91", "30", ("hypertension",), None, "soon"),
        ("血压152/96", "30", ("hypertension",), None, "urgent"),
        ("血压132/78", "30", (), None, "self_care"),
        ("血压132/78", "30", (), RiskColour.RED, "soon"),
        ("血压120/80", "30", (), RiskColour.ORANGE, "self_care"),
        ("胎动少了", "26", (), None, "soon"),
        ("胎动少了", "26", (), RiskColour.ORANGE, "urgent"),
        ("temp 101.3 F", "30", (), None, "urgent"),
        ("temp 98.6 F", "30", (), None, None),
        ("黄疸值 260 umol", "n4", (), None, "urgent"),
        ("EPDS 14分", "p42", (), None, "soon"),
    ],
)
def test_known_conditions_and_colours_choose_the_row(
    rules: TriageRules, text: str, where: str, conditions: tuple[str, ...], colour: RiskColour | None, level: str | None
) -> None:
    known = replace(context(where, *conditions), risk_colour=colour)
    assert judge(text, known, rules).level == level


@pytest.mark.parametrize(
    ("text", "recorded", "level"),
    [("怀孕33周，今天胎动少了", "20", "urgent"), ("产后3天一小时湿透一片", "38", "emergency")],
)
def test_the_worse_counts_where_her_words_contradict_the_records(
    say: Callable[..., Judgement], text: str, recorded: str, level: str
) -> None:
    assert say(text, recorded).level == level


@pytest.mark.parametrize(
    ("text", "where", "condition", "reply"),
    [
        ("不想活了", "p20", "mental", "emergency_mind"),
        ("有点见红", "30", "placenta_praevia", "emergency_bleeding"),
        ("宝宝不吃奶", "n5", "remote", "emergency_newborn"),
        ("摔了一跤", "30", "remote", "emergency"),
    ],
)
def test_a_raised_level_keeps_the_words_of_its_kind(
    say: Callable[..., Judgement], text: str, where: str, condition: str, reply: str
) -> None:
    assert say(text, where, condition).reply == reply


@pytest.mark.parametrize(
    ("recorded", "where", "level"),
    [
        ({"lochia": "foul"}, "p5", "urgent"),
        ({"lochia": "heavy"}, "p5", "emergency"),
        ({"fetal_movement": "reduced"}, "33", "urgent"),
        ({"fetal_movement": "reduced"}, "20", "self_care"),
        ({"newborn_stool": "pale"}, "n20", "urgent"),
        ({"feeling": "fine"}, "p5", None),
    ],
)
def test_a_chosen_answer_is_judged_as_if_she_had_said_it(
    rules: TriageRules, recorded: dict[str, str], where: str, level: str | None
) -> None:
    judgement = judge_answers(recorded, context(where), rules)
    assert judgement.level == level
    assert bool(judgement.told) == (level is not None)


def test_another_womans_danger_of_this_moment_reaches_a_nurse(say: Callable[..., Judgement]) -> None:
    assert say("我同事现在大出血", "30").level is Urgency.SOON
    assert say("我妈生我的时候大出血", "30").level is None


class TestTheSecondLook:
    """A few pieces of text with weights of their own instead of the trained ones."""

    @pytest.fixture
    def looking(self) -> TriageRules:
        eyes = SecondLook({"怪": 40.0, "怪怪": 40.0, "天气": -60.0}, bias=0.0, threshold=5.0)
        return TriageRules.read(read_yaml("rules.yaml"), read_yaml("lexicon.yaml"), read_phrases(), eyes)

    def test_asks_for_a_human_look_and_changes_nothing_else(self, looking: TriageRules, rules: TriageRules) -> None:
        text = "这两天总觉怪怪的"
        seen, plain = judge(text, context("30"), looking), judge(text, context("30"), rules)
        assert (seen.level, seen.reply, seen.ask) == (plain.level, plain.reply, plain.ask)
        assert seen.second_look is not None
        assert "怪怪" in seen.second_look.evidence
        assert seen.seen_as is Urgency.SOON

    def test_never_lowers_what_a_rule_found(self, looking: TriageRules) -> None:
        judgement = judge("天气好，流了好多血", context("30"), looking)
        assert judgement.level is Urgency.EMERGENCY
        assert judgement.second_look is None

    def test_is_not_missed_when_there_is_none(self) -> None:
        blind = TriageRules.read(read_yaml("rules.yaml"), read_yaml("lexicon.yaml"), read_phrases())
        assert judge("这两天总觉怪怪的", context("30"), blind).second_look is None
        assert judge("流了好多血", context("30"), blind).level is Urgency.EMERGENCY

    def test_comes_back_from_its_file_as_it_was_written(self) -> None:
        eyes = SecondLook({"怪": 0.5, "好": -0.25}, bias=-0.1, threshold=1.0)
        assert SecondLook.read(eyes.written()) == eyes
