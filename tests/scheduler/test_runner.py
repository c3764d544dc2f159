import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from bot.bell import Bell
from bot.channels.base import Limits, Outgoing, Sent
from bot.channels.memory import MemoryChannel
from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.house import House
from bot.messages import compose, queue
from bot.outbox import OUTBOX
from bot.settings import Settings
from bot.timers import Alarm, set_alarms
from dialogs.effects import Purpose
from dialogs.library import Library
from models.base import new_id
from models.conversation import OutboundMessage
from models.values import ChannelKind, TimerKind
from scheduler.runner import Runner
from tests import people


class Slow(MemoryChannel):
    """Takes its time, and says when it has begun."""

    def __init__(self) -> None:
        super().__init__(ChannelKind.SMS, Limits(pushes_free_text=True, segments=8))
        self.begun = asyncio.Event()

    async def send(self, message: Outgoing) -> Sent:
        self.begun.set()
        await asyncio.sleep(0.3)
        return await super().send(message)


Say = Callable[[], UUID]


@pytest.fixture
def house(db: Database, settings: Settings, clock: FixedClock, keyring: Keyring) -> House:
    sms = MemoryChannel(ChannelKind.SMS, Limits(pushes_free_text=True, segments=8))
    return House(settings, clock, keyring, db, Library.load(), {ChannelKind.SMS: sms})


@pytest.fixture
def say(house: House) -> Say:
    now = house.clock.now()
    with house.db.transaction() as session:
        woman = people.enrol(session, house.keyring, people.XIAOLIN, now)

    def queue_one() -> UUID:
        message = compose(
            patient_id=woman.patient.id,
            channel=ChannelKind.SMS,
            text="您好",
            purpose=Purpose.NOTICE,
            now=now,
            contact_point_id=woman.sms.id,
        )
        with house.db.connection() as connection:
            queue(connection, [message], now)
        return message["id"]

    return queue_one


@asynccontextmanager
async def ticking(house: House, bell: Bell) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(Runner(house, bell).run(stop))
    await asyncio.sleep(0.2)
    try:
        yield
    finally:
        stop.set()
        await running


async def until(holds: Callable[[], bool], seconds: float) -> float:
    """Wait until it holds; returns how long that took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds
        await asyncio.sleep(0.01)
    return time.monotonic() - started


def state(house: House, message: UUID) -> str:
    with house.db.reading() as session:
        return session.get_one(OutboundMessage, message).state


async def test_what_is_put_into_the_outbox_leaves_when_the_bell_rings_and_without_it_at_the_next_tick(
    house: House, say: Say
) -> None:
    bell = Bell()
    async with ticking(house, bell):
        said = say()
        bell.ring(OUTBOX)
        assert await until(lambda: state(house, said) == "sent", 5) < 0.8
        unheard = say()
        await until(lambda: state(house, unheard) == "sent", 5)


async def test_a_stop_lets_a_message_on_its_way_arrive_and_be_written_down(house: House, say: Say) -> None:
    slow = Slow()
    said = say()
    async with ticking(replace(house, channels={ChannelKind.SMS: slow}), Bell()):
        await asyncio.wait_for(slow.begun.wait(), 5)
    assert len(slow.sent) == 1
    assert state(house, said) == "sent"


async def test_a_job_that_fails_again_and_again_stops_no_other(
    house: House, say: Say, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    said = say()
    with house.db.connection() as connection:
        set_alarms(connection, [Alarm(TimerKind.CHASE, new_id(), house.clock.now())])
        connection.execute(text("ALTER TABLE escalation RENAME TO escalation_away"))
    try:
        async with ticking(house, Bell()):
            await until(lambda: "chase_escalations" in caplog.text, 10)
            await until(lambda: state(house, said) == "sent", 5)
    finally:
        with house.db.connection() as connection:
            connection.execute(text("ALTER TABLE escalation_away RENAME TO escalation"))
