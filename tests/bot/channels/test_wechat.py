import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import DeliveryState, Route, TemplateCall, Unfound
from bot.channels.wechat import WeChatChannel
from bot.channels.wechat_errors import FAULTS, receipt, refusal
from bot.channels.wechat_token import MemoryTokenStore
from bot.errors import ChannelDown, Invalid, OutcomeUnknown, Unreachable
from tests import people
from tests.bot.channels.benches import VISIT, message, wechat_api

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Beijing."""


@pytest.fixture
async def api(wechat, clock):
    _, url = wechat
    api = wechat_api(url, clock)
    yield api
    await api.close()


@pytest.fixture
def channel(api, clock):
    return WeChatChannel(api, clock)


@pytest.fixture
def she(wechat, clock):
    """小林 follows and has just written."""
    person = wechat[0].platform.add_follower(people.XIAOLIN.openid)
    person.wrote(clock.now())
    return person


def say(she, text="您好"):
    return message(Route.CUSTOMER_SERVICE, she.openid, text)


def remind(she, **fields):
    return message(Route.TEMPLATE, she.openid, template=replace(VISIT, fields={**VISIT.fields, **fields}))


async def test_any_number_of_senders_fetch_one_token(wechat, channel, she):
    await asyncio.gather(*(channel.send(remind(she)) for _ in range(16)))
    assert wechat[0].tokens.given == 1
    assert len(she.chat) == 16


async def test_a_token_is_renewed_before_it_ends(wechat, channel, clock, she):
    await channel.send(remind(she))
    clock.move(timedelta(seconds=7200 - 299))
    await channel.send(remind(she))
    assert wechat[0].tokens.given == 2


async def test_a_token_that_was_revoked_is_replaced_and_the_message_sent_once(wechat, channel, she):
    await channel.send(say(she))
    wechat[0].tokens.revoke()
    await channel.send(say(she))
    assert wechat[0].tokens.given == 2
    assert len(she.chat) == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_platform_that_refuses_the_token_it_gives_is_asked_once_more_and_then_no_more(
    wechat, channel, she, code
):
    server, _ = wechat
    server.platform.mishaps.fail_next(code, times=50)
    with pytest.raises(ChannelDown) as caught:
        await channel.send(say(she))
    assert caught.value.halt
    assert server.tokens.given == 2
    assert she.chat == []


async def test_processes_that_share_a_store_share_a_token(wechat, clock, she):
    server, url = wechat
    store = MemoryTokenStore()
    apis = [wechat_api(url, clock, tokens=store) for _ in range(2)]
    for api in apis:
        await WeChatChannel(api, clock).send(say(she))
        await api.close()
    assert server.tokens.given == 1


async def test_a_wrong_app_id_halts_the_channel(wechat, clock):
    api = wechat_api(wechat[1], clock, app_id="wx-other")
    with pytest.raises(ChannelDown, match="wechat 40013: wrong_app_id") as caught:
        await WeChatChannel(api, clock).check()
    assert caught.value.halt
    await api.close()


async def test_the_sixth_message_after_her_last_one_is_refused_and_says_that_the_window_is_closed(channel, she):
    for _ in range(5):
        await channel.send(say(she))
    with pytest.raises(Unreachable) as caught:
        await channel.send(say(she))
    assert (caught.value.code, caught.value.mark) == ("wechat 45047", "window_closed")


async def test_two_days_after_her_last_message_only_a_template_reaches_her(channel, clock, she):
    clock.move(timedelta(hours=48))
    with pytest.raises(Unreachable) as caught:
        await channel.send(say(she))
    assert (caught.value.code, caught.value.mark) == ("wechat 45015", "window_closed")
    await channel.send(remind(she))
    assert [bubble.road for bubble in she.chat] == ["template"]


async def test_one_who_left_is_remembered_as_unsubscribed_and_reached_elsewhere(channel, she):
    she.leave()
    for lost in (say(she), remind(she)):
        with pytest.raises(Unreachable) as caught:
            await channel.send(lost)
        assert (caught.value.mark, caught.value.switch) == ("unsubscribed", True)


async def test_a_template_field_that_is_too_long_is_named(channel, she):
    with pytest.raises(Unreachable, match="wechat 47003: bad_template_field thing1"):
        await channel.send(remind(she, thing1="一" * 21))


async def test_a_template_nobody_registered_is_refused(channel, she):
    unknown = message(Route.TEMPLATE, she.openid, template=TemplateCall("other", {}))
    with pytest.raises(Unreachable, match="unknown_template"):
        await channel.send(unknown)


async def test_the_same_outbox_row_sent_twice_as_a_template_arrives_once(channel, clock, she):
    twice = remind(she)
    first = await channel.send(twice)
    assert await channel.find(twice, clock.now()) is Unfound.RESEND
    assert await channel.send(twice) == first
    assert len(she.chat) == 1


async def test_after_ten_minutes_nobody_can_know_what_became_of_a_template(channel, clock, she):
    began_at = clock.now()
    clock.move(timedelta(minutes=10))
    assert await channel.find(remind(she), began_at) is Unfound.UNKNOWABLE


async def test_a_gateway_in_front_of_the_platform_leaves_the_outcome_open(wechat, channel, she):
    await channel.check()
    wechat[0].platform.mishaps.fail_next(0, status=502)
    with pytest.raises(OutcomeUnknown, match="wechat http 502"):
        await channel.send(say(she))


async def test_a_message_that_is_none_of_ours_is_not_sent(channel, she):
    for route in (Route.SMS, Route.PASSIVE, Route.TEMPLATE):
        with pytest.raises(Invalid, match="outbound message"):
            await channel.send(message(route, she.openid))


@pytest.mark.parametrize("code", FAULTS)
def test_every_code_of_the_table_becomes_one_of_our_errors(code):
    error = refusal(code, "", NOON)
    assert isinstance(error, Unreachable | ChannelDown)
    assert str(error).startswith(f"wechat {code}: ")


def test_a_code_that_no_table_has_is_final_but_may_go_another_way():
    error = refusal(99999, "", NOON)
    assert isinstance(error, Unreachable)
    assert error.switch


def test_the_quota_of_the_day_begins_anew_at_midnight_in_beijing():
    error = refusal(45009, "reach max api daily quota limit", NOON)
    assert isinstance(error, ChannelDown)
    assert error.halt
    assert error.retry_after == timedelta(hours=12)


@pytest.mark.parametrize(
    ("status", "state", "mark"),
    [
        ("success", DeliveryState.DELIVERED, None),
        ("failed:user block", DeliveryState.FAILED, "unreachable"),
        ("failed: user block", DeliveryState.FAILED, "unreachable"),
        ("failed: system failed", DeliveryState.FAILED, None),
        ("failed:system failed", DeliveryState.FAILED, None),
    ],
)
def test_the_report_of_a_template_is_read_whatever_its_blanks(status, state, mark):
    told = receipt(status)
    assert told.state is state
    assert getattr(told.error, "mark", None) == mark


async def test_a_picture_to_scan_carries_its_scene(wechat, api):
    qr = await api.create_qr("made-up-token", timedelta(days=3))
    assert wechat[0].platform.scenes == {qr.ticket: "made-up-token"}
    assert qr.expires_in == timedelta(days=3)
    assert qr.url == f"http://weixin.qq.com/q/{qr.ticket}"


async def test_a_picture_lasts_no_longer_than_the_platform_allows(api):
    qr = await api.create_qr("made-up-token", timedelta(days=300))
    assert qr.expires_in == timedelta(days=30)


async def test_the_menu_is_set(wechat, api):
    buttons = [{"type": "click", "name": "报告症状", "key": "symptoms"}]
    await api.create_menu(buttons)
    assert wechat[0].platform.menu == buttons


async def test_a_picture_she_sent_is_fetched_even_after_the_token_was_revoked(wechat, api, she):
    server, _ = wechat
    await server.platform.send_image(she.openid, b"\xff\xd8made-up", "image/jpeg")
    [media_id] = server.platform.media
    await api.token()
    server.tokens.revoke()
    media = await api.media(media_id)
    assert (media.content_type, media.body) == ("image/jpeg", b"\xff\xd8made-up")


async def test_a_picture_that_is_gone_is_said_to_be_gone(api):
    with pytest.raises(Unreachable, match="wechat 40007"):
        await api.media("long-gone")


async def test_neither_her_words_nor_the_token_reach_a_log(api, channel, she, caplog):
    caplog.set_level(logging.DEBUG)
    await channel.send(say(she, "我出血了"))
    token = await api.token()
    assert "我出血了" not in caplog.text
    assert token.value not in repr(token)
    assert token.value not in caplog.text
