"""The arithmetic of rhythms: on which days something recurs, and when next. Days are proleptic ordinals.

The next day is found by arithmetic, not by trying each day: a million pregnancies are asked for theirs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

NEVER = date.max.toordinal()

What = TypeVar("What")


@dataclass(slots=True)
class Beat(Generic[What]):
    """Something that recurs `every` so many days from `first` to `last`, and stands on each of `days`.

    Where shorter intervals make the days, its own steps are counted from `origin`, which is not later than `first`.
    """

    what: What
    first: int = 0
    last: int = 0
    every: int = 0
    days: Sequence[int] = ()
    origin: int = 0

    def falls(self, day: int, walk: "Walked") -> bool:
        """Has its own interval run out by `day`? That of the shortest always has: it is what made the day."""
        if not self.every or not self.first <= day <= self.last:
            return False
        return self.every == walk.every or day - (day - self.origin) % self.every > walk.before


class Walked(NamedTuple):
    """How a day of a lane was come to: from the day `before`, by the shortest interval in force."""

    before: int
    every: int


@dataclass(slots=True)
class Lane(Generic[What]):
    """Beats that share a day when they meet; the shortest interval, counted from `since`, the last day done, makes it.

    A longer one does not make days of its own: it joins the first day on or after each of its steps.
    """

    since: int
    beats: list[Beat[What]] = field(default_factory=list)

    def days(self, start: int, end: int) -> Iterator[tuple[int, tuple[What, ...]]]:
        """Each day of [start, end] on which something falls, with all that falls on it."""
        if not self.beats:
            return
        walked = dict(self._walk(start, end))
        fixed = {day for beat in self.beats for day in beat.days if start <= day <= end}
        for day in sorted(walked.keys() | fixed):
            walk = walked.get(day)
            yield (
                day,
                tuple(beat.what for beat in self.beats if day in beat.days or (walk and beat.falls(day, walk))),
            )

    def next_from(self, start: int) -> int:
        """The first day from `start` on which something falls, or NEVER."""
        fixed = min((day for beat in self.beats for day in beat.days if day >= start), default=NEVER)
        return next((day for day, _ in self._walk(start, fixed)), fixed)

    def _walk(self, start: int, end: int) -> Iterator[tuple[int, Walked]]:
        """The days of [start, end] on which the shortest interval in force has run out.

        Where the intervals in force change, the count goes on: if a shorter one has already passed, it is due at once.
        """
        recurring = [beat for beat in self.beats if beat.every and beat.first <= beat.last]
        edges = sorted({edge for beat in recurring for edge in (beat.first, beat.last + 1)})
        done = self.since
        for opens, closes in pairwise(edges):
            every = min((beat.every for beat in recurring if beat.first <= opens <= beat.last), default=0)
            day = max(opens, done + every)
            if not every or day >= closes:
                continue
            if day < start:
                done = day + (min(start, closes) - 1 - day) // every * every
                day = done + every
            while day < closes:
                if day > end:
                    return
                yield day, Walked(done, every)
                done = day
                day += every
