"""One woman as those who care for her see her: weeks, colour, ways to reach her, last answers, what is due."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, aliased

from bot.audit import record, recorded_since
from bot.care_team import Colleague, visible_to
from bot.channels.wechat_window import Trigger, Window
from bot.errors import NotFound
from bot.worklist import Stage
from models.care_team import Facility, StaffMember
from models.conversation import OutboundMessage
from models.follow_up import FollowUp
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy
from models.record import Observation
from models.values import ChannelKind, RiskColour

RECENT_UNDELIVERED = 5
VIEWED = "patient.viewed"
TELLS_INFECTION = frozenset({"treatment", "partner_tested", "baby_protection_known", "baby_protection_given"})
"""Answers that only a woman with an infection is asked for: as restricted as the infection itself (B7)."""
_nurse = aliased(StaffMember)


@dataclass(frozen=True, slots=True)
class Contact:
    """One address. `window_open` says whether WeChat lets a nurse write freely now; `guardian` who it belongs to."""

    channel: ChannelKind
    address: str
    status: str
    opted_out: bool
    window_open: bool
    guardian: str | None
    relation: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    code: str
    value: Any
    unit: str | None
    said: str | None
    level: str | None
    source: str
    device: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Undelivered:
    purpose: str
    channel: str | None
    state: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Chart:
    """`infectious` and `infectious_code` are None for whoever may not know them."""

    patient_id: UUID
    external_id: str | None
    name: str | None
    status: str
    language: str
    birth_date: date | None
    facility: str | None
    facility_code: str | None
    nurse: str | None
    responsible_nurse_id: UUID | None
    pregnancy_id: UUID | None
    pregnancy_status: str | None
    stage: Stage
    due_date: date | None
    due_date_method: str | None
    last_period: date | None
    colour: RiskColour | None
    infectious: bool | None
    infectious_code: str | None
    conditions: list[str]
    parity: int | None
    last_human_contact: date | None
    contacts: list[Contact]


def chart(session: Session, patient_id: UUID, actor: Colleague | None, now: datetime, zone: ZoneInfo) -> Chart:
    """Raises NotFound, also when `actor` may not see her; without an actor (another system) nothing is hidden."""
    seen = true() if actor is None else visible_to(actor)
    row = session.execute(_CHART.where(Patient.id == patient_id, seen)).first()
    if row is None:
        raise NotFound(f"patient {patient_id}")
    knows = actor is None or actor.may_see_infection(row.Patient.responsible_nurse_id)
    return _chart(row, _contacts(session, patient_id, now), now.astimezone(zone).date(), knows=knows)


def was_viewed(session: Session, seen: Chart, actor: str, since: datetime) -> bool:
    """Whether a look of `actor` at her has been written down since then."""
    return recorded_since(session, str(seen.patient_id), actor, VIEWED, since)


def audit_view(session: Session, seen: Chart, actor: str, now: datetime) -> None:
    """Write down that somebody looked at her page, and whether the restricted fields were on it (I8)."""
    restricted = ["infectious"] if seen.infectious is not None else []
    record(session, str(seen.patient_id), actor, VIEWED, {"restricted": restricted}, now)


def answers(session: Session, patient_id: UUID, *, show_infection: bool = True, limit: int = 12) -> list[Answer]:
    """The latest value of each thing she was asked or measured, newest first."""
    hidden = () if show_infection else TELLS_INFECTION
    newest = (
        select(Observation.code, func.max(Observation.observed_at).label("at"))
        .where(Observation.patient_id == patient_id, Observation.code.not_in(hidden))
        .group_by(Observation.code)
        .subquery()
    )
    rows = session.scalars(
        select(Observation)
        .join(newest, (newest.c.code == Observation.code) & (newest.c.at == Observation.observed_at))
        .where(Observation.patient_id == patient_id)
        .order_by(Observation.observed_at.desc(), Observation.id.desc())
        .limit(limit)
    )
    return [_answer(row) for row in rows]


def observations(session: Session, patient_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, Answer]]:
    """All of them in the order in which they were recorded, those behind `after`."""
    statement = select(Observation).where(Observation.patient_id == patient_id).order_by(Observation.id).limit(limit)
    if after is not None:
        statement = statement.where(Observation.id > after)
    return [(row.id, _answer(row)) for row in session.scalars(statement)]


def undelivered(session: Session, patient_id: UUID) -> list[Undelivered]:
    """What was meant for her or her guardian and did not arrive, newest first."""
    rows = session.scalars(
        select(OutboundMessage)
        .where(
            OutboundMessage.patient_id == patient_id,
            OutboundMessage.state.in_(["undelivered", "failed", "unknown"]),
        )
        .order_by(OutboundMessage.created_at.desc())
        .limit(RECENT_UNDELIVERED)
    )
    return [Undelivered(row.purpose, row.channel, row.state, row.reason, row.created_at) for row in rows]


@dataclass(frozen=True, slots=True)
class PlannedContact:
    id: UUID
    key: str
    kind: str
    scripts: list[str]
    reasons: list[dict[str, Any]]
    due_on: date
    due_at: datetime
    state: str
    rung: int
    answered_at: datetime | None
    closed_why: str | None


def follow_ups(session: Session, patient_id: UUID, after: UUID | None = None, limit: int = 50) -> list[PlannedContact]:
    """Her planned contacts in the order in which they were planned, those behind `after`."""
    statement = select(FollowUp).where(FollowUp.patient_id == patient_id).order_by(FollowUp.id).limit(limit)
    if after is not None:
        statement = statement.where(FollowUp.id > after)
    return [_planned(row) for row in session.scalars(statement)]


def agenda(session: Session, patient_id: UUID, now: datetime) -> list[PlannedContact]:
    """What comes next and how the last ones went, in order of their day."""
    hers = select(FollowUp).where(FollowUp.patient_id == patient_id)
    coming = session.scalars(
        hers.where(FollowUp.state.in_(["planned", "begun"])).order_by(FollowUp.due_at).limit(4)
    ).all()
    past = session.scalars(
        hers.where(FollowUp.state.in_(["answered", "told", "missed"]), FollowUp.due_at <= now)
        .order_by(FollowUp.due_at.desc())
        .limit(4)
    ).all()
    return [_planned(row) for row in sorted([*past, *coming], key=lambda row: row.due_at)]


_CHART = (
    select(Patient, Pregnancy, Facility.name.label("facility"), Facility.code.label("code"), _nurse.name.label("nurse"))
    .outerjoin(Pregnancy, Pregnancy.patient_id == Patient.id)
    .outerjoin(Facility, Facility.id == Patient.facility_id)
    .outerjoin(_nurse, _nurse.id == Patient.responsible_nurse_id)
    .order_by(Pregnancy.closed_at.is_not(None), Pregnancy.created_at.desc())
)


def _chart(row: Any, contacts: list[Contact], today: date, *, knows: bool) -> Chart:
    patient, pregnancy = row.Patient, row.Pregnancy
    return Chart(
        patient_id=patient.id,
        external_id=patient.external_id,
        name=patient.name,
        status=patient.status,
        language=patient.language,
        birth_date=patient.birth_date,
        facility=row.facility,
        facility_code=row.code,
        nurse=row.nurse,
        responsible_nurse_id=patient.responsible_nurse_id,
        pregnancy_id=pregnancy and pregnancy.id,
        pregnancy_status=pregnancy and pregnancy.status,
        stage=Stage.of(pregnancy.status, pregnancy.due_date, pregnancy.outcome_on, today) if pregnancy else Stage(),
        due_date=pregnancy and pregnancy.due_date,
        due_date_method=pregnancy and pregnancy.due_date_method,
        last_period=pregnancy and pregnancy.last_period,
        colour=RiskColour(pregnancy.risk_colour) if pregnancy else None,
        infectious=pregnancy.infectious if pregnancy and knows else None,
        infectious_code=pregnancy.infectious_code if pregnancy and knows else None,
        conditions=list(pregnancy.conditions) if pregnancy else [],
        parity=pregnancy and pregnancy.parity,
        last_human_contact=pregnancy and pregnancy.last_human_contact,
        contacts=contacts,
    )


def _contacts(session: Session, patient_id: UUID, now: datetime) -> list[Contact]:
    rows = session.execute(
        select(ContactPoint, Guardian.name, Guardian.relation)
        .outerjoin(Guardian, Guardian.id == ContactPoint.guardian_id)
        .where(ContactPoint.patient_id == patient_id)
        .order_by(ContactPoint.guardian_id.is_not(None), ContactPoint.channel, ContactPoint.created_at)
    )
    return [
        Contact(
            channel=ChannelKind(point.channel),
            address=point.address,
            status=point.status,
            opted_out=point.opted_out_at is not None,
            window_open=_window_open(point, now),
            guardian=name,
            relation=relation,
        )
        for point, name, relation in rows
    ]


def _window_open(point: ContactPoint, now: datetime) -> bool:
    if point.window_trigger is None or point.window_opened_at is None:
        return False
    return Window(Trigger(point.window_trigger), point.window_opened_at, point.window_left or 0).open_at(now)


def _answer(row: Observation) -> Answer:
    return Answer(row.code, row.value, row.unit, row.said, row.level, row.source, row.device, row.observed_at)


def _planned(row: FollowUp) -> PlannedContact:
    return PlannedContact(
        id=row.id,
        key=row.key,
        kind=row.kind,
        scripts=row.scripts,
        reasons=row.reasons,
        due_on=row.due_on,
        due_at=row.due_at,
        state=row.state,
        rung=row.rung,
        answered_at=row.answered_at,
        closed_why=row.closed_why,
    )
