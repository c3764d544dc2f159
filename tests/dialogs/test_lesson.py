"""Lessons of the education calendar: their schema, their findings, and how one is told."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

import pytest
from pydantic import ValidationError

from dialogs import engine, lint
from dialogs.audience import Phase
from dialogs.effects import Purpose, Say, TellGuardian
from dialogs.lesson import Lesson, Reader, Season, offered
from dialogs.library import Library
from dialogs.snapshot import Snapshot
from dialogs.triage.finding import Context, Told
from dialogs.triage.judge import judge
from models.values import GestationalAge, Language, Urgency

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
BROKEN = sorted((HERE / "broken_lessons").glob("*.yaml"))

WALKS = {
    "id": "short_walks",
    "version": 1,
    "title": "饭后走一走",
    "topic": "activity",
    "audience": "woman",
    "phase": "pregnancy",
    "tell": "20+0",
    "until": "27+6",
    "source": "F 20-24",
    "mark": "P",
    "say": {"zh-CN": "饭后慢慢走二十分钟。", "ko": "식사 후 천천히 걸어요.", "en": "Walk slowly after a meal."},
    "call": {"zh-CN": "头晕就告诉我。", "ko": "어지러우면 알려 주세요.", "en": "Tell me when you feel dizzy."},
}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture
def nobody() -> Snapshot:
    return Snapshot(language=Language.KO)


def lesson(**other) -> Lesson:
    return Lesson.model_validate(WALKS | other)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda file: file.stem)
def test_a_broken_lesson_is_named_with_file_line_and_path(broken, tmp_path):
    shutil.copy(broken, tmp_path)

    found = lint.check(HERE / "house", menu=HERE / "house" / "menu.yaml", education=tmp_path)

    assert [str(problem) for problem in found] == [
        broken.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    ]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"tell": None}, "needs tell and until"),
        ({"tell": "28+0"}, "needs tell and until"),
        ({"phase": "postpartum", "tell": 3, "until": 43}, "until day 42"),
        ({"phase": "child"}, "read on request"),
        ({"audience": "guardian", "words": ("散步",)}, "a guardian asks for nothing"),
        ({"switch": "epidemic", "words": ("散步",)}, "cannot be asked for"),
        ({"say": {"zh-CN": "走走", "en": "Walk"}}, "lacks ko"),
        ({"season": {"from": "13-01", "to": "03-01"}}, "month must be in"),
        ({"season": {"from": "winter", "to": "03-01"}}, "expected month-day"),
        ({"mark": "X"}, "Input should be"),
        ({"switch": "flood"}, "Input should be"),
    ],
)
def test_what_is_no_lesson_says_why(wrong, complaint):
    with pytest.raises(ValidationError, match=complaint):
        lesson(**wrong)


WINTER = Season.model_validate({"from": "11-01", "to": "03-15"})
SUMMER = Season.model_validate({"from": "06-15", "to": "09-01"})


@pytest.mark.parametrize(
    ("season", "opens", "closes", "first"),
    [
        (WINTER, date(2026, 8, 1), date(2027, 2, 1), date(2026, 11, 1)),
        (WINTER, date(2026, 12, 5), date(2027, 2, 1), date(2026, 12, 5)),
        (WINTER, date(2027, 3, 15), date(2027, 6, 1), date(2027, 3, 15)),
        (WINTER, date(2027, 3, 16), date(2027, 10, 31), None),
        (WINTER, date(2027, 3, 16), date(2027, 11, 1), date(2027, 11, 1)),
        (SUMMER, date(2026, 9, 2), date(2027, 6, 20), date(2027, 6, 15)),
        (SUMMER, date(2026, 9, 2), date(2027, 6, 14), None),
        (SUMMER, date(2026, 7, 2), date(2026, 7, 1), None),
    ],
)
def test_the_first_day_of_a_season(season, opens, closes, first):
    assert season.first(opens, closes) == first


@pytest.mark.parametrize(
    ("season", "day", "last"),
    [
        (WINTER, date(2026, 11, 1), date(2027, 3, 15)),
        (WINTER, date(2027, 1, 5), date(2027, 3, 15)),
        (WINTER, date(2027, 3, 15), date(2027, 3, 15)),
        (SUMMER, date(2026, 6, 15), date(2026, 9, 1)),
    ],
)
def test_the_last_day_of_a_season(season, day, last):
    assert season.last(day) == last


def test_a_lesson_is_told_in_her_language_and_ends_with_whom_to_call(library, nobody):
    walks = lesson()
    told = engine.begin(_with(library, walks), "short_walks", nobody, NOW)

    assert [effect for effect in told.effects if isinstance(effect, Say)] == [
        Say("식사 후 천천히 걸어요.\n어지러우면 알려 주세요.", Purpose.EDUCATION)
    ]
    assert told.state is None


def test_a_lesson_for_the_guardian_is_one_text_to_him_and_none_to_her(library, nobody):
    told = engine.begin(_with(library, lesson(audience="guardian")), "short_walks", nobody, NOW)

    assert [effect for effect in told.effects if isinstance(effect, Say | TellGuardian)] == [
        TellGuardian("饭后慢慢走二十分钟。头晕就告诉我。", Urgency.SELF_CARE, Purpose.EDUCATION)
    ]


def test_for_a_day_after_she_told_of_violence_no_guardian_is_taught(library):
    told = Snapshot(context=Context(recent=(Told("violence_now", "mother", None, hours_ago=20.0),)))
    turn = engine.begin(_with(library, lesson(audience="guardian")), "short_walks", told, NOW)

    assert not any(isinstance(effect, TellGuardian) for effect in turn.effects)


def test_the_digest_follows_what_is_told_and_not_who_signed(library):
    walks = lesson()

    assert lesson(reviewed_by="李医生", reviewed_on="2026-12-01", version=3).digest() == walks.digest()
    assert lesson(until="26+0").digest() != walks.digest()


def test_the_digest_is_the_same_in_every_process():
    show = (
        "from tests.dialogs.test_lesson import lesson; "
        "print(lesson(when=[{'conditions': ['twins', 'heart', 'scar', 'lung']}]).digest())"
    )
    seeds = [os.environ | {"PYTHONHASHSEED": str(seed)} for seed in (1, 2, 3)]
    digests = {
        subprocess.run([sys.executable, "-c", show], env=env, capture_output=True, check=True).stdout for env in seeds
    }

    assert len(digests) == 1


HERS = {
    "early": Context(gestational_age=GestationalAge.of(8)),
    "late": Context(gestational_age=GestationalAge.of(36), conditions=frozenset({"diabetes"})),
    "born": Context(postpartum_day=4, newborn_age_days=4),
    "childless": Context(postpartum_day=4),
    "unknown": Context(),
}


class TestWhatIsOffered:
    @pytest.mark.parametrize("language", Language)
    @pytest.mark.parametrize("her", HERS.values(), ids=HERS)
    def test_every_word_brings_a_lesson_of_her_time_that_is_for_her(self, library, her, language):
        words = offered(library.lessons.values(), her, language)
        lessons = [library.lessons[library.starters[lint.key(word)]] for word in words]

        assert len(words) >= 5
        assert not any(one.switch or one.season for one in lessons)
        for one in lessons:
            assert not one.when or any(group.conditions & her.conditions or group.newborn for group in one.when), one.id
        if her.newborn_age_days is None:
            assert not any(group.newborn for one in lessons for group in one.when)

    def test_what_belongs_to_these_days_comes_first(self, library):
        days = [GestationalAge.of(weeks) for weeks in (20, 36)]
        first = [offered(library.lessons.values(), Context(gestational_age=day), Language.ZH_CN)[0] for day in days]
        told = [library.lessons[library.starters[lint.key(word)]].tell for word in first]

        assert all(abs(tell - day.days) <= 3 for tell, day in zip(told, days, strict=True))


class TestTheShippedLessons:
    def test_there_is_one_for_every_phase_and_reader(self, library):
        assert {one.phase for one in library.lessons.values()} == set(Phase)
        assert {one.audience for one in library.lessons.values()} == set(Reader)
        assert len(library.lessons) >= 110

    def test_each_is_asked_for_by_its_words(self, library):
        for one in library.lessons.values():
            for word in one.words:
                assert library.starters[lint.key(word)] == one.id

    def test_no_word_of_a_lesson_is_a_danger_sign(self, library):
        """The word would be read as a danger told, and the lesson never come."""
        words = chain.from_iterable(one.words for one in library.lessons.values())
        acute = {Urgency.EMERGENCY, Urgency.URGENT}

        assert [word for word in words if judge(word, Context(), library.rules).level in acute] == []

    def test_one_in_wechat_is_never_longer_than_the_platform_takes(self, library):
        for one in library.lessons.values():
            for language in Language:
                assert len(one.text(language).encode()) <= 2000, one.id


def _with(library: Library, one: Lesson) -> Library:
    return replace(library, lessons={one.id: one})
