"""When a customer-service message is legal: the platform's allowance after each thing a woman does.

The platform says neither whether allowances add up nor in which order they are spent, so the ledger keeps the one
that lasts longest and never counts on more than the platform grants.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.channels.base import Route


class Trigger(StrEnum):
    MESSAGE = "message"
    CLICK = "click"
    FOLLOW = "follow"
    SCAN = "scan"


@dataclass(frozen=True, slots=True)
class Allowance:
    messages: int
    lasts: timedelta


ALLOWANCE: Final = {
    Trigger.MESSAGE: Allowance(5, timedelta(hours=48)),
    Trigger.CLICK: Allowance(3, timedelta(minutes=1)),
    Trigger.FOLLOW: Allowance(3, timedelta(minutes=1)),
    Trigger.SCAN: Allowance(3, timedelta(minutes=1)),
}

MARGIN: Final = timedelta(seconds=5)
"""A message decided on now reaches the platform a little later."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of the last allowance; stored beside the address, None while there has been none."""

    trigger: Trigger
    opened_at: datetime
    left: int

    def open_at(self, now: datetime) -> bool:
        return self.left > 0 and now + MARGIN < self.opened_at + ALLOWANCE[self.trigger].lasts


def legal_route(window: Window | None, now: datetime) -> Route:
    """How a text that is no passive reply may leave now."""
    return Route.CUSTOMER_SERVICE if window is not None and window.open_at(now) else Route.TEMPLATE


def after_trigger(window: Window | None, trigger: Trigger, now: datetime) -> Window:
    """A message of hers opens the longest window anew; a tap, follow or scan only where none is open."""
    if window is not None and trigger is not Trigger.MESSAGE and window.open_at(now):
        return window
    return Window(trigger, now, ALLOWANCE[trigger].messages)


def after_send(window: Window) -> Window:
    """Reserve before sending: a message counts even if it is never known whether it arrived."""
    return Window(window.trigger, window.opened_at, max(0, window.left - 1))
