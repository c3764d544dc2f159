"""Whole pregnancies, walked day by day against the follow-up table as a clinician would read it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.values import GestationalAge, PregnancyStatus, RiskColour, Urgency
from scheduler.plan_rules import load_plans
from scheduler.planner import Care, Due, DueKind, next_planning_day, plan

PLANS, PLANS_READ_AGAIN = load_plans(), load_plans()
DUE_DATE = date(2026, 6, 1)
ROUTINE = {DueKind.CHECK_IN, DueKind.CONTACTS, DueKind.LESSON, DueKind.VISIT_REMINDER}
GREEN, YELLOW, ORANGE, RED = RiskColour


def at(weeks: int, days: int = 0) -> date:
    return DUE_DATE - timedelta(days=280) + timedelta(days=GestationalAge.of(weeks, days).days)


def born(day: int) -> date:
    return DUE_DATE + timedelta(days=day)


def xiaolin(**known) -> Care:
    """小林: green, enrolled at 4+0, has answered nothing yet."""
    ongoing = {"due_date": DUE_DATE, "status": PregnancyStatus.ONGOING, "colour": GREEN, "enrolled_on": at(4)}
    return Care(**(ongoing | known))


def wangfang(**known) -> Care:
    """王芳: has borne a healthy child on her due date, went home on day 3."""
    after_birth = {
        "status": PregnancyStatus.POSTPARTUM,
        "birth_on": DUE_DATE,
        "has_newborn": True,
        "discharged_on": born(3),
    }
    return xiaolin(**(after_birth | known))


GROUPS = list(product(RiskColour, (False, True), (False, True)))
PREGNANCY = [at(4) + timedelta(days=n) for n in range((42 - 4) * 7 + 7)]
POSTPARTUM = [born(n) for n in range(43)]


def rule_ids(due: Due) -> set[str]:
    return {reason.rule for reason in due.reasons}


def days_of(care: Care, kind: DueKind, start: date, end: date) -> list[date]:
    return [due.on for due in plan(care, PLANS, start, end) if due.kind is kind]


def check_in_interval(care: Care, day: date) -> int:
    """The table of the follow-up cadence, written out once more: the longest time she may stay unasked."""
    age = GestationalAge.on(day, care.due_date)
    by_colour = {GREEN: 28 if age < GestationalAge.of(28) else 14, YELLOW: 14, ORANGE: 7, RED: 3}
    intervals = [by_colour[care.colour]]
    intervals += [14] if care.infectious else []
    intervals += [2] if care.declined_termination else []
    intervals += [3] if age >= GestationalAge.of(37) else []
    intervals += [1] if age >= GestationalAge.of(40) else []
    return min(intervals)


def human_interval(care: Care, day: date) -> int | None:
    age = GestationalAge.on(day, care.due_date)
    intervals = [days for colour, days in ((YELLOW, 28), (ORANGE, 14), (RED, 7)) if care.colour is colour]
    intervals += [28] if care.infectious else []
    intervals += [3] if care.declined_termination else []
    intervals += [7] if age >= GestationalAge.of(37) else []
    return min(intervals, default=None)


def live_through(care: Care, days: list[date], *, answers: bool) -> list[tuple[date, Care, tuple[Due, ...]]]:
    """Plan each morning with what is known then; when she answers, the evening knows it."""
    life = []
    for day in days:
        due = plan(care, PLANS, day, day)
        life.append((day, care, due))
        kinds = {item.kind for item in due}
        if answers and DueKind.CHECK_IN in kinds:
            care = replace(care, last_check_in=day)
        if answers and DueKind.HUMAN_CONTACT in kinds:
            care = replace(care, last_human_contact=day)
    return life


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize(("colour", "infectious", "declined"), GROUPS)
def test_no_woman_is_asked_later_than_her_group_allows_or_earlier_than_it_says(colour, infectious, declined, answers):
    care = xiaolin(colour=colour, infectious=infectious, declined_termination=declined)
    asked = seen = care.enrolled_on
    for day, known, due in live_through(care, PREGNANCY, answers=answers):
        kinds = {item.kind for item in due}
        if day == care.enrolled_on:
            assert not kinds
            continue
        due_now = (day - asked).days >= check_in_interval(known, day)
        assert (DueKind.CHECK_IN in kinds) == due_now, f"{GestationalAge.on(day, DUE_DATE)}"
        asked = day if due_now else asked
        every = human_interval(known, day)
        visit_now = every is not None and (day - seen).days >= every
        assert (DueKind.HUMAN_CONTACT in kinds) == visit_now, f"{GestationalAge.on(day, DUE_DATE)}"
        seen = day if visit_now else seen


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize(("colour", "infectious", "declined"), GROUPS)
def test_never_two_routine_messages_on_a_day(colour, infectious, declined, answers):
    group = {"colour": colour, "infectious": infectious, "declined_termination": declined}
    acute = {"acute_infection_since": at(30), "conditions": frozenset({"hypertension", "diabetes"})}
    pregnant = live_through(xiaolin(**group, **acute), PREGNANCY, answers=answers)
    delivered = wangfang(**group, newborn_high_risk=infectious, acute_infection_since=born(20))
    for day, _, due in pregnant + live_through(delivered, POSTPARTUM, answers=answers):
        routine = [item for item in due if item.kind in ROUTINE]
        assert len(routine) <= 1
        assert [item.key for item in routine] in ([], [f"routine:{day}"])
        assert all(item.on == day for item in due)


@pytest.mark.parametrize(("colour", "infectious", "declined"), GROUPS)
def test_the_next_planning_day_is_the_first_day_with_something_due(colour, infectious, declined):
    group = {"colour": colour, "infectious": infectious, "declined_termination": declined}
    pregnant, delivered = xiaolin(**group), wangfang(**group, newborn_high_risk=declined)
    for care, first, last in ((pregnant, at(4), at(45)), (delivered, born(0), born(50))):
        due_days = sorted({due.on for due in plan(care, PLANS, first, last)})
        for day in (first + timedelta(days=n) for n in range((last - first).days)):
            assert next_planning_day(care, PLANS, day) == next((due for due in due_days if due > day), None)


@pytest.mark.parametrize("care", [xiaolin(colour=RED, emergency_at=datetime(2026, 1, 2, 3, tzinfo=UTC)), wangfang()])
def test_after_a_loss_a_death_or_a_move_nothing_is_ever_due(care):
    ended = replace(care, status=PregnancyStatus.ENDED)
    assert plan(ended, PLANS, at(0), born(400)) == ()
    assert next_planning_day(ended, PLANS, at(0)) is None


def test_groups_that_overlap_are_one_contact_with_the_shortest_time_to_answer_and_every_reason():
    due = next(
        item
        for item in plan(xiaolin(colour=ORANGE, infectious=True), PLANS, at(38), at(38, 6))
        if item.kind is DueKind.CHECK_IN
    )
    assert rule_ids(due) >= {"orange", "purple", "term", "term_at_risk"}
    assert due.answer_within == timedelta(hours=12)
    assert due.ladder is PLANS.ladders["within_12_hours"]
    assert due.urgency is Urgency.URGENT
    assert [script for script in due.scripts if script.endswith("_check")] == [
        "common_check",
        "orange_check",
        "purple_check",
        "term_check",
    ]


SCRIPTS = {ORANGE: "orange_check", RED: "red_check"}


def own_intervals(care: Care, day: date) -> dict[str, int]:
    """What each group she belongs to adds, and its own longest time unasked: the table again, group by group."""
    age = GestationalAge.on(day, care.due_date)
    by_colour = {GREEN: 28 if age < GestationalAge.of(28) else 14, YELLOW: 14, ORANGE: 7, RED: 3}
    intervals = {SCRIPTS.get(care.colour, "common_check"): by_colour[care.colour]}
    intervals |= {"purple_check": 14} if care.infectious else {}
    intervals |= {"term_check": 3} if age >= GestationalAge.of(37) else {}
    intervals |= {"term_check": 1} if age >= GestationalAge.of(40) else {}
    if care.colour in SCRIPTS:
        intervals |= {"blood_pressure_check": 1} if "hypertension" in care.conditions else {}
        intervals |= {"glucose_check": 1 if care.colour is RED else 2} if "diabetes" in care.conditions else {}
    return intervals


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("conditions", [(), ("hypertension",), ("diabetes",), ("hypertension", "diabetes")])
@pytest.mark.parametrize(("colour", "infectious"), list(product(RiskColour, (False, True))))
def test_each_group_is_asked_on_the_first_contact_on_which_its_own_interval_has_run_out(
    colour, infectious, conditions, answers
):
    care = xiaolin(colour=colour, infectious=infectious, conditions=frozenset(conditions))
    asked: dict[str, date] = {}
    for day, known, due in live_through(care, PREGNANCY, answers=answers):
        scripts = {script for item in due if item.kind is DueKind.CHECK_IN for script in item.scripts}
        intervals = own_intervals(known, day)
        shortest = min(intervals.values())
        for script, every in intervals.items():
            waited = (day - asked.setdefault(script, day)).days
            latest = every if every in (shortest, 1) or every % shortest == 0 else every + shortest - 1
            assert waited <= latest or script in scripts, (script, GestationalAge.on(day, DUE_DATE))
            asked[script] = day if script in scripts else asked[script]


def check_ins(care: Care, start: date, days: int) -> list[tuple[str, ...]]:
    """The scripts of the check-in of each day, without what is merely told."""
    found = {due.on: due for due in plan(care, PLANS, start, start + timedelta(days=days - 1))}
    found = {day: due for day, due in found.items() if due.kind is DueKind.CHECK_IN}
    return [
        tuple(script for script in found[day].scripts if script.endswith("_check")) if day in found else ()
        for day in (start + timedelta(days=n) for n in range(days))
    ]


@pytest.mark.parametrize(
    ("known", "daily", "whole", "every"),
    [
        (
            {"colour": ORANGE, "conditions": frozenset({"hypertension"})},
            ("daily_check", "blood_pressure_check"),
            ("common_check", "orange_check", "blood_pressure_check"),
            7,
        ),
        (
            {"colour": RED, "conditions": frozenset({"diabetes"})},
            ("daily_check", "glucose_check"),
            ("common_check", "red_check", "glucose_check"),
            3,
        ),
    ],
)
def test_a_daily_reading_is_asked_for_alone_until_the_longer_interval_has_run_out(known, daily, whole, every):
    care = xiaolin(enrolled_on=at(20), **known)
    expected = [whole if day % every == 0 else daily for day in range(1, 29)]
    assert check_ins(care, at(20, 1), 28) == expected
    days = [at(20, 1) + timedelta(days=n) for n in range(28)]
    for answers in (True, False):
        lived = [check_ins(known, day, 1)[0] for day, known, _ in live_through(care, days, answers=answers)]
        assert lived == expected


def test_the_reasons_and_the_time_to_answer_are_those_of_the_groups_that_ask_that_day():
    care = xiaolin(enrolled_on=at(16), colour=ORANGE, infectious=True, conditions=frozenset({"hypertension"}))
    days = {due.on: due for due in plan(care, PLANS, at(16, 2), at(18)) if due.kind is DueKind.CHECK_IN}
    groups = {"orange", "orange_blood_pressure", "purple"}
    assert rule_ids(days[at(16, 3)]) & groups == {"orange_blood_pressure"}
    assert days[at(16, 3)].answer_within == timedelta(hours=24)
    assert rule_ids(days[at(17)]) & groups == {"orange", "orange_blood_pressure"}
    assert rule_ids(days[at(18)]) & groups == groups


def test_at_term_the_questions_of_an_orange_colour_join_a_contact_only_when_their_week_has_passed():
    care = xiaolin(enrolled_on=at(36, 3), colour=ORANGE, last_check_in=at(36, 6))
    asked = check_ins(care, at(37), 21)
    assert [day for day, scripts in enumerate(asked) if scripts] == [2, 5, 8, 11, 14, 17, 20]
    assert [day for day, scripts in enumerate(asked) if "orange_check" in scripts] == [5, 11, 17]


def test_the_script_that_greets_comes_first_whichever_group_brings_it():
    care = xiaolin(enrolled_on=at(20), colour=ORANGE, declined_termination=True, conditions=frozenset({"hypertension"}))
    assert check_ins(care, at(20, 2), 1) == [("common_check", "blood_pressure_check", "red_check")]


def test_a_longer_interval_that_ran_out_while_she_answered_late_is_not_lost():
    care = xiaolin(enrolled_on=at(20), colour=ORANGE, conditions=frozenset({"hypertension"}))
    late = replace(care, last_check_in=at(20, 6))
    assert "orange_check" in check_ins(late, at(21), 1)[0]
    assert "orange_check" not in check_ins(replace(care, last_check_in=at(21)), at(21, 1), 1)[0]


def test_a_group_that_comes_into_force_is_asked_at_its_next_contact_and_counted_from_there():
    care = xiaolin(
        colour=ORANGE, conditions=frozenset({"hypertension"}), last_check_in=at(21, 6), risk_changed_on=at(22)
    )
    asked = check_ins(care, at(22), 15)
    assert [day for day, scripts in enumerate(asked) if "orange_check" in scripts] == [0, 7, 14]


@settings(max_examples=200, deadline=None)
@given(care=st.deferred(lambda: any_care), start=st.integers(0, 300))
def test_a_contact_that_asks_greets_and_asks_for_danger_signs_once_and_first(care, start):
    opening = {"daily_check", "common_check", "postpartum_check"}
    for due in plan(care, PLANS, at(4) + timedelta(days=start), at(4) + timedelta(days=start + 20)):
        if due.kind is DueKind.CHECK_IN:
            asked = [script for script in due.scripts if script.endswith("_check")]
            assert asked[0] in opening
            assert len(opening.intersection(asked)) == 1


def test_a_reminder_on_a_day_of_questions_goes_first_in_the_same_message():
    merged = [
        due for due in plan(xiaolin(colour=RED), PLANS, at(5), at(41)) if due.kind is DueKind.CHECK_IN and due.visits
    ]
    assert merged
    for due in merged:
        assert due.scripts.index("visit_reminder") < due.scripts.index("common_check")
        assert set(due.visits) <= rule_ids(due)


def test_an_answer_that_comes_late_moves_the_next_question_and_nothing_else():
    asked = days_of(xiaolin(colour=RED), DueKind.CHECK_IN, at(20), at(20, 6))[0]
    late = xiaolin(colour=RED, last_check_in=asked + timedelta(days=1))
    assert days_of(late, DueKind.CHECK_IN, asked, asked + timedelta(days=6)) == [asked + timedelta(days=4)]
    assert days_of(late, DueKind.HUMAN_CONTACT, at(20), at(40)) == days_of(
        xiaolin(colour=RED), DueKind.HUMAN_CONTACT, at(20), at(40)
    )


def test_a_higher_colour_makes_the_question_due_at_once_and_sends_the_contacts_again():
    worse = xiaolin(colour=ORANGE, last_check_in=at(20), risk_changed_on=at(22))
    due = plan(worse, PLANS, at(22), at(22))
    assert {item.kind for item in due} == {DueKind.CHECK_IN, DueKind.HUMAN_CONTACT}
    assert "emergency_contacts" in due[1].scripts
    assert days_of(worse, DueKind.CHECK_IN, at(22, 1), at(23)) == [at(23)]


def test_a_colour_given_the_day_after_she_answered_waits_for_its_interval():
    worse = xiaolin(colour=ORANGE, last_check_in=at(22), risk_changed_on=at(22, 1))
    assert days_of(worse, DueKind.CHECK_IN, at(22, 1), at(23)) == [at(23)]


def test_an_acute_infection_is_asked_about_daily_for_ten_days_and_seen_every_three():
    ill = xiaolin(infectious=True, acute_infection_since=at(30), last_check_in=at(29, 6), last_human_contact=at(30))
    ten_days = [at(30) + timedelta(days=n) for n in range(10)]
    asked = [due for due in plan(ill, PLANS, at(30), at(32, 2)) if due.kind is DueKind.CHECK_IN]
    assert [due.on for due in asked] == ten_days
    assert {due.answer_within for due in asked} == {timedelta(hours=12)}
    assert days_of(ill, DueKind.HUMAN_CONTACT, at(30), at(32)) == [at(30, 3), at(30, 6), at(31, 2)]


def test_the_emergency_contacts_go_out_again_at_28_34_and_37_weeks():
    days = [due.on for due in plan(xiaolin(), PLANS, at(4), at(42)) if "emergency_contacts" in due.scripts]
    assert days == [at(28), at(34), at(37)]


def test_lesson_one_comes_on_the_day_after_enrolment_whatever_her_weeks():
    for enrolled in (at(4), at(19, 3), at(38)):
        days = [
            due.on for due in plan(xiaolin(enrolled_on=enrolled), PLANS, at(4), at(44)) if "lesson_one" in due.scripts
        ]
        assert days == [enrolled + timedelta(days=1)]


def reminder_days(care: Care, visit: str) -> list[date]:
    return [due.on for due in plan(care, PLANS, at(0), born(60)) if visit in due.visits]


def test_a_test_window_is_announced_a_week_before_at_opening_and_midway():
    assert reminder_days(xiaolin(), "glucose_tolerance") == [at(23), at(24), at(26)]


def test_a_recorded_test_is_not_spoken_of_again():
    assert reminder_days(xiaolin(visits_done=frozenset({"glucose_tolerance"})), "glucose_tolerance") == []


def test_who_enrols_inside_a_window_hears_of_it_the_next_day_and_never_of_windows_that_have_closed():
    latecomer = xiaolin(enrolled_on=at(25))
    assert reminder_days(latecomer, "glucose_tolerance") == [at(25, 1), at(26)]
    assert reminder_days(latecomer, "nt_scan") == []


def test_a_corrected_due_date_makes_up_for_what_it_put_into_the_past():
    corrected = xiaolin(dated_on=at(25))
    assert reminder_days(corrected, "glucose_tolerance") == [at(25), at(26)]


@settings(deadline=None)
@given(weeks=st.integers(8, 30), shift=st.integers(-6, 6))
def test_a_moved_due_date_moves_the_visits_by_as_much_and_leaves_the_questions_alone(weeks, shift):
    care = xiaolin(colour=YELLOW, enrolled_on=at(7), dated_on=at(8))
    moved = replace(care, due_date=DUE_DATE + timedelta(days=shift))
    start, end = at(weeks), at(weeks, 6)
    assert days_of(care, DueKind.CHECK_IN, start, end) == days_of(moved, DueKind.CHECK_IN, start, end)
    assert days_of(care, DueKind.HUMAN_CONTACT, start, end) == days_of(moved, DueKind.HUMAN_CONTACT, start, end)
    visits = reminder_days(care, "visits_from_37_weeks")
    assert reminder_days(moved, "visits_from_37_weeks") == [day + timedelta(days=shift) for day in visits]


days_from_enrolment = st.integers(0, 300).map(lambda n: at(4) + timedelta(days=n))
any_care = st.builds(
    Care,
    due_date=st.integers(-30, 30).map(lambda n: DUE_DATE + timedelta(days=n)),
    status=st.sampled_from(PregnancyStatus),
    colour=st.sampled_from(RiskColour),
    enrolled_on=st.integers(0, 280).map(lambda n: at(4) + timedelta(days=n)),
    infectious=st.booleans(),
    acute_infection_since=st.none() | days_from_enrolment,
    declined_termination=st.booleans(),
    conditions=st.frozensets(st.sampled_from(["hypertension", "diabetes", "scar"])),
    birth_on=st.integers(-40, 14).map(born),
    has_newborn=st.booleans(),
    newborn_high_risk=st.booleans(),
    discharged_on=st.none() | st.integers(-40, 20).map(born),
    high_risk_postpartum=st.booleans(),
    admitted=st.booleans(),
    last_check_in=st.none() | days_from_enrolment,
    last_human_contact=st.none() | days_from_enrolment,
    dated_on=st.none() | days_from_enrolment,
    risk_changed_on=st.none() | days_from_enrolment,
    visits_done=st.frozensets(st.sampled_from([visit.id for visit in PLANS.visits.visits])),
    emergency_at=st.none() | st.datetimes(datetime(2025, 12, 1), datetime(2026, 6, 1), timezones=st.just(UTC)),
)


@settings(max_examples=300, deadline=None)
@given(care=any_care, start=days_from_enrolment, length=st.integers(0, 40))
def test_a_range_holds_what_its_days_hold_whenever_it_is_planned(care, start, length):
    days = [start + timedelta(days=n) for n in range(length + 1)]
    whole = plan(care, PLANS, days[0], days[-1])
    assert whole == tuple(due for day in days for due in plan(care, PLANS, day, day))
    assert whole == plan(replace(care), PLANS_READ_AGAIN, days[0], days[-1])
    assert len({due.key for due in whole}) == len(whole)


@settings(max_examples=300, deadline=None)
@given(care=any_care, after=days_from_enrolment)
def test_nothing_is_due_between_two_planning_days(care, after):
    following = next_planning_day(care, PLANS, after)
    if following is None:
        assert plan(care, PLANS, after + timedelta(days=1), after + timedelta(days=600)) == ()
    else:
        assert plan(care, PLANS, after + timedelta(days=1), following - timedelta(days=1)) == ()
        assert plan(care, PLANS, following, following)


def test_what_an_outage_kept_from_her_comes_as_one_message_with_nothing_left_out():
    care = xiaolin(colour=RED)
    outage = [at(27) + timedelta(days=n) for n in range(9)]
    missed = [due for day in outage for due in plan(care, PLANS, day, day)]
    afterwards = plan(care, PLANS, outage[-1], outage[-1], missed_since=outage[0])
    assert [due.key for due in afterwards] == [f"human_contact:{outage[-1]}", f"routine:{outage[-1]}"]
    for field in ("scripts", "visits", "reasons"):
        told = {item for due in afterwards for item in getattr(due, field)}
        assert told == {item for due in missed for item in getattr(due, field)}
    assert {"common_check", "red_check", "visit_reminder", "emergency_contacts"} == set(afterwards[1].scripts)


@given(care=any_care, start=days_from_enrolment)
def test_without_an_outage_nothing_is_made_up_for(care, start):
    assert plan(care, PLANS, start, start, missed_since=start) == plan(care, PLANS, start, start)


def test_from_41_weeks_a_nurse_hears_every_day_of_a_woman_who_is_not_in_hospital():
    overdue = [due for due in plan(xiaolin(), PLANS, at(40), at(43, 6)) if due.kind is DueKind.OVERDUE]
    assert [due.on for due in overdue] == [at(41) + timedelta(days=n) for n in range(21)]
    assert [due.urgency for due in overdue] == [Urgency.SOON] * 7 + [Urgency.URGENT] * 14
    assert overdue[0].answer_within == timedelta(hours=12)
    assert days_of(xiaolin(admitted=True), DueKind.OVERDUE, at(40), at(43, 6)) == []


def test_a_pregnancy_whose_outcome_nobody_recorded_goes_to_a_nurse_and_then_falls_silent():
    last_week = plan(xiaolin(admitted=True), PLANS, at(44), at(60))
    assert {(due.kind, *rule_ids(due)) for due in last_week} == {(DueKind.OVERDUE, "outcome_unknown")}
    assert next_planning_day(xiaolin(), PLANS, at(44, 6)) is None


def check_in_days(care: Care) -> list[int]:
    return [(day - DUE_DATE).days for day in days_of(care, DueKind.CHECK_IN, born(0), born(60))]


def test_mother_and_healthy_child_are_asked_about_together_on_the_days_of_the_table():
    assert check_in_days(wangfang()) == [1, 3, 4, 5, 7, 14, 28, 42]
    day_3 = next(due for due in plan(wangfang(), PLANS, born(3), born(3)) if due.kind is DueKind.CHECK_IN)
    assert day_3.scripts == ("postpartum_check", "newborn_check")


@pytest.mark.parametrize("known", [{"colour": RED}, {"colour": ORANGE}, {"high_risk_postpartum": True}])
def test_a_mother_at_risk_is_asked_daily_for_a_week_and_seen_on_days_3_7_and_14(known):
    amei = wangfang(**known, has_newborn=False)
    assert check_in_days(amei) == [1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 42]
    assert {born(3), born(7), born(14)} <= set(days_of(amei, DueKind.HUMAN_CONTACT, born(0), born(42)))


def test_a_newborn_at_risk_is_asked_about_at_least_every_three_days_for_four_weeks():
    asked = check_in_days(wangfang(newborn_high_risk=True))
    assert asked[:7] == [1, 2, 3, 4, 5, 6, 7]
    assert all(later - earlier <= 3 for earlier, later in pairwise(asked) if later <= 28)


def test_a_newborn_found_to_be_at_risk_late_is_visited_within_three_days_of_the_report():
    care = wangfang(newborn_high_risk=True, last_human_contact=born(6), risk_changed_on=born(9))
    visit = next(due for due in plan(care, PLANS, born(9), born(12)) if due.kind is DueKind.HUMAN_CONTACT)
    assert visit.on + visit.answer_within <= born(9) + timedelta(days=3)
    assert "newborn_high" in rule_ids(visit)


@pytest.mark.parametrize(
    ("discharged", "went_home"), [(born(2), born(2)), (born(5), born(5)), (None, born(3)), (born(-20), born(3))]
)
def test_every_mother_is_visited_at_home_within_a_week_of_discharge(discharged, went_home):
    care = wangfang(discharged_on=discharged)
    visit = next(due for due in plan(care, PLANS, born(0), born(42)) if due.kind is DueKind.HUMAN_CONTACT)
    assert visit.on > went_home
    assert visit.on + visit.answer_within <= went_home + timedelta(days=7)


def test_a_birth_that_is_recorded_late_is_followed_up_on_the_day_it_is_known():
    care = wangfang(discharged_on=born(3), dated_on=born(9))
    assert {due.kind for due in plan(care, PLANS, born(9), born(9))} == {DueKind.CHECK_IN, DueKind.HUMAN_CONTACT}


def test_after_day_42_the_follow_up_closes():
    assert plan(wangfang(colour=RED, newborn_high_risk=True), PLANS, born(43), born(400)) == ()
    assert next_planning_day(wangfang(), PLANS, born(42)) is None


def test_after_an_emergency_she_is_asked_again_in_15_minutes_2_hours_and_a_day_at_any_hour():
    night = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    care = xiaolin(emergency_at=night)
    again = [due for due in plan(care, PLANS, night.date(), night.date() + timedelta(days=1)) if due.at]
    assert [due.at - night for due in again] == [timedelta(minutes=15), timedelta(hours=2), timedelta(days=1)]
    assert all(due.kind is DueKind.AFTER_EMERGENCY and due.answer_within == timedelta(minutes=10) for due in again)


def test_every_rule_is_the_reason_for_something_on_some_day():
    everything = {"conditions": frozenset({"hypertension", "diabetes"}), "infectious": True}
    women = [
        xiaolin(colour=colour, declined_termination=True, acute_infection_since=at(30), **everything)
        for colour in RiskColour
    ]
    women.append(wangfang(newborn_high_risk=True, acute_infection_since=born(2), **everything))
    women.append(xiaolin(emergency_at=datetime(2026, 3, 1, tzinfo=UTC)))
    fired = {rule for care in women for due in plan(care, PLANS, at(4), at(50)) for rule in rule_ids(due)}
    climbed = {due.ladder.id for care in women for due in plan(care, PLANS, at(4), at(50)) if due.ladder}
    climbed |= {due.ladder.id for due in plan(xiaolin(colour=YELLOW), PLANS, at(4), at(20)) if due.ladder}
    climbed |= {due.ladder.id for due in plan(xiaolin(), PLANS, at(4), at(20)) if due.ladder}
    climbed |= {due.ladder.id for due in plan(xiaolin(colour=ORANGE), PLANS, at(4), at(20)) if due.ladder}
    climbed |= {due.ladder.id for due in plan(wangfang(), PLANS, born(0), born(42)) if due.ladder}
    assert fired | climbed == {rule.id for rule in PLANS.rules()}


@pytest.mark.parametrize(
    "impossible",
    [{"status": PregnancyStatus.POSTPARTUM}, {"emergency_at": datetime(2026, 3, 1)}],
)
def test_facts_that_cannot_be_planned_are_refused(impossible):
    with pytest.raises(ValueError, match=r"birth|time zone"):
        xiaolin(**impossible)
