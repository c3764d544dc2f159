"""What happens to a pregnancy: a doctor grades it, it ends, it moves away. All in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, delete, insert, select, update

from bot import nurse_lines, snapshots
from bot.errors import Conflict, Invalid, NotFound
from bot.escalations import Call, call_humans
from bot.newborns import NewbornEntry, any_alive, forget_birth, record_birth
from bot.timers import Alarm, clear_alarms, set_alarms
from dialogs.effects import Purpose
from models.base import new_id
from models.conversation import OutboundMessage, Session
from models.follow_up import Appointment, FollowUp
from models.person import Patient
from models.pregnancy import Pregnancy, RiskAssessment
from models.timer import Timer
from models.values import OutcomeKind, PregnancyStatus, RiskColour, TimerKind, Urgency

ROUTINE = (Purpose.QUESTION, Purpose.EDUCATION, Purpose.NOTICE)
"""What must not reach her any more once the pregnancy is over; safety, a nurse's reply and answers still leave."""

FAREWELLS = (OutcomeKind.MATERNAL_DEATH, OutcomeKind.MOVED)
"""After these nobody is left here to follow up. After a loss she still is: as a patient, and in bereavement."""

BIRTHS = (OutcomeKind.LIVE_BIRTH, OutcomeKind.NEONATAL_DEATH)


@dataclass(frozen=True, slots=True)
class Grade:
    """A doctor's grading. `infectious_code` is restricted (B3, B7)."""

    colour: RiskColour
    infectious: bool = False
    infectious_code: str | None = None
    reasons: Sequence[str] = ()
    assessed_on: date | None = None
    assessed_by: str | None = None
    institution: str | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """A pregnancy whose woman's row is locked."""

    id: UUID
    patient_id: UUID
    due_date: date
    outcome: str | None
    outcome_on: date | None
    outcome_confirmed_at: datetime | None
    closed_at: datetime | None


def assess_risk(
    connection: Connection, pregnancy_id: UUID, grade: Grade, *, source: str, today: date, now: datetime
) -> UUID:
    """Append the grading, make it the current one, and have the plan looked at again. Gives the assessment's id."""
    pregnancy = _hold(connection, pregnancy_id)
    if pregnancy.closed_at is not None:
        raise Conflict(f"pregnancy {pregnancy_id} is closed and cannot be graded")
    assessment = assessment_row(pregnancy_id, grade, source=source, today=today, now=now)
    connection.execute(insert(RiskAssessment), [assessment])
    _change(
        connection,
        pregnancy_id,
        now,
        risk_colour=grade.colour,
        infectious=grade.infectious,
        infectious_code=grade.infectious_code,
    )
    _look_again(connection, pregnancy_id, now)
    return UUID(str(assessment["id"]))


def assessment_row(pregnancy_id: UUID, grade: Grade, *, source: str, today: date, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "pregnancy_id": pregnancy_id,
        "risk_colour": grade.colour,
        "infectious": grade.infectious,
        "infectious_code": grade.infectious_code,
        "reasons": list(grade.reasons),
        "assessed_on": grade.assessed_on or today,
        "assessed_by": grade.assessed_by,
        "institution": grade.institution,
        "source": source,
        "recorded_at": now,
    }


