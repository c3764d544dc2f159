import inspect
import json
import logging
import pkgutil
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module

import pytest
import twilio.base
import twilio.http
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route as Path
from twilio.base.exceptions import TwilioException

from bot.channels.base import DeliveryState, Route, Sent, Unfound
from bot.channels.sms_twilio import FAULTS, receipt, state_of
from bot.errors import ChannelDown, Invalid, OutcomeUnknown, SendError, Unreachable
from tests import people
from tests.bot.channels.benches import SID, message, twilio_channel
from tests.loopback import serve

PHONE = people.XIAOLIN.guardian_phone


@pytest.fixture
async def channel(twilio):
    _, url = twilio
    channel = twilio_channel(url)
    yield channel
    await channel.close()


def sms(text="请陪她来医院。", to=PHONE):
    return message(Route.SMS, to, text)


@asynccontextmanager
async def twilio_that_says(status: int, body: str):
    """A channel in front of a server that answers everything alike."""

    async def answer(_):
        return Response(body, status_code=status, media_type="application/json")

    routes = [Path("/{path:path}", answer, methods=["GET", "POST"])]
    async with serve(Starlette(routes=routes)) as url:
        channel = twilio_channel(url)
        yield channel
        await channel.close()


@pytest.mark.parametrize(
    ("to", "code", "mark", "switch"),
    [
        ("+15005550001", 21211, "bad_number", True),
        ("+15005550002", 21612, None, True),
        ("+15005550003", 21408, None, True),
        ("+15005550004", 21610, "opted_out", True),
        ("+15005550009", 21614, "bad_number", True),
        ("not a number", 21211, "bad_number", True),
    ],
)
async def test_each_refusal_says_what_to_remember_of_the_number(channel, to, code, mark, switch):
    with pytest.raises(Unreachable) as caught:
        await channel.send(sms(to=to))
    assert caught.value.code == f"twilio {code}"
    assert (caught.value.mark, caught.value.switch) == (mark, switch)


@pytest.mark.parametrize(("sender", "halt"), [("+15005550001", True), ("+15005550008", False)])
async def test_a_sender_that_cannot_send_stops_the_channel_and_not_the_number(twilio, sender, halt):
    channel = twilio_channel(twilio[1], sender=sender)
    with pytest.raises(ChannelDown) as caught:
        await channel.send(sms())
    assert caught.value.halt == halt
    await channel.close()


async def test_a_body_that_is_too_long_would_be_too_long_elsewhere_as_well(channel):
    with pytest.raises(Unreachable) as caught:
        await channel.send(sms("a" * 1601))
    assert (caught.value.code, caught.value.switch) == ("twilio 21617", False)


async def test_no_piece_of_a_split_text_is_ever_too_long_for_twilio(channel):
    for text in ("a" * 5000, "孕" * 5000):
        assert max(map(len, channel.limits.split(text))) <= 1600


async def test_a_messaging_service_takes_the_place_of_the_number(twilio):
    platform, url = twilio
    platform.messaging_service_sid = "MG" + "0" * 32
    channel = twilio_channel(url, messaging_service_sid=platform.messaging_service_sid)
    await channel.send(sms())
    assert len(platform.inbox(PHONE)) == 1
    await channel.close()


async def test_one_who_said_stop_is_opted_out(twilio, channel):
    platform, _ = twilio
    await platform.phone_says(PHONE, "stop")
    with pytest.raises(Unreachable) as caught:
        await channel.send(sms())
    assert caught.value.mark == "opted_out"


async def test_a_message_is_found_by_its_words_even_while_it_waits_at_twilio(twilio, channel, clock):
    platform, _ = twilio
    platform.receipt_delay = 0.3
    waiting = sms()
    sent = await channel.send(waiting)
    found = await channel.find(waiting, clock.now())
    assert found == Sent(sent.provider_id, DeliveryState.QUEUED)


async def test_the_same_words_of_another_day_are_another_message(channel, clock):
    await channel.send(sms())
    clock.move(timedelta(days=1))
    assert await channel.find(sms(), clock.now()) is Unfound.RESEND


