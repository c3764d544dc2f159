"""Where doors hand in what came: durable or kept, and answered within four seconds whatever the database does."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from bot.conversation import Conversation, News
from bot.faults import place_of
from bot.house import House
from bot.inbound import Answer, Inbound
from bot.spool import Spool
from bot.turns import Writer

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 3.5
"""WeChat drops the connection after five and asks again; to be back within four, the answer must start before."""

REPLAY_EVERY_SECONDS = 60.0


class Reception:
    def __init__(
        self,
        house: House,
        spool: Spool,
        tell: Callable[[News], None] = lambda _news: None,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        """`tell` is called after each commit with what others may want to know: new work for outbox or queue."""
        self.deadline = deadline
        self._house = house
        self._conversation = Conversation(house)
        self._spool = spool
        self._tell = tell
        self._left: deque[UUID] = deque()
        self._waiting: set[Path] = set()
        self._writer: Writer[Inbound, Answer] = Writer(self._take, self._confirm_idle)

    def start(self) -> None:
        self._writer.start()

    async def replay(self) -> int:
        """Take up what had to be kept, oldest first; each is stored before its file goes. Returns how many were."""
        stored = 0
        for path, inbound in list(self._spool.kept()):
            if path not in self._waiting and await self._take_up(inbound):
                self._spool.done(path)
                stored += 1
        return stored

    async def replay_for_ever(self) -> None:
        """What was refused when it came is tried again, and no file waits for a restart."""
        while True:
            await asyncio.sleep(REPLAY_EVERY_SECONDS)
            await self.replay()

    async def _take_up(self, inbound: Inbound) -> bool:
        """A turn that is refused again is kept bare, and a nurse reads it; False when even that is refused."""
        for one in (inbound, replace(inbound, bare=True)):
            try:
                await self._writer.submit(one, _key(inbound))
            except Exception as error:  # noqa: BLE001 - the others behind it must not wait for this one
                log.error("a kept message is refused: %s", place_of(error))  # noqa: TRY400
            else:
                return True
        return False

    def stop(self) -> None:
        self._writer.stop()

    async def receive(self, inbound: Inbound) -> Answer:
        """Answer once the turn is committed; when that takes too long, keep the message and say what is safe to say."""
        future = self._writer.submit(inbound, _key(inbound))
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.deadline)
        except Exception as error:  # noqa: BLE001 - late or refused: either way it is kept and she is answered
            log.warning("a turn is not stored in time and is kept in the spool: %s", type(error).__name__)
        path = await asyncio.to_thread(self._spool.keep, inbound)
        self._waiting.add(path)
        future.add_done_callback(lambda done: self._stored_late(done, path))
        return Answer(self._conversation.without_records(inbound))

    def left(self, message_id: UUID | None) -> None:
        """The webhook's answer has been written to the wire; noted with the next commit."""
        if message_id is not None:
            self._left.append(message_id)

    def note_now(self) -> None:
        """Have what has left noted at once: for who is about to move the clock."""
        self._writer.rest()

    def _stored_late(self, future: "asyncio.Future[Answer]", path: Path) -> None:
        self._waiting.discard(path)
        if not future.cancelled() and future.exception() is None:
            self._spool.done(path)

    def _take(self, inbounds: Sequence[Inbound]) -> Sequence[Answer]:
        now = self._house.clock.now()
        confirmed = self._confirmed()
        try:
            with self._house.db.connection() as connection:
                answers, news = self._conversation.receive(connection, inbounds, now)
                self._conversation.confirm(connection, confirmed, now)
        except BaseException:
            self._left.extend(confirmed)
            raise
        if news:
            self._tell(news)
        return answers

    def _confirm_idle(self) -> None:
        if self._left:
            self._take([])

    def _confirmed(self) -> list[UUID]:
        return [self._left.popleft() for _ in range(len(self._left))]


def _key(inbound: Inbound) -> object:
    return inbound.address or inbound.external_id
