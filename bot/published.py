"""Every version of a script that was ever live, so that a dialog begun with it can end with it."""

import logging
from typing import Any

from sqlalchemy import Connection, select

from bot.clock import Clock
from bot.db import Database, insert
from dialogs.library import Library
from models.conversation import ScriptVersion

log = logging.getLogger(__name__)


def load_library(db: Database, clock: Clock) -> Library:
    """The shipped scripts beside those that are only in the database; the shipped ones are published."""
    with db.connection() as connection:
        library = Library.load(earlier=_earlier(connection))
        _publish(connection, library, clock)
    return library


def _earlier(connection: Connection) -> list[dict[str, Any]]:
    return list(connection.scalars(select(ScriptVersion.source)))


def _publish(connection: Connection, library: Library, clock: Clock) -> None:
    columns = (ScriptVersion.script, ScriptVersion.version, ScriptVersion.digest)
    live = {(script, version): digest for script, version, digest in connection.execute(select(*columns))}
    for script in library.scripts.values():
        digest = live.get((script.id, script.version))
        if digest == script.digest():
            continue
        if digest is not None:
            log.warning("script %s was changed without a new version number", script.id)
        row = {
            "script": script.id,
            "version": script.version,
            "digest": script.digest(),
            "source": script.model_dump(mode="json", by_alias=True),
            "published_at": clock.now(),
        }
        statement = insert(connection, ScriptVersion)
        changed = {name: statement.excluded[name] for name in ("digest", "source", "published_at")}
        connection.execute(statement.on_conflict_do_update(index_elements=["script", "version"], set_=changed), [row])
