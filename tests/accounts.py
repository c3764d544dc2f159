"""A house whose WeChat is a local platform over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.channels.wechat import WeChatChannel
from bot.channels.wechat_api import WeChatApi
from bot.clock import FixedClock
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from bot.web.sandbox.wechat_wire import Account
from tests.loopback import serve

ACCOUNT = Account(app_id="wx-sandbox", app_secret="made-up-secret", token="AAAAA")


@asynccontextmanager
async def official_account(clock: FixedClock) -> AsyncIterator[tuple[WeChatPlatform, WeChatChannel]]:
    """The platform, and the channel that leads to it."""
    platform = WeChatPlatform(ACCOUNT, clock.now, receipt_delay=0)
    async with serve(WeChatServer(platform).app) as url:
        api = WeChatApi(app_id=ACCOUNT.app_id, app_secret=ACCOUNT.app_secret, clock=clock, api_url=url)
        channel = WeChatChannel(api, clock)
        yield platform, channel
        await channel.close()
    await platform.close()
