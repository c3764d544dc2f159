"""Messages per second through the outbox, claim and mark included, beside a bare aiohttp client posting as many."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
from sqlalchemy import delete, insert

from benchmarks.databases import DATA_KEY, postgres_schema
from benchmarks.pairs import measure
from bot.channels.base import DeliveryState, Found, Limits, Outgoing, Sent, Unfound
from bot.channels.http import Http
from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.house import House
from bot.messages import compose, queue
from bot.outbox import Outbox
from bot.settings import Settings
from dialogs.effects import Purpose
from dialogs.library import Library
from models.base import new_id
from models.conversation import DeliveryAttempt, OutboundMessage
from models.metadata import metadata
from models.person import ContactPoint, Patient
from models.values import ChannelKind

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MESSAGES, CONCURRENCY, BATCH = 2_000, 100, 500

GATEWAY = """
import sys
from aiohttp import web

async def take(request):
    await request.read()
    return web.json_response({"sid": "SM1", "status": "queued"})

app = web.Application()
app.router.add_post("/messages", take)
web.run_app(app, port=int(sys.argv[1]), print=None, access_log=None)
"""


class Gateway:
    """The thinnest channel there is: one POST a message, over the sender that all real channels use."""

    kind = ChannelKind.SMS
    limits = Limits(pushes_free_text=True, segments=8)

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = Http("gateway")

    async def send(self, message: Outgoing) -> Sent:
        data = {"to": message.to, "text": message.text}
        answer = await self._http.request("POST", self._url, repeatable=False, data=data)
        assert answer.status == 200
        return Sent(message.id.hex, DeliveryState.SENT)

    async def find(self, message: Outgoing, since: datetime) -> Found:  # noqa: ARG002 - the protocol of a channel
        return Unfound.RESEND

    async def check(self) -> str:
        return "ready"

    async def close(self) -> None:
        await self._http.close()


class Post:
    """A house with a full outbox."""

    def __init__(self, database_url: str, gateway_url: str) -> None:
        keyring = Keyring.read(DATA_KEY)
        self.db = Database.open(database_url, keyring)
        with self.db.connection() as connection:
            metadata.create_all(connection)
        self._url = gateway_url
        self._house = House(
            Settings(database_url=database_url, data_key=DATA_KEY), FixedClock(NOW), keyring, self.db, Library.load()
        )
        self._women = [(new_id(), new_id()) for _ in range(MESSAGES)]
        with self.db.connection() as connection:
            common = {"created_at": NOW, "updated_at": NOW}
            connection.execute(
                insert(Patient), [{"id": woman, "status": "registered"} | common for woman, _ in self._women]
            )
            connection.execute(
                insert(ContactPoint),
                [
                    {"id": point, "patient_id": woman, "channel": "sms", "created_at": NOW}
                    | {"address": "+8613900000001", "address_hash": uuid4().hex}
                    for woman, point in self._women
                ],
            )

    def cost(self) -> float:
        with self.db.connection() as connection:
            connection.execute(delete(DeliveryAttempt))
            connection.execute(delete(OutboundMessage))
            messages = [
                compose(
                    patient_id=woman,
                    channel=ChannelKind.SMS,
                    text="made up",
                    purpose=Purpose.NOTICE,
                    now=NOW,
                    contact_point_id=point,
                )
                for woman, point in self._women
            ]
            queue(connection, messages, NOW)
        return asyncio.run(self._deliver())

    async def _deliver(self) -> float:
        gateway = Gateway(self._url)
        house = replace(self._house, channels={ChannelKind.SMS: gateway})
        outbox, sent = Outbox(house, concurrency=CONCURRENCY), 0
        started = time.perf_counter()
        while number := await outbox.deliver_due(BATCH):
            sent += number
        took = time.perf_counter() - started
        await gateway.close()
        assert sent == MESSAGES
        return took


async def _bare(url: str) -> float:
    lanes = asyncio.Semaphore(CONCURRENCY)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as session:

        async def post() -> None:
            async with lanes, session.post(url, data={"to": "+8613900000001", "text": "made up"}) as response:
                await response.read()

        started = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(MESSAGES)))
        return time.perf_counter() - started


def compare(name: str, database_url: str, gateway_url: str) -> None:
    post = Post(database_url, gateway_url)
    pairs = measure(post.cost, lambda: asyncio.run(_bare(gateway_url)))
    ours, theirs = (sorted(times)[len(times) // 2] for times in (pairs.ours, pairs.theirs))
    rates = sorted(1 / ratio for ratio in pairs.ratios)
    print(
        f"{name}: {MESSAGES / ours:.0f} messages/s claimed, sent and marked; bare client {MESSAGES / theirs:.0f}/s; "
        f"ratio median {rates[len(rates) // 2]:.2f}, worst {rates[0]:.2f} (goal 0.80)",
        flush=True,
    )
    post.db.close()


def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gateway = subprocess.Popen([sys.executable, "-c", GATEWAY, str(port)])
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        url = f"http://127.0.0.1:{port}/messages"
        with tempfile.TemporaryDirectory() as folder:
            compare("SQLite", f"sqlite:///{folder}/bench.db", url)
        server_url = os.environ.get("YUNBAN_TEST_POSTGRES_URL")
        if server_url is None:
            print("PostgreSQL: skipped, YUNBAN_TEST_POSTGRES_URL is not set")
            return
        with postgres_schema(server_url) as database_url:
            compare("PostgreSQL", database_url, url)
    finally:
        gateway.terminate()
        gateway.wait()


if __name__ == "__main__":
    main()
