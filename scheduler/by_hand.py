"""Time in somebody's hand: it ticks by itself, as anywhere, until a demonstration moves it on step by step."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.bell import Bell
from bot.house import House
from bot.outbox import Outbox
from scheduler.jobs import Jobs
from scheduler.planning import plans_of
from scheduler.runner import Runner, run_until_quiet


class ByHand:
    def __init__(self, house: House, bell: Bell) -> None:
        self._house = house
        self._bell = bell
        self._jobs = Jobs(house, plans_of(house.library, house.settings))
        self._outbox = Outbox(house)
        self._stop = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._stop = asyncio.Event()
        self._ticking = asyncio.create_task(Runner(self._house, self._bell, self._jobs).run(self._stop))

    async def stop(self) -> None:
        """Let what has begun come to its end."""
        self._stop.set()
        if self._ticking is not None:
            await self._ticking
            self._ticking = None

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Nothing ticks inside the block: no message is on its way while the clock jumps, so no lease runs out."""
        await self.stop()
        try:
            yield
        finally:
            await self.start()

    async def run_due(self) -> int:
        """Run all that is due at this moment; returns how much it was."""
        return await run_until_quiet(self._house, self._jobs, self._outbox)
