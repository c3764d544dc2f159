"""Nobody answers: the question is repeated, the guardian who may be told gets an SMS, a nurse phones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, insert, select, update

from bot import snapshots
from bot.escalations import Call, call_humans
from bot.messages import compose, queue
from bot.reach import tell_guardian
from bot.snapshots import Known
from bot.timers import Alarm, clear_alarms, set_alarms, take_due
from dialogs import engine
from dialogs.effects import Purpose
from models.base import new_id
from models.conversation import OutboundMessage, Session
from models.follow_up import FollowUp
from models.record import Encounter
from models.values import ChannelKind, Language, TimerKind, Urgency
from scheduler.hours import next_allowed
from scheduler.moment import Moment, hold
from scheduler.unanswered import after

AT_ANY_HOUR = frozenset({"nurse"})


@dataclass(frozen=True, slots=True)
class Step:
    do: str
    after: timedelta
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contact that was begun. `since` is when she was last heard in it, or asked."""

    id: UUID
    pregnancy_id: UUID
    patient_id: UUID
    urgency: int
    rung: int
    steps: Sequence[Step]
    since: datetime
    session_id: UUID


@dataclass(frozen=True, slots=True)
class Climb:
    """`take` is the rung to step on now, if any; `next_at` when to look again, if ever."""

    take: int | None = None
    next_at: datetime | None = None


def climb(waiting: Waiting, now: datetime, zone: ZoneInfo) -> Climb:
    """Of several rungs that are due at once, as after an outage, only the highest is taken."""
    due = [rung for rung in range(waiting.rung, len(waiting.steps)) if waiting.since + waiting.steps[rung].after <= now]
    if not due:
        return Climb(next_at=_next_at(waiting, waiting.rung))
    rung = due[-1]
    allowed = now if waiting.steps[rung].do in AT_ANY_HOUR else next_allowed(now, zone)
    following = _next_at(waiting, rung + 1)
    if allowed > now:
        return Climb(next_at=min(allowed, following) if following else allowed)
    return Climb(rung, following)


def _next_at(waiting: Waiting, rung: int) -> datetime | None:
    """When the next step from `rung` on is due; a nurse who was waited for before comes before the steps below her."""
    return min((waiting.since + step.after for step in waiting.steps[rung:]), default=None)


