"""What the planner is told: facts of many pregnancies, read in a handful of statements whatever their number."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, select

from models.follow_up import Appointment, FollowUp
from models.pregnancy import Newborn, Pregnancy, RiskAssessment
from models.values import POSTPARTUM_DAYS, PregnancyStatus, RiskColour
from scheduler.care import Care

_COLUMNS = (
    Pregnancy.id,
    Pregnancy.patient_id,
    Pregnancy.due_date,
    Pregnancy.status,
    Pregnancy.risk_colour,
    Pregnancy.enrolled_on,
    Pregnancy.infectious,
    Pregnancy.acute_infection_since,
    Pregnancy.declined_termination,
    Pregnancy.high_risk_postpartum,
    Pregnancy.conditions,
    Pregnancy.outcome_on,
    Pregnancy.outcome_confirmed_at,
    Pregnancy.discharged_on,
    Pregnancy.admitted,
    Pregnancy.last_check_in,
    Pregnancy.last_human_contact,
    Pregnancy.closed_at,
)

_Row = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Subject:
    """A pregnancy to plan for. `over_on` is the first day on which the programme has ended, once that is known."""

    pregnancy_id: UUID
    patient_id: UUID
    care: Care
    closed: bool
    over_on: date | None


def read_subjects(connection: Connection, pregnancies: Collection[UUID], zone: ZoneInfo) -> list[Subject]:
    """Every look-up goes by key from the few that are asked for: none reads the roster, however large."""
    rows = connection.execute(select(*_COLUMNS).where(Pregnancy.id.in_(pregnancies))).all()
    return _subjects(connection, rows, zone)


def open_subjects(connection: Connection, zone: ZoneInfo, batch: int = 1000) -> Iterator[Subject]:
    """All that are open, in pieces: for a person who asks, never for a job."""
    last: UUID | None = None
    while True:
        query = select(*_COLUMNS).where(Pregnancy.closed_at.is_(None)).order_by(Pregnancy.id).limit(batch)
        rows = connection.execute(query if last is None else query.where(Pregnancy.id > last)).all()
        yield from _subjects(connection, rows, zone)
        if len(rows) < batch:
            return
        last = rows[-1].id


def _subjects(connection: Connection, rows: Sequence[_Row], zone: ZoneInfo) -> list[Subject]:
    newborns = _newborns(connection, [row.id for row in rows if row.status == PregnancyStatus.POSTPARTUM])
    open_ids = [row.id for row in rows if row.closed_at is None]
    kept = _visits_kept(connection, open_ids)
    graded = _last_graded(connection, open_ids)
    told = _lessons_told(connection, open_ids)
    return [
        Subject(
            pregnancy_id=row.id,
            patient_id=row.patient_id,
            care=replace(
                _care(row, newborns.get(row.id, ()), graded.get(row.id), zone),
                visits_done=kept.get(row.id, frozenset()),
                lessons_told=told.get(row.id, frozenset()),
            ),
            closed=row.closed_at is not None,
            over_on=date.fromordinal(row.outcome_on.toordinal() + POSTPARTUM_DAYS + 1) if row.outcome_on else None,
        )
        for row in rows
    ]


def _care(row: _Row, high_risk_newborns: Sequence[bool], graded_at: datetime | None, zone: ZoneInfo) -> Care:
    """`high_risk_newborns` has an entry for each living newborn."""
    return Care(
        due_date=row.due_date,
        status=PregnancyStatus(row.status),
        colour=RiskColour(row.risk_colour),
        enrolled_on=row.enrolled_on,
        infectious=row.infectious,
        acute_infection_since=row.acute_infection_since,
        declined_termination=row.declined_termination,
        conditions=frozenset(row.conditions or ()),
        high_risk_postpartum=row.high_risk_postpartum,
        birth_on=row.outcome_on or row.due_date,  # postpartum without a day: an old record, the plan must still stand
        has_newborn=bool(high_risk_newborns),
        newborn_high_risk=any(high_risk_newborns),
        discharged_on=row.discharged_on,
        admitted=row.admitted,
        last_check_in=row.last_check_in,
        last_human_contact=row.last_human_contact,
        dated_on=_day(row.outcome_confirmed_at, zone),
        risk_changed_on=_day(graded_at, zone),
    )


def _newborns(connection: Connection, pregnancies: Sequence[UUID]) -> Mapping[UUID, Sequence[bool]]:
    """For each living newborn whether it is at high risk."""
    if not pregnancies:
        return {}
    found: dict[UUID, list[bool]] = {}
    rows = connection.execute(
        select(Newborn.pregnancy_id, Newborn.high_risk).where(
            Newborn.pregnancy_id.in_(pregnancies), Newborn.died_on.is_(None)
        )
    )
    for pregnancy, high_risk in rows:
        found.setdefault(pregnancy, []).append(high_risk)
    return found


def _visits_kept(connection: Connection, pregnancies: Sequence[UUID]) -> Mapping[UUID, frozenset[str]]:
    """A kept appointment of a visit's kind ends its reminders; the kind is the rule's id."""
    kept: dict[UUID, set[str]] = {}
    rows = connection.execute(
        select(Appointment.pregnancy_id, Appointment.kind).where(
            Appointment.pregnancy_id.in_(pregnancies), Appointment.state == "kept"
        )
    )
    for pregnancy, kind in rows:
        kept.setdefault(pregnancy, set()).add(kind)
    return {pregnancy: frozenset(kinds) for pregnancy, kinds in kept.items()}


def _lessons_told(connection: Connection, pregnancies: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """The scripts of the contacts that told her something; each lesson is one."""
    rows = connection.execute(
        select(FollowUp.pregnancy_id, FollowUp.scripts).where(
            FollowUp.pregnancy_id.in_(pregnancies), FollowUp.begun_at.is_not(None)
        )
    )
    told: dict[UUID, set[str]] = {}
    for pregnancy, scripts in rows:
        told.setdefault(pregnancy, set()).update(scripts)
    return {pregnancy: frozenset(scripts) for pregnancy, scripts in told.items()}


def _last_graded(connection: Connection, pregnancies: Sequence[UUID]) -> dict[UUID, datetime]:
    rows = connection.execute(
        select(RiskAssessment.pregnancy_id, func.max(RiskAssessment.recorded_at))
        .where(RiskAssessment.pregnancy_id.in_(pregnancies))
        .group_by(RiskAssessment.pregnancy_id)
    )
    return dict(rows.all())


def _day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    return moment.astimezone(zone).date() if moment is not None else None
