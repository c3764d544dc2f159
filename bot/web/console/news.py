"""The stream that tells open pages to look again; what there is to see, each asks for itself."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi.concurrency import run_in_threadpool

from bot import worklist
from bot.bell import QUEUE, Bell
from bot.house import House

AT_LEAST_EVERY = timedelta(seconds=60)
"""News without news: keeps clocks right and shows that the line is open."""

BREATH = timedelta(milliseconds=200)
"""However busy the house is, a page looks for news no oftener than this."""


class Pulse:
    """The state of the queue as a short text, read once for all who ask for it at the same time."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._running: asyncio.Task[str] | None = None
        self._next: asyncio.Task[str] | None = None

    async def read(self) -> str:
        """Never older than the call: whoever comes while it is being read waits for the next reading."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
        return await asyncio.shield(self._next)

    async def _after(self, before: "asyncio.Task[str] | None") -> str:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        return await run_in_threadpool(self._look)

    def _look(self) -> str:
        with self._house.db.reading() as session:
            return worklist.pulse(session)


async def news(pulse: Pulse, bell: Bell) -> AsyncIterator[str]:
    """Server-sent events, one whenever the queue may look different."""
    clock = asyncio.get_running_loop().time
    with bell.ear(QUEUE) as ear:
        before, told = "", 0.0
        while True:
            after = await pulse.read()
            if after != before or clock() - told >= AT_LEAST_EVERY.total_seconds():
                before, told = after, clock()
                yield f"event: queue\ndata: {json.dumps(after)}\n\n"
            await asyncio.sleep(BREATH.total_seconds())
            await ear.listen()
