"""Durable WeChat turns per second beside the same webhook without a database and beside a bare endpoint."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.databases import DATA_KEY, postgres_schema
from benchmarks.wechat_load import WOMEN, openid
from bot.crypto import Keyring
from bot.db import Database
from models.conversation import InboundMessage, OutboundMessage
from models.metadata import metadata
from models.values import GestationalAge
from tests import people

SECONDS, ROUNDS = 3.0, 5


@contextmanager
def server(mode: str, database_url: str, folder: str) -> Iterator[tuple[int, int]]:
    """The port and process id of a running server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.webhook_server", mode, str(port), database_url, folder]
    process = subprocess.Popen(command)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def fill(database_url: str) -> None:
    """Tables, and as many enrolled women as will write."""
    from datetime import UTC, datetime

    keyring = Keyring.read(DATA_KEY)
    db = Database.open(database_url, keyring)
    now = datetime.now(UTC)
    with db.connection() as connection:
        metadata.create_all(connection)
    with db.transaction() as session:
        hospital = people.hospital(session, now)
        for number in range(WOMEN):
            story = _Numbered("小林", number, GestationalAge.of(32))
            people.enrol(session, keyring, story, now, facility=hospital)
    db.close()


class _Numbered(people.Story):
    @property
    def phone(self) -> str:
        return f"+861390000{self.number:04}"

    @property
    def openid(self) -> str:
        return openid(self.number)


def load(port: int, first: int, seconds: float = SECONDS, times: int = 1) -> tuple[int, float, float]:
    """Answers, answers per second and p99 in milliseconds, measured from another process."""
    command = [sys.executable, "-m", "benchmarks.wechat_load", *map(str, (port, first, float(seconds), times))]
    answered, took, p99 = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return int(answered), int(answered) / float(took), float(p99)


def counts(database_url: str) -> tuple[int, int]:
    db = Database.open(database_url, Keyring.read(DATA_KEY))
    with db.reading() as session:
        stored = session.scalar(select(func.count()).select_from(InboundMessage))
        said = session.scalar(
            select(func.count()).select_from(OutboundMessage).where(OutboundMessage.in_reply_to.is_not(None))
        )
    db.close()
    return stored, said


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def compare(name: str, database_url: str) -> None:
    fill(database_url)
    with (
        tempfile.TemporaryDirectory() as folder,
        server("durable", database_url, folder) as (durable, pid),
        server("memory", "", folder) as (memory, _),
        server("bare", "", folder) as (bare, _),
    ):
        load(durable, 0, 1.0)
        load(memory, 0, 1.0)
        acked, rates = 0, {"durable": [], "memory": [], "bare": []}
        p99 = []
        warm = counts(database_url)[0]
        for number in range(1, ROUNDS + 1):
            first = number * 10_000
            rates["bare"].append(load(bare, first)[1])
            rates["memory"].append(load(memory, first)[1])
            answered, rate, late = load(durable, first)
            acked += answered
            rates["durable"].append(rate)
            p99.append(late)
        stored, said = counts(database_url)
        _print(name, rates, p99)
        print(f"  answered {acked}, stored {stored - warm}; web process {resident_mb(pid):.0f} MB (floor 200)")
        delivered, rate, _ = load(durable, (ROUNDS + 1) * 10_000, times=3)
        tripled, said = counts(database_url)
        print(
            f"  triple delivery: {delivered} pushes at {rate:.0f}/s, stored {tripled - stored}, lost "
            f"{max(0, -(-delivered // 3) - (tripled - stored))}, doubled {max(0, said - tripled)}"
        )


def _print(name: str, rates: dict[str, list[float]], p99: list[float]) -> None:
    middle = {mode: statistics.median(values) for mode, values in rates.items()}
    print(
        f"{name}: {middle['durable']:.0f} durable turns/s (p99 {statistics.median(p99):.0f} ms), "
        f"without database {middle['memory']:.0f}/s, bare endpoint {middle['bare']:.0f}/s"
    )
    for other, words in (("memory", "without database: "), ("bare", "bare endpoint:    ")):
        pairs = sorted(ours / theirs for ours, theirs in zip(rates["durable"], rates[other], strict=True))
        floor = "  (floor 0.25, goal 0.5)" if other == "memory" else ""
        print(f"  durable / {words}median {statistics.median(pairs):.3f}, worst {pairs[0]:.3f}{floor}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        compare("SQLite (synchronous=FULL)", f"sqlite:///{folder}/bench.db")
    server_url = os.environ.get("YUNBAN_TEST_POSTGRES_URL")
    if server_url is None:
        print("PostgreSQL: skipped, YUNBAN_TEST_POSTGRES_URL is not set")
        return
    with postgres_schema(server_url) as url:
        compare("PostgreSQL", url)


if __name__ == "__main__":
    main()
