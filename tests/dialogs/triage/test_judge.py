from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.triage.finding import FindingStatus, Judgement
from dialogs.triage.judge import judge, judge_reading
from dialogs.triage.rules import TriageRules
from models.values import Urgency
from tests.dialogs.triage.conftest import context

DANGERS = (
    ("流了好多血", "30"),
    ("破水了", "30"),
    ("抽搐了", "30"),
    ("喘不上气", "30"),
    ("孩子一天没动了", "33"),
    ("不想活了", "p20"),
    ("见红了", "20"),
    ("发烧39度", "30"),
    ("不吃奶", "n5"),
    ("吐绿水", "n5"),
)
BENIGN = ("今天天气挺好", "下周去产检", "谢谢护士", "吃了两碗饭", "我在家里", "麻烦您了", "中午睡了一觉")
NEGATABLE = (("流血", "30"), ("头疼", "30"), ("发烧", "30"), ("抽搐", "30"), ("肚子疼", "30"), ("胸口疼", "p3"))

benign = st.sampled_from(BENIGN)


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


@pytest.mark.parametrize("word", ["肚子疼一直", "没出血我姐以前", "血压150/95，", "流鼻血", "如果破水"])
def test_time_grows_with_the_length_of_a_text_and_not_faster(rules: TriageRules, word: str) -> None:
    def seconds(times: int) -> float:
        begun = process_time()
        judge(word * times, context(), rules)
        return process_time() - begun

    judge(word, context(), rules)
    assert min(seconds(1600) for _ in range(3)) < 8 * min(seconds(400) for _ in range(3)) + 0.05


@settings(deadline=None)
@given(text=st.text(max_size=300))
def test_no_text_makes_it_fail(rules: TriageRules, text: str) -> None:
    judgement = judge(text, context(), rules)
    for finding in judgement.findings:
        assert text[finding.start : finding.end] == finding.evidence


@settings(deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from([*"没不血疼破水动了吗 ，。？如果我她姐38.5/宝宝", "出血", "胎动", "怎么办", "以前", "血压"]),
        max_size=40,
    )
)
def test_no_mixture_of_its_own_words_makes_it_fail(rules: TriageRules, pieces: list[str]) -> None:
    text = "".join(pieces)
    for finding in judge(text, context(), rules).findings:
        assert text[finding.start : finding.end] == finding.evidence


@settings(deadline=None)
@given(danger=st.sampled_from(DANGERS), before=benign, after=benign, comma=st.sampled_from("，。！ \n"))
def test_danger_escalates_whatever_harmless_stands_around_it(
    rules: TriageRules, danger: tuple[str, str], before: str, after: str, comma: str
) -> None:
    text, where = danger
    alone = judge(text, context(where), rules).level
    among = judge(f"{before}{comma}{text}{comma}{after}", context(where), rules).level
    assert alone is not None
    assert alone.at_least(Urgency.URGENT)
    assert among is not None
    assert among.at_least(alone)


@settings(deadline=None)
@given(sign=st.sampled_from(NEGATABLE), negator=st.sampled_from(["没有", "没", "并没有", "无"]), before=benign)
def test_a_sign_negated_in_its_own_clause_does_not_alarm(
    rules: TriageRules, sign: tuple[str, str], negator: str, before: str
) -> None:
    text, where = sign
    assert judge(text, context(where), rules).level is not None
    assert judge(f"{before}，{negator}{text}", context(where), rules).level is None


@settings(deadline=None)
@given(sign=st.sampled_from(NEGATABLE), danger=st.sampled_from(DANGERS[:5]))
def test_a_negation_does_not_reach_the_next_clause(
    rules: TriageRules, sign: tuple[str, str], danger: tuple[str, str]
) -> None:
    level = judge(f"没有{sign[0]}，但是{danger[0]}", context(danger[1]), rules).level
    assert level is not None
    assert level.at_least(Urgency.URGENT)
