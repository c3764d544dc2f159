"""The ticker: asks the clock again and again, and the outbox at once when something was put into it.

APScheduler keeps nothing here and decides nothing; what is due stands in the database, so any number of runners may
tick beside one another, and any of them may be killed.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.bell import QUEUE, Bell
from bot.faults import place_of
from bot.house import House
from bot.outbox import OUTBOX, Outbox
from scheduler.jobs import Job, Jobs
from scheduler.planning import plans_of

log = logging.getLogger(__name__)

TICK: Final = timedelta(seconds=1)
GRACE: Final = timedelta(seconds=30)
"""How long a stop waits for messages that are on their way; what is cut off then is found by its lease."""


class Runner:
    def __init__(self, house: House, bell: Bell | None = None, jobs: Jobs | None = None) -> None:
        self._house = house
        self._bell = bell or Bell()
        self._jobs = jobs or Jobs(house, plans_of(house.library, house.settings))
        self._outbox = Outbox(house)
        self._busy: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set, then let what has begun come to its end."""
        ticker = AsyncIOScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": AsyncIOExecutor()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        logging.getLogger("apscheduler").setLevel(
            logging.ERROR
        )  # a tick that finds the one before still busy is normal
        for job in self._jobs.all:
            ticker.add_job(self._tick, "interval", [job], seconds=TICK.total_seconds(), id=job.name)
        ticker.start()
        delivering = asyncio.create_task(self._deliver_for_ever())
        try:
            await stop.wait()
        finally:
            ticker.shutdown(wait=False)
            self._stopping.set()
            self._bell.ring(OUTBOX)
            await asyncio.wait({delivering, *self._busy}, timeout=GRACE.total_seconds())
            delivering.cancel()
            with suppress(asyncio.CancelledError):
                await delivering

    async def _tick(self, job: Job) -> None:
        task = asyncio.ensure_future(self._run_until_nothing_is_due(job))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        with suppress(asyncio.CancelledError):  # the ticker has been shut down, what has begun goes on
            await asyncio.shield(task)

    async def _run_until_nothing_is_due(self, job: Job) -> None:
        try:
            while not self._stopping.is_set():
                if not await asyncio.to_thread(self._jobs.run, job, self._house.clock.now()):
                    return
                self._bell.ring(OUTBOX)
                self._bell.ring(QUEUE)
        except Exception as error:  # noqa: BLE001 - one job never stops the others
            log.error("%s failed with %s and is tried again", job.name, place_of(error))  # noqa: TRY400

    async def _deliver_for_ever(self) -> None:
        with self._bell.ear(OUTBOX) as ear:
            ear.poll = TICK
            while not self._stopping.is_set():
                try:
                    while await self._outbox.deliver_due() and not self._stopping.is_set():
                        self._bell.ring(QUEUE)
                except Exception as error:  # noqa: BLE001 - tried again; what was sent is found by its lease
                    log.error("delivery failed with %s and is tried again", place_of(error))  # noqa: TRY400
                await ear.listen()


async def run_once(house: House) -> int:
    """Run every job until nothing is due, then return how much was done. Errors of the database are the caller's."""
    return await run_until_quiet(house, Jobs(house, plans_of(house.library, house.settings)), Outbox(house))


async def run_until_quiet(house: House, jobs: Jobs, outbox: Outbox) -> int:
    """As `run_once`, with what was made before: for who asks often."""
    total = 0
    while True:
        done = 0
        for job in jobs.all:
            while number := await asyncio.to_thread(jobs.run, job, house.clock.now()):
                done += number
        while number := await outbox.deliver_due():
            done += number
        total += done
        if not done:
            return total
