"""Who cares: hospitals and clinics with their numbers, staff, shifts, and the tokens of other systems."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class Facility(Base):
    """A row of the directory. A number is shown to women only while `verified_on` is fresh (R17, R45).

    `kinds`: birth, community, county, critical_maternal, critical_newborn, fever_clinic, designated_infection.
    `hours`: {"emergency": "24h", "duty": "08:00-17:00"}; `closed_from`..`closed_until` is a closure (R12).
    """

    __tablename__ = "facility"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    kinds: Mapped[list[str]] = mapped_column(default=list)
    level: Mapped[int | None]
    area_code: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str | None] = mapped_column(String(256))
    duty_phone: Mapped[str | None] = mapped_column(String(32))
    emergency_phone: Mapped[str | None] = mapped_column(String(32))
    hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    verified_on: Mapped[date | None]
    emergency_facility_code: Mapped[str | None] = mapped_column(String(32))
    closed_from: Mapped[date | None]
    closed_until: Mapped[date | None]
    updated_at: Mapped[datetime]


class StaffMember(Base):
    """`name` is what the person signs in with and what a woman reads beside a reply."""

    __tablename__ = "staff_member"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    facility_id: Mapped[UUID | None] = mapped_column(ForeignKey("facility.id"))
    phone: Mapped[str | None] = mapped_column(String(32))
    password_hash: Mapped[str | None] = mapped_column(String(256))
    active: Mapped[bool] = mapped_column(default=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Shift(Base):
    __tablename__ = "shift"
    __table_args__ = (UniqueConstraint("staff_member_id", "starts_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    staff_member_id: Mapped[UUID] = mapped_column(ForeignKey("staff_member.id"))
    facility_id: Mapped[UUID | None] = mapped_column(ForeignKey("facility.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class ApiToken(Base):
    """A bearer token of another system; only its hash is kept. `scope`: read or write."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class PlatformToken(Base):
    """An access token of a platform, shared by all processes; sealed by the cache that writes it."""

    __tablename__ = "platform_token"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes]
    expires_at: Mapped[datetime]
