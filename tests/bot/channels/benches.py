"""Each adapter in front of its platform over real HTTP, and the shipped fake, behind one face."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

import aiohttp

from bot.channels.base import Channel, Outgoing, Route, TemplateCall
from bot.channels.http import Http
from bot.channels.memory import MemoryChannel
from bot.channels.sms_twilio import TwilioChannel
from bot.channels.wechat import WeChatChannel
from bot.channels.wechat_api import WeChatApi
from bot.clock import FixedClock
from bot.errors import ChannelDown, OutcomeUnknown, Unreachable
from bot.web.sandbox.mishaps import Mishaps
from bot.web.sandbox.twilio_platform import TwilioPlatform
from bot.web.sandbox.twilio_server import TwilioServer
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from bot.web.sandbox.wechat_templates import Template
from bot.web.sandbox.wechat_wire import Account
from tests import people
from tests.loopback import NOBODY, serve

ACCOUNT = Account(app_id="wx-sandbox", app_secret="made-up-secret", token="AAAAA")
TEMPLATES = {"visit": Template("产检提醒", {"thing1": "项目", "time2": "时间"})}
VISIT = TemplateCall("visit", {"thing1": "第三次产检", "time2": "2026-03-03 09:00"})
SID = "AC" + "0" * 32
NUMBER = "+15550000001"
PATIENCE = aiohttp.ClientTimeout(total=0.3, connect=0.2)
TOO_LATE = 0.5


@dataclass
class Bench:
    """A channel under test, two that cannot work, and the ways in which its platform can misbehave.

    `arrived` is what she sees; `hopeless` can never arrive; `refuse` is called before it is sent.
    """

    channel: Channel
    locked_out: Channel
    nowhere: Channel
    message: Outgoing
    hopeless: Outgoing
    arrived: Callable[[], list[str]]
    busy: Callable[[], None]
    answer_too_late: Callable[[], None]
    answer_in_time: Callable[[], None] = lambda: None
    refuse: Callable[[], None] = lambda: None

    async def close(self) -> None:
        for channel in (self.channel, self.locked_out, self.nowhere):
            await channel.close()


def message(route: Route, to: str, text: str = '您好，明天上午九点来产检。🙂 "请带身份证"', template=None) -> Outgoing:
    return Outgoing(uuid4(), to, text, "reply", route, template)


def wechat_api(url: str, clock: FixedClock, **given) -> WeChatApi:
    given = {"app_id": ACCOUNT.app_id, "app_secret": ACCOUNT.app_secret, **given}
    return WeChatApi(clock=clock, api_url=url, http=Http("wechat", timeout=PATIENCE), **given)


def twilio_channel(url: str, **given) -> TwilioChannel:
    given = {"account_sid": SID, "auth_token": "made-up-token", "sender": NUMBER, **given}
    return TwilioChannel(api_url=url, http=Http("twilio", timeout=PATIENCE), **given)


@asynccontextmanager
async def running_wechat(clock: FixedClock) -> AsyncIterator[tuple[WeChatServer, str]]:
    platform = WeChatPlatform(ACCOUNT, clock.now, templates=TEMPLATES, receipt_delay=0)
    server = WeChatServer(platform)
    async with serve(server.app) as url:
        yield server, url
    await platform.close()


@asynccontextmanager
async def running_twilio(clock: FixedClock) -> AsyncIterator[tuple[TwilioPlatform, str]]:
    platform = TwilioPlatform(
        account_sid=SID, auth_token="made-up-token", number=NUMBER, clock=clock.now, receipt_delay=0
    )
    async with serve(TwilioServer(platform).app) as url:
        yield platform, url
    await platform.close()


@asynccontextmanager
async def wechat_bench(
    server: WeChatServer, url: str, clock: FixedClock, template: TemplateCall | None = None
) -> AsyncIterator[Bench]:
    she = server.platform.add_follower(people.XIAOLIN.openid)
    she.wrote(clock.now())
    route = Route.TEMPLATE if template else Route.CUSTOMER_SERVICE
    good = message(route, she.openid, template=template)
    bench = Bench(
        channel=WeChatChannel(wechat_api(url, clock), clock),
        locked_out=WeChatChannel(wechat_api(url, clock, app_secret="wrong"), clock),
        nowhere=WeChatChannel(wechat_api(NOBODY, clock), clock),
        message=good,
        hopeless=replace(good, to="nobody"),
        arrived=lambda: [bubble.text for bubble in she.chat],
        busy=lambda: server.platform.mishaps.fail_next(-1),
        answer_too_late=lambda: _delay(server.platform.mishaps, TOO_LATE),
        answer_in_time=lambda: _delay(server.platform.mishaps, 0),
    )
    yield bench
    await bench.close()


@asynccontextmanager
async def twilio_bench(platform: TwilioPlatform, url: str) -> AsyncIterator[Bench]:
    phone = people.XIAOLIN.guardian_phone
    good = message(Route.SMS, phone)
    bench = Bench(
        channel=twilio_channel(url),
        locked_out=twilio_channel(url, auth_token="wrong"),
        nowhere=twilio_channel(NOBODY),
        message=good,
        hopeless=replace(good, to="+15005550001"),
        arrived=lambda: [sms.body for sms in platform.inbox(phone)],
        busy=lambda: platform.mishaps.fail_next(20429),
        answer_too_late=lambda: _delay(platform.mishaps, TOO_LATE),
        answer_in_time=lambda: _delay(platform.mishaps, 0),
    )
    yield bench
    await bench.close()


@asynccontextmanager
async def memory_bench() -> AsyncIterator[Bench]:
    """The fake has no platform that could misbehave: its failures are told in advance."""
    channel, locked_out, nowhere = MemoryChannel(), MemoryChannel(), MemoryChannel()
    locked_out.fail(ChannelDown("memory", "wrong_credentials", halt=True))
    nowhere.fail(ChannelDown("memory", "not_connected"))
    good = message(Route.CUSTOMER_SERVICE, people.XIAOLIN.openid)
    yield Bench(
        channel=channel,
        locked_out=locked_out,
        nowhere=nowhere,
        message=good,
        hopeless=replace(good, to="nobody"),
        arrived=lambda: [sent.text for sent in channel.sent],
        busy=lambda: channel.fail(ChannelDown("memory", "busy")),
        answer_too_late=lambda: channel.fail(OutcomeUnknown("memory", "no_clear_answer"), arrives=True),
        refuse=lambda: channel.fail(Unreachable("memory", "bad_number")),
    )


def _delay(mishaps: Mishaps, seconds: float) -> None:
    mishaps.delay = seconds
