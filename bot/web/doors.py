"""What every handler needs: the house, the bell, and a transaction that rings when it has committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from starlette.requests import HTTPConnection

from bot.bell import QUEUE, Bell
from bot.care_team import Colleague
from bot.clock import Clock
from bot.db import Transaction
from bot.desk import Desk
from bot.house import House
from bot.outbox import OUTBOX


@dataclass(frozen=True)
class Doors:
    """`presence` is the clock by which staff are at their desks: real time, even where a demonstration moves ours."""

    house: House
    bell: Bell
    presence: Clock

    @property
    def zone(self) -> ZoneInfo:
        return self.house.settings.zone

    def now(self) -> datetime:
        return self.house.clock.now()

    @contextmanager
    def changing(self) -> Iterator[Transaction]:
        """One transaction; once it is durable, whoever watches the queue and whoever delivers messages is woken."""
        with self.house.db.transaction() as session:
            yield session
        self.bell.ring(QUEUE)
        self.bell.ring(OUTBOX)

    @contextmanager
    def desk(self, actor: Colleague) -> Iterator[Desk]:
        """`actor` at her desk for one transaction."""
        with self.changing() as session:
            yield Desk(session, actor, self.now(), self.zone)


def _doors(connection: HTTPConnection) -> Doors:
    doors: Doors = connection.app.state.doors
    return doors


TheDoors = Annotated[Doors, Depends(_doors)]
