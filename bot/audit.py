"""Who looked and who changed: lines that are only ever added, each sealed to the one before it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.errors import SettingsError
from models.audit import AuditEvent

SYSTEM: Final = "system"
"""The chain of what concerns no woman: sign-ins, tokens, settings."""

_FIRST: Final = "0" * 64


def record(session: Session, chain: str, actor: str, action: str, detail: Any, now: datetime) -> None:  # noqa: PLR0917
    """Append one line in the caller's transaction. `chain` is a patient's id or SYSTEM.

    `detail` holds codes and ids; it is encrypted, but its digest is not, and short personal data could be guessed.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two that append to one chain take turns; SQLite has one writer at a time anyway.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:chain, 0))"), {"chain": chain})
    last = session.execute(
        select(AuditEvent.number, AuditEvent.digest)
        .where(AuditEvent.chain == chain)
        .order_by(AuditEvent.number.desc())
        .limit(1)
    ).one_or_none()
    number, before = (last.number + 1, last.digest) if last else (1, _FIRST)
    session.add(
        AuditEvent(
            chain=chain,
            number=number,
            at=now,
            actor=actor,
            action=action,
            detail=detail,
            digest=_digest(before, [chain, number, _plain(now), actor, action, detail]),
        )
    )
    session.flush()


def recorded_since(session: Session, chain: str, actor: str, action: str, since: datetime) -> bool:
    """Whether this has been written down since then."""
    found = select(AuditEvent.id).where(
        AuditEvent.chain == chain, AuditEvent.actor == actor, AuditEvent.action == action, AuditEvent.at > since
    )
    return session.scalar(found.limit(1)) is not None


def verify(session: Session, chain: str) -> int | None:
    """The number of the first line that is missing or was altered; None when the chain is whole.

    Lines cut off at the end leave no trace here: compare the last digest with a copy kept elsewhere.
    """
    number, before = 0, _FIRST
    statement = (
        select(*_LINE)
        .where(AuditEvent.chain == chain)
        .order_by(AuditEvent.number)
        .execution_options(yield_per=1)  # so that a detail that does not open any more is met in its turn
    )
    with session.execute(statement) as lines:
        try:
            for line in lines:
                number += 1
                found = [chain, line.number, _plain(line.at), line.actor, line.action, line.detail]
                if line.number != number or line.digest != _digest(before, found):
                    return number
                before = line.digest
        except SettingsError:
            return number + 1
    return None


_LINE: Final = (
    AuditEvent.number,
    AuditEvent.at,
    AuditEvent.actor,
    AuditEvent.action,
    AuditEvent.detail,
    AuditEvent.digest,
)


def _plain(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _digest(before: str, line: list[Any]) -> str:
    content = json.dumps([before, *line], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
