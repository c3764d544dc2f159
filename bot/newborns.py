"""The newborns of a pregnancy: who was born, who is a high-risk newborn, who died."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, select

from bot import db
from models.base import new_id
from models.pregnancy import Newborn
from models.values import GestationalAge

EARLY_WEEKS, LOW_WEIGHT_G = 37, 2500
"""A newborn below either is a high-risk newborn (C5)."""

_FACTS = ("born_on", "birth_weight_g", "high_risk", "died_on")


@dataclass(frozen=True, slots=True)
class NewbornEntry:
    birth_order: int = 1
    birth_weight_g: int | None = None
    high_risk: bool = False
    died_on: date | None = None


def record_birth(
    connection: Connection,
    pregnancy_id: UUID,
    given: Sequence[NewbornEntry],
    *,
    born_on: date,
    due_date: date,
    died_on: date | None,
    now: datetime,
) -> bool:
    """Insert or correct newborns; True when something changed. Without any given, those known are meant, or one.

    `died_on` is the day of death of those given, unless they say another.
    """
    known = _known(connection, pregnancy_id)
    entries = list(given) or [NewbornEntry(order) for order in known or (1,)]
    early = GestationalAge.on(born_on, due_date).weeks < EARLY_WEEKS
    rows = [
        _row(replace(entry, died_on=entry.died_on or died_on), known.get(entry.birth_order, {}), born_on, early=early)
        for entry in entries
    ]
    changed = [row for row in rows if row != known.get(row["birth_order"])]
    if changed:
        statement = db.insert(connection, Newborn)
        corrected = {name: statement.excluded[name] for name in _FACTS}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["pregnancy_id", "birth_order"], set_=corrected),
            [row | {"id": new_id(), "pregnancy_id": pregnancy_id, "created_at": now, "details": {}} for row in changed],
        )
    return bool(changed)


def forget_birth(connection: Connection, pregnancy_id: UUID) -> bool:
    """There was none after all; True when one had been recorded."""
    return connection.execute(delete(Newborn).where(Newborn.pregnancy_id == pregnancy_id)).rowcount > 0


def any_alive(connection: Connection, pregnancy_id: UUID) -> bool:
    return any(newborn["died_on"] is None for newborn in _known(connection, pregnancy_id).values())


def _row(entry: NewbornEntry, known: dict[str, Any], born_on: date, *, early: bool) -> dict[str, Any]:
    """What is not said again stays as it was."""
    weight = entry.birth_weight_g if entry.birth_weight_g is not None else known.get("birth_weight_g")
    light = weight is not None and weight < LOW_WEIGHT_G
    return {
        "birth_order": entry.birth_order,
        "born_on": born_on,
        "birth_weight_g": weight,
        "high_risk": bool(entry.high_risk or early or light or known.get("high_risk")),
        "died_on": entry.died_on or known.get("died_on"),
    }


def _known(connection: Connection, pregnancy_id: UUID) -> dict[int, dict[str, Any]]:
    columns = [getattr(Newborn, name) for name in ("birth_order", *_FACTS)]
    rows = connection.execute(select(*columns).where(Newborn.pregnancy_id == pregnancy_id)).mappings()
    return {row["birth_order"]: dict(row) for row in rows}
