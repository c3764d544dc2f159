"""The education calendar laid on whole pregnancies: what is told, when, to whom, and how often at most."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.audience import Phase, Switch
from dialogs.lesson import Lesson, Reader, offered
from dialogs.library import Library
from dialogs.triage.finding import Context
from models.values import GestationalAge, Language, PregnancyStatus, RiskColour
from scheduler.care import Care, DueKind
from scheduler.plan_rules import Plans, load_plans
from scheduler.planner import next_planning_day, plan
from tests.scheduler.test_planner import DUE_DATE, at, born, wangfang, xiaolin

LESSONS = Library.load().lessons
PLANS = load_plans(lessons=LESSONS.values(), switches=frozenset(Switch))
MADE_UP_FOR = PLANS.education.catch_up_every_days


def told(care: Care, start: date, end: date, rules: Plans = PLANS) -> list[tuple[date, Lesson]]:
    return [
        (due.on, LESSONS[script])
        for due in plan(care, rules, start, end)
        for script in due.scripts
        if script in LESSONS and due.kind is not DueKind.AFTER_EMERGENCY
    ]


def ids(found: list[tuple[date, Lesson]]) -> list[str]:
    return [lesson.id for _, lesson in found]


def test_a_woman_who_enrols_early_is_told_everything_for_all_once_and_on_its_day():
    found = told(xiaolin(), at(4), at(42, 6))

    for_all = {one.id for one in LESSONS.values() if one.phase is Phase.PREGNANCY and not one.when and not one.season}
    assert for_all <= set(ids(found))
    assert len(set(ids(found))) == len(found)
    assert all(
        day == at(0) + timedelta(days=lesson.tell)
        for day, lesson in found
        if lesson.tell >= 4 * 7 + 3 and not lesson.season
    )


def test_a_healthy_woman_hears_of_nothing_that_is_only_for_others():
    found = told(xiaolin(), at(4), at(42, 6)) + told(wangfang(), born(0), born(42))

    assert not any(
        group.conditions or group.infectious or group.newborn_high_risk for _, one in found for group in one.when
    )
    assert not any(RiskColour.ORANGE in group.colours for _, one in found for group in one.when)


@pytest.mark.parametrize("condition", ["hypertension", "diabetes", "twins", "heart", "placenta_praevia"])
def test_what_a_doctor_records_brings_its_lessons(condition):
    mine = {
        one.id
        for one in LESSONS.values()
        if one.phase is Phase.PREGNANCY and any(condition in group.conditions for group in one.when)
    }
    assert mine
    assert mine <= set(ids(told(xiaolin(conditions=frozenset({condition})), at(4), at(42, 6))))


@pytest.mark.parametrize(
    ("condition", "general"),
    [("hypertension", "blood_pressure_at_home"), ("diabetes", "sugar_test_how_to"), ("placenta_praevia", "daily_walk")],
)
def test_what_her_doctor_told_her_is_not_contradicted_by_what_all_others_hear(condition, general):
    assert general in ids(told(xiaolin(), at(4), at(42, 6)))
    assert general not in ids(told(xiaolin(conditions=frozenset({condition})), at(4), at(42, 6)))
    hers = Context(gestational_age=GestationalAge.of(LESSONS[general].tell // 7), conditions=frozenset({condition}))
    assert LESSONS[general].words[0] not in offered(LESSONS.values(), hers, Language.ZH_CN)


def test_who_comes_late_is_told_the_rest_on_time_and_what_still_helps_with_pauses():
    enrolled = at(31)
    found = told(xiaolin(enrolled_on=enrolled), enrolled, at(42, 6))
    hers = [(day, one) for day, one in found if one.audience is Reader.WOMAN and not one.season]
    late = [day for day, one in hers if one.tell < 31 * 7]

    assert late, "nothing was made up for"
    assert all((second - first).days >= MADE_UP_FOR for first, second in pairwise(sorted(late)))
    assert all(day <= at(0) + timedelta(days=one.until) for day, one in found)


def test_a_condition_found_at_30_weeks_is_explained_then_and_nothing_twice():
    hers = xiaolin(conditions=frozenset({"diabetes"}), risk_changed_on=at(30))
    before = frozenset(ids(told(xiaolin(), at(4), at(29, 6))))
    afterwards = ids(
        told(
            xiaolin(conditions=hers.conditions, risk_changed_on=at(30), lessons_told=before),
            at(30),
            at(42, 6),
        )
    )

    assert any("diabetes" in group.conditions for one in afterwards for group in LESSONS[one].when)
    assert before.isdisjoint(afterwards)


def test_the_stove_is_spoken_of_when_winter_begins_and_only_where_winters_are_cold():
    winter = [one for one in LESSONS.values() if one.switch is Switch.COLD_REGION and one.audience is Reader.WOMAN]
    assert winter
    in_winter = xiaolin(due_date=date(2027, 2, 1), enrolled_on=date(2026, 8, 1))
    begins = [day for day, one in told(in_winter, date(2026, 8, 1), date(2027, 2, 1)) if one in winter]

    assert len(begins) == len(winter)
    assert date(2026, 11, 1) <= min(begins)
    assert max(begins) <= date(2026, 12, 1)
    warm = load_plans(lessons=LESSONS.values())
    assert not {one.switch for _, one in told(in_winter, date(2026, 8, 1), date(2027, 2, 1), warm)} - {None}
    in_summer = xiaolin(due_date=date(2026, 9, 20), enrolled_on=date(2026, 4, 1))
    assert not [one for _, one in told(in_summer, date(2026, 4, 1), date(2026, 9, 30)) if one in winter]


def test_who_is_enrolled_after_the_birth_still_hears_of_bleeding_and_of_safe_sleep():
    care = wangfang(enrolled_on=born(1), dated_on=born(1))

    assert {"bleeding_after_birth", "safe_sleep"} <= set(ids(told(care, born(1), born(42))))


def test_after_a_loss_nothing_is_told():
    assert told(xiaolin(status=PregnancyStatus.ENDED), at(20), at(42)) == []


def test_what_speaks_of_the_child_is_for_her_who_has_one():
    without = told(wangfang(has_newborn=False), born(0), born(42))

    assert without
    assert not any(group.newborn for _, one in without for group in one.when)


CARES = st.builds(
    lambda enrolled, colour, infectious, conditions, graded: xiaolin(
        enrolled_on=at(4) + timedelta(days=enrolled),
        colour=colour,
        infectious=infectious,
        conditions=frozenset(conditions),
        risk_changed_on=at(4) + timedelta(days=max(enrolled, graded)),
    ),
    st.integers(0, 37 * 7),
    st.sampled_from(RiskColour),
    st.booleans(),
    st.sets(st.sampled_from(["diabetes", "hypertension", "twins", "scar", "anaemia"]), max_size=3),
    st.integers(0, 37 * 7),
)


@settings(deadline=None, max_examples=150)
@given(CARES)
def test_however_she_comes_no_lesson_is_told_twice_too_early_too_late_or_on_the_first_days(care: Care):
    found = told(care, care.enrolled_on, at(42, 6))

    assert len(set(ids(found))) == len(found)
    zero = DUE_DATE - timedelta(days=280)
    for day, one in found:
        assert zero + timedelta(days=one.tell) <= day <= zero + timedelta(days=one.until)
        assert day >= care.enrolled_on + timedelta(days=PLANS.education.begin_after_days)


@settings(deadline=None, max_examples=60)
@given(CARES, st.integers(0, 260))
def test_the_plan_looks_again_on_the_next_day_that_tells_something(care: Care, after: int):
    today = care.enrolled_on + timedelta(days=after)
    coming = [day for day, _ in told(care, today + timedelta(days=1), at(42, 6))]
    following = next_planning_day(care, PLANS, today)

    assert not coming or (following is not None and following <= min(coming))


def test_after_a_birth_there_is_one_lesson_a_day_at_most():
    care = wangfang(newborn_high_risk=True, conditions=frozenset({"diabetes", "hypertension"}))
    days = [day for day, one in told(care, born(0), born(42)) if one.audience is Reader.WOMAN and not one.season]

    assert len(set(days)) == len(days)


@pytest.mark.parametrize("enrolled", [at(4), at(16), at(31)])
def test_a_healthy_woman_is_told_five_things_a_week_at_most(enrolled):
    care = xiaolin(enrolled_on=enrolled)
    days = [day for day, one in told(care, enrolled, at(40)) if one.audience is Reader.WOMAN]

    assert max(sum(first <= day < first + timedelta(days=7) for day in days) for first in days) <= 5
