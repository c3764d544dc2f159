"""Which road a message may take now, how long to wait before it is tried again, and when a human must know: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final, TypeAlias
from uuid import UUID

from bot.channels.base import Channel, DeliveryState, Route, Sent, Unfound
from bot.channels.faults import Mark
from bot.channels.wechat_window import Window, legal_route
from bot.errors import ChannelDown, OutcomeUnknown, SendError, Unreachable
from dialogs.effects import Purpose
from models.values import ChannelKind

INSISTENT: Final = frozenset({Purpose.SAFETY, Purpose.GUARDIAN_ALERT})
"""Nothing makes these wait: another road at once, and a human when there is none."""

VERBATIM: Final = INSISTENT | {Purpose.EMERGENCY_CONTACTS}
"""Worth nothing without their words: never a template, and by SMS as they are. All else is only announced there,
because a lock screen may show neither a diagnosis nor a colour (clinical B7)."""

ANSWERED_DESPITE_OPT_OUT: Final = frozenset({ChannelKind.WECHAT})
"""Where a woman who wants no more messages is still answered when she writes of a danger; SMS stops for good (I5)."""

FREE_ROUTE: Final = {ChannelKind.WECHAT: Route.CUSTOMER_SERVICE, ChannelKind.SMS: Route.SMS}

TRIES: Final = 8
TRIES_WHEN_URGENT: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=10)
HALT: Final = timedelta(minutes=5)
"""How long a channel that a person must mend is left alone before one message tries it again."""

DOUBT_PAUSE: Final = timedelta(seconds=20)
DOUBT_ENDS: Final = timedelta(hours=1)
"""A platform that cannot say within this time what became of a message never will."""


@dataclass(frozen=True, slots=True)
class Point:
    """An address as the outbox needs it."""

    id: UUID
    channel: ChannelKind
    address: str = field(repr=False)
    status: str
    opted_out: bool
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way out. `doubt_since` is the start of a try whose end nobody knows."""

    id: UUID
    patient_id: UUID
    contact_point_id: UUID | None
    guardian_id: UUID | None
    channel: ChannelKind
    purpose: Purpose
    urgency: int
    text: str = field(repr=False)
    attempts: int = 0
    route: Route | None = None
    to: str = field(default="", repr=False)
    created_at: datetime | None = None
    position: int = 0
    session_id: UUID | None = None
    follow_up_id: UUID | None = None
    fallback_of: UUID | None = None
    doubt_since: datetime | None = None

    @property
    def insistent(self) -> bool:
        return self.purpose in INSISTENT


Outcome: TypeAlias = Sent | SendError | Unfound


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a try means for the message. `attempt` None leaves the try open, because nobody knows how it ended.

    `retry_in` None takes the alarm away. `switch`: another channel is looked for, or else a human; `doubtful`: a
    human is told in any case.
    """

    state: str
    attempt: str | None
    reason: str | None = None
    code: str | None = None
    provider_id: str | None = None
    retry_in: timedelta | None = None
    mark: str | None = None
    switch: bool = False
    doubtful: bool = False

    @property
    def over(self) -> bool:
        return self.retry_in is None


def choose(
    parcel: Parcel, point: Point | None, channels: Mapping[ChannelKind, Channel], now: datetime, *, template: bool
) -> Route | str:
    """The legal road for this message at this moment, or the word for why there is none.

    `template` says whether the house has a template to fill.
    """
    barred = _barred(parcel, point)
    if barred is not None or point is None:
        return barred or "no_address"
    if point.channel not in channels:
        return "no_channel"
    if channels[point.channel].limits.pushes_free_text:
        return FREE_ROUTE[point.channel]
    if parcel.route is Route.TEMPLATE and parcel.attempts:
        return Route.TEMPLATE  # tried before: only as a template does the platform drop the second of two
    route = legal_route(point.window, now)
    announced = template and parcel.purpose not in VERBATIM
    return route if route is not Route.TEMPLATE or announced else Mark.WINDOW_CLOSED


def _barred(parcel: Parcel, point: Point | None) -> str | None:
    """Why this address may not be written to at all."""
    if point is None or point.status == "active":
        answers = parcel.purpose is Purpose.SAFETY and parcel.channel in ANSWERED_DESPITE_OPT_OUT
        return Mark.OPTED_OUT if point and point.opted_out and not answers else None
    return point.status


def backoff(attempt: int, rng: Random) -> timedelta:
    """Exponential with full jitter: anything between nothing and a pause that doubles with every try."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 16))
    return timedelta(seconds=longest.total_seconds() * rng.random())


_TAKEN: Final = {state: DeliveryState.SENT.after(state).value for state in DeliveryState}
"""The platform's own queue is none of ours: what it has taken is sent."""


def judge(parcel: Parcel, outcome: Outcome, now: datetime, rng: Random) -> Verdict:
    match outcome:
        case Sent(provider_id, state):
            return Verdict(_TAKEN[state], "sent", provider_id=provider_id)
        case Unreachable():
            return _refused(parcel, outcome)
        case ChannelDown():
            return _postponed(parcel, outcome, now, rng)
        case OutcomeUnknown():
            return Verdict("sending", None, outcome.reason, outcome.code, retry_in=DOUBT_PAUSE)
        case Unfound.RESEND:
            return _again(parcel, timedelta(0), Verdict("queued", "lost", "not_found"))
        case Unfound.UNKNOWABLE:
            return _unknown(parcel)
    raise outcome


def blocked(reason: str) -> Verdict:
    """There is no legal road on this channel: nothing was tried."""
    return Verdict("failed", None, reason, switch=True)


def _refused(parcel: Parcel, error: Unreachable) -> Verdict:
    refused = Verdict("failed", "refused", error.reason, error.code, mark=error.mark, switch=error.switch)
    if error.mark == Mark.WINDOW_CLOSED and not parcel.insistent:
        return _again(parcel, timedelta(0), refused)  # the ledger now knows: the next try takes another road
    return refused


def _postponed(parcel: Parcel, error: ChannelDown, now: datetime, rng: Random) -> Verdict:
    pause = max(error.retry_after or timedelta(0), backoff(max(parcel.attempts, 1), rng))
    if parcel.doubt_since is not None:
        over = now - parcel.doubt_since > DOUBT_ENDS
        return _unknown(parcel) if over else Verdict("sending", None, error.reason, error.code, retry_in=pause)
    passing = Verdict("failed", "passing", error.reason, error.code, switch=True)
    if error.halt:
        pause = error.retry_after or HALT
        return passing if parcel.insistent else _later(passing, pause)
    if parcel.insistent and pause > LONGEST_PAUSE:
        return passing
    return _again(parcel, pause, passing)


def _again(parcel: Parcel, pause: timedelta, otherwise: Verdict) -> Verdict:
    """Try again, unless it has been tried often enough."""
    tries = TRIES_WHEN_URGENT if parcel.insistent else TRIES
    if parcel.attempts < tries:
        return _later(otherwise, pause)
    return Verdict("failed", otherwise.attempt, otherwise.reason, otherwise.code, mark=otherwise.mark, switch=True)


def _later(verdict: Verdict, pause: timedelta) -> Verdict:
    return Verdict("queued", verdict.attempt, verdict.reason, verdict.code, retry_in=pause, mark=verdict.mark)


def _unknown(parcel: Parcel) -> Verdict:
    return Verdict("unknown", "unknown", "outcome_unknown", switch=parcel.insistent, doubtful=parcel.insistent)
