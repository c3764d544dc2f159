"""What a woman says of herself on her way into our care: who she is, who stands by her, how the pregnancy went."""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from bot import db, nurse_lines
from bot.crypto import Keyring
from bot.errors import Conflict, Invalid, NotFound
from bot.escalations import Call, call_humans
from bot.inbound import Inbound
from bot.invitations import bind, merge
from bot.pregnancies import record_outcome
from bot.roster_words import relation_of
from bot.snapshots import Known
from bot.timers import Alarm, set_alarms
from dialogs.effects import Identify, NameGuardian, ReportOutcome
from models.base import new_id
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy
from models.values import ChannelKind, DueDateMethod, TimerKind, Urgency, due_date_from_lmp

log = logging.getLogger(__name__)


def bind_scanned(connection: Connection, keyring: Keyring, inbounds: Sequence[Inbound], now: datetime) -> None:
    """Make the WeChat of who scanned an invitation hers; a code that does not hold leaves her a stranger."""
    for inbound in inbounds:
        if inbound.scene and inbound.address is not None:
            try:
                bind(connection, keyring, inbound.scene, inbound.address.value, now)
            except (NotFound, Invalid, Conflict) as refusal:
                log.info("a scanned code binds nobody: %s", refusal)


def identify(
    connection: Connection, keyring: Keyring, known: Known, said: Identify, *, today: date, now: datetime
) -> None:
    """A woman whom the roster does not know says who she is.

    Name and phone that both match bind her to her record, unless that has a WeChat of its own. Everybody else is
    kept as she described herself, and a nurse confirms her.
    """
    if known.snapshot.confirmed or known.protected:
        return
    target = _same_woman(connection, keyring, said)
    if target is not None:
        merge(connection, known.patient_id, target, now)
        return
    _keep_description(connection, keyring, known, said, today=today, now=now)
    call = Call(known.patient_id, Urgency.SOON, nurse_lines.self_registered())
    call_humans(connection, [call], now)


def name_guardian(
    connection: Connection, keyring: Keyring, patient_id: UUID, said: NameGuardian, now: datetime
) -> None:
    """Add or change the guardian who has this number, or else the one of this relation.

    His number is written to only with the consent `guardian`.
    """
    relation = relation_of(said.relation)
    guardian = _guardian_with(connection, keyring, patient_id, said.phone) or connection.scalar(
        select(Guardian.id).where(Guardian.patient_id == patient_id, Guardian.relation == relation)
    )
    if guardian is None:
        guardian = new_id()
        connection.execute(
            insert(Guardian).values(
                id=guardian, patient_id=patient_id, name=said.name, relation=relation, created_at=now
            )
        )
    elif said.name:
        connection.execute(update(Guardian).where(Guardian.id == guardian).values(name=said.name))
    if said.phone:
        _add_phone(connection, keyring, patient_id, said.phone, now, guardian_id=guardian)


def _guardian_with(connection: Connection, keyring: Keyring, patient_id: UUID, phone: str | None) -> UUID | None:
    if not phone:
        return None
    return connection.scalar(
        select(ContactPoint.guardian_id).where(
            ContactPoint.patient_id == patient_id,
            ContactPoint.channel == ChannelKind.SMS,
            ContactPoint.address_hash == keyring.lookup_hash(ChannelKind.SMS, phone),
        )
    )


def report_outcome(
    connection: Connection, known: Known, session: UUID | None, said: ReportOutcome, *, today: date, now: datetime
) -> None:
    """She says that the baby is born or lost: what was scheduled stops now, a nurse confirms it afterwards."""
    if known.pregnancy_id is not None:
        on = said.on or today
        record_outcome(connection, known.pregnancy_id, said.kind, on, by=None, now=now, keep_session=session)


def _same_woman(connection: Connection, keyring: Keyring, said: Identify) -> UUID | None:
    """The one woman of the roster with this phone and this name, whose WeChat nobody has bound yet."""
    if not said.phone or not said.name:
        return None
    wechat = select(ContactPoint.patient_id).where(ContactPoint.channel == ChannelKind.WECHAT)
    rows = connection.execute(
        select(Patient.id, Patient.name)
        .join(ContactPoint, ContactPoint.patient_id == Patient.id)
        .where(
            ContactPoint.channel == ChannelKind.SMS,
            ContactPoint.address_hash == keyring.lookup_hash(ChannelKind.SMS, said.phone),
            ContactPoint.guardian_id.is_(None),
            Patient.status == "registered",
            Patient.id.not_in(wechat),
        )
    ).all()
    same = [row.id for row in rows if row.name and _plain(row.name) == _plain(said.name)]
    return same[0] if len(same) == 1 else None


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _keep_description(
    connection: Connection, keyring: Keyring, known: Known, said: Identify, *, today: date, now: datetime
) -> None:
    patient_id = known.patient_id
    if said.name:
        connection.execute(update(Patient).where(Patient.id == patient_id).values(name=said.name, updated_at=now))
    if said.phone:
        _add_phone(connection, keyring, patient_id, said.phone, now)
    due_date = said.due_date or (due_date_from_lmp(said.last_period) if said.last_period else None)
    if due_date is None or known.pregnancy_id is not None:
        return
    pregnancy = new_id()
    connection.execute(
        insert(Pregnancy).values(
            id=pregnancy,
            patient_id=patient_id,
            last_period=said.last_period,
            due_date=due_date,
            due_date_method=DueDateMethod.STATED if said.due_date else DueDateMethod.LMP,
            conditions=[],
            enrolled_on=today,
            created_at=now,
            updated_at=now,
        )
    )
    set_alarms(connection, [Alarm(TimerKind.PLAN, pregnancy, now)])


def _add_phone(
    connection: Connection,
    keyring: Keyring,
    patient_id: UUID,
    phone: str,
    now: datetime,
    *,
    guardian_id: UUID | None = None,
) -> None:
    point = {
        "id": new_id(),
        "patient_id": patient_id,
        "guardian_id": guardian_id,
        "channel": ChannelKind.SMS,
        "address": phone,
        "address_hash": keyring.lookup_hash(ChannelKind.SMS, phone),
        "created_at": now,
    }
    connection.execute(db.insert(connection, ContactPoint).on_conflict_do_nothing(), [point])
