"""Who may see whom. A nurse sees her own women and her facility's, a supervisor her facility's, the county everyone."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, aliased

from bot.errors import NotFound
from models.care_team import Facility, StaffMember
from models.escalation import Escalation
from models.person import Patient
from models.values import StaffRole

_held = aliased(Escalation)


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff as the desk knows her."""

    id: UUID
    name: str
    role: StaffRole
    facility_id: UUID | None
    facility: str | None = None

    @property
    def sees_everyone(self) -> bool:
        return self.role in {StaffRole.COUNTY, StaffRole.ADMIN}

    def may_see_infection(self, responsible_nurse_id: UUID | None) -> bool:
        """Infection is shown to the nurse who answers for the woman and to those above her, to nobody else (B7)."""
        return self.role is not StaffRole.NURSE or self.id == responsible_nurse_id


def colleague(session: Session, staff_member_id: UUID) -> Colleague:
    """Raises NotFound for somebody unknown or no longer active."""
    return _one(session, StaffMember.id == staff_member_id, str(staff_member_id))


def colleague_named(session: Session, name: str) -> Colleague:
    return _one(session, StaffMember.name == name, name)


def colleagues(session: Session, actor: Colleague) -> list[Colleague]:
    """To whom `actor` can hand a woman over: her facility, and those who see everyone."""
    statement = _STAFF.where(StaffMember.id != actor.id).order_by(StaffMember.name)
    if not actor.sees_everyone:
        above = StaffMember.role.in_([StaffRole.COUNTY, StaffRole.ADMIN])
        statement = statement.where((StaffMember.facility_id == actor.facility_id) | above)
    return [_read(row) for row in session.execute(statement)]


def visible_to(actor: Colleague) -> ColumnElement[bool]:
    """A condition on Patient. A woman without a facility is everyone's: somebody has to take her."""
    if actor.sees_everyone:
        return true()
    seen = (Patient.facility_id == actor.facility_id) | Patient.facility_id.is_(None)
    if actor.role is StaffRole.NURSE:
        held = select(_held.patient_id).where(_held.assignee_id == actor.id, _held.resolved_at.is_(None))
        seen = seen | (Patient.responsible_nurse_id == actor.id) | Patient.id.in_(held)
    return seen


_STAFF = (
    select(StaffMember.id, StaffMember.name, StaffMember.role, StaffMember.facility_id, Facility.name.label("facility"))
    .outerjoin(Facility, Facility.id == StaffMember.facility_id)
    .where(StaffMember.active.is_(True))
)


def _one(session: Session, which: ColumnElement[bool], called: str) -> Colleague:
    row = session.execute(_STAFF.where(which)).one_or_none()
    if row is None:
        raise NotFound(f"staff member {called}")
    return _read(row)


def _read(row: Any) -> Colleague:
    return Colleague(row.id, row.name, StaffRole(row.role), row.facility_id, row.facility)
