"""Waking those who wait for news: in this process at once, in others through PostgreSQL, and in any case by a poll.

The bell carries no data and may ring too often or not at all; a listener looks at the database when it wakes.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

log = logging.getLogger(__name__)

QUEUE = "queue"
"""The topic of the escalation queue."""

POLL = timedelta(seconds=5)
"""A listener that heard nothing wakes after this and looks for itself."""

RECONNECT = timedelta(seconds=3)
CHANNEL = "yunban"

_Work: TypeAlias = Callable[[psycopg.Connection], None]


class Ear:
    """One listener; lives in the event loop that made it."""

    def __init__(self, topic: str, poll: timedelta = POLL) -> None:
        self.topic = topic
        self.poll = poll
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def wake(self) -> None:
        """Callable from any thread; a loop that has ended needs no waking."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._rung.set)

    async def listen(self) -> bool:
        """Wait for a ring since the last call; False when `poll` passed without one."""
        try:
            await asyncio.wait_for(self._rung.wait(), self.poll.total_seconds())
        except TimeoutError:
            return False
        self._rung.clear()
        return True


@dataclass
class Bell:
    """`ring` after a commit. With the address of a PostgreSQL database and `start`, other processes hear it too."""

    database_url: str | None = None
    _ears: set[Ear] = field(default_factory=set, init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False)
    _out: "queue.SimpleQueue[str | None]" = field(default_factory=queue.SimpleQueue, init=False)
    _threads: list[threading.Thread] = field(default_factory=list, init=False)
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)
    _id: str = field(default_factory=lambda: uuid4().hex, init=False)

    def ring(self, topic: str) -> None:
        """Wake everybody who listens to `topic`. Never waits and never fails; any thread may call it."""
        self._wake(topic)
        if self._threads:
            self._out.put(topic)

    @contextmanager
    def ear(self, topic: str) -> Iterator[Ear]:
        """Listen to `topic` from within a running event loop."""
        ear = Ear(topic)
        with self._guard:
            self._ears.add(ear)
        try:
            yield ear
        finally:
            with self._guard:
                self._ears.discard(ear)

    def start(self) -> None:
        """Connect this process's bell with those of other processes; nothing to do on SQLite."""
        if self._threads or self.database_url is None or make_url(self.database_url).get_backend_name() == "sqlite":
            return
        self._stopping.clear()
        for name, work in (("bell-hears", self._hear), ("bell-tells", self._tell)):
            thread = threading.Thread(target=self._stay_connected, args=(work,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._out.put(None)
        for thread in self._threads:
            thread.join(timeout=5)
        self._threads.clear()

    def _wake(self, topic: str) -> None:
        with self._guard:
            ears = [ear for ear in self._ears if ear.topic == topic]
        for ear in ears:
            ear.wake()

    def _stay_connected(self, work: _Work) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(**self._address(), autocommit=True, connect_timeout=10) as connection:
                    work(connection)
            except psycopg.Error as error:
                log.warning("bell: connection lost (%s), trying again", type(error).__name__)
                self._stopping.wait(RECONNECT.total_seconds())

    def _address(self) -> dict[str, Any]:
        # In parts: libpq reads the blanks of an address's options in another way than SQLAlchemy writes them.
        url = make_url(self.database_url or "")
        return url.translate_connect_args(username="user", database="dbname") | dict(url.query)

    def _hear(self, connection: psycopg.Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        while not self._stopping.is_set():
            for notice in connection.notifies(timeout=1):
                sender, _, topic = notice.payload.partition(":")
                if sender != self._id:
                    self._wake(topic)

    def _tell(self, connection: psycopg.Connection) -> None:
        while not self._stopping.is_set():
            topic = self._out.get()
            if topic is not None:
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{self._id}:{topic}"))
