"""One batch of a job: a transaction, a time, and the women it may hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot.conversation import Conversation
from dialogs.library import Library
from models.person import Patient


@dataclass(frozen=True, slots=True)
class Moment:
    """`zone` is the area's; quiet hours and days are counted in it."""

    connection: Connection
    now: datetime
    zone: ZoneInfo
    library: Library
    conversation: Conversation


def hold(connection: Connection, patients: Collection[UUID]) -> frozenset[UUID]:
    """Lock the rows of those that nobody else holds, and say who they are.

    A job holds alarms and then wants women; a turn holds a woman and then wants alarms. Whoever never waits for the
    second cannot wait in a ring: a woman who is writing to us just now is left for the next tick.
    """
    if not patients:
        return frozenset()
    query = select(Patient.id).where(Patient.id.in_(patients)).order_by(Patient.id)
    return frozenset(connection.scalars(query.with_for_update(skip_locked=True)))
