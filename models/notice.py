"""Words to many at once; a second person approves them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id


class Broadcast(Base):
    """`state`: draft, approved, sent, expired, withdrawn. `audience` is the filter, `wording` by language."""

    __tablename__ = "broadcast"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(String(128))
    audience: Mapped[dict[str, Any]]
    wording: Mapped[dict[str, Any]]
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), default="draft")
    written_by: Mapped[UUID] = mapped_column(ForeignKey("staff_member.id"))
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_member.id"))
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
