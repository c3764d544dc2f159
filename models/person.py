"""The woman, her guardian, where each can be reached, and what each has agreed to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, new_id


class Patient(Base):
    """A woman in our care. Everything a turn touches hangs off her row, which is locked for the turn.

    `status`: registered (the roster or a nurse knows her), unconfirmed (she wrote first), merged (turned out to be
    `merged_into`), protected (under 14: nothing runs by itself, the designated reporter is called), closed.
    `unread_misses` counts her last messages in a row that nothing understood.
    """

    __tablename__ = "patient"
    __table_args__ = (Index("ix_patient_facility_id_status", "facility_id", "status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    external_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="registered")
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    name: Mapped[str | None] = mapped_column(Encrypted("patient.name"))
    national_id: Mapped[str | None] = mapped_column(Encrypted("patient.national_id"))
    national_id_hash: Mapped[str | None] = mapped_column(String(32), unique=True)
    address: Mapped[str | None] = mapped_column(Encrypted("patient.address"))
    birth_date: Mapped[date | None]
    language: Mapped[str] = mapped_column(String(8), default="zh-CN")
    facility_id: Mapped[UUID | None] = mapped_column(ForeignKey("facility.id"))
    responsible_nurse_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_member.id"), index=True)
    unread_misses: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Guardian(Base):
    """Husband, mother or another person she names; hears nothing before the consent of kind `guardian`."""

    __tablename__ = "guardian"
    __table_args__ = (UniqueConstraint("patient_id", "relation"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    name: Mapped[str | None] = mapped_column(Encrypted("guardian.name"))
    relation: Mapped[str] = mapped_column(String(16), default="family")
    created_at: Mapped[datetime]


class ContactPoint(Base):
    """One address of a woman or of her guardian (`guardian_id` set); found again by a keyed hash.

    A family may share one phone, so a number may stand with several women; an openid is one person's.
    `status`: active, unsubscribed, unreachable, bad_number, replaced (by another one), protected (see Patient).
    The `window_` columns are the platform's allowance to write freely: what opened it, when, and how many messages
    are left.
    """

    __tablename__ = "contact_point"
    __table_args__ = (
        UniqueConstraint("channel", "address_hash", "patient_id"),
        Index(
            "uq_contact_point_openid",
            "address_hash",
            unique=True,
            sqlite_where=text("channel = 'wechat' AND status <> 'replaced'"),
            postgresql_where=text("channel = 'wechat' AND status <> 'replaced'"),
        ),
        Index("ix_contact_point_patient_id", "patient_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    guardian_id: Mapped[UUID | None] = mapped_column(ForeignKey("guardian.id"))
    channel: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(Encrypted("contact_point.address"))
    address_hash: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16), default="active")
    opted_out_at: Mapped[datetime | None]
    window_trigger: Mapped[str | None] = mapped_column(String(16))
    window_opened_at: Mapped[datetime | None]
    window_left: Mapped[int | None]
    created_at: Mapped[datetime]


class Consent(Base):
    """One tick, given or withdrawn; append-only, the latest of a kind counts. Kept as proof (PIPL, SMS rules)."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("patient_id", "kind", "given_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    kind: Mapped[str] = mapped_column(String(16))
    granted: Mapped[bool]
    wording_version: Mapped[int]
    given_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(64))


class Invitation(Base):
    """The opaque code inside a woman's QR picture: expiring, bound once, never a patient's id."""

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(32), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
