"""Time's jobs: each takes what is due in one short transaction and says how much that was; any number may run."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot import desk
from bot.conversation import Conversation
from bot.faults import place_of
from bot.house import House
from bot.timers import Alarm, set_alarms, take_due
from models.values import TimerKind
from scheduler.beginning import begin_due
from scheduler.ladder import Ladders
from scheduler.moment import Moment
from scheduler.plan_rules import Plans
from scheduler.planning import Planner, plan_follow_ups

log = logging.getLogger(__name__)

PUT_ASIDE: Final = timedelta(minutes=10)
"""One row that cannot be worked on must not hold up those behind it: it is tried again after this."""

PLAN_BATCH: Final = 1000
TALK_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Job:
    """`work` takes at most so many of what is due under `kind`."""

    name: str
    kind: TimerKind
    batch: int
    work: Callable[[Connection, datetime, int], int]


@dataclass(frozen=True)
class Jobs:
    house: House
    plans: Plans

    @cached_property
    def all(self) -> tuple[Job, ...]:
        """In the order in which they should run: what waits for a human first, plans last."""
        return (
            Job("chase_escalations", TimerKind.CHASE, TALK_BATCH, desk.chase),
            Job("expire_waits", TimerKind.WAIT, TALK_BATCH, self._expire_waits),
            Job("begin_due", TimerKind.BEGIN, TALK_BATCH, self._begin_due),
            Job("plan_follow_ups", TimerKind.PLAN, PLAN_BATCH, self._plan_follow_ups),
        )

    def run(self, job: Job, now: datetime) -> int:
        """One batch; returns how much was due. When it fails, its rows are taken one by one.

        Raises OperationalError when the database itself is at fault: then nothing was done and the next tick tries.
        """
        try:
            with self.house.db.connection() as connection:
                return job.work(connection, now, job.batch)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a single row trips over, the others go on
            log.warning("%s: a batch failed with %s: its rows are taken one by one", job.name, place_of(error))
        done = 0
        while done < job.batch and self._run_one(job, now):
            done += 1
        return done

    def _run_one(self, job: Job, now: datetime) -> bool:
        with self.house.db.connection() as connection:
            first = take_due(connection, job.kind, now, 1)
            if not first:
                return False
            try:
                with connection.begin_nested():
                    job.work(connection, now, 1)
            except OperationalError:
                raise
            except Exception as error:  # noqa: BLE001 - put aside, and said loudly
                log.error("%s: %s is put aside after %s", job.name, first[0].subject, place_of(error))  # noqa: TRY400
                alarm = first[0]
                set_alarms(connection, [Alarm(alarm.kind, alarm.subject, now + PUT_ASIDE, alarm.urgency)])
        return True

    def _plan_follow_ups(self, connection: Connection, now: datetime, limit: int) -> int:
        return plan_follow_ups(connection, Planner(self.plans, self.house.settings.zone, now), limit)

    def _begin_due(self, connection: Connection, now: datetime, limit: int) -> int:
        return begin_due(self._moment(connection, now), limit)

    def _expire_waits(self, connection: Connection, now: datetime, limit: int) -> int:
        return Ladders(self._moment(connection, now)).expire(limit)

    def _moment(self, connection: Connection, now: datetime) -> Moment:
        return Moment(connection, now, self.house.settings.zone, self.house.library, self._conversation)

    @cached_property
    def _conversation(self) -> Conversation:
        return Conversation(self.house)
