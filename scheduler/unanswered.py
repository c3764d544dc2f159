"""A check-in of an earlier day that nobody answered gives way to the next one, and hands its waiting on to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from bot.snapshots import Known
from bot.timers import clear_alarms
from models.base import new_id
from models.conversation import Session
from models.follow_up import FollowUp
from models.record import Encounter
from models.values import ROUTINE_RANK, TimerKind

NURSE = "nurse"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A routine contact whose dialog is open. `nurse_at` is when its ladder calls a nurse; None when it has, or never.

    `since` is when she was last heard in it, or asked.
    """

    follow_up_id: UUID
    session_id: UUID
    patient_id: UUID
    pregnancy_id: UUID
    due_on: date
    since: datetime
    nurse_at: datetime | None


def find(connection: Connection, known: Mapping[UUID, Known]) -> dict[UUID, Unanswered]:
    """The routine contacts that run with these women, by woman."""
    running = {
        woman.session.follow_up_id: woman.session
        for woman in known.values()
        if woman.session and woman.session.follow_up_id
    }
    rows = connection.execute(
        select(
            FollowUp.id,
            FollowUp.patient_id,
            FollowUp.pregnancy_id,
            FollowUp.due_on,
            FollowUp.begun_at,
            FollowUp.ladder,
            FollowUp.state,
        ).where(FollowUp.id.in_(running), FollowUp.urgency >= ROUTINE_RANK)
    )
    found = {}
    for row in rows:
        touched_at = running[row.id].touched_at
        begun_at = row.begun_at or touched_at
        waits = nurse_after(row.ladder, heard=touched_at > begun_at) if row.state == "begun" else None
        since = max(begun_at, touched_at)
        found[row.patient_id] = Unanswered(
            row.id,
            running[row.id].id,
            row.patient_id,
            row.pregnancy_id,
            row.due_on,
            since,
            None if waits is None else since + waits,
        )
    return found


def after(step: Mapping[str, Any], *, heard: bool) -> timedelta:
    """How long a step of a ladder waits; what she has left unanswered before counts until she is heard."""
    waited = 0 if heard else step.get("waited_minutes", 0)
    return timedelta(minutes=step["after_minutes"] - waited)


def nurse_after(ladder: Sequence[Mapping[str, Any]], *, heard: bool) -> timedelta | None:
    return next((after(step, heard=heard) for step in ladder if step["do"] == NURSE), None)


def inherit(ladder: Sequence[dict[str, Any]], before: Unanswered, now: datetime) -> list[dict[str, Any]]:
    """The ladder of the next contact, which calls a nurse no later than the one before would have."""
    if before.nurse_at is None:
        return list(ladder)
    left = max(0, (before.nurse_at - now) // timedelta(minutes=1))
    return [
        step | {"waited_minutes": step["after_minutes"] - left}
        if step["do"] == NURSE and step["after_minutes"] > left
        else step
        for step in ladder
    ]


def give_way(connection: Connection, contacts: Iterable[Unanswered], now: datetime) -> None:
    """End these dialogs; their contacts, unless a nurse has them already, were missed."""
    contacts = list(contacts)
    if not contacts:
        return
    sessions = [one.session_id for one in contacts]
    follow_ups = [one.follow_up_id for one in contacts]
    connection.execute(update(Session).where(Session.id.in_(sessions)).values(ended_at=now, ended_how="replaced"))
    clear_alarms(connection, TimerKind.WAIT, [*sessions, *follow_ups])
    missed = set(connection.scalars(select(FollowUp.id).where(FollowUp.id.in_(follow_ups), FollowUp.state == "begun")))
    if not missed:
        return
    connection.execute(
        update(FollowUp).where(FollowUp.id.in_(missed)).values(state="missed", closed_at=now, closed_why="next_contact")
    )
    connection.execute(insert(Encounter), [_no_answer(one, now) for one in contacts if one.follow_up_id in missed])


def _no_answer(contact: Unanswered, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "patient_id": contact.patient_id,
        "pregnancy_id": contact.pregnancy_id,
        "kind": "bot",
        "at": now,
        "result": "no_answer",
        "follow_up_id": contact.follow_up_id,
    }