def record_outcome(
    connection: Connection,
    pregnancy_id: UUID,
    kind: OutcomeKind,
    on: date,
    *,
    newborns: Sequence[NewbornEntry] = (),
    by: str | None,
    now: datetime,
    keep_session: UUID | None = None,
) -> bool:
    """Stop all that was scheduled and begin what follows; False when this was known already.

    `by` is the member of staff who vouches for it; None when the woman said it herself, which a nurse must confirm
    and which never overrides staff. `keep_session` is the dialog in which she says it. Raises NotFound, Invalid.
    """
    pregnancy = _hold(connection, pregnancy_id)
    if on > now.date() + timedelta(days=1):
        raise Invalid("the day of an outcome lies in the future")
    if by is None and pregnancy.outcome is not None:
        return False
    born_on = _born_on(pregnancy, kind, on)
    changed = _note_newborns(connection, pregnancy, kind, newborns, born_on=born_on, on=on, now=now)
    known = (pregnancy.outcome, pregnancy.outcome_on) == (kind, born_on)
    if known and not changed and (by is None or pregnancy.outcome_confirmed_at is not None):
        return False
    if not known:
        stop_everything(connection, [pregnancy_id], now, why=kind, keep_session=keep_session)
    alive = any_alive(connection, pregnancy_id)
    _change(connection, pregnancy_id, now, **_ending(kind, born_on, by, now, alive=alive))
    _follow_the_ending(connection, pregnancy, kind, by, now)
    return True


def withdraw_outcome(connection: Connection, pregnancy_id: UUID, now: datetime) -> None:
    """She is still pregnant after all: what she reported, or staff recorded, was a mistake."""
    pregnancy = _hold(connection, pregnancy_id)
    if pregnancy.outcome is None:
        raise Conflict(f"pregnancy {pregnancy_id} has no outcome to withdraw")
    forget_birth(connection, pregnancy_id)
    _change(
        connection,
        pregnancy_id,
        now,
        status=PregnancyStatus.ONGOING,
        outcome=None,
        outcome_on=None,
        outcome_confirmed_at=None,
        closed_at=None,
    )
    connection.execute(
        update(Patient)
        .where(Patient.id == pregnancy.patient_id, Patient.status == "closed")
        .values(status="registered", updated_at=now)
    )
    _look_again(connection, pregnancy_id, now)


def close_pregnancy(connection: Connection, pregnancy_id: UUID, now: datetime, why: str) -> None:
    """The end of the programme, 42 days after birth: nothing more is planned, another pregnancy may be opened."""
    if _hold(connection, pregnancy_id).closed_at is not None:
        return
    stop_everything(connection, [pregnancy_id], now, why=why)
    _change(connection, pregnancy_id, now, closed_at=now, status=PregnancyStatus.ENDED)
    clear_alarms(connection, TimerKind.PLAN, [pregnancy_id])


def stop_everything(
    connection: Connection, pregnancies: Sequence[UUID], now: datetime, why: str, keep_session: UUID | None = None
) -> None:
    """Cancel follow-ups, appointments, open dialogs and routine messages of these pregnancies, with their alarms."""
    cancel_follow_ups(connection, pregnancies, now, why)
    patients = select(Pregnancy.patient_id).where(Pregnancy.id.in_(pregnancies)).scalar_subquery()
    running = Session.patient_id.in_(patients) & Session.ended_at.is_(None)
    unsent = (
        OutboundMessage.patient_id.in_(patients)
        & (OutboundMessage.state == "queued")
        & OutboundMessage.purpose.in_(ROUTINE)
    )
    if keep_session is not None:
        running &= Session.id != keep_session
        unsent &= OutboundMessage.session_id.is_distinct_from(keep_session)
    _clear(connection, select(Session.id).where(running))
    _clear(connection, select(OutboundMessage.id).where(unsent))
    connection.execute(update(Session).where(running).values(ended_at=now, ended_how="stopped"))
    connection.execute(update(OutboundMessage).where(unsent).values(state="cancelled", reason=f"stopped: {why}"))


def cancel_follow_ups(connection: Connection, pregnancies: Sequence[UUID], now: datetime, why: str) -> None:
    """Cancel what is planned or awaited of these pregnancies, and their appointments."""
    awaited = FollowUp.pregnancy_id.in_(pregnancies) & FollowUp.state.in_(("planned", "begun"))
    _clear(connection, select(FollowUp.id).where(awaited))
    connection.execute(update(FollowUp).where(awaited).values(state="cancelled", closed_at=now, closed_why=why))
    connection.execute(
        update(Appointment)
        .where(Appointment.pregnancy_id.in_(pregnancies), Appointment.state == "booked")
        .values(state="cancelled")
    )


