"""Databases that live as long as a measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import text

from bot.crypto import Keyring
from bot.db import Database

DATA_KEY = "bWFkZS11cC1rZXktZm9yLXRlc3RzLW9ubHktMDAwMDA="


@contextmanager
def postgres_schema(server_url: str) -> Iterator[str]:
    keyring = Keyring.read(DATA_KEY)
    name = f"yunban_bench_{uuid4().hex[:12]}"
    admin = Database.open(server_url, keyring)
    with admin.connection() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield f"{server_url}?options=-csearch_path%3D{name}"
    with admin.connection() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    admin.close()
