"""The one clock: every wait for a time is a row here, and no other table is read by time."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

NEVER_LEASED = datetime(2000, 1, 1, tzinfo=UTC)


class Timer(Base):
    """Wakes one subject (a follow-up, an outbound message, a session, an escalation, a pregnancy) at `due_at`.

    Clustered by kind, urgency and time, so that a claim reads only what is due, however large the roster.
    `kind` is a `TimerKind`; `urgency` a rank, 0 first; a claim sets `lease_until`, and a dead worker's rows come
    back when that has passed.
    """

    __tablename__ = "timer"
    __table_args__ = (
        Index("uq_timer_subject", "subject_id", "kind", unique=True),
        {"sqlite_with_rowid": False},
    )

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    urgency: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    lease_until: Mapped[datetime] = mapped_column(default=NEVER_LEASED)
