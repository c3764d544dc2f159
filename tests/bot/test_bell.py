"""Whoever waits is woken: from another thread, from another process, and at worst by the poll."""

import asyncio
import threading
from datetime import timedelta

from bot.bell import QUEUE, Bell


async def test_a_ring_from_another_thread_wakes_everyone_who_listens():
    bell = Bell()
    with bell.ear(QUEUE) as one, bell.ear(QUEUE) as other, bell.ear("elsewhere") as deaf:
        deaf.poll = timedelta(milliseconds=50)
        threading.Thread(target=bell.ring, args=(QUEUE,)).start()
        assert await asyncio.gather(one.listen(), other.listen(), deaf.listen()) == [True, True, False]


async def test_a_ring_while_nobody_was_waiting_is_not_missed():
    bell = Bell()
    with bell.ear(QUEUE) as ear:
        bell.ring(QUEUE)
        assert await asyncio.wait_for(ear.listen(), 1)


async def test_without_any_ring_the_poll_wakes():
    bell = Bell()
    with bell.ear(QUEUE) as ear:
        ear.poll = timedelta(milliseconds=20)
        assert await ear.listen() is False


async def test_who_has_stopped_listening_is_forgotten():
    bell = Bell()
    with bell.ear(QUEUE):
        pass
    bell.ring(QUEUE)


async def test_a_listener_of_a_loop_that_has_ended_does_no_harm():
    bell = Bell()
    entered = bell.ear(QUEUE)
    await asyncio.to_thread(lambda: asyncio.run(_enter(entered)))
    bell.ring(QUEUE)


async def _enter(ear) -> None:
    ear.__enter__()


async def test_processes_hear_each_other_where_the_database_can_carry_it(db, database_url):
    here, there = Bell(database_url), Bell(database_url)
    for bell in (here, there):
        bell.start()
    try:
        with there.ear(QUEUE) as far, here.ear(QUEUE) as near:
            far.poll = near.poll = timedelta(milliseconds=500)
            heard = False
            for _ in range(20):  # the listener connects in its own time
                here.ring(QUEUE)
                assert await near.listen()
                heard = await far.listen()
                if heard or db.is_sqlite:
                    break
        assert heard is not db.is_sqlite
    finally:
        for bell in (here, there):
            bell.stop()
