"""The nurse's verbs. Each changes one escalation and writes its event and its audit line in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, case, insert, select, update
from sqlalchemy.orm import Session

from bot.audit import record
from bot.care_team import Colleague, colleague_named, visible_to
from bot.errors import Conflict, Invalid, NotFound
from bot.messages import compose, queue
from bot.reach import reach_women
from bot.snapshots import lock
from bot.timers import Alarm, clear_alarms, set_alarms, take_due
from dialogs.effects import Purpose
from models.base import new_id
from models.conversation import OutboundMessage
from models.escalation import Escalation, EscalationEvent
from models.person import Patient
from models.pregnancy import Pregnancy
from models.record import Encounter
from models.values import StaffRole, TimerKind, Urgency

SLOWEST_CHASE = timedelta(hours=24)
CHASE_AGAIN = {
    Urgency.EMERGENCY: timedelta(minutes=10),
    Urgency.URGENT: timedelta(hours=1),
    Urgency.SOON: timedelta(hours=24),
    Urgency.SELF_CARE: timedelta(days=3),
}
"""How long the next tier has before the one above it is told as well (D1, a project default)."""

HELD_AT_MOST = timedelta(hours=24)
"""The bot is silent while a nurse holds a woman; one that is held and forgotten is called overdue after this."""

TOP_TIER = 2
AUDITED = frozenset({"to", "message_id", "outcome"})
"""What of an event's detail goes into the audit chain: codes and ids, never a nurse's own words."""

MAX_WORDS = 2000
"""Characters of one reply or note."""


class Outcome(StrEnum):
    """How a nurse closed an escalation."""

    ADVISED = "advised"
    SENT_TO_HOSPITAL = "sent_to_hospital"
    AMBULANCE = "ambulance"
    CALLED_NO_PROBLEM = "called_no_problem"
    COULD_NOT_REACH = "could_not_reach"
    DUPLICATE = "duplicate"
    FALSE_ALARM = "false_alarm"
    OTHER = "other"


REACHED = {
    Outcome.ADVISED: "answered",
    Outcome.SENT_TO_HOSPITAL: "answered",
    Outcome.AMBULANCE: "answered",
    Outcome.CALLED_NO_PROBLEM: "answered",
    Outcome.COULD_NOT_REACH: "no_answer",
}
"""Outcomes that were a contact with her, and the result of that contact; the others were none."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One member of staff at work in one transaction. Every verb raises NotFound for a woman she may not see and
    Conflict when somebody else was first.
    """

    session: Session
    actor: Colleague
    now: datetime
    zone: ZoneInfo

    def claim(self, escalation_id: UUID) -> None:
        """Take her over: the bot is silent for her from now on. Claiming what one already holds changes nothing."""
        standing = self._find(escalation_id)
        if standing.assignee_id == self.actor.id and standing.open:
            return
        self._change(
            standing,
            "claimed",
            [Escalation.status == "open"],
            {"status": "assigned", "assignee_id": self.actor.id, "assigned_at": self.now},
        )
        self._hold(standing)

    def release(self, escalation_id: UUID) -> None:
        """Put her back into the queue; the old due time counts."""
        standing = self._find(escalation_id)
        self._change(standing, "released", self._mine(), {"status": "open", "assignee_id": None, "assigned_at": None})
        self._chase_at(standing, max(standing.due_at, self.now))

    def hand_over(self, escalation_id: UUID, to: str) -> None:
        """Give her to a colleague by name. Raises Invalid when that colleague may not see her."""
        standing = self._find(escalation_id)
        colleague = colleague_named(self.session, to)
        seen = select(Patient.id).where(Patient.id == standing.patient_id, visible_to(colleague))
        if self.session.scalar(seen) is None:
            raise Invalid(f"staff: {to} has no access to this woman")
        self._change(
            standing,
            "handed_over",
            [Escalation.status == "assigned", *self._mine()],
            {"assignee_id": colleague.id, "assigned_at": self.now},
            {"to": colleague.name},
        )
        self._hold(standing)

    def reply(self, escalation_id: UUID, text: str, key: str | None = None) -> UUID:
        """Write to her by the best legal way and give the message's id; claims the escalation if nobody has it.

        `key` makes a repeated call say it once.
        """
        words = _words("text", text)
        if key is not None and (said := self._said(key)):
            return said
        self.claim(escalation_id)
        standing = self._find(escalation_id)
        connection = self.session.connection()
        reach = reach_women(connection, [standing.patient_id]).get(standing.patient_id)
        message = compose(
            patient_id=standing.patient_id,
            channel=reach.channel if reach else None,
            contact_point_id=reach.contact_point_id if reach else None,
            state="queued" if reach else "failed",
            reason=None if reach else "no_address",
            text=words,
            purpose=Purpose.NURSE_REPLY,
            key=key,
            staff_member_id=self.actor.id,
            now=self.now,
        )
        queue(connection, [message], self.now)
        message_id: UUID = message["id"]
        self._change(standing, "replied", self._mine(), {}, {"message_id": str(message_id)})
        self._hold(standing)
        return message_id

    def note(self, escalation_id: UUID, text: str) -> None:
        """Write something down for colleagues; she does not see it."""
        standing = self._find(escalation_id)
        self._change(standing, "note", [Escalation.resolved_at.is_(None)], {}, {"text": _words("text", text)})

    def resolve(self, escalation_id: UUID, outcome: Outcome, note: str = "") -> None:
        """Close it and hand her back to the bot. A supervisor may close what another holds."""
        standing = self._find(escalation_id)
        self._change(
            standing,
            "resolved",
            [Escalation.resolved_at.is_(None), *self._mine(or_open=True)],
            {
                "status": "resolved",
                "resolved_at": self.now,
                "outcome": outcome.value,
                "assignee_id": standing.assignee_id or self.actor.id,
            },
            {"outcome": outcome.value, "note": _words("note", note) if note.strip() else ""},
        )
        clear_alarms(self.session.connection(), TimerKind.CHASE, [standing.id])
        if outcome in REACHED:
            self._record_contact(standing, REACHED[outcome], note)

    def _find(self, escalation_id: UUID) -> "_Standing":
        patient_id = self.session.scalar(
            select(Escalation.patient_id)
            .join(Patient, Patient.id == Escalation.patient_id)
            .where(Escalation.id == escalation_id, visible_to(self.actor))
        )
        if patient_id is None:
            raise NotFound(f"escalation {escalation_id}")
        lock(self.session.connection(), [patient_id])  # in a turn's order: the woman first, then what hangs off her
        columns = (Escalation.urgency, Escalation.due_at, Escalation.assignee_id, Escalation.resolved_at)
        urgency, due_at, holder, resolved_at = self.session.execute(
            select(*columns).where(Escalation.id == escalation_id)
        ).one()
        return _Standing(escalation_id, patient_id, Urgency(urgency), due_at, holder, resolved_at is None)

    def _said(self, key: str) -> UUID | None:
        return self.session.scalar(select(OutboundMessage.id).where(OutboundMessage.key == key))

    def _mine(self, *, or_open: bool = False) -> list[ColumnElement[bool]]:
        if self.actor.role is not StaffRole.NURSE:
            return [Escalation.resolved_at.is_(None)]
        mine = Escalation.assignee_id == self.actor.id
        return [mine | (Escalation.status == "open") if or_open else mine]

    def _change(
        self,
        standing: "_Standing",
        kind: str,
        only_if: Sequence[ColumnElement[bool]],
        values: dict[str, Any],
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Change the row only if it still stands as expected; whoever comes second gets a Conflict."""
        changed = self.session.execute(
            update(Escalation)
            .where(Escalation.id == standing.id, *only_if)
            .values(version=Escalation.version + 1, **values)
            .execution_options(synchronize_session=False)
            .returning(Escalation.id)
        )
        if changed.one_or_none() is None:
            raise Conflict(self._why_not(standing.id))
        connection = self.session.connection()
        connection.execute(insert(EscalationEvent), [_event(standing.id, kind, self.now, self.actor.id, detail)])
        record(
            self.session,
            str(standing.patient_id),
            self.actor.name,
            f"escalation.{kind}",
            {"escalation_id": str(standing.id)} | {k: v for k, v in (detail or {}).items() if k in AUDITED},
            self.now,
        )

    def _why_not(self, escalation_id: UUID) -> str:
        status, holder = self.session.execute(
            select(Escalation.status, Escalation.assignee_id).where(Escalation.id == escalation_id)
        ).one()
        if status == "resolved":
            return f"escalation {escalation_id} is resolved already"
        if holder is None:
            return f"escalation {escalation_id} is held by nobody: claim it first"
        return f"escalation {escalation_id} is held by a colleague"

    def _hold(self, standing: "_Standing") -> None:
        # An emergency keeps its clock until it is resolved; anything else starts a new one while it is held.
        if standing.urgency is not Urgency.EMERGENCY:
            self._chase_at(standing, self.now + HELD_AT_MOST)

    def _chase_at(self, standing: "_Standing", at: datetime) -> None:
        alarm = Alarm(TimerKind.CHASE, standing.id, at, standing.urgency.rank)
        set_alarms(self.session.connection(), [alarm])

    def _record_contact(self, standing: "_Standing", result: str, note: str) -> None:
        pregnancy_id = self.session.scalar(
            select(Pregnancy.id).where(Pregnancy.patient_id == standing.patient_id, Pregnancy.closed_at.is_(None))
        )
        self.session.add(
            Encounter(
                patient_id=standing.patient_id,
                pregnancy_id=pregnancy_id,
                kind="nurse",
                at=self.now,
                result=result,
                staff_member_id=self.actor.id,
                note=note.strip() or None,
            )
        )
        if result == "answered" and pregnancy_id is not None:
            today: date = self.now.astimezone(self.zone).date()
            self.session.execute(update(Pregnancy).where(Pregnancy.id == pregnancy_id).values(last_human_contact=today))


