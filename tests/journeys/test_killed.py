"""The same webhook three times while the process is killed: nothing lost, nothing twice."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
from sqlalchemy import func, select

from bot import migrate
from bot.clock import SystemClock
from bot.db import Database
from bot.web.sandbox.twilio_platform import TwilioPlatform
from bot.web.sandbox.twilio_server import TwilioServer
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from bot.web.sandbox.wechat_wire import Account
from models.conversation import InboundMessage, OutboundMessage
from models.escalation import Escalation
from models.values import GestationalAge
from tests import people
from tests.journeys import clinic as here
from tests.loopback import free_port, serve

WOMEN = [people.Story("小林", number, GestationalAge.of(32)) for number in range(10, 40)]


def environment(settings) -> dict[str, str]:
    given = settings.model_dump(exclude_defaults=True)
    ours = {f"YUNBAN_{name.upper()}": str(value) for name, value in given.items()}
    return {name: value for name, value in os.environ.items() if not name.startswith("YUNBAN_")} | ours


class Service:
    """`yunban serve` in a process of its own, which may be killed at any moment."""

    def __init__(self, settings, port: int, folder: Path) -> None:
        self._command = [sys.executable, "-m", "bot.cli", "serve", "--port", str(port), "--no-scheduler"]
        self._environment, self._url, self._folder = environment(settings), f"http://127.0.0.1:{port}", folder
        self._process: subprocess.Popen[bytes] | None = None

    def _spawn(self) -> None:
        env = self._environment | {"PYTHONPATH": str(Path(__file__).parents[2])}
        self._process = subprocess.Popen(self._command, env=env, cwd=self._folder)

    async def start(self) -> None:
        self._spawn()
        async with aiohttp.ClientSession() as session:
            for _ in range(200):
                try:
                    async with session.get(f"{self._url}/health/live") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        self.kill()
        raise AssertionError("the service did not start")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        self._process.send_signal(how)
        self._process.wait(20)


async def test_nothing_is_lost_and_nothing_is_doubled_when_the_process_dies(
    db: Database, database_url, keyring, tmp_path
):
    if db.is_sqlite:
        migrate.upgrade(db)
    clock = SystemClock()
    with db.transaction() as session:
        hospital = people.hospital(session, clock.now())
        for story in WOMEN:
            people.enrol(session, keyring, story, clock.now(), facility=hospital)
    account = Account(here.APP_ID, here.APP_SECRET, here.TOKEN, here.AES_KEY, mode="secure")
    wechat = WeChatPlatform(account, clock.now)
    twilio = TwilioPlatform(
        account_sid=here.ACCOUNT_SID, auth_token=here.AUTH_TOKEN, number=here.CLINIC_NUMBER, clock=clock.now
    )
    port = free_port()
    async with serve(WeChatServer(wechat).app) as wechat_url, serve(TwilioServer(twilio).app) as twilio_url:
        settings = here.settings(database_url, public=f"http://127.0.0.1:{port}", wechat=wechat_url, twilio=twilio_url)
        service = Service(settings, port, tmp_path)
        await service.start()
        wechat.webhook_url = f"http://127.0.0.1:{port}/wechat"
        for story in WOMEN:
            wechat.add_follower(story.openid)

        async def in_the_middle() -> None:
            await asyncio.sleep(0.15)
            service.kill()
            await service.start()

        # Every push is repeated by the platform while there is no answer; the service dies in between.
        await asyncio.gather(
            in_the_middle(), *(wechat.user_says(story.openid, "流血了，好多，止不住") for story in WOMEN)
        )
        pushed = list(wechat.pushed)
        assert len(pushed) == len(WOMEN)
        first = [await wechat.push(fields) for fields in pushed]
        again = [await wechat.push(fields) for fields in pushed]
        assert first == again, "a retry reads what was answered before"
        assert all(answer and "120" in answer for answer in first), first
        service.kill(signal.SIGTERM)
        await wechat.close()
        await twilio.close()

    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(InboundMessage)) == len(WOMEN)
        assert session.scalar(select(func.count()).select_from(Escalation)) == len(WOMEN)
        replies = select(func.count()).select_from(OutboundMessage).where(OutboundMessage.in_reply_to.is_not(None))
        assert session.scalar(
            replies.where(OutboundMessage.position == 0, OutboundMessage.guardian_id.is_(None))
        ) == len(WOMEN)
