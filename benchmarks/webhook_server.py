"""One server of the comparison: durable (the product), memory (the same webhook, no database), bare (a constant)."""

import os
import sys
from collections import defaultdict
from datetime import UTC, datetime

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from benchmarks.databases import DATA_KEY
from benchmarks.wechat_load import APP_ID, TOKEN
from bot.channels.memory import MemoryChannel
from bot.clock import SystemClock
from bot.crypto import Keyring
from bot.db import Database
from bot.house import House
from bot.inbound import Answer, Inbound
from bot.reception import DEADLINE_SECONDS
from bot.settings import Settings
from bot.web.app import create_app
from dialogs.effects import Say
from dialogs.library import Library
from dialogs.respond import respond
from dialogs.snapshot import Snapshot
from dialogs.triage.finding import Context
from models.values import ChannelKind, ConsentKind, GestationalAge


def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        data_key=DATA_KEY,
        secret_key="made-up",
        wechat_app_id=APP_ID,
        wechat_app_secret="made-up",
        wechat_token=TOKEN,
        wechat_aes_key="A" * 43,
        wechat_mode="secure",
    )


def house(database_url: str) -> House:
    keyring = Keyring.read(DATA_KEY)
    db = Database.open(database_url, keyring)
    channels = {kind: MemoryChannel(kind) for kind in ChannelKind}
    return House(settings(database_url), SystemClock(), keyring, db, Library.load(), channels)


class MemoryReception:
    """Answers from memory: the same dialogs on the same facts, and nothing that survives."""

    deadline = DEADLINE_SECONDS

    def __init__(self, library: Library) -> None:
        self._library = library
        self._sessions: dict[str, object] = defaultdict(lambda: None)
        self._facts = {"name": "小林", "ga": "32周+0", "facility": "县妇幼保健院", "duty_phone": "010-00000001"}

    async def receive(self, inbound: Inbound) -> Answer:
        snapshot = Snapshot(
            facts=self._facts,
            context=Context(gestational_age=GestationalAge.of(32)),
            session=self._sessions[inbound.address.value],
            consents=frozenset(ConsentKind),
        )
        turn = respond(self._library, snapshot, inbound.heard, datetime.now(UTC))
        self._sessions[inbound.address.value] = turn.state
        return Answer("\n\n".join(effect.text for effect in turn.effects if isinstance(effect, Say)))

    def left(self, message_id: object) -> None: ...


def app(mode: str, database_url: str):
    from contextlib import asynccontextmanager
    from pathlib import Path

    from bot.bell import Bell
    from bot.reception import Reception
    from bot.spool import Spool

    if mode == "bare":
        answer = PlainTextResponse("success")

        async def constant(request):
            await request.body()
            return answer

        return Starlette(routes=[Route("/wechat", constant, methods=["POST"])])
    if mode == "memory":
        memory = house("sqlite://")
        return create_app(memory, MemoryReception(memory.library), Bell())
    durable = house(database_url)
    reception = Reception(durable, Spool(Path(sys.argv[4]), durable.keyring))

    @asynccontextmanager
    async def around():
        reception.start()
        yield
        reception.stop()

    return create_app(durable, reception, Bell(), around)


if __name__ == "__main__":
    made = app(sys.argv[1], sys.argv[3])
    uvicorn.run(made, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="error")
    os._exit(0)
