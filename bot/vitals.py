"""Figures of the running house, for probes and for Prometheus; nothing in them is about one woman."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.escalation import Escalation
from models.timer import Timer
from models.values import TimerKind, Urgency


@dataclass(frozen=True, slots=True)
class Vitals:
    """`outbox` counts messages that wait to be sent, `late` those whose time has come; `overdue` counts escalations."""

    escalations: dict[Urgency, int]
    overdue: int
    outbox: int
    late: int


def vitals(session: Session, now: datetime) -> Vitals:
    waiting = Escalation.resolved_at.is_(None)
    counts = dict(
        session.execute(select(Escalation.urgency, func.count()).where(waiting).group_by(Escalation.urgency)).all()
    )
    overdue = session.scalar(select(func.count()).select_from(Escalation).where(waiting, Escalation.due_at < now))
    to_send = select(func.count()).select_from(Timer).where(Timer.kind == TimerKind.SEND)
    return Vitals(
        escalations={urgency: counts.get(urgency.value, 0) for urgency in Urgency},
        overdue=overdue or 0,
        outbox=session.scalar(to_send) or 0,
        late=session.scalar(to_send.where(Timer.due_at <= now)) or 0,
    )
