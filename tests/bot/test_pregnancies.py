"""How a pregnancy ends: everything that was scheduled stops in the same transaction, and what follows begins."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot.errors import Conflict, Invalid, NotFound
from bot.messages import compose, queue
from bot.newborns import NewbornEntry
from bot.pregnancies import (
    Grade,
    assess_risk,
    close_pregnancy,
    record_outcome,
    withdraw_outcome,
)
from bot.timers import Alarm, set_alarms
from dialogs.effects import Purpose
from models.base import new_id
from models.conversation import OutboundMessage
from models.conversation import Session as Dialog
from models.escalation import Escalation
from models.follow_up import Appointment, FollowUp
from models.person import Patient
from models.pregnancy import Newborn, Pregnancy, RiskAssessment
from models.timer import Timer
from models.values import ChannelKind, OutcomeKind, RiskColour, TimerKind
from tests import people
from tests.conftest import NOW

TODAY = date(2026, 3, 2)
LOSSES = [OutcomeKind.STILLBIRTH, OutcomeKind.MISCARRIAGE, OutcomeKind.TERMINATION]


@pytest.fixture
def amei(db, keyring):
    """A woman with something of everything that is scheduled: the fixture gives ids of hers."""
    with db.transaction() as session:
        woman = people.enrol(session, keyring, people.AMEI, NOW)
        connection = session.connection()
        ids = {"pregnancy": woman.pregnancy.id, "patient": woman.patient.id}
        for state in ("planned", "begun", "answered"):
            follow_up = FollowUp(
                id=new_id(),
                pregnancy_id=woman.pregnancy.id,
                patient_id=woman.patient.id,
                key=state,
                kind="check_in",
                state=state,
                due_on=TODAY,
                due_at=NOW,
                created_at=NOW,
            )
            session.add(follow_up)
            ids[state] = follow_up.id
        appointment = Appointment(
            pregnancy_id=woman.pregnancy.id, patient_id=woman.patient.id, kind="visit", at=NOW, created_at=NOW
        )
        dialog = Dialog(
            id=new_id(),
            patient_id=woman.patient.id,
            script="check_in",
            script_version=1,
            state={},
            next_scripts=[],
            began_at=NOW,
            touched_at=NOW,
        )
        session.add_all([appointment, dialog])
        session.flush()
        ids["dialog"] = dialog.id
        messages = {
            purpose: compose(
                patient_id=woman.patient.id,
                channel=ChannelKind.WECHAT,
                contact_point_id=woman.wechat.id,
                text="…",
                purpose=purpose,
                now=NOW,
                session_id=dialog.id if purpose is Purpose.QUESTION else None,
            )
            for purpose in (Purpose.QUESTION, Purpose.EDUCATION, Purpose.SAFETY, Purpose.NURSE_REPLY)
        }
        queue(connection, list(messages.values()), NOW)
        ids |= {purpose.value: row["id"] for purpose, row in messages.items()}
        set_alarms(
            connection,
            [
                Alarm(TimerKind.PLAN, woman.pregnancy.id, NOW + timedelta(days=3)),
                Alarm(TimerKind.BEGIN, ids["planned"], NOW),
                Alarm(TimerKind.WAIT, dialog.id, NOW),
            ],
        )
    return ids


@pytest.fixture
def ends(db, amei):
    def ends(kind, on=TODAY, by="李护士", **more):
        with db.connection() as connection:
            return record_outcome(connection, amei["pregnancy"], kind, on, by=by, now=NOW, **more)

    return ends


@pytest.fixture
def one(db):
    def one(model, *where):
        with db.reading() as session:
            return session.scalars(select(model).where(*where)).one()

    return one


def alarms(db):
    with db.reading() as session:
        return {(timer.kind, timer.subject_id) for timer in session.scalars(select(Timer))}


@pytest.mark.parametrize("kind", list(OutcomeKind))
def test_every_outcome_stops_all_that_was_scheduled_but_no_safety_message(kind, db, amei, ends):
    assert ends(kind)
    with db.reading() as session:
        states = {row.key: row.state for row in session.scalars(select(FollowUp))}
        messages = {row.purpose: row.state for row in session.scalars(select(OutboundMessage))}
        [appointment], [dialog] = session.scalars(select(Appointment)), session.scalars(select(Dialog))
        assert states == {"planned": "cancelled", "begun": "cancelled", "answered": "answered"}
        assert messages == {
            "question": "cancelled",
            "education": "cancelled",
            "safety": "queued",
            "nurse_reply": "queued",
        }
        assert (appointment.state, dialog.ended_at, dialog.ended_how) == ("cancelled", NOW, "stopped")
    left = {(TimerKind.SEND, amei["safety"]), (TimerKind.SEND, amei["nurse_reply"])}
    if kind not in (OutcomeKind.MATERNAL_DEATH, OutcomeKind.MOVED):
        left.add((TimerKind.PLAN, amei["pregnancy"]))
    assert alarms(db) == left


def test_when_the_transaction_fails_nothing_has_stopped(db, amei):
    before = alarms(db)
    with db.engine.connect() as connection:
        record_outcome(connection, amei["pregnancy"], OutcomeKind.STILLBIRTH, TODAY, by="李护士", now=NOW)
        connection.rollback()
    assert alarms(db) == before


def test_a_birth_begins_the_time_after_it(amei, ends, one, db):
    ends(OutcomeKind.LIVE_BIRTH, newborns=[NewbornEntry(1, 3200), NewbornEntry(2, 2400)])
    pregnancy = one(Pregnancy)
    assert (pregnancy.status, pregnancy.outcome, pregnancy.outcome_on) == ("postpartum", "live_birth", TODAY)
    assert (pregnancy.outcome_confirmed_at, pregnancy.closed_at) == (NOW, None)
    assert one(Timer, Timer.kind == TimerKind.PLAN).due_at == NOW
    with db.reading() as session:
        newborns = session.scalars(select(Newborn).order_by(Newborn.birth_order)).all()
    assert [(row.birth_weight_g, row.high_risk, row.born_on) for row in newborns] == [
        (3200, True, TODAY),  # born in the 31st week
        (2400, True, TODAY),
    ]


@pytest.mark.parametrize("kind", LOSSES)
def test_after_a_loss_she_is_still_cared_for(kind, ends, one):
    ends(kind)
    pregnancy = one(Pregnancy)
    assert (pregnancy.status, pregnancy.closed_at, one(Patient).status) == ("ended", None, "registered")


@pytest.mark.parametrize("kind", [OutcomeKind.MATERNAL_DEATH, OutcomeKind.MOVED])
def test_a_farewell_closes_her_record(kind, ends, one):
    ends(kind)
    assert (one(Pregnancy).closed_at, one(Patient).status) == (NOW, "closed")


def test_what_is_known_already_changes_nothing(ends, one):
    assert ends(OutcomeKind.LIVE_BIRTH)
    assert not ends(OutcomeKind.LIVE_BIRTH)


def test_what_she_reports_waits_for_a_nurse_and_leaves_her_own_dialog_running(db, amei, ends, one):
    assert ends(OutcomeKind.MISCARRIAGE, by=None, keep_session=amei["dialog"])
    assert one(Pregnancy).outcome_confirmed_at is None
    assert one(Escalation).urgency == "urgent"
    assert one(Dialog).ended_at is None
    assert one(OutboundMessage, OutboundMessage.purpose == Purpose.QUESTION).state == "queued"
    assert (TimerKind.WAIT, amei["dialog"]) in alarms(db)
    assert ends(OutcomeKind.MISCARRIAGE)
    assert one(Pregnancy).outcome_confirmed_at == NOW


def test_what_she_says_never_overrides_what_staff_recorded(ends, one):
    ends(OutcomeKind.STILLBIRTH)
    assert not ends(OutcomeKind.LIVE_BIRTH, by=None)
    assert one(Pregnancy).outcome == "stillbirth"


def test_a_newborns_death_ends_the_track_and_keeps_the_day_of_birth(ends, one):
    ends(OutcomeKind.LIVE_BIRTH, on=TODAY - timedelta(days=3))
    assert ends(OutcomeKind.NEONATAL_DEATH)
    assert not ends(OutcomeKind.NEONATAL_DEATH)
    pregnancy, newborn = one(Pregnancy), one(Newborn)
    assert (pregnancy.status, pregnancy.outcome) == ("ended", "neonatal_death")
    assert (pregnancy.outcome_on, newborn.died_on) == (TODAY - timedelta(days=3), TODAY)


def test_the_living_twin_is_followed_on(ends, one):
    ends(OutcomeKind.LIVE_BIRTH, newborns=[NewbornEntry(1), NewbornEntry(2)])
    ends(OutcomeKind.NEONATAL_DEATH, newborns=[NewbornEntry(2)])
    assert one(Pregnancy).status == "postpartum"
    assert one(Newborn, Newborn.died_on.is_(None)).birth_order == 1


def test_a_loss_that_was_taken_for_a_birth_leaves_no_newborn(db, ends, one):
    ends(OutcomeKind.LIVE_BIRTH, by=None)
    ends(OutcomeKind.STILLBIRTH)
    assert one(Pregnancy).status == "ended"
    with db.reading() as session:
        assert session.scalars(select(Newborn)).all() == []


def test_a_mistake_is_taken_back(db, amei, ends, one):
    ends(OutcomeKind.MATERNAL_DEATH, by=None)
    with db.connection() as connection:
        withdraw_outcome(connection, amei["pregnancy"], NOW)
    pregnancy = one(Pregnancy)
    assert (pregnancy.status, pregnancy.outcome, pregnancy.closed_at) == ("ongoing", None, None)
    assert one(Patient).status == "registered"
    assert (TimerKind.PLAN, amei["pregnancy"]) in alarms(db)
    with db.connection() as connection, pytest.raises(Conflict):
        withdraw_outcome(connection, amei["pregnancy"], NOW)


def test_an_outcome_of_tomorrow_or_of_nobody_is_refused(db, ends):
    with pytest.raises(Invalid, match="future"):
        ends(OutcomeKind.LIVE_BIRTH, on=TODAY + timedelta(days=2))
    with pytest.raises(NotFound), db.connection() as connection:
        record_outcome(connection, new_id(), OutcomeKind.LIVE_BIRTH, TODAY, by=None, now=NOW)


def test_a_grading_is_appended_becomes_current_and_is_planned_for(db, amei, one):
    grade = Grade(
        RiskColour.RED, infectious=True, infectious_code="HBV", reasons=["hypertension"], assessed_by="赵主任"
    )
    for _ in range(2):
        with db.connection() as connection:
            assess_risk(connection, amei["pregnancy"], grade, source="console", today=TODAY, now=NOW)
    pregnancy = one(Pregnancy)
    assert (pregnancy.risk_colour, pregnancy.infectious, pregnancy.infectious_code) == ("red", True, "HBV")
    assert one(Timer, Timer.kind == TimerKind.PLAN).due_at == NOW
    with db.reading() as session:
        assert [row.reasons for row in session.scalars(select(RiskAssessment))] == [["hypertension"]] * 2


def test_the_programme_ends_and_nothing_is_planned_or_graded_any_more(db, amei, one):
    for _ in range(2):
        with db.connection() as connection:
            close_pregnancy(connection, amei["pregnancy"], NOW, why="day 42")
    assert (one(Pregnancy).closed_at, one(Pregnancy).status) == (NOW, "ended")
    assert (TimerKind.PLAN, amei["pregnancy"]) not in alarms(db)
    with db.connection() as connection, pytest.raises(Conflict):
        assess_risk(connection, amei["pregnancy"], Grade(RiskColour.RED), source="api", today=TODAY, now=NOW)
