"""What is planned for her: contacts that Yunban begins, visits that she goes to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class FollowUp(Base):
    """One planned contact. `key` is the planner's name for it: inserting twice is impossible, so planning is
    reconciliation. `state`: planned, begun, answered, told (nothing was asked), missed, cancelled. `rung` is how far
    the no-answer ladder has climbed: 0 asked, 1 repeated, 2 guardian told, 3 a nurse phones.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("pregnancy_id", "key"),
        Index("ix_follow_up_patient_id_due_at", "patient_id", "due_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    pregnancy_id: Mapped[UUID] = mapped_column(ForeignKey("pregnancy.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(24))
    scripts: Mapped[list[str]] = mapped_column(default=list)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    urgency: Mapped[int] = mapped_column(default=4)
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    answer_within_hours: Mapped[int] = mapped_column(default=168)
    ladder: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(12), default="planned")
    rung: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Appointment(Base):
    """A visit or test with a date. `state`: booked, kept, missed, cancelled."""

    __tablename__ = "appointment"
    __table_args__ = (UniqueConstraint("pregnancy_id", "kind", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    pregnancy_id: Mapped[UUID] = mapped_column(ForeignKey("pregnancy.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    facility_id: Mapped[UUID | None] = mapped_column(ForeignKey("facility.id"))
    state: Mapped[str] = mapped_column(String(12), default="booked")
    source: Mapped[str] = mapped_column(String(16), default="nurse")
    created_at: Mapped[datetime]
