"""When on a day she may be written to: never in the quiet hours, and not everybody in the same second."""

from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

DAYTIME = (time(8), time(21))
"""Routine messages keep to 08:00-21:00 local time; the end is not part of it."""

MORNING = (time(8), time(11))
"""When the messages planned for a day go out."""


def next_allowed(at: datetime, tz: ZoneInfo, window: tuple[time, time] = DAYTIME) -> datetime:
    """`at` itself when it lies in the window, else the next opening; in UTC."""
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    at = at.astimezone(UTC)
    opens, closes = _on(at.astimezone(tz).date(), tz, window)
    if at < opens:
        return opens
    if at < closes:
        return at
    return _on(at.astimezone(tz).date() + timedelta(days=1), tz, window)[0]


def spread(on: date, key: str, tz: ZoneInfo, window: tuple[time, time] = MORNING) -> datetime:
    """A moment in the window of that day, in UTC and to the second: always the same for a key, all over it for many."""
    opens, closes = _on(on, tz, window)
    seconds = int((closes - opens).total_seconds())
    return opens + timedelta(seconds=int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) % seconds)


def _on(day: date, tz: ZoneInfo, window: tuple[time, time]) -> tuple[datetime, datetime]:
    """The window of one day as moments in UTC, where no change of the clocks can make it longer than it is."""
    opens, closes = window
    if opens >= closes:
        raise ValueError(f"the window opens at {opens} and closes at {closes}: it must lie within one day")
    first = datetime.combine(day, opens, tzinfo=tz).astimezone(UTC)
    return first, datetime.combine(day, closes, tzinfo=tz).astimezone(UTC)