def _note_newborns(
    connection: Connection,
    pregnancy: _Held,
    kind: OutcomeKind,
    given: Sequence[NewbornEntry],
    *,
    born_on: date,
    on: date,
    now: datetime,
) -> bool:
    """True when something changed. A loss that was taken for a birth leaves no newborn behind."""
    if kind in FAREWELLS:
        return False
    if kind not in BIRTHS:
        return forget_birth(connection, pregnancy.id)
    died_on = on if kind is OutcomeKind.NEONATAL_DEATH else None
    return record_birth(
        connection, pregnancy.id, given, born_on=born_on, due_date=pregnancy.due_date, died_on=died_on, now=now
    )


def _born_on(pregnancy: _Held, kind: OutcomeKind, on: date) -> date:
    """A newborn's death is dated by itself; her own days after birth go on being counted from the birth."""
    after_birth = pregnancy.outcome in BIRTHS
    if kind is OutcomeKind.NEONATAL_DEATH and after_birth and pregnancy.outcome_on is not None:
        return pregnancy.outcome_on
    return on


def _ending(kind: OutcomeKind, on: date, by: str | None, now: datetime, *, alive: bool) -> dict[str, Any]:
    in_childbed = kind is OutcomeKind.LIVE_BIRTH or (kind is OutcomeKind.NEONATAL_DEATH and alive)
    return {
        "status": PregnancyStatus.POSTPARTUM if in_childbed else PregnancyStatus.ENDED,
        "outcome": kind,
        "outcome_on": on,
        "outcome_confirmed_at": None if by is None else now,
        "closed_at": now if kind in FAREWELLS else None,
    }


def _follow_the_ending(
    connection: Connection, pregnancy: _Held, kind: OutcomeKind, by: str | None, now: datetime
) -> None:
    if kind in FAREWELLS:
        clear_alarms(connection, TimerKind.PLAN, [pregnancy.id])
        connection.execute(
            update(Patient).where(Patient.id == pregnancy.patient_id).values(status="closed", updated_at=now)
        )
    else:
        _look_again(connection, pregnancy.id, now)
    if by is None:
        urgency = Urgency.SOON if kind is OutcomeKind.LIVE_BIRTH else Urgency.URGENT
        call_humans(connection, [Call(pregnancy.patient_id, urgency, nurse_lines.outcome_reported(kind))], now)


def _hold(connection: Connection, pregnancy_id: UUID) -> _Held:
    """Lock the woman's row, as everything does that changes her records, then read the pregnancy as it is now."""
    patient = connection.scalar(select(Pregnancy.patient_id).where(Pregnancy.id == pregnancy_id))
    if patient is None:
        raise NotFound(f"no pregnancy {pregnancy_id}")
    snapshots.lock(connection, [patient])
    columns = (
        Pregnancy.id,
        Pregnancy.patient_id,
        Pregnancy.due_date,
        Pregnancy.outcome,
        Pregnancy.outcome_on,
        Pregnancy.outcome_confirmed_at,
        Pregnancy.closed_at,
    )
    return _Held(*connection.execute(select(*columns).where(Pregnancy.id == pregnancy_id)).one())


def _clear(connection: Connection, subjects: Select[Any]) -> None:
    connection.execute(delete(Timer).where(Timer.subject_id.in_(subjects)))


def _change(connection: Connection, pregnancy_id: UUID, now: datetime, **values: Any) -> None:
    connection.execute(update(Pregnancy).where(Pregnancy.id == pregnancy_id).values(updated_at=now, **values))


def _look_again(connection: Connection, pregnancy_id: UUID, now: datetime) -> None:
    set_alarms(connection, [Alarm(TimerKind.PLAN, pregnancy_id, now)])
