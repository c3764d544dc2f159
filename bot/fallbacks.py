"""What happens to a message that cannot leave by its channel: another one carries it, or a human is called."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from bot import snapshots
from bot.channels.base import Channel
from bot.escalations import Call, call_humans
from bot.messages import compose, queue
from bot.roads import VERBATIM, Parcel, Verdict
from bot.snapshots import Known
from dialogs.effects import Purpose
from dialogs.library import Library
from models.conversation import OutboundMessage
from models.person import ContactPoint
from models.values import ChannelKind, ConsentKind, Language, Urgency

CALLED_FOR: Final = {
    Purpose.SAFETY: Urgency.URGENT,
    Purpose.GUARDIAN_ALERT: Urgency.SOON,
    Purpose.EMERGENCY_CONTACTS: Urgency.SOON,
    Purpose.NURSE_REPLY: Urgency.SOON,
}
"""Messages that no woman may miss; of the others a nurse hears only when they were for the focus group (I6)."""


ANNOUNCEMENT: Final = "announcement:"


@dataclass(frozen=True, slots=True)
class Other:
    """Another address of the same person."""

    id: UUID
    channel: ChannelKind


@dataclass(frozen=True)
class Fallbacks:
    library: Library
    channels: dict[ChannelKind, Channel]
    zone: ZoneInfo

    def find(self, connection: Connection, stuck: Sequence[tuple[Parcel, Verdict]], now: datetime) -> None:
        """Compose each message once more for another channel, or call a human. The patients must be locked."""
        if not stuck:
            return
        patients = {parcel.patient_id for parcel, _ in stuck}
        known = snapshots.take(connection, patients, now, self.zone)
        others = _other_points(connection, patients)
        messages: dict[str, dict[str, Any]] = {}
        calls = []
        announced = []
        for parcel, verdict in stuck:
            woman = known[parcel.patient_id]
            other = self._other(parcel, woman, others) if verdict.switch and parcel.fallback_of is None else None
            if other is not None:
                for message in self._again(parcel, verdict, other, woman, now):
                    messages.setdefault(message["key"], message)
                    announced += [parcel.id] if message["key"].startswith(ANNOUNCEMENT) else []
            if other is None or verdict.doubtful:
                calls += self._call(parcel, verdict, woman)
        queue(connection, _unsaid(connection, messages), now)
        if announced:
            connection.execute(update(OutboundMessage).where(OutboundMessage.id.in_(announced)).values(unseen=True))
        call_humans(connection, calls, now)

    def _other(self, parcel: Parcel, woman: Known, others: dict[tuple[UUID, UUID | None], list[Other]]) -> Other | None:
        """She agreed to SMS or not; a guardian has agreed to everything by being told at all."""
        for other in others.get((parcel.patient_id, parcel.guardian_id), []):
            agreed = other.channel is not ChannelKind.SMS or ConsentKind.SMS in woman.snapshot.consents
            if other.channel is not parcel.channel and other.channel in self.channels and agreed:
                return other
        return None

    def _again(
        self, parcel: Parcel, verdict: Verdict, other: Other, woman: Known, now: datetime
    ) -> list[dict[str, Any]]:
        limits = self.channels[other.channel].limits
        if parcel.purpose in VERBATIM or not limits.pushes_free_text:
            texts, key = limits.split(parcel.text), f"fallback:{parcel.id}"
        else:
            # What lies on a lock screen is only announced, and once a day however much has gathered.
            texts = [self.library.wording("delivery.announcement", woman.snapshot.language, woman.snapshot.facts)]
            key = f"{ANNOUNCEMENT}{other.id}:{now.astimezone(self.zone):%Y-%m-%d}"
        return [
            compose(
                patient_id=parcel.patient_id,
                channel=other.channel,
                contact_point_id=other.id,
                guardian_id=parcel.guardian_id,
                text=text,
                purpose=parcel.purpose,
                now=now,
                key=f"{key}:{position}" if position else key,
                position=position,
                session_id=parcel.session_id,
                follow_up_id=parcel.follow_up_id,
                fallback_of=parcel.id,
                reason=f"{parcel.channel}: {verdict.reason}",
            )
            for position, text in enumerate(texts)
        ]

    def _call(self, parcel: Parcel, verdict: Verdict, woman: Known) -> list[Call]:
        urgency = CALLED_FOR.get(parcel.purpose, Urgency.SOON if woman.focus else None)
        if urgency is None:
            return []
        line = (
            "safety_doubtful" if verdict.doubtful else "safety_not_delivered" if parcel.insistent else "not_delivered"
        )
        reason = self.library.wording(f"reason.{line}", Language.ZH_CN, {})
        evidence = {"message": str(parcel.id), "reason": verdict.reason, "code": verdict.code}
        return [Call(parcel.patient_id, urgency, reason, [evidence], focus=woman.focus)]


def _other_points(connection: Connection, patients: Collection[UUID]) -> dict[tuple[UUID, UUID | None], list[Other]]:
    rows = connection.execute(
        select(ContactPoint.id, ContactPoint.channel, ContactPoint.patient_id, ContactPoint.guardian_id)
        .where(
            ContactPoint.patient_id.in_(patients),
            ContactPoint.status == "active",
            ContactPoint.opted_out_at.is_(None),
        )
        .order_by(ContactPoint.created_at.desc())
    )
    found: dict[tuple[UUID, UUID | None], list[Other]] = {}
    for row in rows:
        found.setdefault((row.patient_id, row.guardian_id), []).append(Other(row.id, ChannelKind(row.channel)))
    return found


def _unsaid(connection: Connection, messages: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Only what has not been composed before: the locked patients see to it that nobody composes it meanwhile."""
    if not messages:
        return []
    said = set(connection.scalars(select(OutboundMessage.key).where(OutboundMessage.key.in_(messages))))
    return [message for key, message in messages.items() if key not in said]
