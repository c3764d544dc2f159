from collections.abc import Callable

import pytest

from dialogs.triage.finding import FindingStatus, Judgement
from dialogs.triage.interpret import interpret
from dialogs.triage.rules import TriageRules
from tests.dialogs.triage.conftest import context


@pytest.mark.parametrize(
    ("text", "positive"),
    [
        ("没有出血、肚子疼", set()),
        ("没有出血，但是肚子疼", {"belly_pain"}),
        ("不疼不痒不出血", set()),
        ("出血也没有", set()),
        ("除了出血没别的", {"bleed"}),
        ("不是没有胎动就是少", {"fm_none", "fm_less"}),
        ("胎动没有变少", set()),
        ("没去医院，一直流血", {"bleed", "worse"}),
        ("没什么特别 就是肚子疼", {"belly_pain"}),
        ("no bleeding or pain in my belly", set()),
        ("출혈은 없어요", set()),
        ("배가 안 아파요", set()),
    ],
)
def test_negation_reaches_its_clause_and_no_further(rules: TriageRules, text: str, positive: set[str]) -> None:
    message = interpret(text, context("30"), rules.lexicon)
    signs = {mention.name for mention in message.mentions if mention.status is FindingStatus.CURRENT}
    assert signs & {"bleed", "belly_pain", "fm_none", "fm_less", "worse", "itch_palms"} == positive - (
        set() if "worse" in signs else {"worse"}
    )


@pytest.mark.parametrize(
    "text",
    ["没动静了，孩子一天没动", "孩子没怎么动", "喘不上气", "看不清东西", "叫不醒", "血止不住", "高烧不退", "不想活了"],
)
def test_words_of_danger_that_hold_a_negator_are_positive(say: Callable[..., Judgement], text: str) -> None:
    level = say(text, "32").level
    assert level is not None
    assert level in {"emergency", "urgent"}


@pytest.mark.parametrize(
    "text",
    [
        "见红包了", "要生气了", "买了破水果", "抽血验血常规", "血型是B型", "腿抽筋", "想死你了", "笑死我了", "明天打针",
        "喝黄体酮", "晕车了", "流鼻涕", "紫砂壶", "吃烧烤", "打疫苗", "买了血糖仪和血压计", "嘉宝米粉", "楼下水管破了",
    ],
)  # fmt: skip
def test_false_friends_do_not_alarm(say: Callable[..., Judgement], text: str) -> None:
    assert say(text, "30").level in {None, "self_care", "soon"}
    assert not any(finding.level in {"emergency", "urgent"} for finding in say(text, "30").current)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("上次怀孕流血", FindingStatus.PAST),
        ("生老大的时候大出血", FindingStatus.PAST),
        ("昨天流血今天没了", FindingStatus.CURRENT),
        ("早上流血，现在没有了", FindingStatus.CURRENT),
        ("以前没有过，今天流血了", FindingStatus.CURRENT),
        ("我妈生我时大出血", FindingStatus.OTHER_PERSON),
        ("我同事流血了", FindingStatus.OTHER_PERSON),
        ("我同事说我流血要去医院", FindingStatus.CURRENT),
        ("我老婆流血了", FindingStatus.CURRENT),
        ("闺女怀孕流血了", FindingStatus.CURRENT),
        ("老公在外地，我流血了", FindingStatus.CURRENT),
        ("万一流血怎么办", FindingStatus.HYPOTHETICAL),
        ("会不会流血", FindingStatus.HYPOTHETICAL),
        ("流血是什么感觉", FindingStatus.HYPOTHETICAL),
        ("如果流血怎么办，我现在流血了", FindingStatus.CURRENT),
        ("my sister was bleeding", FindingStatus.OTHER_PERSON),
        ("what if i start bleeding", FindingStatus.HYPOTHETICAL),
    ],
)
def test_time_person_and_supposition_are_read(rules: TriageRules, text: str, status: FindingStatus) -> None:
    bleeding = [m for m in interpret(text, context("30"), rules.lexicon).mentions if m.name == "bleed"]
    assert status in {mention.status for mention in bleeding}
    if status is not FindingStatus.CURRENT:
        assert FindingStatus.CURRENT not in {mention.status for mention in bleeding}


@pytest.mark.parametrize(
    ("text", "weeks", "day", "age"),
    [
        ("怀孕33周", 33, None, None),
        ("孕37+2", 37, None, None),
        ("37周2天", 37, None, None),
        ("怀孕50天", 7, None, None),
        ("怀孕5个月", 21, None, None),
        ("产后5天", None, 5, None),
        ("剖腹产10天", None, 10, None),
        ("产后两个月", None, 60, None),
        ("宝宝出生3天", None, None, 3),
        ("宝宝出生20小时", None, None, 0),
        ("生后5天", None, None, None),
        ("你好", None, None, None),
    ],
)
def test_her_own_words_tell_the_stage(
    rules: TriageRules, text: str, weeks: int | None, day: int | None, age: int | None
) -> None:
    (stage,) = interpret(text, context(), rules.lexicon).stages
    assert (stage.weeks, stage.postpartum_day, stage.age_days) == (weeks, day, age)


@pytest.mark.parametrize(
    ("text", "where", "stages"),
    [
        ("怀孕33周", "20", 2),
        ("怀孕33周", "33", 1),
        ("怀孕33周", "32", 1),
        ("产后3天", "38", 2),
        ("宝宝出生3天", "38", 2),
        ("34周早产的", "p3", 1),
        ("上次怀孕20周的时候流产了", "33", 1),
    ],
)
def test_where_her_words_contradict_the_records_both_are_considered(
    rules: TriageRules, text: str, where: str, stages: int
) -> None:
    assert len(interpret(text, context(where), rules.lexicon).stages) == stages


@pytest.mark.parametrize(
    "text",
    [
        "没有头疼、眼花和出血",
        "头疼、眼花、出血都没有",
        "no headache, blurry vision or bleeding",
        "출혈, 두통, 배 아픔 없음",
        "你们说的头疼眼花出血，我一条都没有",
        "头疼❌ 出血❌",
    ],
)
def test_a_list_is_denied_as_a_whole(rules: TriageRules, text: str) -> None:
    found = interpret(text, context("33"), rules.lexicon).mentions
    signs = [mention for mention in found if not rules.lexicon.signs[mention.name].qualifies]
    assert signs
    assert {mention.status for mention in signs} == {FindingStatus.NEGATED}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("护士发的单子上写“胎动消失要马上来”", FindingStatus.HYPOTHETICAL),
        ("《孕期出血怎么办》这篇讲得好", FindingStatus.HYPOTHETICAL),
        ("昨晚梦见流血了", FindingStatus.HYPOTHETICAL),
        ("做梦吓醒，醒来发现流血了", FindingStatus.CURRENT),
        ("见红和来月经有什么区别", FindingStatus.HYPOTHETICAL),
        ("两个月前流血过，现在都好", FindingStatus.PAST),
        ("出血比以前多了", FindingStatus.CURRENT),
        ("我和我姐都怀孕了，她昨天出血住院了", FindingStatus.OTHER_PERSON),
        ("我老婆说她出血了", FindingStatus.CURRENT),
        ("现在我跟闺蜜都头疼", FindingStatus.CURRENT),
        ("我家猫生了，流血了", FindingStatus.OTHER_PERSON),
    ],
)
def test_quotations_dreams_and_other_people_are_told_apart(
    rules: TriageRules, text: str, status: FindingStatus
) -> None:
    signs = {"bleed", "show", "fm_none", "headache"}
    found = {m.status for m in interpret(text, context("33"), rules.lexicon).mentions if m.name in signs}
    assert found == {status}
