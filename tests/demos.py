"""`yunban demo` in a process of its own, and what a visitor sees and does there over HTTP."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from dotenv import dotenv_values

from bot.crypto import Keyring
from bot.db import Database

ROOT = Path(__file__).parents[1]
PATIENCE = 60
"""Seconds: tests share the machine with others."""

FOLDER = Path("data/demo")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def command(folder: Path, port: int, *options: str) -> dict[str, Any]:
    """Arguments for a subprocess that knows nothing but what stands here."""
    return {
        "args": [sys.executable, "-m", "bot.cli", "demo", "--port", str(port), *options],
        "cwd": folder,
        "env": {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        "encoding": "utf-8",
    }


@contextmanager
def running(folder: Path, *options: str) -> Iterator["Demo"]:
    port = free_port()
    process = subprocess.Popen(**command(folder, port, *options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("stop with"):
                break
        assert process.poll() is None, "".join(said)
        yield Demo(folder, f"http://127.0.0.1:{port}", "".join(said))
        process.send_signal(signal.SIGINT)
        complaints, _ = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in complaints, complaints
    finally:
        process.kill()
        process.communicate()


class Demo:
    def __init__(self, folder: Path, address: str, said: str) -> None:
        self.folder, self.address, self.said = folder, address, said

    def passwords(self) -> dict[str, str]:
        """As printed, by name."""
        return dict(re.findall(r"^sign in +(\S+) +(\S+)", self.said, re.MULTILINE))

    def get(self, path: str, opener: OpenerDirector | None = None, **headers: str) -> str:
        request = Request(self.address + path, headers=headers)
        with (opener or build_opener()).open(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def act(self, path: str, **body: Any) -> int:
        """What a click on the page does; gives the status."""
        headers = {"Content-Type": "application/json", "X-Sandbox": "test"}
        request = Request(f"{self.address}/sandbox/{path}", json.dumps(body).encode(), headers)
        try:
            with build_opener().open(request, timeout=PATIENCE) as answer:
                return answer.status
        except HTTPError as error:
            error.close()
            return error.code

    def part(self, name: str, woman: str = "01", phone: str = "guardian") -> str:
        """The words that one part of the page shows now."""
        with build_opener().open(
            f"{self.address}/sandbox/events?woman={woman}&phone={phone}", timeout=PATIENCE
        ) as news:
            event = ""
            for line in news:
                kind, _, said = line.decode().rstrip("\n").partition(": ")
                if kind == "event":
                    event = said
                elif kind == "data" and event == name:
                    return json.loads(said)
        raise AssertionError(f"no part {name}")

    def words(self, name: str, woman: str = "01", phone: str = "guardian") -> str:
        return unescape(re.sub(r"<[^>]+>", "", self.part(name, woman, phone)))

    def nurse(self) -> OpenerDirector:
        """A browser that came in by the one-time link of the page."""
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        page = self.get("/sandbox/")
        self.get(re.search(r'src="(/sandbox/nurse/[^"]+)"', page)[1], browser)
        return browser

    def move(self, move: str) -> str:
        """Move the clock and wait until it rests; gives what happened."""
        assert self.act("clock", move=move) == 202
        eventually(lambda: 'data-moving="no"' in self.part("clock"), seconds=240)
        return self.words("clock")

    @contextmanager
    def database(self) -> Iterator[tuple[Database, Keyring]]:
        keys = dotenv_values(self.folder / FOLDER / "keys.env")
        keyring = Keyring.read(keys["YUNBAN_DATA_KEY"])
        database = Database.open(f"sqlite:///{self.folder / FOLDER / 'yunban.db'}", keyring)
        yield database, keyring
        database.close()


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    patience = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < patience, "it never came true"
        time.sleep(0.2)
