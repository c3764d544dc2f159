"""A worker as a process of its own, for tests that kill it: `python -m tests.workers DATABASE_URL POST [DEADLY]`.

What it sends goes into the file POST, one line a message, so that many processes share one gateway. It kills itself
in the act of sending number DEADLY, before or after the message has arrived.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from bot.channels.base import DeliveryState, Found, Limits, Outgoing, Sent, Unfound
from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.house import House
from bot.outbox import Outbox
from bot.settings import Settings
from dialogs.library import Library
from models.values import ChannelKind
from tests.conftest import DATA_KEY, NOW


class FileChannel:
    """Sends by writing a line; a message can be found again by reading them."""

    kind = ChannelKind.SMS
    limits = Limits(pushes_free_text=True, segments=8)

    def __init__(self, post: Path, deadly: int | None = None, *, arrives: bool = False) -> None:
        self.post = post
        self.deadly = deadly
        self.arrives = arrives
        self.count = 0

    async def send(self, message: Outgoing) -> Sent:
        self.count += 1
        if self.count == self.deadly and not self.arrives:
            os.kill(os.getpid(), signal.SIGKILL)
        with self.post.open("a") as lines:
            lines.write(f"{message.id}\n")
        if self.count == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return Sent(f"file-{message.id}", DeliveryState.SENT)

    async def find(self, message: Outgoing, since: datetime) -> Found:
        if str(message.id) in self.post.read_text().split():
            return Sent(f"file-{message.id}", DeliveryState.SENT)
        return Unfound.RESEND

    async def check(self) -> str:
        return "a file"

    async def close(self) -> None:
        pass


def house_with(url: str, channel: FileChannel, now: datetime = NOW) -> House:
    keyring = Keyring.read(DATA_KEY)
    db = Database.open(url, keyring)
    settings = Settings(database_url=url, data_key=DATA_KEY)
    return House(settings, FixedClock(now), keyring, db, Library.load(), {channel.kind: channel})


async def deliver_all(house: House) -> int:
    outbox, total = Outbox(house), 0
    while taken := await outbox.deliver_due():
        total += taken
    return total


if __name__ == "__main__":
    url, post, *rest = sys.argv[1:]
    deadly = FileChannel(Path(post), int(rest[0]) if rest else None, arrives="arrives" in rest)
    sys.stdout.write(str(asyncio.run(deliver_all(house_with(url, deadly)))))
