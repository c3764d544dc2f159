"""What can be true of one woman: numbers, dates, doubts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.registration import GuardianEntry, Registration, check, identity_number, phone_number
from models.values import DueDateMethod, RiskColour
from tests.people import made_up_id

TODAY = date(2026, 3, 2)
XIAOLIN = Registration(
    name="小林", phone="13900000001", last_period=date(2025, 9, 1), risk_colour=RiskColour.GREEN, responsible_nurse="李"
)


def remarks(registration, kind="problems"):
    return {remark.field for remark in getattr(check(registration, TODAY), kind)}


@pytest.mark.parametrize(
    "written",
    [
        "13900000001",
        "139 0000 0001",
        "139-0000-0001",
        "+86 13900000001",
        "+8613900000001",
        "0086 139 0000 0001",
        "１３９０００００００１",
        "+86-139-0000-0001",
    ],
)
def test_a_phone_number_is_read_as_people_write_it(written):
    assert phone_number(written) == "+8613900000001"


def test_a_number_from_korea_keeps_its_country():
    assert phone_number("+82 10 1234 5678") == "+821012345678"


@pytest.mark.parametrize("written", ["1390000000", "139000000012", "无", "abc", "110", "0", "+", "13900000001 ext. 5"])
def test_what_cannot_be_dialled_is_no_phone_number(written):
    with pytest.raises(ValueError, match="phone"):
        phone_number(written)


def test_an_identity_number_proves_its_check_digit_and_gives_the_birth_date():
    assert identity_number(" 11010519491231002x") == "11010519491231002X"
    checked = check(replace(XIAOLIN, national_id=made_up_id("1990-01-31")), TODAY)
    assert (checked.problems, checked.registration.birth_date) == ((), date(1990, 1, 31))
    with pytest.raises(ValueError, match="check digit"):
        identity_number("110105194912310021")


def test_a_passport_stands_for_an_identity_number():
    assert identity_number("m12345678") == "M12345678"


def test_an_empty_registration_is_told_everything_that_is_missing():
    assert remarks(Registration()) == {"name", "phone", "due_date"}


def test_without_a_phone_she_can_still_be_found_by_another_number():
    without = replace(XIAOLIN, phone=None, external_id="A1")
    assert remarks(without) == set()
    assert "phone" in remarks(without, "warnings")


@pytest.mark.parametrize(("days", "possible"), [(-60, True), (-61, False), (300, True), (301, False)])
def test_a_due_date_lies_near_today(days, possible):
    registration = replace(XIAOLIN, last_period=None, due_date=TODAY + timedelta(days=days))
    assert (remarks(registration) == set()) is possible


def test_a_last_period_that_puts_the_birth_far_away_is_the_field_that_is_named():
    assert remarks(replace(XIAOLIN, last_period=date(2024, 1, 1))) == {"last_period"}


def test_a_due_date_that_does_not_fit_the_last_period_is_a_doubt_and_no_refusal():
    fits = replace(XIAOLIN, due_date=XIAOLIN.last_period + timedelta(days=280 + 21))
    assert "due_date" not in remarks(fits, "warnings")
    far = replace(XIAOLIN, due_date=XIAOLIN.last_period + timedelta(days=280 + 22))
    assert remarks(far) == set()
    assert "due_date" in remarks(far, "warnings")


def test_the_due_date_is_counted_from_the_last_period_only_when_nobody_stated_one():
    assert (XIAOLIN.expected_on, XIAOLIN.expected_by) == (date(2026, 6, 8), DueDateMethod.LMP)
    stated = replace(XIAOLIN, due_date=date(2026, 6, 12))
    assert (stated.expected_on, stated.expected_by) == (date(2026, 6, 12), DueDateMethod.STATED)


def test_a_guardian_with_her_own_number_has_none_and_is_kept():
    same = replace(XIAOLIN, guardian=GuardianEntry("阿强", "husband", "+86 139 0000 0001"))
    checked = check(same, TODAY)
    assert checked.registration.guardian == GuardianEntry("阿强", "husband", None)
    assert "guardian_phone" in {warning.field for warning in checked.warnings}


def test_a_guardian_with_a_wrong_number_costs_her_nothing():
    checked = check(replace(XIAOLIN, guardian=GuardianEntry("阿强", None, "12")), TODAY)
    assert checked.problems == ()
    assert {warning.field for warning in checked.warnings} == {"guardian_phone"}


def test_what_the_database_cannot_hold_is_told_before():
    assert remarks(replace(XIAOLIN, facility="x" * 129, external_id="x" * 65)) == {"facility", "external_id"}
    checked = check(replace(XIAOLIN, name="小\0林\n", guardian=GuardianEntry("阿强", "x" * 17)), TODAY)
    assert checked.registration.name == "小 林"
    assert checked.registration.guardian == GuardianEntry("阿强")


@pytest.mark.parametrize(("born", "protected"), [(date(2012, 3, 2), False), (date(2012, 3, 3), True)])
def test_under_14_is_counted_to_the_day(born, protected):
    assert replace(XIAOLIN, birth_date=born).is_protected(TODAY) is protected


@pytest.mark.parametrize("born", [date(1950, 1, 1), date(2024, 1, 1)])
def test_a_birth_date_that_nobody_pregnant_has_is_refused(born):
    assert remarks(replace(XIAOLIN, birth_date=born)) == {"birth_date"}


def test_a_high_grade_asks_for_a_named_person():
    high = replace(XIAOLIN, risk_colour=RiskColour.ORANGE, responsible_nurse=None)
    assert "responsible_nurse" in remarks(high, "warnings")
    assert "responsible_nurse" in remarks(replace(XIAOLIN, infectious=True, responsible_nurse=None), "warnings")


def test_nothing_of_her_shows_when_a_registration_is_printed():
    assert "小林" not in repr(XIAOLIN)
    assert "小林" not in repr(check(XIAOLIN, TODAY))


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_text_raises_anything_but_a_remark(name, phone, number):
    check(Registration(name=name, phone=phone, national_id=number, guardian=GuardianEntry(name, name, phone)), TODAY)
