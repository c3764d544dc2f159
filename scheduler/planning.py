"""Planning is reconciliation: what should be due is computed, what is missing inserted, what is outdated cancelled.

A corrected due date, a new colour, a birth heal the plan by themselves the next time it is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, or_, select, update

from bot.db import insert
from bot.pregnancies import close_pregnancy
from bot.settings import Settings
from bot.timers import Alarm, clear_alarms, set_alarms, take_due
from dialogs.library import Library
from models.base import new_id
from models.follow_up import FollowUp
from models.values import ROUTINE_RANK, TimerKind
from scheduler.care import Due, DueKind
from scheduler.hours import next_allowed, spread
from scheduler.moment import hold
from scheduler.plan_rules import Ladder, Plans, load_plans
from scheduler.planner import next_planning_day, plan
from scheduler.records import Subject, read_subjects

AHEAD: Final = timedelta(days=7)
"""How far ahead follow-ups stand in the records; a woman's plan is looked at again on each day that has one."""

NIGHT: Final = (time(0, 5), time(6))
"""When plans are looked at, well before the first message of the day."""

REPLANNED: Final = "no_longer_planned"


def plans_of(library: Library, settings: Settings) -> Plans:
    """The rules of this area, with the lessons of its library that it tells."""
    return load_plans(lessons=library.lessons.values(), switches=settings.area_switches)


