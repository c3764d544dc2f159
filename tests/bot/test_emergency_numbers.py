"""Which numbers are shown at which hour: 120 first, nothing that nobody answers."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.emergency_numbers import Hours, Lines, emergency_numbers
from tests.people import SHANGHAI

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=SHANGHAI)
NIGHT = datetime(2026, 3, 2, 3, 0, tzinfo=SHANGHAI)
HOSPITAL = Lines(
    code="county-mch",
    duty_phone="010-00000001",
    emergency_phone="010-00000002",
    hours={"emergency": "24h", "duty": "08:00-17:00"},
    verified_on=date(2026, 3, 1),
)


def shown(facility=HOSPITAL, area="0000", now=NOON):
    return [number.number for number in emergency_numbers(facility, area, now).numbers]


def test_the_ambulance_comes_first_and_the_hospital_next():
    assert shown() == ["120", "010-00000002", "010-00000001", "110", "12110000", "12356", "12345"]


def test_at_night_only_lines_that_somebody_answers_are_shown():
    assert shown(now=NIGHT) == ["120", "010-00000002", "110", "12110000", "12345"]


def test_without_an_area_there_is_no_police_line_by_sms_and_without_a_hospital_no_line_of_one():
    assert shown(facility=None, area=None) == ["120", "110", "12356", "12345"]


@pytest.mark.parametrize(("area", "line"), [("0439", "12110439"), ("010", "12110010"), ("0851", "12110851")])
def test_the_police_are_reached_by_sms_with_the_last_three_digits_of_the_telephone_area(area, line):
    assert line in shown(area=area)


@pytest.mark.parametrize("code", ["220681", "220600000000", "439", "04390", "白山", "", None])
def test_no_other_code_of_an_area_makes_a_number_of_the_police(code):
    assert not [number for number in shown(area=code) if number.startswith("12110")]


@pytest.mark.parametrize(("days", "fresh"), [(90, True), (91, False)])
def test_a_number_verified_too_long_ago_is_hidden_and_staff_are_told(days, fresh):
    stale = replace(HOSPITAL, verified_on=NOON.date() - timedelta(days=days))
    assert ("010-00000002" in shown(stale)) is fresh
    assert emergency_numbers(stale, None, NOON).withheld == (
        () if fresh else ("county-mch: not verified within 90 days",)
    )


def test_a_number_that_was_never_verified_is_hidden():
    assert "010-00000002" not in shown(replace(HOSPITAL, verified_on=None))


def test_a_closed_institution_is_not_called():
    closed = replace(HOSPITAL, closed_from=NOON.date(), closed_until=NOON.date())
    assert "010-00000002" not in shown(closed)
    assert emergency_numbers(closed, None, NOON).withheld == ("county-mch: closed",)
    assert "010-00000002" in shown(closed, now=NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("written", "at", "is_open"),
    [
        ("24h", time(0), True),
        ("08:00-17:00", time(8), True),
        ("08:00-17:00", time(17), False),
        ("8:00-12:00, 13:30-17:00", time(12, 30), False),
        ("17:00-08:00", time(3), True),
        ("17:00-08:00", time(12), False),
        ("06:00-24:00", time(23, 59), True),
    ],
)
def test_hours(written, at, is_open):
    assert Hours.read(written).open_at(at) is is_open


@pytest.mark.parametrize("written", ["", "always", "8-17", "25:00-26:00", "08:60-09:00", "08:00-24:01"])
def test_hours_that_cannot_be_read_are_refused(written):
    with pytest.raises(ValueError, match="time"):
        Hours.read(written)


@given(st.datetimes(timezones=st.just(SHANGHAI)), st.none() | st.text("0123456789", min_size=3, max_size=6))
def test_the_ambulance_is_shown_at_every_hour(now, area):
    assert shown(now=now, area=area)[0] == "120"
