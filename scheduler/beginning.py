"""Beginning what is due: each planned contact is begun, put off, left out with a reason, or handed to a nurse."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, select, update

from bot import snapshots
from bot.conversation import Start
from bot.escalations import Call, call_humans
from bot.reach import reach_women
from bot.snapshots import Known
from bot.timers import Alarm, clear_alarms, set_alarms, take_due
from dialogs import engine
from models.follow_up import FollowUp
from models.values import ROUTINE_RANK, ConsentKind, Language, TimerKind, Urgency
from scheduler.care import DueKind
from scheduler.hours import next_allowed
from scheduler.moment import Moment, hold
from scheduler.unanswered import Unanswered, after, find, give_way, inherit

STALE: Final = timedelta(hours=24)
STALE_AFTER_EMERGENCY: Final = timedelta(hours=6)
"""What is later than this, as after an outage, is not begun any more: the plan of today has taken its place."""

A_NURSE_HAS_HER: Final = timedelta(hours=2)
SHE_IS_TALKING: Final = timedelta(minutes=15)

FOR_HUMANS: Final = frozenset({DueKind.HUMAN_CONTACT, DueKind.OVERDUE})
MERELY_USEFUL: Final = frozenset({DueKind.LESSON, DueKind.VISIT_REMINDER})
"""No nurse is called when these do not reach her."""

NEEDED: Final = frozenset({ConsentKind.SERVICE, ConsentKind.HEALTH_DATA})


@dataclass(frozen=True, slots=True)
class Begin:
    """`instead` is the unanswered contact of an earlier day that ends with it."""

    instead: Unanswered | None = None


@dataclass(frozen=True, slots=True)
class Later:
    at: datetime


@dataclass(frozen=True, slots=True)
class Leave:
    """Not begun: `state` is how the follow-up ends, `why` the reason that stays in the records."""

    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Nurse:
    """A human does it; `line` is the wording of the reason she reads."""

    urgency: Urgency
    line: str
    leave: Leave


Decision: TypeAlias = Begin | Later | Leave | Nurse


@dataclass(frozen=True, slots=True)
class Wish:
    """A planned contact whose time has come."""

    id: UUID
    pregnancy_id: UUID
    patient_id: UUID
    kind: str
    scripts: Sequence[str]
    reasons: Sequence[dict[str, Any]]
    urgency: int
    due_on: date
    due_at: datetime
    ladder: Sequence[dict[str, Any]]

    @property
    def routine(self) -> bool:
        return self.urgency >= ROUTINE_RANK


def decide(
    wish: Wish,
    woman: Known | None,
    before: Unanswered | None,
    now: datetime,
    zone: ZoneInfo,
    *,
    reachable: bool,
) -> Decision:
    """What becomes of one wish; `before` is a routine contact that runs with her.

    A check after an emergency keeps no hours and asks no further consent (PIPL 13).
    """
    if woman is None or woman.pregnancy_id != wish.pregnancy_id:
        return Leave("cancelled", "no_longer_applies")
    if wish.kind in FOR_HUMANS:
        return Nurse(_urgency(wish), _line(wish), Leave("begun", "handed_to_nurse"))
    if now - wish.due_at > (STALE if wish.routine else STALE_AFTER_EMERGENCY):
        late = Leave("missed", "too_late")
        return late if wish.routine else Nurse(Urgency.SOON, "reason.no_answer", late)
    if wish.routine and not woman.snapshot.consents >= NEEDED:
        return Leave("cancelled", "no_consent")
    if not reachable:
        lost = Leave("missed", "no_address")
        return lost if wish.kind in MERELY_USEFUL else Nurse(Urgency.SOON, "reason.no_address", lost)
    return _when(wish, woman, before, now, zone)


def _when(wish: Wish, woman: Known, before: Unanswered | None, now: datetime, zone: ZoneInfo) -> Decision:
    if wish.routine and (opens := next_allowed(now, zone)) > now:
        return Later(opens)
    if woman.snapshot.nurse_has_it:
        return Later(now + A_NURSE_HAS_HER)
    if woman.session is None or (not wish.routine and engine.is_held(woman.snapshot.session or {})):
        return Begin()  # a dialog that a danger sign has interrupted gives way to the question how she is
    if not wish.routine or before is None:
        return Later(now + SHE_IS_TALKING)
    return _after(before, wish, now)


def _after(before: Unanswered, wish: Wish, now: datetime) -> Decision:
    """A check-in takes the place of one of an earlier day; for all else the ladder of the contact before goes on."""
    if wish.kind != DueKind.CHECK_IN or before.due_on >= wish.due_on:
        return Leave("cancelled", "still_waiting")
    if now < before.since + SHE_IS_TALKING:
        return Later(before.since + SHE_IS_TALKING)
    return Begin(instead=before)


def _urgency(wish: Wish) -> Urgency:
    return list(Urgency)[min(wish.urgency, Urgency.SOON.rank)]


def _line(wish: Wish) -> str:
    if wish.kind == DueKind.HUMAN_CONTACT or not wish.reasons:
        return "reason.human_contact"
    return f"reason.{wish.reasons[0]['rule']}"


def begin_due(moment: Moment, limit: int) -> int:
    """Take the contacts that are due. Returns how many were taken; those of women who are busy are left for later."""
    connection, now = moment.connection, moment.now
    due = [alarm.subject for alarm in take_due(connection, TimerKind.BEGIN, now, limit)]
    if not due:
        return 0
    wishes, gone = _wishes(connection, due)
    held = hold(connection, {wish.patient_id for wish in wishes})
    wishes = [wish for wish in wishes if wish.patient_id in held]
    known = snapshots.take(connection, held, now, moment.zone)
    decisions = _decide_all(moment, wishes, known)
    _carry_out(moment, decisions)
    _call(moment, decisions, known)
    clear_alarms(connection, TimerKind.BEGIN, gone)
    return len(wishes) + len(gone)


def _decide_all(moment: Moment, wishes: Sequence[Wish], known: Mapping[UUID, Known]) -> list[tuple[Wish, Decision]]:
    """The most urgent wish of a woman comes first; she is asked one thing at a time."""
    reach = reach_women(moment.connection, known)
    running = find(moment.connection, known)
    decisions: list[tuple[Wish, Decision]] = []
    begun: set[UUID] = set()
    for wish in wishes:
        woman, reachable = known.get(wish.patient_id), wish.patient_id in reach
        before = running.get(wish.patient_id)
        decision = decide(wish, woman, before, moment.now, moment.zone, reachable=reachable)
        if isinstance(decision, Begin) and wish.patient_id in begun:
            decision = Later(moment.now + SHE_IS_TALKING)
        elif isinstance(decision, Begin):
            begun.add(wish.patient_id)
        decisions.append((wish, decision))
    return decisions


_COLUMNS = (
    FollowUp.id,
    FollowUp.pregnancy_id,
    FollowUp.patient_id,
    FollowUp.kind,
    FollowUp.scripts,
    FollowUp.reasons,
    FollowUp.urgency,
    FollowUp.due_on,
    FollowUp.due_at,
    FollowUp.ladder,
    FollowUp.state,
)


def _wishes(connection: Connection, due: Sequence[UUID]) -> tuple[list[Wish], list[UUID]]:
    """What still is planned, in the order of `due`, and what is not any more."""
    rows = {row.id: row for row in connection.execute(select(*_COLUMNS).where(FollowUp.id.in_(due)))}
    planned = [rows[subject] for subject in due if subject in rows and rows[subject].state == "planned"]
    wishes = [_wish(row) for row in planned]
    return wishes, list(set(due) - {wish.id for wish in wishes})


def _wish(row: Row[*tuple[Any, ...]]) -> Wish:
    *values, _state = row
    return Wish(*values)


def _carry_out(moment: Moment, decisions: Iterable[tuple[Wish, Decision]]) -> None:
    connection, now = moment.connection, moment.now
    starts: list[Wish] = []
    instead: list[Unanswered] = []
    left: dict[Leave, list[UUID]] = {}
    alarms: list[Alarm] = []
    for wish, decision in decisions:
        match decision:
            case Begin(Unanswered() as before):
                starts.append(replace(wish, ladder=inherit(wish.ladder, before, now)))
                instead.append(before)
            case Begin():
                starts.append(wish)
            case Later(at):
                alarms.append(Alarm(TimerKind.BEGIN, wish.id, at, wish.urgency))
            case Leave() as leave:
                left.setdefault(leave, []).append(wish.id)
            case Nurse(leave=leave):
                left.setdefault(leave, []).append(wish.id)
    set_alarms(connection, alarms)
    give_way(connection, instead, now)
    _begin(moment, starts)
    for leave, follow_ups in left.items():
        connection.execute(
            update(FollowUp)
            .where(FollowUp.id.in_(follow_ups))
            .values(
                state=leave.state,
                begun_at=now if leave.state == "begun" else None,
                closed_at=now,
                closed_why=leave.why,
            )
        )
        clear_alarms(connection, TimerKind.BEGIN, follow_ups)


_BEGUN = update(FollowUp).where(FollowUp.id == bindparam("follow_up")).values(state="begun")


def _begin(moment: Moment, starts: Sequence[Wish]) -> None:
    if not starts:
        return
    connection, now = moment.connection, moment.now
    follow_ups = [wish.id for wish in starts]
    connection.execute(
        _BEGUN, [{"follow_up": wish.id, "ladder": list(wish.ladder), "begun_at": now} for wish in starts]
    )
    clear_alarms(connection, TimerKind.BEGIN, follow_ups)
    wanted = [Start(wish.patient_id, tuple(wish.scripts), wish.id) for wish in starts]
    moment.conversation.begin(connection, wanted, now)
    set_alarms(
        connection,
        [
            Alarm(TimerKind.WAIT, wish.id, now + min(after(step, heard=False) for step in wish.ladder), wish.urgency)
            for wish in starts
            if wish.ladder
        ],
    )


def _call(moment: Moment, decisions: Iterable[tuple[Wish, Decision]], known: Mapping[UUID, Known]) -> None:
    calls = [
        Call(
            wish.patient_id,
            decision.urgency,
            moment.library.wording(decision.line, Language.ZH_CN, {}),
            [{"follow_up": str(wish.id), "rules": [reason["rule"] for reason in wish.reasons]}],
            focus=known[wish.patient_id].focus,
        )
        for wish, decision in decisions
        if isinstance(decision, Nurse)
    ]
    call_humans(moment.connection, calls, moment.now)
