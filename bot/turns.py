"""The writer: turns that wait share one transaction and one commit, and each is answered when it is durable."""

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

MAX_BATCH = 64
IDLE_SECONDS = 0.5
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0


@dataclass(slots=True, eq=False)
class _Waiting(Generic[T, R]):
    item: T
    key: Hashable
    future: "asyncio.Future[R]"
    loop: asyncio.AbstractEventLoop


class Writer(Generic[T, R]):
    """One thread that owns a stream of turns.

    `work` takes up to 64 items in one transaction and gives a result for each. A batch that the database refuses
    is rolled back and taken turn by turn, so that a bad one is told alone. While the database does not answer,
    everything waits and nothing is dropped. Two items of one `key` (a woman's address) never share a batch: the
    second must see what the first did, and their order is kept.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], idle: Callable[[], None] = lambda: None) -> None:
        """`idle` runs when nothing has waited for half a second, for work that may be late."""
        self._work = work
        self._idle = idle
        self._incoming: queue.SimpleQueue[_Waiting[T, R] | None] = queue.SimpleQueue()
        self._held: deque[_Waiting[T, R]] = deque()
        self._thread = threading.Thread(target=self._run, name="turns", daemon=True)
        self._stopping = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end."""
        self._stopping = True
        self._incoming.put(None)
        self._thread.join()

    def submit(self, item: T, key: Hashable) -> "asyncio.Future[R]":
        """Hand over a turn from a coroutine; the future is resolved after the commit."""
        loop = asyncio.get_running_loop()
        waiting: _Waiting[T, R] = _Waiting(item, key, loop.create_future(), loop)
        self._incoming.put(waiting)
        return waiting.future

    def rest(self) -> None:
        """Do the idle work now, or after the turns that wait."""
        self._incoming.put(None)

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            if batch:
                self._take(batch)
            elif self._stopping:
                return
            else:
                self._quietly(self._idle)

    def _next_batch(self) -> list[_Waiting[T, R]]:
        """What waits, at most 64 and one of each key; the others stay in their order."""
        if not self._held:
            try:
                first = self._incoming.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                return []
            if first is not None:
                self._held.append(first)
        while True:
            try:
                more = self._incoming.get_nowait()
            except queue.Empty:
                break
            if more is not None:
                self._held.append(more)
        batch: list[_Waiting[T, R]] = []
        keys: set[Hashable] = set()
        later: deque[_Waiting[T, R]] = deque()
        while self._held and len(batch) < MAX_BATCH:
            waiting = self._held.popleft()
            if waiting.key in keys:
                later.append(waiting)
            else:
                keys.add(waiting.key)
                batch.append(waiting)
        self._held.extendleft(reversed(later))
        return batch

    def _take(self, batch: Sequence[_Waiting[T, R]]) -> None:
        pause, raced = FIRST_PAUSE, False
        while True:
            try:
                results = self._work([waiting.item for waiting in batch])
            except (OperationalError, InterfaceError) as error:
                log.warning("the database does not answer, %d turns wait: %s", len(batch), type(error.orig).__name__)
                if self._stopping:
                    return self._fail(batch, error)
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001 - one bad turn must not take the others with it
                if len(batch) > 1:
                    for waiting in batch:
                        self._take([waiting])
                    return None
                if isinstance(error, IntegrityError) and not raced:
                    raced = True  # another process has just stored the same: seen anew, it is a repetition
                    continue
                log.error("a turn was refused: %s", _kind(error))  # noqa: TRY400 - a traceback shows her words
                return self._fail(batch, error)
            else:
                return self._resolve([(waiting, result) for waiting, result in zip(batch, results, strict=True)])

    def _resolve(self, pairs: Sequence[tuple[_Waiting[T, R], R]]) -> None:
        """Wake the handlers with one call a loop: waking each by itself costs more than its turn."""
        for loop in {id(waiting.loop): waiting.loop for waiting, _ in pairs}.values():
            mine = [(waiting.future, result) for waiting, result in pairs if waiting.loop is loop]
            _soon(loop, partial(_set_results, mine))

    def _fail(self, batch: Sequence[_Waiting[T, R]], error: Exception) -> None:
        for waiting in batch:
            _soon(waiting.loop, partial(_set_error, waiting.future, error))

    def _quietly(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - tried again at the next idle moment
            log.warning("idle work failed: %s", _kind(error))


def _set_results(pairs: "Sequence[tuple[asyncio.Future[R], R]]") -> None:
    for future, result in pairs:
        if not future.done():
            future.set_result(result)


def _set_error(future: "asyncio.Future[R]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _kind(error: Exception) -> str:
    """What went wrong, without the values that may be a woman's words."""
    return type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        log.info("an answer came after its server had closed")