@dataclass
class Ladders:
    """One batch of waits that are over, inside one transaction."""

    moment: Moment
    calls: list[Call] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        return self.moment.connection

    @property
    def now(self) -> datetime:
        return self.moment.now

    def expire(self, limit: int) -> int:
        """Climb where a follow-up waits, end the wait where none does. Returns how many were looked at."""
        due = [alarm.subject for alarm in take_due(self.connection, TimerKind.WAIT, self.now, limit)]
        if not due:
            return 0
        rows = self.connection.execute(select(*_FOLLOW_UP).where(FollowUp.id.in_(due))).all()
        return self._climb_all(rows) + self._end_sessions(list(set(due) - {row.id for row in rows}))

    # -- follow-ups --------------------------------------------------------------------------------------------------

    def _climb_all(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> int:
        held = hold(self.connection, {row.patient_id for row in rows})
        rows = [row for row in rows if row.patient_id in held]
        running = self._running([row.id for row in rows], held)
        known = snapshots.take(self.connection, held, self.now, self.moment.zone) if held else {}
        over = [row.id for row in rows if row.state != "begun"]
        silent = [row.id for row in rows if row.state == "begun" and row.id not in running]
        for row in rows:
            if row.state == "begun" and row.id in running:
                self._step(_waiting(row, running[row.id]), known[row.patient_id])
        self._close(silent, "answered", "dialog_over")
        clear_alarms(self.connection, TimerKind.WAIT, [*over, *silent])
        set_alarms(self.connection, self.alarms)
        call_humans(self.connection, self.calls, self.now)
        return len(rows)

    def _running(self, follow_ups: Sequence[UUID], patients: frozenset[UUID]) -> dict[UUID, Row[*tuple[Any, ...]]]:
        """The open dialog of each of these follow-ups; one that is over has been answered in one way or another."""
        rows = self.connection.execute(
            select(Session.follow_up_id, Session.id, Session.touched_at).where(
                Session.patient_id.in_(patients), Session.ended_at.is_(None), Session.follow_up_id.in_(follow_ups)
            )
        )
        return {row.follow_up_id: row for row in rows}

    def _step(self, waiting: Waiting, woman: Known) -> None:
        move = climb(waiting, self.now, self.moment.zone)
        if move.take is not None:
            step = waiting.steps[move.take]
            self.connection.execute(update(FollowUp).where(FollowUp.id == waiting.id).values(rung=move.take + 1))
            match step.do:
                case "repeat" | "guardian" if woman.snapshot.nurse_has_it:
                    pass  # a human is with her: neither she nor her family is pressed
                case "repeat":
                    self._repeat(waiting)
                case "guardian":
                    text = self.moment.library.wording(
                        "guardian.no_answer", woman.snapshot.language, woman.snapshot.facts
                    )
                    tell_guardian(self.connection, waiting.patient_id, text, self.now)
                case _:
                    self._hand_over(waiting, step, woman)
        if move.next_at is not None:
            self.alarms.append(Alarm(TimerKind.WAIT, waiting.id, move.next_at, waiting.urgency))
        else:
            clear_alarms(self.connection, TimerKind.WAIT, [waiting.id])

    def _repeat(self, waiting: Waiting) -> None:
        """Say the question that waits once more, in the same words and by the same way."""
        asked = self.connection.execute(
            select(OutboundMessage.channel, OutboundMessage.contact_point_id, OutboundMessage.content)
            .where(
                OutboundMessage.patient_id == waiting.patient_id,
                OutboundMessage.session_id == waiting.session_id,
                OutboundMessage.fallback_of.is_(None),
                OutboundMessage.contact_point_id.is_not(None),
            )
            .order_by(OutboundMessage.created_at.desc(), OutboundMessage.position.desc())
            .limit(1)
        ).first()
        if asked is None or asked.channel is None:
            return
        message = compose(
            patient_id=waiting.patient_id,
            channel=ChannelKind(asked.channel),
            contact_point_id=asked.contact_point_id,
            text=asked.content,
            purpose=Purpose.QUESTION,
            now=self.now,
            session_id=waiting.session_id,
            follow_up_id=waiting.id,
        )
        queue(self.connection, [message], self.now)

    def _hand_over(self, waiting: Waiting, step: Step, woman: Known) -> None:
        reason = self.moment.library.wording("reason.no_answer", Language.ZH_CN, {})
        evidence = {"follow_up": str(waiting.id), "asked_at": waiting.since.isoformat()}
        self.calls.append(Call(waiting.patient_id, step.urgency, reason, [evidence], focus=woman.focus))
        self._close([waiting.id], "missed", "no_answer")
        self.connection.execute(
            insert(Encounter).values(
                id=new_id(),
                patient_id=waiting.patient_id,
                pregnancy_id=waiting.pregnancy_id,
                kind="bot",
                at=self.now,
                result="no_answer",
                follow_up_id=waiting.id,
            )
        )
        # The dialog stays open for a late answer until its own wait is over.
        self.alarms.append(Alarm(TimerKind.WAIT, waiting.session_id, self.now))

    def _close(self, follow_ups: Sequence[UUID], state: str, why: str) -> None:
        if follow_ups:
            self.connection.execute(
                update(FollowUp)
                .where(FollowUp.id.in_(follow_ups))
                .values(state=state, closed_at=self.now, closed_why=why)
            )

    # -- dialogs that no ladder looks after --------------------------------------------------------------------------

    def _end_sessions(self, sessions: Sequence[UUID]) -> int:
        rows = self.connection.execute(select(*_SESSION).where(Session.id.in_(sessions))).all()
        held = hold(self.connection, {row.patient_id for row in rows if row.ended_at is None})
        awaited = self._awaited([row.follow_up_id for row in rows if row.follow_up_id])
        gone = set(sessions) - {row.id for row in rows if row.ended_at is None}
        mine = [row for row in rows if row.ended_at is None and row.patient_id in held]
        ladders = {row.id for row in mine if row.follow_up_id in awaited and not self._is_doubt(row)}
        clear_alarms(self.connection, TimerKind.WAIT, [*gone, *(row.id for row in mine)])
        self.moment.conversation.expire(self.connection, [row.id for row in mine if row.id not in ladders], self.now)
        return len(gone) + len(mine)

    def _awaited(self, follow_ups: Sequence[UUID]) -> set[UUID]:
        """Of these, the ones whose ladder is being climbed."""
        rows = self.connection.execute(
            select(FollowUp.id, FollowUp.ladder).where(FollowUp.id.in_(follow_ups), FollowUp.state == "begun")
        )
        return {follow_up for follow_up, ladder in rows if ladder}

    def _is_doubt(self, row: Row[*tuple[Any, ...]]) -> bool:
        """Was she asked about a possible danger sign? That waits for minutes, and no ladder may make it wait longer."""
        return engine.wait(self.moment.library, row.state) <= engine.CONFIRM_WAIT


_FOLLOW_UP = (
    FollowUp.id,
    FollowUp.pregnancy_id,
    FollowUp.patient_id,
    FollowUp.urgency,
    FollowUp.rung,
    FollowUp.ladder,
    FollowUp.begun_at,
    FollowUp.state,
)

_SESSION = (Session.id, Session.patient_id, Session.follow_up_id, Session.state, Session.ended_at)


def _waiting(row: Row[*tuple[Any, ...]], session: Row[*tuple[Any, ...]]) -> Waiting:
    heard = session.touched_at > row.begun_at
    return Waiting(
        id=row.id,
        pregnancy_id=row.pregnancy_id,
        patient_id=row.patient_id,
        urgency=row.urgency,
        rung=row.rung,
        steps=[Step(step["do"], after(step, heard=heard), Urgency(step["urgency"])) for step in row.ladder],
        since=max(row.begun_at, session.touched_at),
        session_id=session.id,
    )
