"""What triage says: what to do now in the first line, whatever is known; no promise, no diagnosis, no closed number."""

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
import yaml

from dialogs.answers import key as spelling
from dialogs.library import Library
from dialogs.triage.rules import TriageRules
from models.values import Language, Urgency

WORDING = Path(__file__).parents[3] / "dialogs" / "wording"
LONGEST_NAME = "长白朝鲜族自治县妇幼保健计划生育服务中心"
HOSPITAL = {"facility": LONGEST_NAME, "emergency_phone": "0439-0000002", "duty_phone": "0439-0000001"}
NUMBERS = {"mental_line": "12356", "police_by_sms": "12110439", "government_line": "12345"}
PREGNANT, AFTER_BIRTH = {"ga": "33周+2"}, {"postpartum_day": "3", "baby_age": "3"}
ALWAYS = {"120", "110", "12110"}
"""Answered everywhere and at every hour; to 12110 she adds the area herself when we do not know it."""
SITUATIONS = {
    "all is known of a pregnancy": HOSPITAL | NUMBERS | PREGNANT,
    "all is known after a birth": HOSPITAL | NUMBERS | AFTER_BIRTH,
    "nothing is known": {},
    "at night": {name: known for name, known in (HOSPITAL | NUMBERS | PREGNANT).items() if name != "mental_line"},
    "the area is unknown": {n: known for n, known in (HOSPITAL | NUMBERS | PREGNANT).items() if n != "police_by_sms"},
    "her hospital is unknown": NUMBERS | PREGNANT,
}


def keys(language: Language = Language.ZH_CN) -> list[str]:
    return list(yaml.safe_load((WORDING / language / "triage.yaml").read_text("utf-8")))


REPLIES = [name for name in keys() if name.startswith(tuple(Urgency))]
EMERGENCY = [name for name in REPLIES if name.startswith("emergency")]
URGENT = [name for name in REPLIES if name.startswith("urgent")]
STAYS = {"urgent_mind", "urgent_refused"}
"""Not sent to her own hospital: who thinks of dying needs somebody beside her, who was refused stands before one."""
AWAY = [name for name in URGENT if name not in STAYS]

every_language = pytest.mark.parametrize("language", list(Language))
every_situation = pytest.mark.parametrize("facts", SITUATIONS.values(), ids=SITUATIONS)


@pytest.fixture
def says(library: Library) -> Callable[[str, Language, dict[str, str]], str]:
    return library.wording


def first(text: str) -> str:
    return text.splitlines()[0]


def numbers(text: str) -> list[str]:
    return re.findall(r"(?<!\d)(?:0\d{3}-\d{7}|1[12]\d+)(?!\d)", text)


class TestEveryText:
    @every_language
    def test_exists_for_every_key_a_judgement_can_name(self, language: Language, rules: TriageRules) -> None:
        assert rules.wording_keys() - set(keys(language)) == set()

    def test_exists_in_every_language(self) -> None:
        first, *others = (set(keys(language)) for language in Language)
        assert all(other == first for other in others)

    @every_situation
    @every_language
    def test_can_be_said_whatever_is_known(self, says, language: Language, facts: dict[str, str]) -> None:
        for name in keys(language):
            if name == "hospital_line":
                continue
            said = says(name, language, facts)
            assert not re.search(r"[{}|]|  (?!\d )|、、|：[、，。]|[；，][。；，]|\.\.|\?\?| [.,;:]|\n\n", said), said
            assert all(line and line == line.strip() for line in said.splitlines()), said

    @every_situation
    @every_language
    def test_shows_no_number_that_is_not_known_to_be_answered_now(self, says, language: Language, facts) -> None:
        for name in REPLIES:
            assert set(numbers(says(name, language, facts))) <= {*ALWAYS, *facts.values()}, name

    @pytest.mark.parametrize(
        ("language", "forbidden"),
        [
            (
                Language.ZH_CN,
                "没事|放心|分钟内|护士马上|与您联系|联系您|给您打电话|会来电|诊断|先兆|子痫|早剥|抑郁|感染",
            ),
            (Language.ZH_CN, "阳性|梅毒|艾滋|乙肝|新冠|[红橙黄绿紫]色(?!的?[白带水血])|硫酸镁|硝苯地平|布洛芬|退烧药"),
            (Language.KO, "괜찮을|안심|전화드리|연락드리|진단|자간증|조산|우울증|감염|양성"),
            (Language.EN, "do not worry|will call|calls you|call you back|diagnos|eclampsia|depress|infect|positive"),
        ],
    )
    def test_gives_no_reassurance_promise_diagnosis_colour_or_drug(self, says, language, forbidden) -> None:
        for name, facts in product(REPLIES, SITUATIONS.values()):
            assert not re.search(forbidden, says(name, language, facts)), name


