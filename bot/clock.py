"""The only place that asks the machine for the time."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """The demo's clock: real time plus what has been moved."""

    def __init__(self, moved: timedelta = timedelta(0)) -> None:
        self.moved = moved

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved

    def move(self, by: timedelta) -> None:
        """Forward only: what has been sent cannot be unsent."""
        if by < timedelta(0):
            raise ValueError("the clock moves forward only")
        self.moved += by


class FixedClock:
    """A clock that a test or a simulation holds in its hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by
