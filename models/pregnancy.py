"""A pregnancy from registration to 42 days after birth, its doctor-given colours, its newborns."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class Pregnancy(Base):
    """Gestational age is never stored: it is counted from `due_date`, found by `due_date_method`.

    A woman has one open pregnancy at most. `infectious` stands beside the colour and is restricted (B3, B7).
    """

    __tablename__ = "pregnancy"
    __table_args__ = (
        Index(
            "uq_pregnancy_open",
            "patient_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        UniqueConstraint("patient_id", "due_date"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    last_period: Mapped[date | None]
    due_date: Mapped[date]
    due_date_method: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), default="ongoing")
    outcome: Mapped[str | None] = mapped_column(String(24))
    outcome_on: Mapped[date | None]
    outcome_confirmed_at: Mapped[datetime | None]
    discharged_on: Mapped[date | None]
    admitted: Mapped[bool] = mapped_column(default=False)
    parity: Mapped[int | None]
    conditions: Mapped[list[str]] = mapped_column(default=list)
    risk_colour: Mapped[str] = mapped_column(String(8), default="green")
    infectious: Mapped[bool] = mapped_column(default=False)
    infectious_code: Mapped[str | None] = mapped_column(Encrypted("pregnancy.infectious_code"))
    acute_infection_since: Mapped[date | None]
    declined_termination: Mapped[bool] = mapped_column(default=False)
    high_risk_postpartum: Mapped[bool] = mapped_column(default=False)
    planned_facility_id: Mapped[UUID | None] = mapped_column(ForeignKey("facility.id"))
    enrolled_on: Mapped[date]
    last_check_in: Mapped[date | None]
    last_human_contact: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RiskAssessment(Base):
    """One grading by a doctor, as it came in; append-only. The current colour stands on the pregnancy."""

    __tablename__ = "risk_assessment"
    __table_args__ = (Index("ix_risk_assessment_pregnancy_id_recorded_at", "pregnancy_id", "recorded_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    pregnancy_id: Mapped[UUID] = mapped_column(ForeignKey("pregnancy.id"))
    risk_colour: Mapped[str] = mapped_column(String(8))
    infectious: Mapped[bool]
    infectious_code: Mapped[str | None] = mapped_column(Encrypted("risk_assessment.infectious_code"))
    reasons: Mapped[list[str]] = mapped_column(default=list)
    assessed_on: Mapped[date]
    assessed_by: Mapped[str | None] = mapped_column(String(64))
    institution: Mapped[str | None] = mapped_column(String(128))
    source: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]


class Newborn(Base):
    __tablename__ = "newborn"
    __table_args__ = (UniqueConstraint("pregnancy_id", "birth_order"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    pregnancy_id: Mapped[UUID] = mapped_column(ForeignKey("pregnancy.id"))
    birth_order: Mapped[int] = mapped_column(default=1)
    born_on: Mapped[date]
    birth_weight_g: Mapped[int | None]
    high_risk: Mapped[bool] = mapped_column(default=False)
    died_on: Mapped[date | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
