"""Cursor paging: `{"items": [], "next_cursor": null}`; a cursor is opaque, and stays good while rows are added."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from bot.errors import Invalid

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="Items of one page.")]
CursorText = Annotated[str | None, Query(alias="cursor", description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next_cursor: str | None = None


def after_id(cursor: str | None) -> UUID | None:
    """The id behind which a page begins. Raises Invalid."""
    if cursor is None:
        return None
    try:
        return UUID(cursor)
    except ValueError:
        raise Invalid("cursor: not one of ours") from None


def page_of(rows: Sequence[T], limit: int, key: Callable[[T], UUID]) -> Page[T]:
    """A page of rows of which one more than `limit` was asked for."""
    return Page(items=list(rows[:limit]), next_cursor=str(key(rows[limit - 1])) if len(rows) > limit else None)