@dataclass(frozen=True, slots=True)
class _Standing:
    """An escalation as it was found; the condition of the update that follows decides."""

    id: UUID
    patient_id: UUID
    urgency: Urgency
    due_at: datetime
    assignee_id: UUID | None
    open: bool


def chase(connection: Connection, now: datetime, limit: int) -> int:
    """Call the next tier for every escalation whose time has passed, and set its next alarm: never silent.

    Returns how many were called overdue.
    """
    due = [alarm.subject for alarm in take_due(connection, TimerKind.CHASE, now, limit)]
    # A desk locks the escalation before its timer, this the other way round: skip what a desk is changing just now.
    rows = connection.execute(
        select(Escalation.id, Escalation.urgency, Escalation.tier, Escalation.opened_at, Escalation.resolved_at)
        .where(Escalation.id.in_(due))
        .with_for_update(skip_locked=True)
    ).all()
    clear_alarms(connection, TimerKind.CHASE, [row.id for row in rows if row.resolved_at is not None])
    late = [row for row in rows if row.resolved_at is None]
    if not late:
        return 0
    next_tier = case((Escalation.tier < TOP_TIER, Escalation.tier + 1), else_=TOP_TIER)
    connection.execute(
        update(Escalation)
        .where(Escalation.id.in_([row.id for row in late]))
        .values(tier=next_tier, version=Escalation.version + 1)
    )
    connection.execute(
        insert(EscalationEvent),
        [_event(row.id, "overdue", now, None, {"tier": min(row.tier + 1, TOP_TIER)}) for row in late],
    )
    set_alarms(
        connection,
        [Alarm(TimerKind.CHASE, row.id, now + _pause(row, now), Urgency(row.urgency).rank) for row in late],
    )
    return len(late)


def _pause(row: Row[*tuple[Any, ...]], now: datetime) -> timedelta:
    """Until it is called again: at once the full pace, and once everybody has been called, ever more slowly."""
    pace = CHASE_AGAIN[Urgency(row.urgency)]
    return pace if row.tier < TOP_TIER else max(pace, min(now - row.opened_at, SLOWEST_CHASE))


def _event(
    escalation_id: UUID, kind: str, at: datetime, staff_member_id: UUID | None, detail: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "escalation_id": escalation_id,
        "kind": kind,
        "at": at,
        "staff_member_id": staff_member_id,
        "urgency": None,
        "detail": detail or {},
    }


def _words(field: str, text: str) -> str:
    words = text.strip()
    if not words:
        raise Invalid(f"{field}: is empty")
    if len(words) > MAX_WORDS:
        raise Invalid(f"{field}: {len(words)} characters, {MAX_WORDS} at most")
    return words
