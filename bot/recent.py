"""What women have told lately and what was measured: half of a danger sign may stand there. One statement each."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, String, bindparam, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from bot import findings
from dialogs.triage.finding import About, Told
from dialogs.triage.judge import MEMORY, NUMBER_OF_CODE
from models.base import UTCDateTime
from models.conversation import InboundMessage
from models.person import Patient
from models.record import Observation

TOLD: Final = timedelta(hours=MEMORY)
MEASURED: Final = timedelta(hours=72)
WEIGHED: Final = timedelta(hours=168)
"""How far back her words, her readings and a weight still say something about now."""

MOST_MESSAGES: Final = 40
MOST_OBSERVATIONS: Final = 60
"""Of one woman, the newest: a person or a device that writes without end must not slow down the others."""

WEIGHTS: Final = ("weight", "newborn_weight")
OF_BABY: Final = ("newborn_", "bilirubin", "wet_nappies")
HOUR: Final = timedelta(hours=1)


def recent(connection: Connection, patients: Collection[UUID], now: datetime) -> dict[UUID, tuple[Told, ...]]:
    """For each woman of whom there is something, newest first."""
    if not patients:
        return {}
    women, known = list(patients), defaultdict[UUID, list[Told]](list)
    for patient, at, column in connection.execute(_MESSAGES, {"patients": women, "since": now - TOLD}):
        known[patient] += findings.told_in(column, _hours(at, now))
    since = {"since": now - WEIGHED, "measured": now - MEASURED}
    for patient, at, code, value in connection.execute(_OBSERVATIONS, {"patients": women} | since):
        known[patient] += _numbers(code, value, _hours(at, now))
    return {patient: tuple(sorted(told, key=lambda one: one.hours_ago)) for patient, told in known.items()}


def _newest(
    patient: InstrumentedAttribute[Any], at: InstrumentedAttribute[datetime], most: int, *columns: Any
) -> Select[Any]:
    """The newest rows of each of `patients`, `most` of them; where they begin is read off the index alone."""
    since = bindparam("since", type_=at.type)
    other: Any = aliased(at.class_)
    time = getattr(other, at.key)
    nth = (
        select(time)
        .where(other.patient_id == Patient.id, time >= since)
        .order_by(time.desc())
        .offset(most - 1)
        .limit(1)
        .correlate(Patient)
        .scalar_subquery()
    )
    # Materialized, because PostgreSQL would look for the beginning again at every row.
    women = (
        select(Patient.id, func.coalesce(nth, since).label("begin"))
        .where(Patient.id.in_(bindparam("patients", expanding=True)))
        .cte("women")
        .prefix_with("MATERIALIZED")
    )
    # `since` says nothing new; without it PostgreSQL takes a third of all she ever wrote to be of today, and for a
    # batch reads the whole table. It stands last because SQLite seeks by the first of two bounds.
    newest = (patient == women.c.id) & (at >= women.c.begin) & (at >= since)
    return select(patient, at, *columns).join(women, newest)


_MESSAGES = _newest(
    InboundMessage.patient_id, InboundMessage.received_at, MOST_MESSAGES, InboundMessage.findings
).where(InboundMessage.findings.is_not(None))
_OBSERVATIONS = _newest(
    Observation.patient_id, Observation.observed_at, MOST_OBSERVATIONS, Observation.code, Observation.value
).where(
    Observation.code.in_(WEIGHTS) | (Observation.observed_at >= bindparam("measured", type_=UTCDateTime())),
    cast(Observation.value, String).not_like('"%'),
)
"""An answer with a word is a text in JSON, and left where it is."""


def _numbers(code: str, value: Any, hours_ago: float) -> Iterator[Told]:
    """A pressure is two numbers; what is no number at all, such as an answer with a word, tells nothing here."""
    about: About = "baby" if code.startswith(OF_BABY) else "mother"
    for name, part in value.items() if isinstance(value, dict) else [(code, value)]:
        if isinstance(part, int | float) and not isinstance(part, bool):
            yield Told(NUMBER_OF_CODE.get(name, name), about, float(part), hours_ago)


def _hours(at: datetime, now: datetime) -> float:
    """Never less than nothing: a device's clock may be ahead of ours."""
    return max(now - at, timedelta(0)) / HOUR
