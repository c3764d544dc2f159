"""What became known of her health; append-only, a correction is a new row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, Json, new_id


class Encounter(Base):
    """One contact with her: a bot check-in, a nurse's call, a visit. `result`: answered, no_answer, lost, done."""

    __tablename__ = "encounter"
    __table_args__ = (Index("ix_encounter_patient_id_at", "patient_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    pregnancy_id: Mapped[UUID | None] = mapped_column(ForeignKey("pregnancy.id"))
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    result: Mapped[str] = mapped_column(String(16))
    follow_up_id: Mapped[UUID | None]
    staff_member_id: Mapped[UUID | None]
    note: Mapped[str | None] = mapped_column(Encrypted("encounter.note"))


class Observation(Base):
    """One answer or reading. Codes and numbers are plain; what she said in her own words is encrypted.

    `source`: dialog, device, nurse, import. `source_key` is the device's or import's own name for the reading.
    """

    __tablename__ = "observation"
    __table_args__ = (
        Index("ix_observation_patient_id_observed_at", "patient_id", "observed_at"),
        UniqueConstraint("patient_id", "source_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    pregnancy_id: Mapped[UUID | None] = mapped_column(ForeignKey("pregnancy.id"))
    code: Mapped[str] = mapped_column(String(48))
    value: Mapped[Any | None] = mapped_column(Json)
    unit: Mapped[str | None] = mapped_column(String(16))
    said: Mapped[str | None] = mapped_column(Encrypted("observation.said"))
    level: Mapped[str | None] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16), default="dialog")
    source_key: Mapped[str | None] = mapped_column(String(96))
    device: Mapped[str | None] = mapped_column(String(64))
    session_id: Mapped[UUID | None]
    inbound_message_id: Mapped[UUID | None]
    observed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