async def test_other_words_or_another_phone_are_another_message(channel, clock):
    await channel.send(sms())
    assert await channel.find(sms("别的话"), clock.now()) is Unfound.RESEND
    assert await channel.find(sms(to=people.AMEI.guardian_phone), clock.now()) is Unfound.RESEND


async def test_a_message_for_wechat_does_not_go_out_as_sms(channel):
    with pytest.raises(Invalid, match="outbound message"):
        await channel.send(message(Route.CUSTOMER_SERVICE, PHONE))


def problem(status: int, code: int) -> str:
    return json.dumps({"type": "about:blank", "title": "refused", "status": status, "code": code})


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, "", OutcomeUnknown),
        (503, json.dumps({"code": 20503, "message": "down"}), OutcomeUnknown),
        (201, "not json", OutcomeUnknown),
        (201, "[]", OutcomeUnknown),
        (201, '"a word"', OutcomeUnknown),
        (400, "not json", Unreachable),
        (400, problem(400, 21211), Unreachable),
        (401, "", ChannelDown),
        (302, "", ChannelDown),
        (429, "", ChannelDown),
        (404, problem(404, 20404), ChannelDown),
    ],
)
async def test_whatever_twilio_answers_to_a_message_is_one_of_our_errors(status, body, expected):
    async with twilio_that_says(status, body) as channel:
        with pytest.raises(expected) as caught:
            await channel.send(sms())
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, ""), (401, ""), (200, "not json"), (200, "{}"), (200, "[]"), (200, '{"messages": [{"body": null}]}')],
)
async def test_whatever_twilio_answers_to_a_question_nothing_is_in_doubt(clock, status, body):
    async with twilio_that_says(status, body) as channel:
        with pytest.raises(ChannelDown):
            await channel.find(sms(), clock.now())


async def test_a_suspended_account_is_seen_before_it_fails_somebody():
    async with twilio_that_says(200, json.dumps({"sid": SID, "status": "suspended"})) as channel:
        with pytest.raises(ChannelDown, match="suspended"):
            await channel.check()


def raised_by_twilio() -> list[type[BaseException]]:
    modules = [
        import_module(found.name)
        for package in (twilio.base, twilio.http)
        for found in pkgutil.iter_modules(package.__path__, package.__name__ + ".")
    ]
    return [
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, BaseException) and kind.__module__ == module.__name__
    ]


@pytest.mark.parametrize("kind", raised_by_twilio(), ids=lambda kind: kind.__name__)
def test_no_error_of_twilio_gets_past_us(kind):
    never_on_our_path = {"ObsoleteException"}
    assert issubclass(kind, TwilioException) or kind.__name__ in never_on_our_path


@pytest.mark.parametrize("code", FAULTS)
def test_every_code_of_the_table_can_come_with_a_report(code):
    told = receipt("undelivered", code)
    assert told.state is DeliveryState.UNDELIVERED
    assert isinstance(told.error, SendError)
    assert str(told.error).startswith(f"twilio {code}: ")


def test_a_report_of_success_has_nothing_to_do():
    assert receipt("delivered").error is None


def test_a_failure_without_a_code_still_leads_elsewhere():
    told = receipt("failed")
    assert isinstance(told.error, Unreachable)
    assert told.error.switch


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted", DeliveryState.QUEUED),
        ("sent", DeliveryState.SENT),
        ("read", DeliveryState.READ),
        ("canceled", DeliveryState.FAILED),
        ("a word of tomorrow", DeliveryState.SENDING),
    ],
)
def test_twilios_words_become_ours(word, state):
    assert state_of(word) is state


async def test_neither_number_nor_words_reach_a_log(channel, caplog, clock):
    caplog.set_level(logging.DEBUG)
    asked = sms("她出血了")
    await channel.send(asked)
    await channel.find(asked, clock.now())
    assert PHONE not in caplog.text
    assert "%2B86" not in caplog.text
    assert "她出血了" not in caplog.text