class TestAnEmergency:
    @every_situation
    @every_language
    def test_names_its_number_in_the_first_line_before_any_other(self, says, language: Language, facts) -> None:
        for name in EMERGENCY:
            expected = "110" if name == "emergency_violence" else "120"
            assert numbers(first(says(name, language, facts)))[0] == expected, name
            assert "120" in says(name, language, facts), name

    @every_situation
    def test_says_all_this_in_one_sms(self, says, facts: dict[str, str]) -> None:
        for name in EMERGENCY:
            assert len(first(says(name, Language.ZH_CN, facts))) <= 70, name

    @every_language
    def test_tells_120_her_own_weeks(self, says, language: Language) -> None:
        for name in set(EMERGENCY) - {"emergency_newborn", "emergency_violence"}:
            assert PREGNANT["ga"] in first(says(name, language, PREGNANT)), name

    @every_language
    def test_tells_120_how_long_ago_she_gave_birth(self, says, language: Language) -> None:
        for name in set(EMERGENCY) - {"emergency_fluid", "emergency_birth", "emergency_violence"}:
            assert re.search("3(天|일| days)", first(says(name, language, AFTER_BIRTH))), name

    @every_language
    def test_about_a_newborn_tells_its_age_and_counts_from_the_birth_where_it_is_not_registered(
        self, says, language: Language
    ) -> None:
        assert "5" in first(says("emergency_newborn", language, {"baby_age": "5", "postpartum_day": "6"}))
        assert "6" in first(says("emergency_newborn", language, {"postpartum_day": "6"}))
        assert "33" not in says("emergency_newborn", language, PREGNANT)

    @pytest.mark.parametrize(
        ("language", "either"),
        [
            (Language.ZH_CN, "孕周或产后天数"),
            (Language.KO, "임신 주수나 산후 일수"),
            (Language.EN, "weeks pregnant or days since birth"),
        ],
    )
    def test_leaves_to_her_what_the_records_do_not_know(self, says, language: Language, either: str) -> None:
        assert either in first(says("emergency", language, {}))

    @every_language
    def test_of_violence_can_be_told_in_silence_whether_or_not_the_area_is_known(
        self, says, language: Language
    ) -> None:
        assert "12110439" in first(says("emergency_violence", language, NUMBERS))
        assert re.search(r"12110(?!\d)", first(says("emergency_violence", language, {})))

    @every_language
    def test_of_the_mind_names_the_helpline_only_while_somebody_answers_it(self, says, language: Language) -> None:
        for name in ("emergency_mind", "urgent_mind", "soon_mind"):
            assert "12356" in says(name, language, SITUATIONS["all is known of a pregnancy"]), name
            assert "12356" not in says(name, language, SITUATIONS["at night"]), name
            assert "120" in says(name, language, SITUATIONS["at night"]), name


class TestAnUrgentSign:
    @every_situation
    def test_is_answered_in_one_sms(self, says, facts: dict[str, str]) -> None:
        for name in URGENT:
            assert len(first(says(name, Language.ZH_CN, facts))) <= 70, name

    @every_language
    def test_sends_her_to_her_own_hospital_at_any_hour(self, says, language: Language) -> None:
        for name in AWAY:
            now = first(says(name, language, HOSPITAL))
            assert LONGEST_NAME in now, name
            assert re.search("天亮|아침까지|for morning", now), name

    @pytest.mark.parametrize(
        ("language", "hospital"), [(Language.ZH_CN, "医院"), (Language.KO, "병원"), (Language.EN, "hospital")]
    )
    def test_sends_her_to_a_hospital_when_hers_is_unknown(self, says, language: Language, hospital: str) -> None:
        assert all(hospital in first(says(name, language, {})) for name in AWAY)

    @every_situation
    @every_language
    def test_names_120_for_what_grows_worse(self, says, language: Language, facts: dict[str, str]) -> None:
        assert all("120" in says(name, language, facts) for name in URGENT)

    @every_language
    def test_asks_her_to_tell_when_she_has_left_with_a_word_that_is_understood(self, library, says, language) -> None:
        for name in REPLIES:
            words = re.findall("“([^”]+)”", says(name, language, {}))
            understood = [word for word in words if library.verbs.get(spelling(word)) == "departed"]
            assert len(understood) == (name in AWAY), name

    @every_language
    def test_of_refused_care_names_the_line_for_complaints_last(self, says, language: Language) -> None:
        assert numbers(says("urgent_refused", language, NUMBERS)) == ["120", "12345"]


class TestTheTitleOfAFinding:
    def test_names_no_infection_that_only_some_nurses_may_see(self) -> None:
        titles = yaml.safe_load((WORDING / Language.ZH_CN / "signs.yaml").read_text("utf-8"))
        assert not [title for title in titles.values() if re.search("乙肝|艾滋|梅毒|阳性|新冠|HIV|HBV", title)]
