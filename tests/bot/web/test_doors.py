"""A change wakes who has to act on it."""

import asyncio

import pytest

from bot.bell import QUEUE, Bell
from bot.outbox import OUTBOX
from bot.web.doors import Doors


async def heard(bell: Bell, topic: str, change) -> bool:
    with bell.ear(topic) as ear:
        await asyncio.to_thread(change)
        return await asyncio.wait_for(ear.listen(), 2)


async def test_a_nurses_reply_leaves_at_once(hospital, bell, api):
    escalation = hospital.calls("小林")
    reply = {"staff": "李护士", "text": "您现在感觉怎么样？"}
    assert await heard(bell, OUTBOX, lambda: api.post(f"/api/v1/escalations/{escalation}/replies", json=reply))


async def test_what_a_dangerous_reading_makes_us_say_leaves_at_once(hospital, bell, api):
    reading = {
        "patient_id": str(hospital.women["阿美"]),
        "code": "blood_pressure",
        "value": {"systolic": 168, "diastolic": 112},
        "at": "2026-03-02T09:58:00+08:00",
    }
    assert await heard(bell, OUTBOX, lambda: api.post("/api/v1/observations", json=reading))


async def test_a_change_that_was_not_written_wakes_nobody(house, bell):
    def fail():
        with pytest.raises(ZeroDivisionError), Doors(house, bell, house.clock).changing():
            1 / 0  # noqa: B018 - as any mistake of ours

    for topic in (QUEUE, OUTBOX):
        with bell.ear(topic) as ear:
            await asyncio.to_thread(fail)
            ear.poll /= 20
            assert not await ear.listen()
