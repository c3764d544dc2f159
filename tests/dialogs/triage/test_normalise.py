import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.triage.rules import TriageRules


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("ＢＰ１５０", "bp150"),
        ("見紅了", "见红了"),
        ("肚子痛", "肚子疼"),
        ("流雪了", "流血了"),
        ("见洪", "见红"),
        ("内酷上有褐涩的", "内裤上有褐色的"),
        ("公缩", "宫缩"),
        ("太动少了", "胎动少了"),
        ("出 血 了", "出血了"),
        ("ys破了", "羊水破了"),
        ("jianhong了", "见红了"),
        ("见\u200b红", "见红"),
        ("bu fa shao", "不发烧"),
        ("tai dong shao le", "胎动少了"),
        ("头痛❌", "头疼 没有 "),
        (unicodedata.normalize("NFD", "피가 나요"), "피가 나요"),
        (unicodedata.normalize("NFD", "é"), "é"),
        ("下雪了", "下雪了"),
        ("打了ps字样的广告在楼下看到的", "打了ps字样的广告在楼下看到的"),
    ],
)
def test_many_spellings_become_one(rules: TriageRules, written: str, normal: str) -> None:
    assert rules.lexicon.normal(written).text == normal


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_every_place_points_into_the_text_as_written(rules: TriageRules, text: str) -> None:
    normal = rules.lexicon.normal(text)
    assert len(normal.places) == len(normal.text) + 1
    assert list(normal.places) == sorted(normal.places)
    assert all(0 <= place <= len(text) for place in normal.places)
