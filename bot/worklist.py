"""The queue: who waits for a human, most urgent first, as the one who looks may see it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, select, true
from sqlalchemy.orm import Session, aliased

from bot.care_team import Colleague, visible_to
from bot.errors import NotFound
from bot.findings import detail_without_infection, without_infection
from models.care_team import Facility, StaffMember
from models.escalation import Escalation, EscalationEvent
from models.person import Patient
from models.pregnancy import Pregnancy
from models.values import GestationalAge, PregnancyStatus, RiskColour, Urgency

QUEUE_LIMIT = 200
"""Rows of one look at the queue; more than that many waiting is told as a number."""

_RANK = case({urgency.value: urgency.rank for urgency in Urgency}, value=Escalation.urgency)
_holder = aliased(StaffMember)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where she stands today: pregnant with a gestational age, or so many days after the birth."""

    gestational_age: GestationalAge | None = None
    postpartum_day: int | None = None

    @classmethod
    def of(cls, status: str | None, due_date: date | None, outcome_on: date | None, today: date) -> "Stage":
        if status == PregnancyStatus.ONGOING and due_date is not None:
            return cls(gestational_age=GestationalAge.on(today, due_date))
        if status == PregnancyStatus.POSTPARTUM and outcome_on is not None:
            return cls(postpartum_day=(today - outcome_on).days)
        return cls()


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of the queue."""

    id: UUID
    patient_id: UUID
    name: str | None
    stage: Stage
    colour: RiskColour | None
    facility: str | None
    urgency: Urgency
    reason: str
    tier: int
    opened_at: datetime
    due_at: datetime
    assignee_id: UUID | None
    assignee: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What part of the queue is asked for. `mine`: held by the one who looks, or her own woman."""

    urgency: Urgency | None = None
    unclaimed: bool = False
    mine: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    rows: list[Waiting]
    total: int
    by_urgency: dict[Urgency, int]


def queue(session: Session, actor: Colleague, wanted: Filter, now: datetime, zone: ZoneInfo) -> Queue:
    """Everything unresolved that `actor` may see, by urgency and due time; the counts are of the unfiltered queue."""
    seen = select(Escalation.urgency, func.count()).join(Patient, Patient.id == Escalation.patient_id)
    counts = dict(
        session.execute(
            seen.where(Escalation.resolved_at.is_(None), visible_to(actor)).group_by(Escalation.urgency)
        ).all()
    )
    statement = (
        _WAITING.where(Escalation.resolved_at.is_(None), visible_to(actor), *_conditions(wanted, actor, now))
        .order_by(_RANK, Escalation.due_at, Escalation.id)
        .limit(QUEUE_LIMIT)
    )
    today = now.astimezone(zone).date()
    return Queue(
        rows=[_waiting(row, today) for row in session.execute(statement)],
        total=sum(counts.values()),
        by_urgency={urgency: counts.get(urgency.value, 0) for urgency in Urgency},
    )


def pulse(session: Session) -> str:
    """A short text that changes whenever the queue does, whichever process changed it."""
    waiting = Escalation.resolved_at.is_(None)
    count, versions, newest = session.execute(
        select(func.count(), func.sum(Escalation.version), func.max(Escalation.opened_at)).where(waiting)
    ).one()
    return f"{count}.{versions}.{newest}"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an escalation's history; `staff` is None for what Yunban did itself."""

    id: UUID
    kind: str
    at: datetime
    staff: str | None
    urgency: Urgency | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """An escalation with its evidence and its whole history."""

    id: UUID
    patient_id: UUID
    urgency: Urgency
    reason: str
    status: str
    tier: int
    evidence: list[dict[str, Any]]
    opened_at: datetime
    due_at: datetime
    resolved_at: datetime | None
    outcome: str | None
    assignee_id: UUID | None
    assignee: str | None
    version: int
    events: list[Event]


def sheet(session: Session, escalation_id: UUID, actor: Colleague | None = None) -> Sheet:
    """Raises NotFound, also when `actor` may not see the woman; without an actor nothing is hidden."""
    seen = true() if actor is None else visible_to(actor)
    found = _sheets(session, _SHEETS.where(Escalation.id == escalation_id, seen))
    if not found:
        raise NotFound(f"escalation {escalation_id}")
    return found[0]


def sheet_of(session: Session, patient_id: UUID, *, show_infection: bool = True) -> Sheet | None:
    """The open escalation of a woman, if she has one."""
    found = _sheets(session, _SHEETS.where(Escalation.patient_id == patient_id, Escalation.resolved_at.is_(None)))
    return next((one if show_infection else _without_infection(one) for one in found), None)


