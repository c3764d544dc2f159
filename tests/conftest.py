"""What tests stand on: real databases, a clock that stands still, a key that opens nothing real."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL

from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.migrate import revisions
from bot.settings import Settings
from models.metadata import metadata

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Shanghai."""

DATA_KEY = "bWFkZS11cC1rZXktZm9yLXRlc3RzLW9ubHktMDAwMDA="
POSTGRES_URL = os.environ.get("YUNBAN_TEST_POSTGRES_URL")

NEEDS_POSTGRES = pytest.mark.skipif(POSTGRES_URL is None, reason="YUNBAN_TEST_POSTGRES_URL is not set")
KINDS = ["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRES)]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-transcripts", action="store_true", help="rewrite tests/transcripts as they come out today"
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.read(DATA_KEY)


@pytest.fixture(scope="session")
def postgres_with_tables(keyring: Keyring) -> Iterator[str]:
    with _new_schema() as url:
        _create_tables(url, keyring)
        yield url


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> bytes:
    path = tmp_path_factory.mktemp("template") / "yunban.db"
    _create_tables(f"sqlite:///{path}", keyring)
    return path.read_bytes()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database as a migration leaves it, without rows; a test that asks for it runs on both kinds."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_with_tables")
    path = tmp_path / "yunban.db"
    path.write_bytes(request.getfixturevalue("sqlite_with_tables"))
    return f"sqlite:///{path}"


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a single table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with _new_schema() as url:
            yield url


@pytest.fixture
def db(database_url: str, keyring: Keyring) -> Iterator[Database]:
    database = Database.open(database_url, keyring)
    yield database
    if not database.is_sqlite:
        with database.connection() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("; ".join(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables))))
    database.close()


@pytest.fixture
def settings(db: Database) -> Settings:
    """The settings of a house on `db`, without channels."""
    return Settings(database_url=_address(db.engine.url), data_key=DATA_KEY, secret_key="made-up-secret")


def _create_tables(url: str, keyring: Keyring) -> None:
    database = Database.open(url, keyring)
    with database.connection() as connection:
        metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": revisions()[-1]})
    database.close()


@contextmanager
def _new_schema() -> Iterator[str]:
    """The address of a schema of its own, so that any number of test runs can share a server.

    Commits do not wait for its disk: no test pulls the plug of the server.
    """
    name = f"yunban_test_{uuid4().hex}"
    server = create_engine(make_url(POSTGRES_URL).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield _address(server.url.update_query_dict({"options": f"-c search_path={name} -c synchronous_commit=off"}))
    with server.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    server.dispose()


def _address(url: URL) -> str:
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)
