from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Route
from bot.channels.wechat_window import Trigger, Window, after_send, after_trigger, legal_route
from bot.web.sandbox.wechat_people import Person

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TOUCHES = [Trigger.CLICK, Trigger.FOLLOW, Trigger.SCAN]


def open_for(window: Window | None, after: timedelta) -> bool:
    return legal_route(window, NOW + after) is Route.CUSTOMER_SERVICE


def test_nobody_is_written_to_freely_before_she_has_done_anything():
    assert legal_route(None, NOW) is Route.TEMPLATE


@pytest.mark.parametrize(
    ("trigger", "messages", "inside", "outside"),
    [
        (Trigger.MESSAGE, 5, timedelta(hours=47, minutes=59), timedelta(hours=48)),
        *((touch, 3, timedelta(seconds=54), timedelta(minutes=1)) for touch in TOUCHES),
    ],
)
def test_each_thing_she_does_opens_the_window_for_so_many_messages_and_so_long(trigger, messages, inside, outside):
    window = after_trigger(None, trigger, NOW)
    assert window.left == messages
    assert open_for(window, inside)
    assert not open_for(window, outside)
    for _ in range(messages):
        window = after_send(window)
    assert not open_for(window, timedelta(0))
    assert after_send(window).left == 0


def test_a_message_decided_on_in_the_last_seconds_goes_as_a_template():
    assert not open_for(after_trigger(None, Trigger.CLICK, NOW), timedelta(seconds=56))


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_tap_does_not_shorten_the_window_of_a_message(touch):
    window = after_send(after_trigger(None, Trigger.MESSAGE, NOW))
    assert after_trigger(window, touch, NOW + timedelta(hours=1)) == window


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_tap_opens_a_short_window_where_the_long_one_is_used_up(touch):
    spent = Window(Trigger.MESSAGE, NOW, 0)
    assert after_trigger(spent, touch, NOW) == Window(touch, NOW, 3)


def test_her_next_message_opens_the_whole_window_again():
    window = Window(Trigger.MESSAGE, NOW, 1)
    later = NOW + timedelta(hours=3)
    assert after_trigger(window, Trigger.MESSAGE, later) == Window(Trigger.MESSAGE, later, 5)


STEP = st.tuples(
    st.sampled_from([*Trigger, "send"]),
    st.sampled_from([timedelta(0), timedelta(seconds=20), timedelta(minutes=2), timedelta(hours=20)]),
)


@given(st.lists(STEP, max_size=40))
def test_the_platform_never_refuses_what_the_ledger_allows(steps):
    now, window, she = NOW, None, Person("openid", following=True)
    for step, pause in steps:
        now += pause
        if isinstance(step, Trigger):
            window = after_trigger(window, step, now)
            she.wrote(now) if step is Trigger.MESSAGE else she.touched(now)
        elif legal_route(window, now) is Route.CUSTOMER_SERVICE:
            window = after_send(window)
            assert she.spend(now) == 0
