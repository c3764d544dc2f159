"""An open page hears of every change, and of nothing else."""

import asyncio

import pytest
from sqlalchemy import event

from bot.bell import QUEUE
from bot.web.console.news import Pulse, news
from models.values import Urgency


async def test_many_pages_that_ask_at_once_cost_two_readings_at_most(house, hospital):
    looks = []
    event.listen(house.db.engine, "begin", looks.append)
    pulse = Pulse(house)
    assert len(set(await asyncio.gather(*(pulse.read() for _ in range(50))))) == 1
    assert len(looks) <= 2


async def test_a_reading_is_never_older_than_the_question(house, hospital):
    pulse = Pulse(house)
    before = await pulse.read()
    begun = asyncio.create_task(pulse.read())
    await asyncio.to_thread(hospital.calls, "小林")
    assert await pulse.read() != before
    await begun


async def test_a_page_is_told_of_a_change_and_not_of_a_ring_without_one(house, hospital, bell):
    stream = news(Pulse(house), bell)
    assert (await anext(stream)).startswith("event: queue\ndata: ")
    following = asyncio.ensure_future(anext(stream))
    bell.ring(QUEUE)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(following), 0.6)
    await asyncio.to_thread(hospital.calls, "小林", Urgency.EMERGENCY)
    bell.ring(QUEUE)
    assert await asyncio.wait_for(following, 2)
    await stream.aclose()
