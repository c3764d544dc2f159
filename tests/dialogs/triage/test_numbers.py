import pytest

from dialogs.triage.numbers import find_numbers
from dialogs.triage.rules import TriageRules


def numbers(text: str, rules: TriageRules) -> dict[str, float]:
    return {number.code: number.value for number in find_numbers(rules.lexicon.normal(text).text, rules.lexicon)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150/95", {"systolic": 150, "diastolic": 95}),
        ("１５０／９５", {"systolic": 150, "diastolic": 95}),
        ("血压150-95", {"systolic": 150, "diastolic": 95}),
        ("血压 150 95", {"systolic": 150, "diastolic": 95}),
        ("血压95/150", {"systolic": 150, "diastolic": 95}),
        ("高压150低压95", {"systolic": 150, "diastolic": 95}),
        ("血压一百五，九十五", {"systolic": 150, "diastolic": 95}),
        ("bp 165/112", {"systolic": 165, "diastolic": 112}),
        ("혈압 168/110", {"systolic": 168, "diastolic": 110}),
        ("38度5", {"temperature": 38.5}),
        ("38.5℃", {"temperature": 38.5}),
        ("三十八度半", {"temperature": 38.5}),
        ("体温385", {"temperature": 38.5}),
        ("发烧39", {"temperature": 39}),
        ("fever 39", {"temperature": 39}),
        ("37.9 有点发冷", {"temperature": 37.9}),
        ("血糖2.8", {"glucose": 2.8}),
        ("空腹5.8", {"glucose_fasting": 5.8}),
        ("餐后两小时8.9", {"glucose_after": 8.9}),
        ("血氧91", {"spo2": 91}),
        ("胎心165", {"fetal_heart": 165}),
        ("两小时才动3次", {"movements_2h": 3}),
        ("宫缩5-6分钟一次", {"contraction_minutes": 5}),
        ("血小板只有36", {"platelets": 36}),
        ("血红蛋白61", {"haemoglobin": 61}),
        ("过预产期三天了", {"overdue_days": 3}),
        ("5/12去产检", {}),
        ("今年25岁", {}),
        ("体重38.5公斤", {}),
    ],
)
def test_numbers_are_read_with_what_they_measure(rules: TriageRules, text: str, expected: dict[str, float]) -> None:
    assert numbers(text, rules) == expected
