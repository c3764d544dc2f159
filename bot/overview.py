"""The whole house at a glance, for somebody who watches it: every woman in one line, and what happened since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.worklist import Stage
from models.conversation import OutboundMessage
from models.escalation import Escalation, EscalationEvent
from models.follow_up import FollowUp
from models.person import ContactPoint, Patient
from models.pregnancy import Pregnancy
from models.values import ChannelKind, RiskColour, Urgency


@dataclass(frozen=True, slots=True)
class Line:
    """One woman. `urgency` is that of her open escalation, None when she has none."""

    patient_id: UUID
    stage: Stage
    outcome: str | None
    colour: RiskColour | None
    infectious: bool
    urgency: Urgency | None
    claimed: bool
    on_wechat: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """Counts of what the house did in a span of time."""

    follow_ups: int = 0
    answered: int = 0
    guardians_told: int = 0
    escalations: int = 0
    raised: int = 0
    overdue: int = 0


_follows = (
    exists()
    .where(
        ContactPoint.patient_id == Patient.id,
        ContactPoint.channel == ChannelKind.WECHAT,
        ContactPoint.status == "active",
        ContactPoint.guardian_id.is_(None),
    )
    .correlate(Patient)
)


def women(session: Session, today: date) -> Mapping[str, Line]:
    """Everyone with an id of the outside, by that id: for rosters that fit on a page."""
    rows = session.execute(
        select(
            Patient.id,
            Patient.external_id,
            Pregnancy.status,
            Pregnancy.due_date,
            Pregnancy.outcome,
            Pregnancy.outcome_on,
            Pregnancy.risk_colour,
            Pregnancy.infectious,
            Escalation.urgency,
            Escalation.status.label("escalation"),
            _follows.label("on_wechat"),
        )
        .outerjoin(Pregnancy, Pregnancy.patient_id == Patient.id)
        .outerjoin(Escalation, (Escalation.patient_id == Patient.id) & Escalation.resolved_at.is_(None))
        .where(Patient.external_id.is_not(None))
        .order_by(Pregnancy.created_at)
    )
    return {row.external_id: _line(row, today) for row in rows}


def happened(session: Session, since: datetime, until: datetime) -> Happened:
    """What happened after `since`, up to and including `until`."""

    def count(what: SQLColumnExpression[Any], at: InstrumentedAttribute[Any], *which: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count(what)).where(at > since, at <= until, *which)) or 0

    return Happened(
        follow_ups=count(FollowUp.id, FollowUp.begun_at, FollowUp.closed_why.is_distinct_from("handed_to_nurse")),
        answered=count(FollowUp.id, FollowUp.answered_at, FollowUp.answered_at > FollowUp.begun_at),
        guardians_told=count(OutboundMessage.id, OutboundMessage.sent_at, OutboundMessage.guardian_id.is_not(None)),
        escalations=count(EscalationEvent.id, EscalationEvent.at, EscalationEvent.kind == "opened"),
        raised=count(EscalationEvent.id, EscalationEvent.at, EscalationEvent.kind == "raised"),
        overdue=count(EscalationEvent.escalation_id.distinct(), EscalationEvent.at, EscalationEvent.kind == "overdue"),
    )


def is_answering(session: Session) -> bool:
    """Whether an answer is on its way of which nobody has noted yet that it has left."""
    return session.scalar(select(exists().where(OutboundMessage.state == "answering"))) or False


def _line(row: Any, today: date) -> Line:
    return Line(
        patient_id=row.id,
        stage=Stage.of(row.status, row.due_date, row.outcome_on, today),
        outcome=row.outcome,
        colour=RiskColour(row.risk_colour) if row.risk_colour else None,
        infectious=bool(row.infectious),
        urgency=Urgency(row.urgency) if row.urgency else None,
        claimed=row.escalation == "assigned",
        on_wechat=row.on_wechat,
    )
