"""Who looked and who changed; append-only and chained, so that a missing or altered line shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, EncryptedJSON, new_id


class AuditEvent(Base):
    """`chain` is the patient's id, or "system"; `digest` covers this line and the digest before it (I8)."""

    __tablename__ = "audit_event"
    __table_args__ = (UniqueConstraint("chain", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    chain: Mapped[str] = mapped_column(String(36))
    number: Mapped[int]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(48))
    detail: Mapped[Any] = mapped_column(EncryptedJSON("audit_event.detail"))
    digest: Mapped[str] = mapped_column(String(64))
