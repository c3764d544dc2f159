"""What needs a human, and everything that was done about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, EncryptedJSON, new_id


class Escalation(Base):
    """A woman stands in the queue once: a new reason joins her open escalation and may raise its urgency.

    `status`: open, assigned, resolved. `tier` is who has been called so far: 0 the nurse, 1 the supervisor, 2 the
    county. `evidence` is what was read and by which rule.
    """

    __tablename__ = "escalation"
    __table_args__ = (
        Index(
            "uq_escalation_open",
            "patient_id",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_escalation_status_urgency_due_at", "status", "urgency", "due_at"),
        Index("ix_escalation_patient_id", "patient_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    urgency: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(200))
    evidence: Mapped[Any | None] = mapped_column(EncryptedJSON("escalation.evidence"))
    status: Mapped[str] = mapped_column(String(12), default="open")
    tier: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_member.id"))
    assigned_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - two nurses cannot write the same version


class EscalationEvent(Base):
    """Append-only. `kind`: opened, raised, added, claimed, released, handed_over, replied, note, overdue, resolved."""

    __tablename__ = "escalation_event"
    __table_args__ = (Index("ix_escalation_event_escalation_id_at", "escalation_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalation.id"))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    staff_member_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_member.id"))
    urgency: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[Any | None] = mapped_column(EncryptedJSON("escalation_event.detail"))
