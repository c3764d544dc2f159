"""Pure decisions of delivery: which road is legal, how long to wait, what a try means."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from bot.channels.base import DeliveryState, Limits, Route, Sent, Unfound
from bot.channels.memory import MemoryChannel
from bot.channels.wechat_window import Trigger, Window
from bot.errors import ChannelDown, OutcomeUnknown, SendError, Unreachable
from bot.roads import DOUBT_ENDS, LONGEST_PAUSE, TRIES, TRIES_WHEN_URGENT, Parcel, Point, backoff, choose, judge
from dialogs.effects import Purpose
from models.values import ChannelKind

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CHANNELS = {
    ChannelKind.WECHAT: MemoryChannel(ChannelKind.WECHAT, Limits(pushes_free_text=False)),
    ChannelKind.SMS: MemoryChannel(ChannelKind.SMS, Limits(pushes_free_text=True)),
}


def parcel(purpose: Purpose = Purpose.QUESTION, channel: ChannelKind = ChannelKind.WECHAT, **more: object) -> Parcel:
    ids = {"id": UUID(int=1), "patient_id": UUID(int=2), "contact_point_id": UUID(int=3), "guardian_id": None}
    return Parcel(**ids, channel=channel, purpose=purpose, urgency=4, text="…", **more)


def point(channel: ChannelKind = ChannelKind.WECHAT, **more: object) -> Point:
    usual: dict[str, object] = {"status": "active", "opted_out": False, "window": None}
    return Point(UUID(int=3), channel, "somewhere", **{**usual, **more})


OPEN = Window(Trigger.MESSAGE, NOW - timedelta(hours=47), 1)
SPENT = Window(Trigger.MESSAGE, NOW - timedelta(hours=1), 0)
OVER = Window(Trigger.MESSAGE, NOW - timedelta(hours=48), 5)


@pytest.mark.parametrize(
    ("purpose", "window", "template", "expected"),
    [
        (Purpose.QUESTION, OPEN, False, Route.CUSTOMER_SERVICE),
        (Purpose.QUESTION, SPENT, True, Route.TEMPLATE),
        (Purpose.QUESTION, OVER, True, Route.TEMPLATE),
        (Purpose.QUESTION, OVER, False, "window_closed"),
        (Purpose.QUESTION, None, True, Route.TEMPLATE),
        (Purpose.SAFETY, OPEN, True, Route.CUSTOMER_SERVICE),
        (Purpose.SAFETY, OVER, True, "window_closed"),
        (Purpose.EMERGENCY_CONTACTS, OVER, True, "window_closed"),
    ],
)
def test_the_road_through_wechat_is_the_legal_one(
    purpose: Purpose, window: Window | None, *, template: bool, expected: str
) -> None:
    assert choose(parcel(purpose), point(window=window), CHANNELS, NOW, template=template) == expected


@pytest.mark.parametrize(
    ("purpose", "channel", "more", "expected"),
    [
        (Purpose.QUESTION, ChannelKind.SMS, {}, Route.SMS),
        (Purpose.QUESTION, ChannelKind.SMS, {"status": "bad_number"}, "bad_number"),
        (Purpose.SAFETY, ChannelKind.SMS, {"opted_out": True}, "opted_out"),
        (Purpose.QUESTION, ChannelKind.WECHAT, {"opted_out": True, "window": OPEN}, "opted_out"),
        (Purpose.SAFETY, ChannelKind.WECHAT, {"opted_out": True, "window": OPEN}, Route.CUSTOMER_SERVICE),
    ],
)
def test_an_address_may_be_closed_to_us(
    purpose: Purpose, channel: ChannelKind, more: dict[str, object], expected: str
) -> None:
    assert choose(parcel(purpose, channel), point(channel, **more), CHANNELS, NOW, template=True) == expected


def test_without_an_address_or_a_channel_there_is_no_road() -> None:
    assert choose(parcel(), None, CHANNELS, NOW, template=True) == "no_address"
    assert choose(parcel(), point(), {}, NOW, template=True) == "no_channel"


def test_a_template_that_was_tried_stays_one_even_when_the_window_has_opened() -> None:
    again = parcel(route=Route.TEMPLATE, attempts=1)
    assert choose(again, point(window=OPEN), CHANNELS, NOW, template=True) is Route.TEMPLATE


def test_pauses_double_up_to_a_limit_and_are_never_the_same() -> None:
    rng = Random(7)
    longest = [max(backoff(attempt, rng) for _ in range(200)) for attempt in range(1, 12)]
    assert longest[0] < timedelta(seconds=5)
    assert timedelta(seconds=15) < longest[2] < timedelta(seconds=20)
    assert longest[-1] <= LONGEST_PAUSE
    assert len({backoff(3, rng) for _ in range(20)}) == 20


GONE = Unreachable("x 1", "not_following", mark="unsubscribed")
BUSY = ChannelDown("x 2", "busy")
HALTED = ChannelDown("x 3", "wrong_secret", halt=True)
SILENT = OutcomeUnknown("x 4", "no_clear_answer")


@pytest.mark.parametrize(
    ("of", "outcome", "state", "attempt", "switch"),
    [
        (parcel(attempts=1), Sent("id", DeliveryState.QUEUED), "sent", "sent", False),
        (parcel(attempts=1), Sent("id", DeliveryState.DELIVERED), "delivered", "sent", False),
        (parcel(attempts=1), GONE, "failed", "refused", True),
        (parcel(attempts=1), Unreachable("x", "too_long", switch=False), "failed", "refused", False),
        (parcel(attempts=1), BUSY, "queued", "passing", False),
        (parcel(attempts=TRIES), BUSY, "failed", "passing", True),
        (parcel(Purpose.SAFETY, attempts=TRIES_WHEN_URGENT), BUSY, "failed", "passing", True),
        (parcel(attempts=TRIES), HALTED, "queued", "passing", False),
        (parcel(Purpose.SAFETY, attempts=1), HALTED, "failed", "passing", True),
        (parcel(attempts=1), SILENT, "sending", None, False),
        (parcel(attempts=1, doubt_since=NOW), Unfound.RESEND, "queued", "lost", False),
        (parcel(attempts=1, doubt_since=NOW), Unfound.UNKNOWABLE, "unknown", "unknown", False),
        (parcel(Purpose.SAFETY, attempts=1, doubt_since=NOW), Unfound.UNKNOWABLE, "unknown", "unknown", True),
        (parcel(attempts=1, doubt_since=NOW), BUSY, "sending", None, False),
        (parcel(attempts=1, doubt_since=NOW - DOUBT_ENDS * 2), BUSY, "unknown", "unknown", False),
    ],
)
def test_what_a_try_means_for_the_message(
    of: Parcel, outcome: Sent | SendError | Unfound, state: str, attempt: str | None, *, switch: bool
) -> None:
    verdict = judge(of, outcome, NOW, Random(1))
    assert (verdict.state, verdict.attempt, verdict.switch) == (state, attempt, switch)
    assert verdict.over is (state not in {"queued", "sending"})


def test_a_parcel_shows_neither_words_nor_address() -> None:
    shown = repr(parcel(to="+8613900000001")) + repr(point())
    assert "…" not in shown
    assert "13900000001" not in shown
    assert "somewhere" not in shown
