"""What her texts may name at this hour: the facts of a snapshot, read from real databases."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import snapshots
from tests import people
from tests.people import SHANGHAI, WANGFANG, XIAOLIN, YEONGHUI

MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
"""Ten in the morning and three at night in Shanghai."""
EMERGENCY, DUTY = "010-00000002", "010-00000001"


@pytest.fixture
def facts(db, keyring):
    """Her facts at a time, as the records have her; `change` is done to her hospital first."""

    def read(now, story=XIAOLIN, *, area=None, change=None, registered=True):
        with db.transaction() as session:
            hospital = people.hospital(session, MORNING) if registered else None
            for name, value in (change or {}).items():
                setattr(hospital, name, value)
            patient = people.enrol(session, keyring, story, MORNING, facility=hospital).patient.id
        with db.connection() as connection:
            return snapshots.take(connection, [patient], now, SHANGHAI, area)[patient].snapshot.facts

    return read


def test_by_day_she_may_call_both_lines_of_her_hospital_and_the_helpline(facts):
    known = facts(MORNING)
    assert (known["emergency_phone"], known["duty_phone"], known["mental_line"]) == (EMERGENCY, DUTY, "12356")


def test_at_three_at_night_only_what_somebody_answers_is_known(facts):
    known = facts(NIGHT)
    assert known["emergency_phone"] == EMERGENCY
    assert known["facility"] == "县妇幼保健院"
    assert not {"duty_phone", "mental_line"} & known.keys()
    assert known["government_line"] == "12345"


def test_where_she_is_registered_says_which_police_she_can_write_to(facts):
    assert facts(NIGHT, area="0439")["police_by_sms"] == "12110000"


@pytest.mark.parametrize(("change", "registered"), [({"area_code": None}, True), ({}, False)])
def test_the_area_of_the_house_stands_in_where_hers_is_unknown(facts, change, registered):
    assert facts(NIGHT, area="0439", change=change, registered=registered)["police_by_sms"] == "12110439"


@pytest.mark.parametrize("area", [None, "220681"])
def test_without_a_telephone_area_there_is_no_line_to_write_to(facts, area):
    assert "police_by_sms" not in facts(MORNING, area=area, registered=False)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"closed_from": MORNING.date()}, False),
        ({"closed_from": MORNING.date() + timedelta(days=1)}, True),
        ({"closed_until": MORNING.date() - timedelta(days=1), "closed_from": MORNING.date() - timedelta(days=9)}, True),
    ],
)
def test_a_closed_hospital_is_not_named_and_not_called(facts, change, named):
    known = facts(MORNING, change=change)
    assert ("facility" in known, "emergency_phone" in known) == (named, named)


def test_a_hospital_whose_numbers_nobody_has_verified_is_named_without_them(facts):
    known = facts(MORNING, change={"verified_on": None})
    assert known["facility"]
    assert not {"emergency_phone", "duty_phone"} & known.keys()


def test_her_weeks_and_her_childs_age_are_words_of_her_language(facts):
    assert facts(MORNING)["ga"] == "32周+0"
    assert facts(MORNING, YEONGHUI, registered=False)["ga"] == "26+0"
    born = facts(MORNING, WANGFANG, registered=False)
    assert (born["postpartum_day"], born["baby_age"]) == ("3", "3")
    assert "ga" not in born
