"""How a woman's WeChat becomes known as hers: an invitation that is used once, and the merging of two records."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, exists, insert, select, update
from sqlalchemy.orm import aliased

from bot import snapshots
from bot.crypto import Keyring
from bot.errors import Conflict, Invalid, NotFound
from bot.escalations import Call, call_humans
from bot.pregnancies import cancel_follow_ups
from bot.timers import clear_alarms
from models.base import new_id
from models.conversation import InboundMessage, OutboundMessage, Session
from models.escalation import Escalation
from models.follow_up import Appointment, FollowUp
from models.person import Consent, ContactPoint, Guardian, Invitation, Patient
from models.pregnancy import Pregnancy
from models.record import Encounter, Observation
from models.values import ChannelKind, TimerKind, Urgency

VALID_FOR = timedelta(days=30)
CODE_BYTES = 16
"""128 random bits: 22 characters, within the 64 that WeChat allows a scene of a QR code."""

_HERS = (InboundMessage, OutboundMessage, Observation, Encounter)
"""What moves from one record to the other as it is."""


def invite(connection: Connection, keyring: Keyring, patient_id: UUID, now: datetime) -> str:
    """A new code for this woman's QR picture. The code is not kept, only its hash. Raises NotFound."""
    if connection.scalar(select(Patient.id).where(Patient.id == patient_id)) is None:
        raise NotFound(f"no patient {patient_id}")
    code = secrets.token_urlsafe(CODE_BYTES)
    invitation = {
        "id": new_id(),
        "patient_id": patient_id,
        "code_hash": keyring.lookup_hash("invitation", code),
        "expires_at": now + VALID_FOR,
        "created_at": now,
    }
    connection.execute(insert(Invitation), [invitation])
    return code


def bind(connection: Connection, keyring: Keyring, code: str, openid: str, now: datetime) -> UUID:
    """Bind the WeChat of whoever scanned the code to the woman it was made for, and give her id.

    The same scan again changes nothing. Raises NotFound for an unknown code, Invalid for an expired one, Conflict
    when another WeChat has used it or this WeChat is another woman's.
    """
    invitation = connection.execute(
        select(Invitation.id, Invitation.patient_id, Invitation.expires_at, Invitation.used_at)
        .where(Invitation.code_hash == keyring.lookup_hash("invitation", code))
        .with_for_update()
    ).one_or_none()
    if invitation is None:
        raise NotFound("no such invitation")
    patient_id: UUID = invitation.patient_id
    if invitation.used_at is not None:
        holder = _holder(connection, keyring.lookup_hash("wechat", openid))
        if holder is None or holder.patient_id != patient_id or holder.guardian_id is not None:
            raise Conflict("this invitation has been used with another WeChat")
        return patient_id
    if invitation.expires_at <= now:
        raise Invalid("this invitation has expired")
    bind_openid(connection, keyring, patient_id, openid, now)
    connection.execute(update(Invitation).where(Invitation.id == invitation.id).values(used_at=now))
    return patient_id


def bind_openid(connection: Connection, keyring: Keyring, patient_id: UUID, openid: str, now: datetime) -> bool:
    """Make this openid the woman's own WeChat; False when it was. Her earlier one, if any, is written to no more.

    Whoever had the openid and was not yet known to the roster is merged into her. Raises Conflict when the openid
    is another registered woman's, or a guardian's.
    """
    address_hash = keyring.lookup_hash("wechat", openid)
    holder = _holder(connection, address_hash)
    snapshots.lock(connection, {patient_id, *((holder.patient_id,) if holder else ())})
    if holder is not None and holder.guardian_id is not None:
        raise Conflict("this WeChat belongs to a guardian")
    if holder is not None and holder.patient_id == patient_id and holder.status != "replaced":
        return False
    is_stranger = holder is not None and holder.owner_status == "unconfirmed"
    if holder is not None and holder.patient_id != patient_id and not is_stranger and holder.status != "replaced":
        raise Conflict("this WeChat belongs to another woman of the roster")
    own = (ContactPoint.patient_id == patient_id) & (ContactPoint.channel == ChannelKind.WECHAT)
    connection.execute(update(ContactPoint).where(own, ContactPoint.guardian_id.is_(None)).values(status="replaced"))
    if holder is None:
        connection.execute(insert(ContactPoint), [_point(patient_id, openid, address_hash, now)])
        return True
    hers = ContactPoint.id == holder.id
    if is_stranger:
        merge(connection, holder.patient_id, patient_id, now)
        hers = own & (ContactPoint.address_hash == address_hash)  # where she had it before, that row is the one kept
    values = {"patient_id": patient_id, "status": "active"}
    connection.execute(update(ContactPoint).where(hers).values(values))
    return True


def merge(connection: Connection, source: UUID, target: UUID, now: datetime) -> None:
    """Two records of one woman become one: what `source` has said and done is `target`'s from now on."""
    snapshots.lock(connection, [source, target])
    _end_other_dialog(connection, source, target, now)
    _move_contact_points(connection, source, target)
    _move_guardians(connection, source, target)
    _move_pregnancy(connection, source, target, now)
    for model in _HERS:
        connection.execute(update(model).where(model.patient_id == source).values(patient_id=target))
    connection.execute(update(Session).where(Session.patient_id == source).values(patient_id=target))
    _move_consents(connection, source, target)
    _move_escalations(connection, source, target, now)
    connection.execute(
        update(Patient).where(Patient.id == source).values(status="merged", merged_into=target, updated_at=now)
    )


