"""Consistent copies of the embedded database, made and put back while others may be reading it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot import migrate
from bot.db import Database
from bot.errors import Conflict, Invalid, NotFound

PATIENCE_SECONDS = 2
ELSEWHERE = "on PostgreSQL copies are made with pg_dump and put back with pg_restore"


def backup(db: Database, file: Path, *, overwrite: bool = False) -> None:
    """Write a copy as one file, which appears only when it is whole. Raises Conflict when `file` is there already."""
    source = _path(db)
    if not source.exists():
        raise NotFound(f"{source}: there is no database yet")
    _refuse_to_overwrite(file, overwrite=overwrite)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with _connect(source) as original, _connect(part) as copy:
            original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def restore(db: Database, file: Path, *, overwrite: bool = False) -> None:
    """Put a copy back, after looking whether it is whole and of a revision that this version knows.

    A damaged database is set aside as `….damaged`.
    Raises Conflict when a database is there already and `overwrite` is not set, or while somebody writes to it.
    """
    target = _path(db)
    if not file.is_file():
        raise NotFound(f"{file}: no such file")
    _check(file)
    _refuse_to_overwrite(target, overwrite=overwrite)
    db.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and _is_damaged(target):
        _set_aside(target)
    with _connect(file) as copy, _connect(target) as connection:
        copy.backup(connection)


def _is_damaged(target: Path) -> bool:
    """Whether SQLite itself could not write over it. Raises Conflict while somebody writes to it."""
    with _connect(target) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            health = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            raise Conflict(f"{target}: another process is writing to it, stop Yunban first") from None
        except sqlite3.DatabaseError:
            return True
    return bool(health != "ok")


def _set_aside(target: Path) -> None:
    """Nothing is thrown away; its journal goes with it, or it would be played into the copy."""
    for suffix in ("", "-wal", "-shm"):
        beside = target.with_name(target.name + suffix)
        if beside.exists():
            beside.replace(target.with_name(f"{target.name}.damaged{suffix}"))


def _path(db: Database) -> Path:
    if not db.is_sqlite:
        raise Invalid(ELSEWHERE)
    return Path(db.engine.url.database or "")


def _refuse_to_overwrite(file: Path, *, overwrite: bool) -> None:
    if file.exists() and not overwrite:
        raise Conflict(f"{file}: is there already; --overwrite replaces it")


def _check(file: Path) -> None:
    with _connect(file) as copy:
        try:
            health = copy.execute("PRAGMA integrity_check").fetchone()[0]
            stamp = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            raise Invalid(f"{file}: not a copy of a Yunban database ({error})") from None
    if health != "ok":
        raise Invalid(f"{file}: damaged ({health.splitlines()[0]})")
    if stamp is None or stamp[0] not in migrate.revisions():
        raise Invalid(f"{file}: of revision {stamp and stamp[0]}, which this version of Yunban does not know")


@contextmanager
def _connect(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)) as connection:
        yield connection
