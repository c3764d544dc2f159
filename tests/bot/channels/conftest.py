from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.clock import FixedClock
from bot.web.sandbox.twilio_platform import TwilioPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from tests.bot.channels.benches import (
    VISIT,
    Bench,
    memory_bench,
    running_twilio,
    running_wechat,
    twilio_bench,
    wechat_bench,
)


@pytest.fixture
async def wechat(clock: FixedClock) -> AsyncIterator[tuple[WeChatServer, str]]:
    async with running_wechat(clock) as running:
        yield running


@pytest.fixture
async def twilio(clock: FixedClock) -> AsyncIterator[tuple[TwilioPlatform, str]]:
    async with running_twilio(clock) as running:
        yield running


@pytest.fixture(params=["memory", "twilio", "wechat customer service", "wechat template"])
async def bench(request: pytest.FixtureRequest, clock: FixedClock) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield await stack.enter_async_context(memory_bench())
        elif request.param == "twilio":
            platform, url = await stack.enter_async_context(running_twilio(clock))
            yield await stack.enter_async_context(twilio_bench(platform, url))
        else:
            server, url = await stack.enter_async_context(running_wechat(clock))
            template = VISIT if "template" in request.param else None
            yield await stack.enter_async_context(wechat_bench(server, url, clock, template))
