"""Whom a nurse can invite to scan: women of the roster, first of all those who have no WeChat with us."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, select, true
from sqlalchemy.orm import Session

from bot import directory
from bot.care_team import Colleague, visible_to
from bot.errors import Invalid, NotFound
from models.care_team import StaffMember
from models.person import ContactPoint, Invitation, Patient
from models.pregnancy import Pregnancy
from models.values import ChannelKind, Language, PregnancyStatus


@dataclass(frozen=True, slots=True)
class Invitee:
    """`invited_at` is the day of her newest invitation that still holds and has not been used."""

    patient_id: UUID
    name: str | None = field(repr=False)
    language: Language
    nurse: str | None
    phone: str | None = field(repr=False)
    on_wechat: bool
    invited_at: datetime | None

    @property
    def phone_end(self) -> str:
        """Tells two women of one name apart on paper."""
        return self.phone[-4:] if self.phone else ""


def waiting(
    session: Session, actor: Colleague | None, now: datetime, *, facility: str | None = None, limit: int | None = None
) -> list[Invitee]:
    """Women in care without WeChat: who was not invited yet comes first, then her own nurse's, then the longest known.

    Without an actor, all of them. Raises NotFound for an unknown facility.
    """
    own = Patient.responsible_nurse_id == actor.id if actor else true()
    invited = _invited_at(now)
    order = (invited.is_not(None), invited, case((own, 0), else_=1), Patient.created_at, Patient.id)
    statement = _women(now).where(_without_wechat(actor)).order_by(*order).limit(limit)
    if facility is not None:
        statement = statement.where(Patient.facility_id == directory.get(session.connection(), facility).id)
    return _read(session, statement)


def count_waiting(session: Session, actor: Colleague | None) -> int:
    return session.scalar(select(func.count()).select_from(Patient).where(_without_wechat(actor))) or 0


def chosen(session: Session, patient_ids: Collection[UUID], actor: Colleague | None, now: datetime) -> list[Invitee]:
    """These women. Raises NotFound for one whom `actor` may not see, Invalid for one whom the roster does not have."""
    seen = true() if actor is None else visible_to(actor)
    wanted = Patient.id.in_(patient_ids)
    known = dict(session.execute(select(Patient.id, Patient.status).where(wanted, seen)).all())
    for patient_id in patient_ids:
        if patient_id not in known:
            raise NotFound(f"patient {patient_id}")
        if known[patient_id] != "registered":
            raise Invalid(f"patient {patient_id}: is {known[patient_id]}, only a registered woman can be invited")
    found = {woman.patient_id: woman for woman in _read(session, _women(now).where(wanted))}
    return [found[patient_id] for patient_id in dict.fromkeys(patient_ids)]


_PHONE = (
    select(ContactPoint.address)
    .where(
        ContactPoint.patient_id == Patient.id,
        ContactPoint.guardian_id.is_(None),
        ContactPoint.channel == ChannelKind.SMS,
        ContactPoint.status != "replaced",
    )
    .order_by(ContactPoint.created_at.desc())
    .limit(1)
    .correlate(Patient)
    .scalar_subquery()
)
_HAS_WECHAT = exists().where(
    ContactPoint.patient_id == Patient.id,
    ContactPoint.guardian_id.is_(None),
    ContactPoint.channel == ChannelKind.WECHAT,
    ContactPoint.status != "replaced",
)


def _without_wechat(actor: Colleague | None) -> ColumnElement[bool]:
    """A cheerful card after a loss would be cruel: only who is pregnant or has her child is waited for."""
    in_care = exists().where(
        Pregnancy.patient_id == Patient.id,
        Pregnancy.closed_at.is_(None),
        Pregnancy.status != PregnancyStatus.ENDED,
    )
    seen = true() if actor is None else visible_to(actor)
    return (Patient.status == "registered") & in_care & ~_HAS_WECHAT & seen


def _women(now: datetime) -> Select[Any]:
    return select(
        Patient.id,
        Patient.name,
        Patient.language,
        StaffMember.name.label("nurse"),
        _PHONE.label("phone"),
        _HAS_WECHAT.label("on_wechat"),
        _invited_at(now).label("invited_at"),
    ).outerjoin(StaffMember, StaffMember.id == Patient.responsible_nurse_id)


def _invited_at(now: datetime) -> Any:
    held = (Invitation.patient_id == Patient.id, Invitation.used_at.is_(None), Invitation.expires_at > now)
    return select(func.max(Invitation.created_at)).where(*held).correlate(Patient).scalar_subquery()


def _read(session: Session, statement: Select[Any]) -> list[Invitee]:
    return [
        Invitee(
            patient_id=row.id,
            name=row.name,
            language=Language(row.language),
            nurse=row.nurse,
            phone=row.phone,
            on_wechat=row.on_wechat,
            invited_at=row.invited_at,
        )
        for row in session.execute(statement)
    ]
