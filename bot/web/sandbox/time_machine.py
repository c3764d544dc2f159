"""The clock of the demonstration, moved on step by step: everything that falls due on the way happens on the way."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from bot import overview
from bot.bell import QUEUE, Bell
from bot.clock import MovableClock
from bot.errors import Conflict
from bot.faults import place_of
from bot.house import House
from bot.overview import Happened
from bot.reception import Reception
from bot.timers import next_alarm
from bot.web.sandbox.answering import Answering

log = logging.getLogger(__name__)

FINEST: Final = timedelta(minutes=1)
COARSEST: Final = timedelta(minutes=60)
STEPS: Final = 100
"""So many steps are enough for a move, none finer and none coarser; what falls between two happens at the later one."""

ROUNDS: Final = 20
"""Work that makes other work comes to rest sooner than this."""


NOTED_WITHIN: Final = 0.03
"""Seconds that an answer takes from the wire into the records, when that is asked for."""


class Hands(Protocol):
    """The scheduler, as whoever moves the clock needs it."""

    def paused(self) -> AbstractAsyncContextManager[None]: ...

    async def run_due(self) -> int: ...


@dataclass(slots=True)
class Move:
    began: datetime
    until: datetime
    at: datetime
    happened: Happened = field(default_factory=Happened)
    over: bool = False

    @property
    def share(self) -> float:
        """How much of the way is done, from 0 to 1."""
        whole = (self.until - self.began).total_seconds()
        return min(1.0, (self.at - self.began).total_seconds() / whole) if whole else 1.0


class TimeMachine:
    """`remember` is told how far the clock will have been moved before it is."""

    def __init__(
        self,
        house: House,
        clock: MovableClock,
        bell: Bell,
        hands: Hands,
        *,
        reception: Reception,
        answering: Answering,
        remember: Callable[[timedelta], None],
    ) -> None:
        self.move: Move | None = None
        self._house = house
        self._clock = clock
        self._bell = bell
        self._hands = hands
        self._reception = reception
        self._answering = answering
        self._remember = remember
        self._task: asyncio.Task[None] | None = None

    @property
    def moving(self) -> bool:
        return self.move is not None and not self.move.over

    def begin(self, until: datetime) -> None:
        """Raises Conflict while the clock is being moved."""
        if self.moving:
            raise Conflict("the clock is being moved")
        now = self._clock.now()
        self.move = Move(now, until, now)
        self._task = asyncio.create_task(self._run(self.move))

    def stop(self) -> None:
        """Stand still where the clock is now."""
        if self.move is not None:
            self.move.until = self.move.at

    async def rest(self) -> None:
        """Stop, and wait until the last step is done."""
        self.stop()
        if self._task is not None:
            await self._task

    async def _run(self, move: Move) -> None:
        grain = min(max((move.until - move.began) / STEPS, FINEST), COARSEST)
        try:
            async with self._hands.paused():
                await self._let_answers_leave()
                await self._settle(move, grain)
                while (now := self._clock.now()) < move.until:
                    jump = min(move.until, max(await self._next(now, move), now + grain)) - now
                    self._remember(self._clock.moved + jump)
                    self._clock.move(jump)
                    await self._settle(move, grain)
        except Exception as error:  # noqa: BLE001 - the page says that it is over; the clock can be moved again
            log.error("moving the clock failed with %s", place_of(error))  # noqa: TRY400
        finally:
            move.over = True

    async def _let_answers_leave(self) -> None:
        """An answer that has left but is not noted yet would be taken for lost by a clock that jumps."""
        for _ in range(ROUNDS):
            self._reception.note_now()
            await asyncio.sleep(NOTED_WITHIN)
            if not await asyncio.to_thread(self._is_answering):
                return

    def _is_answering(self) -> bool:
        with self._house.db.reading() as session:
            return overview.is_answering(session)

    async def _next(self, now: datetime, move: Move) -> datetime:
        alarm = await asyncio.to_thread(self._next_alarm, now)
        return min((at for at in (alarm, self._answering.next_at()) if at is not None), default=move.until)

    def _next_alarm(self, now: datetime) -> datetime | None:
        with self._house.db.reading() as session:
            return next_alarm(session.connection(), now)

    async def _settle(self, move: Move, grain: timedelta) -> None:
        """Let everything that is due at this moment happen, and what follows from it; answers come a step early."""
        some = 0
        for _ in range(ROUNDS):
            done = await self._hands.run_due()
            if answers := await self._answering.answer_due(self._clock.now() + grain):
                await self._let_answers_leave()
            done += answers
            some += done
            if not done:
                break
        move.at = min(self._clock.now(), max(move.until, move.began))
        if some:
            move.happened = await asyncio.to_thread(self._count, move)
            self._bell.ring(QUEUE)

    def _count(self, move: Move) -> Happened:
        with self._house.db.reading() as session:
            return overview.happened(session, move.began, self._clock.now())


def until(move: dict[str, Any], now: datetime, zone: ZoneInfo) -> datetime:
    """Where a move of `lines.yaml` leads: so many hours on, or to the next time that the clock shows `at`."""
    if "hours" in move:
        return now + timedelta(hours=move["hours"])
    local = now.astimezone(zone)
    at = datetime.combine(local, time.fromisoformat(move["at"]), tzinfo=zone)
    return (at if at > local else at + timedelta(days=1)).astimezone(UTC)
