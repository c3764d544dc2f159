"""What women say who answer by themselves: harmless things, in the form that was asked for."""

import pytest

from bot.web.sandbox.answering import Manner
from bot.web.sandbox.cast import cast, lines
from models.values import RiskColour

DAILY = Manner(lines()["answering"]["rules"], lines()["answering"]["prefer"], {})


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ("今天的胎动和平时比怎么样？\n1 和平时差不多\n2 明显变少或没有", "1"),
        ("现在有没有头痛、眼花？\n1 有\n2 都没有", "2"),
        ("家里有人搭把手吗？\n1 有人帮，没有别的事\n2 没有人帮我", "1"),
        ("请量两次取平均，发给我，例如 120/80。\n也可以回复：没量", "120/80"),
        ("宝宝吃了几次奶？请回复数字，例如 9。", "9"),
        ("是哪天出生的？例如：今天、昨天、11月20号。", "今天"),
        ("随访提醒\n事项 有新的随访消息，请回复任意文字查看", "您好"),
        ("지금 두통이 있나요?\n1 없어요\n2 조금", "1"),
        ("谢谢您，都记下了。出血变多、发热，马上去医院；紧急时拨打120。", None),
        ("不舒服直接打字告诉我，例如“肚子疼”。", None),
    ],
)
def test_she_answers_as_she_is_asked(told, answer):
    assert DAILY.answer(told) == answer


def test_who_enrols_names_the_guardian_of_the_roster():
    rules = lines()["enrolling"]["rules"]
    manner = Manner(rules, None, {"phone": "+8613800000025", "relation": lines()["relations"]["mother_in_law"]})
    assert (
        manner.answer("可以发短信提醒一位家人吗？\n1 可以，告诉丈夫\n2 可以，告诉妈妈\n3 可以，告诉婆婆\n5 不用") == "3"
    )
    assert manner.answer("请发这位家人的手机号。\n也可以回复：以后再说") == "+8613800000025"
    assert manner.answer("您愿意参加吗？\n1 愿意\n2 不参加") == "1"


def test_the_cast_is_thirty_women_of_every_kind_with_unreal_numbers():
    women = cast().women
    assert len(women) == 30
    assert {woman.colour for woman in women} == set(RiskColour)
    assert {woman.language for woman in women} == {"zh-CN", "ko", "en"}
    assert any(woman.infectious for woman in women)
    assert any(woman.age.weeks >= 40 and not woman.ending for woman in women)
    assert {woman.ending.kind for woman in women if woman.ending} == {"live_birth", "miscarriage"}
    assert any(woman.ending.high_risk for woman in women if woman.ending)
    assert any("hypertension" in woman.conditions for woman in women if woman.ending)
    numbers = [woman.phone for woman in women] + [woman.guardian.phone for woman in women if woman.guardian]
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith(("+86139000000", "+86138000000")) for number in numbers)
