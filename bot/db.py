"""The database: one engine, three kinds of transaction, the same on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from bot.errors import DatabaseUnreachable, SettingsError
from models.base import Base, Cipher, seal_with

READING = "yunban_reading"
BUSY_SECONDS = 10
OUTAGE = (OperationalError, InterfaceError)
"""What is raised while the database does not answer, or is held by somebody for too long."""

Transaction: TypeAlias = Session
"""What a door of the web holds and hands on, without knowing tables or SQL."""


class Database:
    """Doors to the database. A transaction is opened by the caller and commits when its block ends well."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"

    @classmethod
    def open(cls, url: str, cipher: Cipher, pool_size: int = 10) -> "Database":
        """`url` as in YUNBAN_DATABASE_URL: sqlite:///path or postgresql://…; nothing is connected to yet."""
        parsed = _read_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = _open_sqlite(parsed, pool_size)
        else:
            engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={
                    "options": f"{parsed.query.get('options', '')} -c timezone=UTC",
                    "connect_timeout": BUSY_SECONDS,
                },
            )
        seal_with(engine.dialect, cipher)
        return cls(engine)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A writing transaction in plain SQL expressions: for turns and timers, where rows come in batches."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing transaction with mapped objects: for the desk, the roster and everything a person does."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads: on SQLite it never waits for a writer."""
        with Session(self.engine.execution_options(**{READING: True}), expire_on_commit=False) as session:
            yield session

    def check(self) -> None:
        """Raise DatabaseUnreachable for a server that does not answer, and for what is no database to work in."""
        try:
            with self.engine.connect() as connection:
                schema = connection.scalar(text("SELECT 'main'" if self.is_sqlite else "SELECT current_schema()"))
        except DBAPIError as error:
            raise self.unreachable(error) from None
        if schema is None:
            raise DatabaseUnreachable(f"{self.address}: there is no schema of its search_path")

    @property
    def address(self) -> str:
        """Where the database is, without the password."""
        return self.engine.url.render_as_string(hide_password=True)

    def unreachable(self, error: DBAPIError) -> DatabaseUnreachable:
        """What the driver says in one line that names the server; further lines of it may hold values."""
        return DatabaseUnreachable(f"{self.address}: {str(error.orig).splitlines()[0]}")

    def close(self) -> None:
        self.engine.dispose()


def insert(connection: Connection, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Build an INSERT that knows ON CONFLICT, which SQL leaves to the dialects."""
    return sqlite.insert(model) if connection.dialect.name == "sqlite" else postgresql.insert(model)


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("YUNBAN_DATABASE_URL: not a database address") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise SettingsError(
            f"YUNBAN_DATABASE_URL: {parsed.drivername} is not supported, use sqlite:/// or postgresql://"
        )
    return parsed


def _open_sqlite(url: URL, pool_size: int) -> Engine:
    options: dict[str, Any] = {"hide_parameters": True}  # an error's text must not show a woman's words
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        options |= {
            "pool_size": pool_size,
            "max_overflow": pool_size,
            "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False},
        }
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are opened below, not guessed by the driver
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
            "mmap_size=268435456",
            "wal_autocheckpoint=4000",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: a lock that is asked for later can only fail, not wait.
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
