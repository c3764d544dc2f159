"""One road into the database: idempotent, careful with what doctors said, the same on both databases."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.pregnancies import Grade, assess_risk, close_pregnancy, record_outcome
from bot.registration import GuardianEntry, Registration, check
from bot.registry import Change, register
from models.care_team import Facility, StaffMember
from models.escalation import Escalation
from models.metadata import metadata
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy, RiskAssessment
from models.timer import Timer
from models.values import DueDateMethod, OutcomeKind, RiskColour, TimerKind
from tests import people
from tests.conftest import NOW

TODAY = date(2026, 3, 2)
LATER = NOW + timedelta(days=7)
AMEI = Registration(
    name="阿美",
    phone="139 0000 0002",
    last_period=date(2025, 8, 4),
    risk_colour=RiskColour.ORANGE,
    conditions=("hypertension",),
    guardian=GuardianEntry("大伟", "husband", "13800000002"),
)


@pytest.fixture
def enter(db, keyring):
    """Register these women in a transaction of their own, as the roster does."""

    def enter(*registrations, at=NOW, source="roster"):
        with db.connection() as connection:
            checked = [check(registration, at.astimezone(people.SHANGHAI).date()) for registration in registrations]
            return register(connection, keyring, checked, source=source, now=at, zone=people.SHANGHAI)

    return enter


@pytest.fixture
def rows(db):
    def rows(model, *where):
        with db.reading() as session:
            return list(session.scalars(select(model).where(*where)))

    return rows


def everything(db):
    with db.reading() as session:
        return {name: sorted(map(repr, session.execute(select(table)))) for name, table in metadata.tables.items()}


def test_a_woman_comes_in_whole(enter, rows):
    [answer] = enter(AMEI)
    assert answer.change is Change.NEW
    [patient], [pregnancy] = rows(Patient), rows(Pregnancy)
    assert (patient.id, pregnancy.id) == (answer.patient_id, answer.pregnancy_id)
    assert (patient.name, patient.language, patient.status) == ("阿美", "zh-CN", "registered")
    assert (pregnancy.due_date, pregnancy.due_date_method) == (date(2026, 5, 11), DueDateMethod.LMP)
    assert (pregnancy.risk_colour, pregnancy.infectious, pregnancy.conditions) == ("orange", False, ["hypertension"])
    assert pregnancy.enrolled_on == TODAY
    [guardian], [assessment] = rows(Guardian), rows(RiskAssessment)
    assert {(point.address, point.guardian_id) for point in rows(ContactPoint)} == {
        ("+8613900000002", None),
        ("+8613800000002", guardian.id),
    }
    assert (assessment.risk_colour, assessment.source, assessment.assessed_on) == ("orange", "roster", TODAY)
    [timer] = rows(Timer)
    assert (timer.kind, timer.subject_id, timer.due_at) == (TimerKind.PLAN, pregnancy.id, NOW)


def test_the_same_again_changes_nothing_at_all(db, enter):
    enter(AMEI)
    before = everything(db)
    assert [answer.change for answer in enter(AMEI, at=LATER)] == [Change.UNCHANGED]
    assert everything(db) == before


def test_a_new_due_date_and_a_new_colour_change_her_and_are_planned_anew(enter, rows):
    enter(AMEI)
    [answer] = enter(replace(AMEI, due_date=date(2026, 5, 18), risk_colour=RiskColour.RED), at=LATER)
    assert answer.change is Change.UPDATED
    [pregnancy] = rows(Pregnancy)
    assert (pregnancy.due_date, pregnancy.due_date_method) == (date(2026, 5, 18), DueDateMethod.STATED)
    assert (pregnancy.risk_colour, pregnancy.updated_at) == ("red", LATER)
    assert Counter(row.risk_colour for row in rows(RiskAssessment)) == {"orange": 1, "red": 1}
    assert [timer.due_at for timer in rows(Timer)] == [LATER]


def test_what_is_not_said_again_is_not_forgotten(enter, rows):
    enter(replace(AMEI, address="幸福路1号", parity=1))
    [answer] = enter(Registration(name="阿美", phone="13900000002", last_period=date(2025, 8, 4)))
    assert answer.change is Change.UNCHANGED
    [patient], [pregnancy] = rows(Patient), rows(Pregnancy)
    assert (patient.address, pregnancy.parity, pregnancy.risk_colour) == ("幸福路1号", 1, "orange")


def test_an_old_roster_does_not_undo_what_a_doctor_said_since(db, enter, rows):
    [answer] = enter(AMEI)
    with db.connection() as connection:
        assess_risk(connection, answer.pregnancy_id, Grade(RiskColour.RED), source="console", today=TODAY, now=NOW)
    assert enter(AMEI, at=LATER)[0].change is Change.UNCHANGED
    assert rows(Pregnancy)[0].risk_colour == "red"
    [lower] = enter(replace(AMEI, risk_colour=RiskColour.YELLOW), at=LATER)
    assert lower.change is Change.UPDATED
    assert "risk_colour" in {warning.field for warning in lower.warnings}


def test_a_scan_outranks_the_last_period(enter, rows):
    enter(replace(AMEI, due_date=date(2026, 5, 20), due_date_method=DueDateMethod.ULTRASOUND))
    [answer] = enter(replace(AMEI, last_period=date(2025, 8, 5)), at=LATER)
    assert rows(Pregnancy)[0].due_date == date(2026, 5, 20)
    assert "due_date" in {warning.field for warning in answer.warnings}


@pytest.mark.parametrize(
    "again",
    [
        replace(AMEI, external_id="E1", name="阿美改名", phone="13900000099", last_period=date(2025, 8, 6)),
        replace(AMEI, external_id=None, name="阿美改名", phone="13900000099"),
        replace(AMEI, external_id=None, national_id=None, name="阿美改名"),
        replace(AMEI, external_id=None, national_id=None, last_period=date(2025, 8, 6)),
    ],
    ids=["external id", "identity number", "phone and due date", "phone and name"],
)
def test_she_is_found_again_by(again, enter, rows):
    number = people.made_up_id("1995-05-05")
    again = replace(again, national_id=number) if again.phone == "13900000099" else again
    enter(replace(AMEI, external_id="E1", national_id=number))
    assert enter(again)[0].change is Change.UPDATED
    assert len(rows(Patient)) == 1


def test_sisters_who_share_a_telephone_stay_two_women(enter, rows):
    sister = replace(AMEI, name="阿丽", last_period=date(2025, 10, 6))
    assert [answer.change for answer in enter(AMEI, sister)] == [Change.NEW, Change.NEW]
    assert [answer.change for answer in enter(AMEI, sister)] == [Change.UNCHANGED, Change.UNCHANGED]
    assert len(rows(Patient)) == 2


def test_numbers_that_mean_two_women_are_refused(enter):
    number = people.made_up_id("1995-05-05")
    enter(replace(AMEI, external_id="E1"), replace(people_xiaolin(), national_id=number))
    [answer] = enter(replace(AMEI, external_id="E1", national_id=number))
    assert (answer.change, [problem.field for problem in answer.problems]) == (Change.REFUSED, ["national_id"])


def people_xiaolin():
    return Registration(name="小林", phone="13900000001", due_date=date(2026, 6, 8))


def test_the_same_woman_twice_in_one_list_is_named_once(enter, rows):
    answers = enter(AMEI, people_xiaolin(), replace(AMEI, risk_colour=RiskColour.RED))
    assert [answer.change for answer in answers] == [Change.NEW, Change.NEW, Change.REPEATED]
    assert answers[2].repeats == 0
    assert {pregnancy.risk_colour for pregnancy in rows(Pregnancy)} == {"orange", "green"}


def test_an_ungraded_woman_gets_no_grading(enter, rows):
    enter(people_xiaolin())
    assert rows(RiskAssessment) == []


def test_a_new_number_replaces_the_old_one_which_is_written_to_no_more(enter, rows):
    enter(replace(AMEI, external_id="E1"))
    enter(replace(AMEI, external_id="E1", phone="13900000098", guardian=GuardianEntry("大伟", None, "13800000098")))
    assert {point.address: point.status for point in rows(ContactPoint)} == {
        "+8613900000002": "replaced",
        "+8613900000098": "active",
        "+8613800000002": "replaced",
        "+8613800000098": "active",
    }
    assert len(rows(Guardian)) == 1


def test_a_guardian_is_known_by_his_number_when_the_relation_is_told_later(enter, rows):
    enter(replace(AMEI, guardian=GuardianEntry("大伟", None, "13800000002")))
    enter(AMEI)
    assert [guardian.relation for guardian in rows(Guardian)] == ["husband"]


def test_institution_and_nurse_are_found_by_name_and_a_stranger_is_a_warning(db, enter, rows):
    with db.transaction() as session:
        hospital = people.hospital(session, NOW)
        people.nurse(session, NOW, hospital)
    [answer] = enter(replace(AMEI, facility="县妇幼保健院", responsible_nurse="李护士"))
    assert answer.warnings == ()
    [patient] = rows(Patient)
    assert patient.facility_id == rows(Facility)[0].id
    assert patient.responsible_nurse_id == rows(StaffMember)[0].id
    [answer] = enter(replace(AMEI, facility="no such place", responsible_nurse="nobody"))
    assert {warning.field for warning in answer.warnings} == {"facility", "responsible_nurse"}
    assert rows(Patient)[0].facility_id == patient.facility_id


def test_a_lost_pregnancy_is_not_begun_again_by_an_old_roster(db, enter, rows):
    [answer] = enter(AMEI)
    with db.connection() as connection:
        record_outcome(connection, answer.pregnancy_id, OutcomeKind.MISCARRIAGE, TODAY, by="李护士", now=NOW)
    before = everything(db)
    [again] = enter(AMEI, at=LATER)
    assert again.change is Change.UNCHANGED
    assert "due_date" in {warning.field for warning in again.warnings}
    assert everything(db) == before


def test_her_next_pregnancy_opens_when_the_one_before_has_ended(db, enter, rows):
    [answer] = enter(AMEI)
    with db.connection() as connection:
        record_outcome(connection, answer.pregnancy_id, OutcomeKind.LIVE_BIRTH, TODAY, by="李护士", now=NOW)
    next_year = NOW + timedelta(days=400)
    [again] = enter(replace(AMEI, last_period=date(2027, 2, 1)), at=next_year)
    assert again.change is Change.UPDATED
    assert again.pregnancy_id != answer.pregnancy_id
    assert [pregnancy.closed_at is None for pregnancy in sorted(rows(Pregnancy), key=lambda p: p.due_date)] == [
        False,
        True,
    ]
    assert [timer.subject_id for timer in rows(Timer, Timer.kind == TimerKind.PLAN)] == [again.pregnancy_id]


def test_another_pregnancy_beside_an_ongoing_one_is_refused(enter, rows):
    enter(AMEI)
    [answer] = enter(replace(AMEI, last_period=date(2026, 1, 12)))
    assert (answer.change, [problem.field for problem in answer.problems]) == (Change.REFUSED, ["due_date"])
    assert len(rows(Pregnancy)) == 1


def test_a_closed_pregnancy_with_no_outcome_is_left_alone(db, enter):
    [answer] = enter(AMEI)
    with db.connection() as connection:
        close_pregnancy(connection, answer.pregnancy_id, NOW, why="moved")
    assert enter(AMEI, at=LATER)[0].change is Change.UNCHANGED


def test_a_girl_under_14_is_kept_apart_and_the_reporter_is_called_once(db, enter, rows):
    girl = replace(AMEI, national_id=people.made_up_id("2013-01-01"))
    assert [answer.change for answer in enter(girl)] == [Change.PROTECTED]
    assert [answer.change for answer in enter(girl, at=LATER)] == [Change.PROTECTED]
    assert [patient.status for patient in rows(Patient)] == ["protected"]
    assert [(point.status, point.guardian_id) for point in rows(ContactPoint)] == [("protected", None)]
    assert rows(Pregnancy) == rows(Guardian) == []
    [escalation] = rows(Escalation)
    assert (escalation.urgency, escalation.tier) == ("emergency", 0)
    assert [timer.kind for timer in rows(Timer)] == [TimerKind.CHASE]


def test_who_turns_out_to_be_under_14_is_written_to_no_more(enter, rows):
    enter(AMEI)
    enter(replace(AMEI, birth_date=date(2013, 1, 1)), at=LATER)
    assert {point.status for point in rows(ContactPoint)} == {"protected"}
    assert TimerKind.PLAN not in {timer.kind for timer in rows(Timer)}


def test_her_wechat_is_bound_and_a_strangers_record_with_it_becomes_hers(db, keyring, enter, rows):
    with db.connection() as connection:
        from bot.reach import meet
        from models.values import Address, ChannelKind

        [met] = meet(connection, keyring, [Address(ChannelKind.WECHAT, "openid-of-02")], NOW)
    [answer] = enter(replace(AMEI, wechat_openid="openid-of-02"), source="api")
    assert enter(replace(AMEI, wechat_openid="openid-of-02"), source="api")[0].change is Change.UNCHANGED
    assert {patient.id: patient.merged_into for patient in rows(Patient)} == {
        met.patient_id: answer.patient_id,
        answer.patient_id: None,
    }


def test_refused_rows_leave_nothing_behind(enter, rows):
    [answer] = enter(replace(AMEI, phone="12"))
    assert (answer.change, [problem.field for problem in answer.problems]) == (Change.REFUSED, ["phone"])
    assert rows(Patient) == []


def test_a_county_of_women_comes_in_by_batches_and_each_once(enter, rows):
    many = [
        replace(people_xiaolin(), name=f"小林{number}", phone=f"139{number:08}", external_id=f"N{number}")
        for number in range(2500)
    ]
    assert Counter(answer.change for answer in enter(*many, *many[:3])) == {Change.NEW: 2500, Change.REPEATED: 3}
    assert Counter(answer.change for answer in enter(*many)) == {Change.UNCHANGED: 2500}
