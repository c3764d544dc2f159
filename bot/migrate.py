"""Brings a database to the newest revision: one transaction, one process at a time, without an alembic.ini."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.db import Database
from bot.errors import Invalid

LOCK = 0x79756E62616E
"""The advisory lock of PostgreSQL that lets one process migrate while the others wait."""


def upgrade(db: Database, to: str = "head") -> None:
    """Run what is missing up to the revision `to`; a step that fails leaves the database as it was."""
    with migrating(db) as connection:
        standing = MigrationContext.configure(connection).get_current_revision()
        if standing is not None and standing not in revisions():
            raise Invalid(f"the database is at revision {standing}, which this version of Yunban does not know")
        command.upgrade(_config(connection), to)


def revision(db: Database) -> str | None:
    """Where the database stands; None before the first migration."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(db: Database) -> bool:
    return revision(db) == revisions()[-1]


def revisions() -> list[str]:
    """All revisions, oldest first."""
    return [script.revision for script in _scripts().walk_revisions()][::-1]


def draft(db: Database, why: str) -> Path:
    """Write the next revision from what the tables of models/ have and `db` lacks. For developers, in a checkout."""
    with migrating(db) as connection:
        number = f"{len(revisions()) + 1:04}"
        script = command.revision(_config(connection), message=why, autogenerate=True, rev_id=number)
    if script is None or isinstance(script, list):
        raise Invalid("a revision follows exactly one other")
    return Path(script.path)


@contextmanager
def migrating(db: Database) -> Iterator[Connection]:
    """The transaction of a migration, waiting for any other one to end."""
    with db.engine.connect() as connection:
        if not db.is_sqlite:
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                yield connection
            return
        # Altering a table of SQLite drops the old one, and dropping would break the references to it. The pragma
        # means nothing inside a transaction, hence the driver's connection.
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.execute(text("PRAGMA foreign_key_check")).first()
                if broken is not None:
                    raise Invalid(f"the migration would break a reference of table {broken[0]}")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")
            driver.close()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "models:migrations")
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