@dataclass(frozen=True, slots=True)
class _Holder:
    """Who has an openid now: it is one person's, so there is one at most."""

    id: UUID
    patient_id: UUID
    guardian_id: UUID | None
    status: str
    owner_status: str


def _holder(connection: Connection, address_hash: str) -> _Holder | None:
    row = connection.execute(
        select(ContactPoint.id, ContactPoint.patient_id, ContactPoint.guardian_id, ContactPoint.status, Patient.status)
        .join(Patient, Patient.id == ContactPoint.patient_id)
        .where(ContactPoint.channel == ChannelKind.WECHAT, ContactPoint.address_hash == address_hash)
        .order_by(ContactPoint.status == "replaced")  # who has it now comes before who had it once
        .limit(1)
    ).one_or_none()
    return None if row is None else _Holder(*row)


def _point(patient_id: UUID, openid: str, address_hash: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "patient_id": patient_id,
        "channel": ChannelKind.WECHAT,
        "address": openid,
        "address_hash": address_hash,
        "created_at": now,
    }


def _end_other_dialog(connection: Connection, source: UUID, target: UUID, now: datetime) -> None:
    """She is talking in the dialog of `source`; one that `target` left open gives way to it."""
    if connection.scalar(select(Session.id).where(Session.patient_id == source, Session.ended_at.is_(None))) is None:
        return
    left = list(connection.scalars(select(Session.id).where(Session.patient_id == target, Session.ended_at.is_(None))))
    clear_alarms(connection, TimerKind.WAIT, left)
    connection.execute(update(Session).where(Session.id.in_(left)).values(ended_at=now, ended_how="replaced"))


def _move_contact_points(connection: Connection, source: UUID, target: UUID) -> None:
    """A point that both have stays once, and the messages follow it."""
    columns = (ContactPoint.id, ContactPoint.channel, ContactPoint.address_hash)
    kept = {
        (point.channel, point.address_hash): point.id
        for point in connection.execute(select(*columns).where(ContactPoint.patient_id == target))
    }
    for point in connection.execute(select(*columns).where(ContactPoint.patient_id == source)).all():
        twin = kept.get((point.channel, point.address_hash))
        if twin is not None:
            for model in (InboundMessage, OutboundMessage):
                connection.execute(
                    update(model).where(model.contact_point_id == point.id).values(contact_point_id=twin)
                )
            connection.execute(delete(ContactPoint).where(ContactPoint.id == point.id))
    connection.execute(update(ContactPoint).where(ContactPoint.patient_id == source).values(patient_id=target))


def _move_guardians(connection: Connection, source: UUID, target: UUID) -> None:
    columns = (Guardian.id, Guardian.relation)
    kept = {row.relation: row.id for row in connection.execute(select(*columns).where(Guardian.patient_id == target))}
    for guardian in connection.execute(select(*columns).where(Guardian.patient_id == source)).all():
        twin = kept.get(guardian.relation)
        if twin is None:
            connection.execute(update(Guardian).where(Guardian.id == guardian.id).values(patient_id=target))
            continue
        for model in (ContactPoint, OutboundMessage):
            connection.execute(update(model).where(model.guardian_id == guardian.id).values(guardian_id=twin))
        connection.execute(delete(Guardian).where(Guardian.id == guardian.id))


def _move_pregnancy(connection: Connection, source: UUID, target: UUID, now: datetime) -> None:
    """The roster's pregnancy counts; what she said of hers stays, closed, with the record that is merged."""
    own = list(connection.scalars(select(Pregnancy.id).where(Pregnancy.patient_id == source)))
    if not own:
        return
    if connection.scalar(select(Pregnancy.id).where(Pregnancy.patient_id == target).limit(1)) is None:
        for model in (Pregnancy, FollowUp, Appointment):
            connection.execute(update(model).where(model.patient_id == source).values(patient_id=target))
        return
    cancel_follow_ups(connection, own, now, why="merged")
    clear_alarms(connection, TimerKind.PLAN, own)
    connection.execute(
        update(Pregnancy).where(Pregnancy.id.in_(own), Pregnancy.closed_at.is_(None)).values(closed_at=now)
    )


def _move_consents(connection: Connection, source: UUID, target: UUID) -> None:
    """A tick that both have of the same moment stays where it is: it is proof, and nothing is lost by it."""
    hers = aliased(Consent)
    twin = exists().where(hers.patient_id == target, hers.kind == Consent.kind, hers.given_at == Consent.given_at)
    connection.execute(update(Consent).where(Consent.patient_id == source, ~twin).values(patient_id=target))


def _move_escalations(connection: Connection, source: UUID, target: UUID, now: datetime) -> None:
    """An open one moves; where she has two, the one of `source` ends as merged and its reason joins the other."""
    unresolved = Escalation.resolved_at.is_(None)
    standing = connection.scalar(select(Escalation.id).where(Escalation.patient_id == target, unresolved))
    second = connection.execute(
        select(Escalation.id, Escalation.urgency, Escalation.reason, Escalation.evidence).where(
            Escalation.patient_id == source, unresolved
        )
    ).one_or_none()
    if standing is not None and second is not None:
        clear_alarms(connection, TimerKind.CHASE, [second.id])
        connection.execute(
            update(Escalation)
            .where(Escalation.id == second.id)
            .values(status="resolved", resolved_at=now, outcome="merged", version=Escalation.version + 1)
        )
        call = Call(target, Urgency(second.urgency), second.reason, tuple(second.evidence or ()))
        call_humans(connection, [call], now)
    connection.execute(update(Escalation).where(Escalation.patient_id == source).values(patient_id=target))
