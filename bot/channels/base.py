"""What every way out of the house has in common: the message, its fate, and the limits of a channel as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Protocol, TypeAlias
from uuid import UUID

from bot.channels.text import sms_segments, split_text, utf8_size
from bot.errors import SendError
from models.values import ChannelKind


class Route(StrEnum):
    """The road a message takes; which one is legal depends on the platform and the moment.

    PASSIVE leaves as the answer to the platform's own request and never passes through `Channel.send`.
    """

    PASSIVE = "passive"
    CUSTOMER_SERVICE = "customer_service"
    TEMPLATE = "template"
    SMS = "sms"


class DeliveryState(StrEnum):
    """What is known of a message that was handed over. Reports come in any order: see `after`."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        return self in {DeliveryState.UNDELIVERED, DeliveryState.FAILED}

    @property
    def rank(self) -> int:
        """Rises with what is known; a failure outranks everything, so that doubt leads to another try elsewhere."""
        return len(DeliveryState) if self.terminal else list(DeliveryState).index(self)

    def after(self, report: "DeliveryState") -> "DeliveryState":
        """The state once `report` has come in: never backwards, and nothing follows a failure."""
        return report if report.rank > self.rank else self


@dataclass(frozen=True, slots=True)
class TemplateCall:
    """A template of the platform with its fields filled, each within the platform's length for its class."""

    template_id: str
    fields: Mapping[str, str] = field(repr=False)
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way; `id` is the outbox row's and makes a repeated sending recognisable."""

    id: UUID
    to: str = field(repr=False)
    text: str = field(repr=False)
    purpose: str
    route: Route
    template: TemplateCall | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it. `provider_id` is its name for the message, where it gives one."""

    provider_id: str | None
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform says later; `error` tells what to do about a failure, as `Channel.send` would have."""

    state: DeliveryState
    error: SendError | None = None


class Unfound(Enum):
    """Why `Channel.find` has no answer."""

    RESEND = auto()
    """It never arrived, or the platform drops the second of two: sending again reaches her once."""
    UNKNOWABLE = auto()
    """The platform keeps no record: sending again may reach her twice."""


Found: TypeAlias = Sent | Unfound


@dataclass(frozen=True, slots=True)
class Limits:
    """One message holds `text_bytes` of UTF-8, or `segments` SMS, whichever the channel counts in.

    `pushes_free_text`: may free text be sent when nobody has written first.
    """

    pushes_free_text: bool
    text_bytes: int | None = None
    segments: int | None = None

    def fits(self, text: str) -> bool:
        in_bytes = self.text_bytes is None or utf8_size(text) <= self.text_bytes
        return in_bytes and (self.segments is None or sms_segments(text) <= self.segments)

    def split(self, text: str) -> list[str]:
        return split_text(text, self.fits)


class Channel(Protocol):
    """One way out. Every method raises only errors of `bot/errors.py`."""

    @property
    def kind(self) -> ChannelKind: ...

    @property
    def limits(self) -> Limits: ...

    async def send(self, message: Outgoing) -> Sent:
        """Send once, without retries of its own. Raises Unreachable, ChannelDown or OutcomeUnknown."""

    async def find(self, message: Outgoing, since: datetime) -> Found:
        """What became of a sending that began at `since` and ended in OutcomeUnknown. Raises ChannelDown."""

    async def check(self) -> str:
        """One line for `yunban doctor`. Raises ChannelDown when sending would fail."""

    async def close(self) -> None: ...
