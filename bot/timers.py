"""The one clock's verbs. What is due is taken in batches, most urgent first; nobody reads a roster."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, case, delete, func, select, update

from bot.db import insert
from models.timer import NEVER_LEASED, Timer
from models.values import ROUTINE_RANK, TimerKind


@dataclass(frozen=True, slots=True)
class Alarm:
    """One row of the clock: wake `subject` at `due_at`; `urgency` is a rank, 0 first."""

    kind: TimerKind
    subject: UUID
    due_at: datetime
    urgency: int = ROUTINE_RANK


def set_alarms(connection: Connection, alarms: Iterable[Alarm], *, only_sooner: bool = False) -> None:
    """Set or move: a subject has one alarm of a kind. `only_sooner` leaves one that is due before as it is."""
    rows = [
        {
            "kind": alarm.kind,
            "urgency": alarm.urgency,
            "due_at": alarm.due_at,
            "subject_id": alarm.subject,
            "lease_until": NEVER_LEASED,
        }
        for alarm in alarms
    ]
    if not rows:
        return
    statement = insert(connection, Timer)
    moved = {name: statement.excluded[name] for name in ("urgency", "due_at", "lease_until")}
    later = Timer.due_at > statement.excluded.due_at if only_sooner else None
    connection.execute(
        statement.on_conflict_do_update(index_elements=["subject_id", "kind"], set_=moved, where=later), rows
    )


def clear_alarms(connection: Connection, kind: TimerKind, subjects: Sequence[UUID]) -> None:
    if subjects:
        connection.execute(delete(Timer).where(Timer.subject_id.in_(subjects), Timer.kind == kind))


def take_due(connection: Connection, kind: TimerKind, now: datetime, limit: int) -> list[Alarm]:
    """Lock what is due, for work that ends in this same transaction; whoever dies in it gives everything back."""
    return _due(connection, kind, now, limit)


def lease_due(connection: Connection, kind: TimerKind, now: datetime, limit: int, until: datetime) -> list[Alarm]:
    """Claim what is due for work outside the transaction: it comes back at `until` unless it is cleared before."""
    due = _due(connection, kind, now, limit)
    if due:
        subjects = [alarm.subject for alarm in due]
        connection.execute(
            update(Timer).where(Timer.subject_id.in_(subjects), Timer.kind == kind).values(lease_until=until)
        )
    return due


def next_alarm(connection: Connection, after: datetime) -> datetime | None:
    """When the clock wakes anybody next. Reads the whole clock: for who moves time by hand, never for a job."""
    wakes = case((Timer.lease_until > Timer.due_at, Timer.lease_until), else_=Timer.due_at)
    earliest: datetime | None = connection.scalar(select(func.min(wakes)).where(wakes > after))
    return earliest


def _due(connection: Connection, kind: TimerKind, now: datetime, limit: int) -> list[Alarm]:
    # A scan for each urgency reads the clustered key in order; one scan over all of them would have to sort.
    found: list[Alarm] = []
    for urgency in range(ROUTINE_RANK + 1):
        rows = connection.execute(
            select(Timer.subject_id, Timer.due_at)
            .where(
                Timer.kind == kind,
                Timer.urgency == urgency,
                Timer.due_at <= now,
                Timer.lease_until <= now,
            )
            .order_by(Timer.due_at)
            .limit(limit - len(found))
            .with_for_update(skip_locked=True)
        )
        found += [Alarm(kind, subject, due_at, urgency) for subject, due_at in rows]
        if len(found) >= limit:
            break
    return found
