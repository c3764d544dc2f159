"""Addresses: who stands behind one, which one a woman is best reached at, what a platform now allows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Case, ColumnElement, Connection, case, insert, select, update

from bot.channels.wechat_window import ALLOWANCE, Trigger, Window, after_trigger
from bot.crypto import Keyring
from bot.messages import compose, queue
from dialogs.effects import Purpose
from models.base import new_id
from models.conversation import OutboundMessage
from models.person import Consent, ContactPoint, Patient
from models.values import Address, ChannelKind, ConsentKind, Urgency

ALERT_ONCE_IN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Reach:
    """One address that may be written to."""

    contact_point_id: UUID
    channel: ChannelKind
    guardian_id: UUID | None = None


def reach_women(connection: Connection, patients: Collection[UUID]) -> dict[UUID, Reach]:
    """Find each woman's own best address: WeChat before SMS, SMS only with consent. Not found: a nurse must phone."""
    own = ContactPoint.patient_id.in_(patients) & ContactPoint.guardian_id.is_(None)
    return _reach(connection, own, ConsentKind.SMS)


def tell_guardian(
    connection: Connection,
    patient_id: UUID,
    text: str,
    now: datetime,
    urgency: Urgency = Urgency.SOON,
    *,
    purpose: Purpose = Purpose.GUARDIAN_ALERT,
) -> bool:
    """Queue one neutral SMS to the guardian, if she agreed that he may be told. False when there is nobody to tell.

    He hears of one urgency once in half an hour, however often she writes.
    """
    key = f"guardian:{patient_id}:{urgency}:{int(now.timestamp() // ALERT_ONCE_IN.total_seconds())}"
    if connection.scalar(select(OutboundMessage.id).where(OutboundMessage.key == key)) is not None:
        return True
    guardians = (ContactPoint.patient_id == patient_id) & ContactPoint.guardian_id.is_not(None)
    found = _reach(connection, guardians, ConsentKind.GUARDIAN)
    if patient_id not in found:
        return False
    reach = found[patient_id]
    message = compose(
        patient_id=patient_id,
        channel=reach.channel,
        contact_point_id=reach.contact_point_id,
        guardian_id=reach.guardian_id,
        text=text,
        purpose=purpose,
        now=now,
        key=key,
    )
    queue(connection, [message], now)
    return True


def _reach(connection: Connection, whose: ColumnElement[bool], consent: ConsentKind) -> dict[UUID, Reach]:
    rows = connection.execute(
        select(ContactPoint.patient_id, ContactPoint.id, ContactPoint.channel, ContactPoint.guardian_id)
        .where(whose, ContactPoint.status == "active", ContactPoint.opted_out_at.is_(None))
        .order_by(ContactPoint.channel.desc(), ContactPoint.created_at.desc())
    ).all()
    agreed = _agreed(connection, {row.patient_id for row in rows}, consent)
    reach: dict[UUID, Reach] = {}
    for row in rows:  # "wechat" sorts behind "sms", so that descending order meets WeChat first
        if row.patient_id in agreed or (row.guardian_id is None and row.channel == ChannelKind.WECHAT):
            reach.setdefault(row.patient_id, Reach(row.id, ChannelKind(row.channel), row.guardian_id))
    return reach


def _agreed(connection: Connection, patients: Collection[UUID], kind: ConsentKind) -> set[UUID]:
    rows = connection.execute(
        select(Consent.patient_id, Consent.granted)
        .where(Consent.patient_id.in_(patients), Consent.kind == kind)
        .order_by(Consent.given_at)
    )
    latest = {patient: granted for patient, granted in rows}  # noqa: C416 - a row is typed, a dict of rows is not
    return {patient for patient, granted in latest.items() if granted}


@dataclass(frozen=True, slots=True)
class Met:
    """Who wrote: the contact point found, or made for a stranger."""

    reach: Reach
    patient_id: UUID
    opted_out: bool = False


def meet(connection: Connection, keyring: Keyring, addresses: Sequence[Address], now: datetime) -> list[Met]:
    """Find who stands behind each address; a stranger becomes an unconfirmed patient, so that nothing is lost.

    Where women of one family share a number, the one whose own it is comes before the one whose guardian has it.
    """
    keys = [(address.channel, keyring.lookup_hash(address.channel, address.value)) for address in addresses]
    rows = connection.execute(
        select(
            ContactPoint.id,
            ContactPoint.channel,
            ContactPoint.address_hash,
            ContactPoint.patient_id,
            ContactPoint.guardian_id,
            ContactPoint.opted_out_at,
        )
        .where(ContactPoint.address_hash.in_([digest for _, digest in keys]), ContactPoint.status != "replaced")
        .order_by(ContactPoint.guardian_id.is_not(None), ContactPoint.created_at.desc())
    )
    found: dict[tuple[str, str], Met] = {}
    for row in rows:
        reach = Reach(row.id, ChannelKind(row.channel), row.guardian_id)
        met = Met(reach, row.patient_id, opted_out=row.opted_out_at is not None)
        found.setdefault((row.channel, row.address_hash), met)
    for address, key in zip(addresses, keys, strict=True):
        if key not in found:
            found[key] = _welcome(connection, address, key[1], now)
    return [found[key] for key in keys]


def _welcome(connection: Connection, address: Address, digest: str, now: datetime) -> Met:
    patient, contact = new_id(), new_id()
    connection.execute(insert(Patient).values(id=patient, status="unconfirmed", created_at=now, updated_at=now))
    connection.execute(
        insert(ContactPoint).values(
            id=contact,
            patient_id=patient,
            channel=address.channel,
            address=address.value,
            address_hash=digest,
            created_at=now,
        )
    )
    return Met(Reach(contact, address.channel), patient)


def open_windows(connection: Connection, contacts: Sequence[UUID], now: datetime) -> None:
    """She wrote: the platform's longest allowance begins anew, and she can be reached again."""
    if contacts:
        row = {
            "status": _status("active"),
            "window_trigger": Trigger.MESSAGE.value,
            "window_opened_at": now,
            "window_left": ALLOWANCE[Trigger.MESSAGE].messages,
        }
        connection.execute(update(ContactPoint).where(ContactPoint.id.in_(contacts)).values(row))


def note_event(connection: Connection, contact: UUID, event: str, now: datetime) -> None:
    """Remember what an event says of an address: follow, scan, click open a short window, unsubscribe ends all."""
    if event == "unsubscribe":
        changes = {"status": _status("unsubscribed"), "window_left": 0}
    elif event in set(Trigger):
        row = connection.execute(
            select(ContactPoint.window_trigger, ContactPoint.window_opened_at, ContactPoint.window_left).where(
                ContactPoint.id == contact
            )
        ).one()
        before = Window(Trigger(row[0]), row[1] or now, row[2] or 0) if row[0] else None
        window = after_trigger(before, Trigger(event), now)
        changes = {
            "status": _status("active"),
            "window_trigger": window.trigger.value,
            "window_opened_at": window.opened_at,
            "window_left": window.left,
        }
    else:
        return
    connection.execute(update(ContactPoint).where(ContactPoint.id == contact).values(changes))


def _status(new: str) -> Case[str]:
    """Nothing a platform reports takes the protection of a minor away."""
    return case((ContactPoint.status == "protected", "protected"), else_=new)