@dataclass(slots=True)
class _Changes:
    """What a batch of plans comes to."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[UUID] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    done: list[UUID] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planner:
    """The rules of the area at one moment of its time."""

    rules: Plans
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def plan_follow_ups(connection: Connection, planner: Planner, limit: int) -> int:
    """Look at the plans that are due to be looked at. Returns how many there were."""
    due = [alarm.subject for alarm in take_due(connection, TimerKind.PLAN, planner.now, limit)]
    if not due:
        return 0
    subjects = read_subjects(connection, due, planner.zone)
    standing = _standing(connection, due, planner.today)
    changes = _Changes(done=list(set(due) - {subject.pregnancy_id for subject in subjects}))
    for subject in subjects:
        if subject.closed:
            changes.done.append(subject.pregnancy_id)
        elif subject.over_on is not None and subject.over_on <= planner.today:
            _end_programme(connection, subject, planner.now)
        else:
            _reconcile(changes, subject, standing.get(subject.pregnancy_id, {}), planner)
    _write(connection, changes, planner.now)
    return len(due)


def _end_programme(connection: Connection, subject: Subject, now: datetime) -> None:
    """42 days after birth. Her row is locked for it; if it is not free, the alarm is still there at the next tick."""
    if hold(connection, [subject.patient_id]):
        close_pregnancy(connection, subject.pregnancy_id, now, why="programme_over")


def _reconcile(changes: _Changes, subject: Subject, standing: dict[str, Any], planner: Planner) -> None:
    wanted = {due.key: due for due in plan(subject.care, planner.rules, planner.today, planner.today + AHEAD)}
    for key, due in wanted.items():
        row, known = _row(subject, due, planner), standing.get(key)
        if known is None:
            changes.new.append(_identity(subject, key, planner.now) | row)
            changes.alarms.append(_begin(changes.new[-1]["id"], row))
        elif _is_outdated(known, row):
            changes.changed.append(row | {"follow_up": known.id, "closed_at": None, "closed_why": None})
            changes.alarms.append(_begin(known.id, row))
    planned = [row for row in standing.values() if row.state == "planned" and row.kind in _PLANNED_HERE]
    changes.cancelled += [row.id for row in planned if row.key not in wanted]
    _look_again(changes, subject, planner)


def _look_again(changes: _Changes, subject: Subject, planner: Planner) -> None:
    following = next_planning_day(subject.care, planner.rules, planner.today)
    coming = [day for day in (following, subject.over_on) if day is not None]
    if coming:
        at = spread(min(coming), str(subject.pregnancy_id), planner.zone, NIGHT)
        changes.alarms.append(Alarm(TimerKind.PLAN, subject.pregnancy_id, at))
    else:
        changes.done.append(subject.pregnancy_id)


def _identity(subject: Subject, key: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "pregnancy_id": subject.pregnancy_id,
        "patient_id": subject.patient_id,
        "key": key,
        "rung": 0,
        "created_at": now,
    }


def _row(subject: Subject, due: Due, planner: Planner) -> dict[str, Any]:
    """The part of a follow-up that changes when the plan does."""
    morning = spread(due.on, str(subject.pregnancy_id), planner.zone)
    return {
        "kind": due.kind.value,
        "scripts": list(due.scripts),
        "reasons": [{"rule": r.rule, "source": r.source, "mark": r.mark.value} for r in due.reasons],
        "urgency": due.urgency.rank if due.kind in _NOT_ROUTINE else ROUTINE_RANK,
        "due_on": due.on,
        "due_at": due.at or next_allowed(max(morning, planner.now), planner.zone),
        "answer_within_hours": max(1, round(due.answer_within / timedelta(hours=1))) if due.answer_within else 0,
        "ladder": _rungs(due.ladder),
        "state": "planned",
    }


_PLANNED_HERE = frozenset(kind.value for kind in DueKind)
_NOT_ROUTINE = frozenset({DueKind.HUMAN_CONTACT, DueKind.OVERDUE, DueKind.AFTER_EMERGENCY})


def _begin(follow_up: UUID, row: dict[str, Any]) -> Alarm:
    return Alarm(TimerKind.BEGIN, follow_up, row["due_at"], row["urgency"])


def _rungs(ladder: Ladder | None) -> list[dict[str, Any]]:
    """The steps as data, so that a contact that has begun keeps the times it began with."""
    if ladder is None:
        return []
    steps = {"repeat": ladder.repeat_after, "guardian": ladder.guardian_after, "nurse": ladder.nurse_after}
    return [
        {"do": do, "after_minutes": int(after / timedelta(minutes=1)), "urgency": ladder.urgency.value}
        for do, after in steps.items()
        if after is not None
    ]


_STANDING = (
    FollowUp.id,
    FollowUp.pregnancy_id,
    FollowUp.key,
    FollowUp.kind,
    FollowUp.scripts,
    FollowUp.reasons,
    FollowUp.urgency,
    FollowUp.ladder,
    FollowUp.state,
    FollowUp.closed_why,
)


def _standing(connection: Connection, pregnancies: Sequence[UUID], today: date) -> dict[UUID, dict[str, Any]]:
    """What stands in the records for these pregnancies from today on, by key."""
    rows = connection.execute(
        select(*_STANDING).where(FollowUp.pregnancy_id.in_(pregnancies), FollowUp.due_on >= today)
    )
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row.pregnancy_id, {})[row.key] = row
    return found


def _is_outdated(known: Any, row: dict[str, Any]) -> bool:
    """Still planned but otherwise, or given up by an earlier look at the plan."""
    if known.state == "planned":
        return any(getattr(known, name) != row[name] for name in ("kind", "scripts", "reasons", "urgency", "ladder"))
    return bool(known.state == "cancelled" and known.closed_why == REPLANNED)


_CHANGE = update(FollowUp).where(
    FollowUp.id == bindparam("follow_up"), or_(FollowUp.state == "planned", FollowUp.state == "cancelled")
)


def _write(connection: Connection, changes: _Changes, now: datetime) -> None:
    if changes.new:
        statement = insert(connection, FollowUp).on_conflict_do_nothing(index_elements=["pregnancy_id", "key"])
        connection.execute(statement, changes.new)
    if changes.changed:
        connection.execute(_CHANGE, changes.changed)
    if changes.cancelled:
        connection.execute(
            update(FollowUp)
            .where(FollowUp.id.in_(changes.cancelled), FollowUp.state == "planned")
            .values(state="cancelled", closed_at=now, closed_why=REPLANNED)
        )
        clear_alarms(connection, TimerKind.BEGIN, changes.cancelled)
    clear_alarms(connection, TimerKind.PLAN, changes.done)
    set_alarms(connection, changes.alarms)
