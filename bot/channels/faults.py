"""A platform's error codes as data: what each means for the message, the address and the channel."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.errors import ChannelDown, SendError, Unreachable


class Mark(StrEnum):
    """What to remember of an address."""

    UNSUBSCRIBED = "unsubscribed"
    OPTED_OUT = "opted_out"
    BAD_NUMBER = "bad_number"
    UNREACHABLE = "unreachable"
    WINDOW_CLOSED = "window_closed"


@dataclass(frozen=True, slots=True)
class Permanent:
    """For this address or this payload, for good."""

    reason: str
    mark: Mark | None = None
    switch: bool = True


@dataclass(frozen=True, slots=True)
class Passing:
    """For a while, or, with `halt`, until a person mends the channel."""

    reason: str
    retry_after: timedelta | None = None
    halt: bool = False


Fault: TypeAlias = Permanent | Passing


def error(platform: str, code: object, fault: Fault) -> SendError:
    """The exception for `code` of `platform`; its text names both and nothing personal."""
    place = f"{platform} {code}"
    if isinstance(fault, Permanent):
        return Unreachable(place, fault.reason, mark=fault.mark, switch=fault.switch)
    return ChannelDown(place, fault.reason, retry_after=fault.retry_after, halt=fault.halt)