def _without_infection(sheet: Sheet) -> Sheet:
    events = [replace(event, detail=detail_without_infection(event.detail)) for event in sheet.events]
    return replace(sheet, evidence=without_infection(sheet.evidence), events=events)


def sheets(
    session: Session,
    *,
    statuses: Collection[str] = (),
    urgency: Urgency | None = None,
    after: UUID | None = None,
    limit: int,
    patient_id: UUID | None = None,
) -> list[Sheet]:
    """Escalations in the order in which they were opened, those after `after`; no statuses means all."""
    statement = _SHEETS.order_by(Escalation.id).limit(limit)
    if statuses:
        statement = statement.where(Escalation.status.in_(statuses))
    if urgency is not None:
        statement = statement.where(Escalation.urgency == urgency.value)
    if after is not None:
        statement = statement.where(Escalation.id > after)
    if patient_id is not None:
        statement = statement.where(Escalation.patient_id == patient_id)
    return _sheets(session, statement)


_WAITING = (
    select(
        Escalation.id,
        Escalation.patient_id,
        Escalation.urgency,
        Escalation.reason,
        Escalation.tier,
        Escalation.opened_at,
        Escalation.due_at,
        Escalation.assignee_id,
        Escalation.version,
        Patient.name,
        Facility.name.label("facility"),
        Pregnancy.status.label("stage"),
        Pregnancy.due_date,
        Pregnancy.outcome_on,
        Pregnancy.risk_colour,
        _holder.name.label("assignee"),
    )
    .join(Patient, Patient.id == Escalation.patient_id)
    .outerjoin(Pregnancy, (Pregnancy.patient_id == Patient.id) & Pregnancy.closed_at.is_(None))
    .outerjoin(Facility, Facility.id == Patient.facility_id)
    .outerjoin(_holder, _holder.id == Escalation.assignee_id)
)

_SHEETS = (
    select(Escalation, _holder.name.label("assignee"))
    .join(Patient, Patient.id == Escalation.patient_id)
    .outerjoin(_holder, _holder.id == Escalation.assignee_id)
)


def _conditions(wanted: Filter, actor: Colleague, now: datetime) -> list[Any]:
    conditions: list[Any] = []
    if wanted.urgency is not None:
        conditions.append(Escalation.urgency == wanted.urgency.value)
    if wanted.unclaimed:
        conditions.append(Escalation.status == "open")
    if wanted.overdue:
        conditions.append(Escalation.due_at < now)
    if wanted.mine:
        conditions.append((Escalation.assignee_id == actor.id) | (Patient.responsible_nurse_id == actor.id))
    return conditions


def _waiting(row: Any, today: date) -> Waiting:
    return Waiting(
        id=row.id,
        patient_id=row.patient_id,
        name=row.name,
        stage=Stage.of(row.stage, row.due_date, row.outcome_on, today),
        colour=RiskColour(row.risk_colour) if row.risk_colour else None,
        facility=row.facility,
        urgency=Urgency(row.urgency),
        reason=row.reason,
        tier=row.tier,
        opened_at=row.opened_at,
        due_at=row.due_at,
        assignee_id=row.assignee_id,
        assignee=row.assignee,
        version=row.version,
    )


def _sheets(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Sheet]:
    rows = session.execute(statement).all()
    events = _events(session, [row.Escalation.id for row in rows])
    return [_sheet(row.Escalation, row.assignee, events[row.Escalation.id]) for row in rows]


def _events(session: Session, escalations: Sequence[UUID]) -> dict[UUID, list[Event]]:
    rows = session.execute(
        select(EscalationEvent, StaffMember.name)
        .outerjoin(StaffMember, StaffMember.id == EscalationEvent.staff_member_id)
        .where(EscalationEvent.escalation_id.in_(escalations))
        .order_by(EscalationEvent.at, EscalationEvent.id)
    )
    events: dict[UUID, list[Event]] = defaultdict(list)
    for event, staff in rows:
        urgency = Urgency(event.urgency) if event.urgency else None
        events[event.escalation_id].append(Event(event.id, event.kind, event.at, staff, urgency, event.detail or {}))
    return events


def _sheet(row: Escalation, assignee: str | None, events: list[Event]) -> Sheet:
    return Sheet(
        id=row.id,
        patient_id=row.patient_id,
        urgency=Urgency(row.urgency),
        reason=row.reason,
        status=row.status,
        tier=row.tier,
        evidence=row.evidence or [],
        opened_at=row.opened_at,
        due_at=row.due_at,
        resolved_at=row.resolved_at,
        outcome=row.outcome,
        assignee_id=row.assignee_id,
        assignee=assignee,
        version=row.version,
        events=events,
    )
