"""Calling a human: every road by which a woman comes into the queue ends here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from bot.timers import Alarm, set_alarms
from models.base import new_id
from models.escalation import Escalation, EscalationEvent
from models.values import TimerKind, Urgency

DUE_AFTER = {
    Urgency.EMERGENCY: timedelta(minutes=10),
    Urgency.URGENT: timedelta(hours=1),
    Urgency.SOON: timedelta(hours=24),
    Urgency.SELF_CARE: timedelta(days=3),
}
"""How soon a human must have her (clinical table D1, a project default until the clinical lead signs it)."""

DUE_AFTER_FOCUS = DUE_AFTER | {Urgency.URGENT: timedelta(minutes=30)}
"""The same for the focus group: orange, red, infectious, or 37 weeks and more."""


@dataclass(frozen=True, slots=True)
class Call:
    """A wish for a human: who, how soon, why in a nurse's words, and the evidence (findings, follow-up, reading)."""

    patient_id: UUID
    urgency: Urgency
    reason: str
    evidence: Sequence[dict[str, Any]] = ()
    focus: bool = False

    def due_at(self, now: datetime) -> datetime:
        return now + (DUE_AFTER_FOCUS if self.focus else DUE_AFTER)[self.urgency]


def call_humans(connection: Connection, calls: Sequence[Call], now: datetime) -> None:
    """Open an escalation for each woman, or join her open one: urgency only rises, the due time only comes nearer.

    The patients' rows must be locked by the caller, so that no second one can be opened at the same time.
    """
    if not calls:
        return
    patients = {call.patient_id for call in calls}
    columns = (Escalation.id, Escalation.patient_id, Escalation.urgency, Escalation.due_at, Escalation.evidence)
    rows = connection.execute(
        select(*columns).where(Escalation.patient_id.in_(patients), Escalation.resolved_at.is_(None))
    )
    queue = {
        row.patient_id: _Standing(row.id, Urgency(row.urgency), row.due_at, list(row.evidence or ())) for row in rows
    }
    opened, events = [], []
    for call in calls:
        standing = queue.get(call.patient_id)
        if standing is None:
            standing = _Standing(new_id(), call.urgency, call.due_at(now), [], new=True, reason=call.reason)
            queue[call.patient_id] = standing
            opened.append((call.patient_id, standing))
            kind = "opened"
        else:
            kind = standing.join(call, now)
        standing.evidence.extend(call.evidence)
        events.append(
            {
                "id": new_id(),
                "escalation_id": standing.id,
                "kind": kind,
                "at": now,
                "urgency": call.urgency,
                "detail": {"reason": call.reason, "evidence": list(call.evidence)},
            }
        )
    if opened:
        connection.execute(insert(Escalation), [standing.row(patient, now) for patient, standing in opened])
    for standing in queue.values():
        if standing.touched and not standing.new:
            connection.execute(update(Escalation).where(Escalation.id == standing.id).values(standing.changes()))
    connection.execute(insert(EscalationEvent), events)
    set_alarms(
        connection,
        [
            Alarm(TimerKind.CHASE, standing.id, standing.due_at, standing.urgency.rank)
            for standing in queue.values()
            if standing.new or standing.raised
        ],
    )
    again = [
        Alarm(TimerKind.CHASE, standing.id, standing.again_by, standing.urgency.rank)
        for standing in queue.values()
        if standing.again_by is not None
    ]
    set_alarms(connection, again, only_sooner=True)


@dataclass(slots=True)
class _Standing:
    """A woman's open escalation while calls are added to it.

    `again_by`: a danger sign came while she was in the queue; whoever holds her, or has long been called, hears of it.
    """

    id: UUID
    urgency: Urgency
    due_at: datetime
    evidence: list[dict[str, Any]]
    new: bool = False
    reason: str | None = None
    raised: bool = False
    touched: bool = False
    again_by: datetime | None = None

    def join(self, call: Call, now: datetime) -> str:
        self.touched = True
        if call.urgency.at_least(Urgency.URGENT):
            self.again_by = min(self.again_by or call.due_at(now), call.due_at(now))
        if call.urgency.rank >= self.urgency.rank:
            return "added"
        self.urgency, self.reason, self.raised = call.urgency, call.reason, True
        self.due_at = min(self.due_at, call.due_at(now))
        return "raised"

    def changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {"evidence": self.evidence, "version": Escalation.version + 1}
        if self.raised:
            changes |= {"urgency": self.urgency, "due_at": self.due_at, "reason": self.reason, "tier": 0}
        return changes

    def row(self, patient: UUID, now: datetime) -> dict[str, Any]:
        return {
            "id": self.id,
            "patient_id": patient,
            "urgency": self.urgency,
            "reason": self.reason,
            "evidence": self.evidence,
            "status": "open",
            "tier": 0,
            "opened_at": now,
            "due_at": self.due_at,
            "version": 1,
        }
