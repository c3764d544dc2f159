"""Chromium, and the hospital of `tests/hospital.py` served on a port of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from tests.hospital import app, bell, hospital, house, library, password_hash

__all__ = ["app", "bell", "hospital", "house", "library", "password_hash"]

CHROMIUM = "/usr/bin/chromium"
QUIETLY = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIETLY))
        yield chromium
        chromium.close()


@pytest.fixture
def database_url(tmp_path: Path, sqlite_with_tables: bytes) -> str:
    """A page looks the same on either database."""
    path = tmp_path / "yunban.db"
    path.write_bytes(sqlite_with_tables)
    return f"sqlite:///{path}"


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Where an app answers, from a thread of this process."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def address(app) -> Iterator[str]:
    with served(app) as address:
        yield address
