"""Scripts as they were published: a dialog that began with one ends with it, whatever the files say by then."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.db import Database, insert
from dialogs.library import Library
from dialogs.script import Script
from models.conversation import ScriptVersion

log = logging.getLogger(__name__)


def open_library(db: Database, now: datetime) -> Library:
    """The library with every earlier version, after noting what is new in it. Raises LibraryError."""
    with db.reading() as session:
        rows = session.execute(
            select(ScriptVersion.script, ScriptVersion.version, ScriptVersion.digest, ScriptVersion.source)
        ).all()
    library = Library.load(earlier=[row.source for row in rows])
    known = {(row.script, row.version): row.digest for row in rows}
    fresh = [_row(script, now) for script in library.scripts.values() if _is_new(script, known)]
    if fresh:
        with db.connection() as connection:
            connection.execute(insert(connection, ScriptVersion).on_conflict_do_nothing(), fresh)
    return library


def _is_new(script: Script, known: Mapping[tuple[str, int], str]) -> bool:
    published = known.get((script.id, script.version))
    if published is not None and published != script.digest():
        # `yunban dialogs check` refuses this where scripts are written; women are answered all the same.
        log.warning("script %s changed but kept version %s", script.id, script.version)
    return published is None


def _row(script: Script, now: datetime) -> dict[str, Any]:
    return {
        "script": script.id,
        "version": script.version,
        "digest": script.digest(),
        "source": script.model_dump(mode="json", by_alias=True),
        "published_at": now,
    }
