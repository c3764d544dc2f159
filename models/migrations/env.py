"""Runs on the connection that `bot/migrate.py` hands over; never by itself, so no alembic.ini is needed."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON
from sqlalchemy.types import TypeDecorator

from models.metadata import metadata


def render_plainly(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Write types into a revision as the database knows them, so that an old revision outlives our classes."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    if kind == "type" and isinstance(item, JSON):
        autogenerate.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it; PostgreSQL alters it in place all the same
    render_item=render_plainly,
)
with context.begin_transaction():
    context.run_migrations()
