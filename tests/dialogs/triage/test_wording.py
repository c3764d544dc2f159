"""What triage says: the same keys in every language, the safety line first, no promise and no diagnosis."""

import re
from pathlib import Path

import pytest
import yaml

from dialogs.triage.rules import TriageRules

WORDING = Path(__file__).parents[3] / "dialogs" / "wording"
LANGUAGES = ("zh-CN", "ko", "en")
PLACES = {"ga", "facility", "emergency_phone", "duty_phone", "nurse", "nurse_phone", "address_hint"}


def wording(language: str) -> dict[str, str]:
    return yaml.safe_load((WORDING / language / "triage.yaml").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_a_judgement_can_name_has_words(language: str, rules: TriageRules) -> None:
    assert rules.wording_keys() - set(wording(language)) == set()


def test_no_language_says_less_than_another() -> None:
    first, *others = (set(wording(language)) for language in LANGUAGES)
    assert all(keys == first for keys in others)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_emergency_names_its_number_in_the_first_line(language: str) -> None:
    for key, text in wording(language).items():
        if key.startswith("emergency"):
            assert re.search("120|110", text.splitlines()[0]), key


def test_the_first_chinese_line_of_an_emergency_fits_one_sms() -> None:
    for key, text in wording("zh-CN").items():
        if key.startswith("emergency"):
            assert len(text.splitlines()[0]) <= 70, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_safety_texts_can_be_said_whatever_is_unknown(language: str) -> None:
    for key, text in wording(language).items():
        places = set(re.findall(r"{(\w+)}", text))
        assert places <= PLACES
        assert bool(places) == key.endswith("_line"), key


@pytest.mark.parametrize("forbidden", ["没事", "放心", "分钟内联系", "护士马上", "诊断为", "子痫", "先兆流产"])
def test_no_reassurance_no_promise_no_diagnosis(forbidden: str) -> None:
    assert not [key for key, text in wording("zh-CN").items() if forbidden in text]
