"""What was said, in both directions, and the dialog that is running."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Encrypted, EncryptedJSON, new_id


class ScriptVersion(Base):
    """A script as it was published, so that a session begun with it can end with it."""

    __tablename__ = "script_version"

    script: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]


class Session(Base):
    """One run of a script with one woman; at most one is open. `state` belongs to `dialogs/engine.py` alone.

    `next_scripts` are begun one after the other when this one is completed: a follow-up with several modules is one
    contact. `touched_at` moves with every answer; a WAIT alarm that fires earlier than that plus the wait re-arms.
    """

    __tablename__ = "session"
    __table_args__ = (
        Index(
            "uq_session_open",
            "patient_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    follow_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("follow_up.id"))
    script: Mapped[str] = mapped_column(String(64))
    script_version: Mapped[int]
    state: Mapped[Any] = mapped_column(EncryptedJSON("session.state"))
    next_scripts: Mapped[list[str]] = mapped_column(default=list)
    began_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str | None] = mapped_column(String(16))


class InboundMessage(Base):
    """Everything that came in, once: the platform's retry meets the unique key and gets the stored reply.

    `findings` is what triage read in it, which `bot/findings.py` alone writes and reads; `level` is what that came to.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbound_message_patient_id_received_at", "patient_id", "received_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(8))
    external_id: Mapped[str] = mapped_column(String(128))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    contact_point_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact_point.id"))
    session_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(32))
    content: Mapped[Any] = mapped_column(EncryptedJSON("inbound_message.content"))
    level: Mapped[str | None] = mapped_column(String(16))
    findings: Mapped[Any | None] = mapped_column(EncryptedJSON("inbound_message.findings"))
    understood: Mapped[bool] = mapped_column(default=True)
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]


class OutboundMessage(Base):
    """Intent to say something: a row first, sent after the commit. The SEND timer of an open one drives it.

    `state`: answering (leaves as the webhook's own reply; its timer is the safety net), queued, sending, sent,
    delivered, read, undelivered, failed, unknown, cancelled. `key` forbids saying the same thing twice.
    `reason` says why it was not sent, or why it left by another road than planned. `unseen`: she was only told that
    something waits (a template, an announcement by SMS); she reads it when she next writes.
    """

    __tablename__ = "outbound_message"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_outbound_message_patient_id_created_at", "patient_id", "created_at"),
        Index("ix_outbound_message_in_reply_to", "in_reply_to"),
        Index(
            "ix_outbound_message_unseen",
            "patient_id",
            sqlite_where=text("unseen = 1"),
            postgresql_where=text("unseen"),
        ),
        Index("ix_outbound_message_provider_id", "provider_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str | None] = mapped_column(String(128))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    contact_point_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact_point.id"))
    guardian_id: Mapped[UUID | None] = mapped_column(ForeignKey("guardian.id"))
    channel: Mapped[str | None] = mapped_column(String(8))
    route: Mapped[str | None] = mapped_column(String(20))
    purpose: Mapped[str] = mapped_column(String(24))
    urgency: Mapped[int] = mapped_column(default=4)
    content: Mapped[str] = mapped_column(Encrypted("outbound_message.content"))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(128))
    provider_id: Mapped[str | None] = mapped_column(String(64))
    unseen: Mapped[bool] = mapped_column(default=False)
    in_reply_to: Mapped[UUID | None]
    position: Mapped[int] = mapped_column(default=0)
    fallback_of: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    follow_up_id: Mapped[UUID | None]
    staff_member_id: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class DeliveryAttempt(Base):
    """One try on one channel and what the platform said; written before the try, so that a dead process shows."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("outbound_message.id"))
    number: Mapped[int]
    channel: Mapped[str] = mapped_column(String(8))
    route: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str | None] = mapped_column(String(200))
    provider_id: Mapped[str | None] = mapped_column(String(64))
