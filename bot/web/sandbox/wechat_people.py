"""The women on the platform: whom they follow, what they see, and how often the account may still write."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

Road: TypeAlias = Literal["hers", "passive", "customer_service", "template", "notice"]

MESSAGE_GRANT: Final = (5, timedelta(hours=48))
TOUCH_GRANT: Final = (3, timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing in her chat. `kind`: text, image, voice, tap, template, or `service_unavailable` as a notice."""

    at: datetime
    road: Road
    kind: str
    text: str = field(default="", repr=False)


@dataclass(slots=True)
class Grant:
    left: int = 0
    until: datetime | None = None

    def renew(self, grant: tuple[int, timedelta], now: datetime) -> None:
        self.left, self.until = grant[0], now + grant[1]

    def open_at(self, now: datetime) -> bool:
        return self.until is not None and now < self.until


@dataclass(slots=True)
class Person:
    """`template_status` is what the platform will report of template messages to her."""

    openid: str = field(repr=False)
    following: bool = False
    chat: list[Bubble] = field(default_factory=list, repr=False)
    by_message: Grant = field(default_factory=Grant)
    by_touch: Grant = field(default_factory=Grant)
    template_status: str = "success"

    def wrote(self, now: datetime) -> None:
        self.by_message.renew(MESSAGE_GRANT, now)

    def touched(self, now: datetime) -> None:
        """She tapped the menu, scanned a picture, or began to follow."""
        self.by_touch.renew(TOUCH_GRANT, now)

    def spend(self, now: datetime) -> int:
        """Count one customer-service message against every open grant; 0, or the code of the refusal."""
        if not self.following:
            return 43004
        grants = [grant for grant in (self.by_message, self.by_touch) if grant.open_at(now)]
        if not grants:
            return 45015
        if not any(grant.left for grant in grants):
            return 45047
        for grant in grants:
            grant.left = max(0, grant.left - 1)
        return 0

    def leave(self) -> None:
        self.following = False
        self.by_message, self.by_touch = Grant(), Grant()
