"""The demonstration as a whole: two platforms, a made-up county, a clock that can be moved."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from bot import overview
from bot.bell import Bell
from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_menu import buttons
from bot.clock import MovableClock
from bot.errors import Conflict
from bot.faults import place_of
from bot.house import House
from bot.reception import Reception
from bot.settings import Settings
from bot.web.sandbox.answering import Answering
from bot.web.sandbox.cast import Cast, Woman, cast, lines
from bot.web.sandbox.folder import Folder
from bot.web.sandbox.settling import invitation, move_in, verify_directory
from bot.web.sandbox.time_machine import Hands, TimeMachine
from bot.web.sandbox.twilio_platform import TwilioPlatform
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_templates import Template
from bot.web.sandbox.wechat_wire import Account

log = logging.getLogger(__name__)

RECEIPT_DELAY: Final = 0.2
"""Seconds until a platform reports the fate of a message; in life it is longer."""

TICK: Final = 1.0
"""Seconds after which women who answer by themselves look at their phones."""


class Scheduler(Hands, Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass
class Sandbox:
    house: House
    clock: MovableClock
    cast: Cast
    wechat: WeChatPlatform
    twilio: TwilioPlatform
    answering: Answering
    machine: TimeMachine
    scheduler: Scheduler
    passwords: dict[str, str] = field(repr=False)
    ready: bool = False
    _tickets: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def alive(self, announce: Callable[[], None]) -> AsyncIterator[None]:
        """Run the demonstration until the block ends; `announce` is called once a visitor may come."""
        tasks = [asyncio.create_task(self._open(announce)), asyncio.create_task(self._live())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.machine.rest()
            await self.scheduler.stop()
            await self.wechat.close()
            await self.twilio.close()

    async def _open(self, announce: Callable[[], None]) -> None:
        try:
            await self._begin()
        except Exception as error:  # noqa: BLE001 - the page goes on saying that it is not ready
            log.error("the demonstration could not begin: %s", place_of(error))  # noqa: TRY400
        else:
            self.ready = True
            announce()

    async def _begin(self) -> None:
        """Once the server answers: publish the menu, let the women follow and enrol, then let time begin."""
        known = await asyncio.to_thread(self.women)
        await self._publish_menu()
        joining = []
        for woman in self.cast.women:
            if known[woman.key].on_wechat:
                self.wechat.add_follower(woman.openid)
            elif woman.follows:
                joining.append(self.join(woman, enrol=True))
        await asyncio.gather(*joining)
        await self.scheduler.start()

    async def _live(self) -> None:
        """Women who answer by themselves do so while the clock just ticks, too."""
        while True:
            await asyncio.sleep(TICK)
            if self.ready and not self.machine.moving:
                try:
                    await self.answering.answer_due(self.clock.now())
                except Exception as error:  # noqa: BLE001 - one answer that fails must not silence all the others
                    log.error("an answer failed with %s", place_of(error))  # noqa: TRY400

    async def join(self, woman: Woman, *, enrol: bool) -> None:
        """She scans the invitation that was made for her; `enrol`: and answers what she is asked."""
        code = await asyncio.to_thread(invitation, self.house, woman)
        await self.wechat.scan(woman.openid, code)
        if enrol:
            await self.answering.enrol(woman)

    async def move(self, until: datetime) -> None:
        """Move the clock on. Raises Conflict while it is being moved, and before the women have come."""
        if not self.ready:
            raise Conflict("the women are still on their way")
        self.machine.begin(until)
        await asyncio.to_thread(verify_directory, self.house, self.cast)

    def women(self) -> "dict[str, overview.Line]":
        today = self.clock.now().astimezone(self.house.settings.zone).date()
        with self.house.db.reading() as session:
            return dict(overview.women(session, today))

    def ticket(self) -> str:
        """A way into the nurse's console that works once."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    def redeem(self, ticket: str) -> bool:
        if ticket not in self._tickets:
            return False
        self._tickets.discard(ticket)
        return True

    async def _publish_menu(self) -> None:
        settings = self.house.settings
        api = WeChatApi(
            app_id=settings.wechat_app_id or "",
            app_secret=settings.wechat_app_secret or "",
            clock=self.clock,
            api_url=settings.wechat_api_url,
        )
        try:
            await api.create_menu(buttons(self.house.library.menu))
        finally:
            await api.close()


def build(
    house: House, clock: MovableClock, bell: Bell, reception: Reception, *, scheduler: Scheduler, folder: Folder
) -> Sandbox:
    """Both platforms know the service by its public address alone, and it knows them by theirs."""
    people, settings = cast(), house.settings
    passwords = folder.passwords(member.role.value for member in people.staff)
    move_in(house, people, passwords)
    wechat, twilio = _wechat(settings, clock), _twilio(settings, clock)
    answering = Answering(wechat, people, lines())
    machine = TimeMachine(
        house, clock, bell, scheduler, reception=reception, answering=answering, remember=folder.remember
    )
    return Sandbox(house, clock, people, wechat, twilio, answering, machine, scheduler, passwords)


def _wechat(settings: Settings, clock: MovableClock) -> WeChatPlatform:
    account = Account(
        app_id=settings.wechat_app_id or "",
        app_secret=settings.wechat_app_secret or "",
        token=settings.wechat_token or "",
        aes_key=settings.wechat_aes_key or "",
        mode=settings.wechat_mode,
    )
    known = lines()["template"]
    return WeChatPlatform(
        account,
        clock.now,
        webhook_url=f"{settings.public_url}/wechat",
        templates={known["id"]: Template(known["title"], known["fields"])},
        receipt_delay=RECEIPT_DELAY,
    )


def _twilio(settings: Settings, clock: MovableClock) -> TwilioPlatform:
    return TwilioPlatform(
        account_sid=settings.twilio_account_sid or "",
        auth_token=settings.twilio_auth_token or "",
        number=settings.twilio_from or "",
        clock=clock.now,
        webhook_url=f"{settings.public_url}/sms/twilio",
        receipt_delay=RECEIPT_DELAY,
    )
