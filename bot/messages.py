"""A message is rows first: what is to be said, and the alarm that will have it sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select

from bot.timers import Alarm, set_alarms
from dialogs.effects import Purpose
from models.base import new_id
from models.conversation import OutboundMessage
from models.values import ROUTINE_RANK, ChannelKind, TimerKind, Urgency

PASSIVE_GRACE = timedelta(seconds=15)
"""A reply that should leave as the webhook's own answer is sent by another route if nothing confirmed it by then."""

URGENCY_RANK = {
    Purpose.SAFETY: Urgency.EMERGENCY.rank,
    Purpose.GUARDIAN_ALERT: Urgency.EMERGENCY.rank,
    Purpose.EMERGENCY_CONTACTS: Urgency.URGENT.rank,
    Purpose.NURSE_REPLY: Urgency.URGENT.rank,
    Purpose.REPLY: Urgency.SOON.rank,
    Purpose.QUESTION: Urgency.SOON.rank,
}


def compose(
    *,
    patient_id: UUID,
    channel: ChannelKind | None,
    text: str,
    purpose: Purpose,
    now: datetime,
    contact_point_id: UUID | None,
    guardian_id: UUID | None = None,
    state: str = "queued",
    key: str | None = None,
    in_reply_to: UUID | None = None,
    position: int = 0,
    session_id: UUID | None = None,
    follow_up_id: UUID | None = None,
    staff_member_id: UUID | None = None,
    fallback_of: UUID | None = None,
    expires_at: datetime | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """One row of OutboundMessage. `key` forbids a second one of the same; `state` is queued, answering or failed."""
    return {
        "id": new_id(),
        "key": key,
        "patient_id": patient_id,
        "contact_point_id": contact_point_id,
        "guardian_id": guardian_id,
        "channel": channel,
        "route": "passive" if state == "answering" else None,
        "purpose": purpose,
        "urgency": URGENCY_RANK.get(purpose, ROUTINE_RANK),
        "content": text,
        "state": state,
        "reason": reason,
        "in_reply_to": in_reply_to,
        "position": position,
        "fallback_of": fallback_of,
        "session_id": session_id,
        "follow_up_id": follow_up_id,
        "staff_member_id": staff_member_id,
        "attempts": 0,
        "created_at": now,
        "expires_at": expires_at,
    }


def queue(connection: Connection, messages: Sequence[dict[str, Any]], now: datetime) -> None:
    """Insert composed rows with their alarms; a row without a way to reach her stays as `failed`, with its reason."""
    if not messages:
        return
    connection.execute(insert(OutboundMessage), messages)
    due = {"queued": now, "answering": now + PASSIVE_GRACE}
    set_alarms(
        connection,
        [
            Alarm(TimerKind.SEND, message["id"], due[message["state"]], message["urgency"])
            for message in messages
            if message["state"] in due
        ],
    )


@dataclass(frozen=True, slots=True)
class Unseen:
    """A message that was only announced to her."""

    id: UUID
    text: str = field(repr=False)
    at: datetime


def unseen(connection: Connection, patients: Sequence[UUID]) -> dict[UUID, list[Unseen]]:
    """What waits for each woman to write, oldest first."""
    if not patients:
        return {}
    rows = connection.execute(
        select(OutboundMessage.patient_id, OutboundMessage.id, OutboundMessage.content, OutboundMessage.created_at)
        .where(OutboundMessage.patient_id.in_(patients), OutboundMessage.unseen, OutboundMessage.guardian_id.is_(None))
        .order_by(OutboundMessage.created_at, OutboundMessage.position)
    )
    found: dict[UUID, list[Unseen]] = {}
    for patient, message, content, at in rows:
        found.setdefault(patient, []).append(Unseen(message, content, at))
    return found
