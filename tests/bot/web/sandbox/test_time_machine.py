"""Where a move of the clock leads, and that what falls due on the way happens on the way."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from bot.bell import Bell
from bot.clock import MovableClock
from bot.errors import Conflict
from bot.timers import Alarm, set_alarms, take_due
from bot.web.sandbox.time_machine import TimeMachine, until
from models.base import new_id
from models.values import TimerKind
from tests.conftest import NOW

ZONE = ZoneInfo("Asia/Shanghai")


class Hands:
    """Takes what is due and notes when; the scheduler in small."""

    def __init__(self, db, clock):
        self.db, self.clock, self.taken, self.ticking = db, clock, [], True

    @asynccontextmanager
    async def paused(self):
        self.ticking = False
        yield
        self.ticking = True

    async def run_due(self):
        assert not self.ticking
        now = self.clock.now()
        with self.db.connection() as connection:
            due = take_due(connection, TimerKind.PLAN, now, 100)
            set_alarms(connection, [Alarm(TimerKind.PLAN, one.subject, now + timedelta(days=400)) for one in due])
        self.taken += [(one.due_at, now) for one in due]
        return len(due)


class Silence:
    def next_at(self):
        return None

    async def answer_due(self, _now):
        return 0

    def note_now(self):
        pass


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
def remembered():
    return []


@pytest.fixture
def machine(db, clock, remembered):
    house = SimpleNamespace(db=db)
    hands = Hands(db, clock)
    silence = Silence()
    machine = TimeMachine(house, clock, Bell(), hands, reception=silence, answering=silence, remember=remembered.append)
    machine.hands = hands
    return machine


async def test_everything_that_falls_due_on_the_way_happens_in_its_order_and_near_its_time(
    db, clock, machine, remembered
):
    began = clock.now()
    wanted = [began + timedelta(hours=hours) for hours in (1, 5, 5.01, 23, 30)]
    with db.connection() as connection:
        set_alarms(connection, [Alarm(TimerKind.PLAN, new_id(), at) for at in wanted])
    machine.begin(began + timedelta(days=1))
    with pytest.raises(Conflict):
        machine.begin(began + timedelta(days=2))
    await machine._task
    assert [due for due, _ in machine.hands.taken] == wanted[:4]
    assert all(timedelta(0) <= at - due < timedelta(minutes=20) for due, at in machine.hands.taken)
    assert timedelta(days=1) <= clock.now() - began < timedelta(days=1, minutes=1)
    assert not machine.moving
    assert machine.hands.ticking
    assert remembered[-1] == clock.moved


async def test_a_move_stops_where_the_clock_is_when_it_is_told_to(db, clock, machine):
    with db.connection() as connection:
        soon = [clock.now() + timedelta(hours=hours) for hours in range(1, 600)]
        set_alarms(connection, [Alarm(TimerKind.PLAN, new_id(), at) for at in soon])
    machine.begin(clock.now() + timedelta(weeks=4))
    await machine.rest()
    assert len(machine.hands.taken) < 599
    assert not machine.moving


def test_moves_lead_so_many_hours_on_or_to_the_next_time_of_day():
    assert until({"hours": 6}, NOW, ZONE) == NOW + timedelta(hours=6)
    assert until({"at": "03:00"}, NOW, ZONE) == datetime(2026, 3, 2, 19, tzinfo=UTC)
    assert until({"at": "03:00"}, datetime(2026, 3, 2, 18, tzinfo=UTC), ZONE) == datetime(2026, 3, 2, 19, tzinfo=UTC)
