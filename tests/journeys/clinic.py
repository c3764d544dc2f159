"""A whole clinic on loopback: the real service, the real adapters, platforms that answer as the real ones do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import select

from bot.bell import Bell
from bot.channels.configured import configured
from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.house import House
from bot.reception import Reception
from bot.settings import Settings
from bot.spool import Spool
from bot.staff import Scope, add_staff, add_token
from bot.timers import Alarm, set_alarms
from bot.web.app import create_app
from bot.web.sandbox.twilio_platform import TwilioPlatform
from bot.web.sandbox.twilio_server import TwilioServer
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from bot.web.sandbox.wechat_templates import Template
from bot.web.sandbox.wechat_wire import Account
from dialogs.library import Library
from models.base import Base
from models.conversation import OutboundMessage
from models.values import ConsentKind, StaffRole, TimerKind
from scheduler.runner import run_once
from tests import people
from tests.conftest import DATA_KEY
from tests.loopback import free_port, serve
from tests.people import Story, Woman

SHANGHAI = ZoneInfo("Asia/Shanghai")
APP_ID, APP_SECRET, TOKEN, AES_KEY = "wx0000000000000001", "made-up-secret", "made-up-token", "B" * 43
ACCOUNT_SID, AUTH_TOKEN, CLINIC_NUMBER = "AC" + "0" * 32, "made-up-auth-token", "+15005550006"
TEMPLATE_ID = "made-up-template"
NURSE = "李护士"


def settings(database_url: str, *, public: str, wechat: str, twilio: str) -> Settings:
    return Settings(
        database_url=database_url,
        data_key=DATA_KEY,
        secret_key="made-up-secret",
        public_url=public,
        wechat_app_id=APP_ID,
        wechat_app_secret=APP_SECRET,
        wechat_token=TOKEN,
        wechat_aes_key=AES_KEY,
        wechat_mode="secure",
        wechat_api_url=wechat,
        wechat_template_id=TEMPLATE_ID,
        sms_provider="twilio",
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_from=CLINIC_NUMBER,
        twilio_api_url=twilio,
    )


@dataclass
class Clinic:
    """The verbs of the stories. Time stands still until somebody lets it pass."""

    house: House
    clock: FixedClock
    wechat: WeChatPlatform
    twilio: TwilioPlatform
    url: str
    token: str
    women: dict[str, Woman] = field(default_factory=dict)

    async def says(self, woman: Story, text: str) -> str:
        """She writes; what she reads next, passive reply and messages behind it together."""
        seen = len(self.chat(woman))
        await self.wechat.user_says(woman.openid, text)
        await run_once(self.house)
        return "\n".join(self.chat(woman)[seen:])

    def chat(self, woman: Story) -> list[str]:
        """What she has read in WeChat, in order."""
        return [bubble.text for bubble in self.wechat.person(woman.openid).chat if bubble.road != "hers"]

    def texts(self, phone: str) -> list[str]:
        return [sms.body for sms in self.twilio.inbox(phone) if sms.direction == "outbound-api"]

    async def passes(self, *, step: timedelta = timedelta(minutes=30), **by: int) -> None:
        """Time goes by in steps, and everything that falls due happens."""
        await self._let_answers_leave()
        until = self.clock.now() + timedelta(**by)
        while self.clock.now() < until:
            self.clock.at = min(self.clock.now() + step, until)
            await run_once(self.house)

    async def _let_answers_leave(self) -> None:
        """An answer is noted as read half a second after it has left: time must not run ahead of that."""
        for _ in range(60):
            if not self.rows(OutboundMessage, OutboundMessage.state == "answering"):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("an answer has not left after three seconds")

    async def until(self, hour: int) -> None:
        """Let time pass until the next full `hour` in Shanghai."""
        here = self.clock.now().astimezone(SHANGHAI)
        then = here.replace(hour=hour, minute=0, second=0, microsecond=0)
        await self.passes(seconds=int(((then if then > here else then + timedelta(days=1)) - here).total_seconds()))

    async def rest(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.url}/api/v1{path}", json=body) as response,
        ):
            answer = await response.json()
            assert response.status < 300, answer
            return answer

    async def queue(self) -> list[dict[str, Any]]:
        return (await self.rest("GET", "/escalations?status=open"))["items"]

    def rows(self, model: type[Base], *where: Any) -> list[Any]:
        with self.house.db.reading() as session:
            return list(session.scalars(select(model).where(*where)))


@asynccontextmanager
async def open_clinic(
    database_url: str,
    db: Database,
    keyring: Keyring,
    library: Library,
    at: datetime,
    folder: Path,
    stories: list[Story],
) -> AsyncIterator[Clinic]:
    clock = FixedClock(at)
    wechat = WeChatPlatform(
        Account(app_id=APP_ID, app_secret=APP_SECRET, token=TOKEN, aes_key=AES_KEY, mode="secure"),
        clock.now,
        templates={TEMPLATE_ID: Template("随访提醒", {"thing1": "事项", "time2": "时间"})},
        receipt_delay=0.01,
    )
    twilio = TwilioPlatform(
        account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, number=CLINIC_NUMBER, clock=clock.now, receipt_delay=0.01
    )
    async with serve(WeChatServer(wechat).app) as wechat_url, serve(TwilioServer(twilio).app) as twilio_url:
        port = free_port()
        public = f"http://127.0.0.1:{port}"
        chosen = settings(database_url, public=public, wechat=wechat_url, twilio=twilio_url)
        house = House(chosen, clock, keyring, db, library, configured(chosen, clock))
        token, women = _move_in(house, stories)
        reception = Reception(house, Spool(folder / "spool", keyring))
        reception.start()
        try:
            async with serve(create_app(house, reception, Bell()), port) as url:
                wechat.webhook_url = f"{url}/wechat"
                twilio.webhook_url = f"{url}/sms/twilio"
                for story in stories:
                    wechat.add_follower(story.openid)
                yield Clinic(house, clock, wechat, twilio, url, token, women)
        finally:
            await asyncio.to_thread(reception.stop)
            for closing in (*house.channels.values(), wechat, twilio):
                await closing.close()


def _move_in(house: House, stories: list[Story]) -> tuple[str, dict[str, Woman]]:
    now = house.clock.now()
    with house.db.transaction() as session:
        hospital = people.hospital(session, now)
        add_staff(session, NURSE, StaffRole.NURSE, facility=hospital.code, password="made-up-password", now=now)
        token = add_token(session, "his", Scope.WRITE, now)
        women = {
            story.name: people.enrol(session, house.keyring, story, now, facility=hospital, consents=tuple(ConsentKind))
            for story in stories
        }
        plans = [Alarm(TimerKind.PLAN, woman.pregnancy.id, now) for woman in women.values()]
        set_alarms(session.connection(), plans)
    return token, women
