"""A reading that no dialog asked for, from a device or another system: kept once, and judged like one she typed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isfinite
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from bot import snapshots
from bot.db import insert
from bot.effects import Rows, Scene, carry_out, say
from bot.errors import Invalid, NotFound
from bot.house import House
from bot.reach import reach_women
from bot.snapshots import Known
from dialogs.answers import read_blood_pressure
from dialogs.danger import safety
from dialogs.effects import Effect, Say, Value
from dialogs.triage.judge import NUMBER_OF_CODE, judge_reading
from dialogs.triage.rules import TriageRules
from models.base import new_id
from models.record import Observation
from models.values import Urgency

STALE = timedelta(hours=24)
"""An older reading is kept and shown, but what it said is no longer about now: nobody is alarmed by it."""

AHEAD = timedelta(minutes=10)
"""How far a device's clock may be ahead of ours."""

PRESSURES: Final = ("systolic", "diastolic")
DEGREES: Final = ("°C", "℃", "C", "Cel")
GLUCOSE: Final = ("mmol/L", "mmol/l")
UNITS: Final = {
    "blood_pressure": ("mmHg", "mm[Hg]"),
    **dict.fromkeys(PRESSURES, ("mmHg", "mm[Hg]")),
    **dict.fromkeys(("temperature", "newborn_temperature"), DEGREES),
    **dict.fromkeys(("glucose", "glucose_fasting", "glucose_after"), GLUCOSE),
    "spo2": ("%",),
    "weight": ("kg",),
    "bilirubin": ("mg/dL", "mg/dl"),
    "haemoglobin": ("g/L",),
    "platelets": ("10*9/L", "10^9/L"),
}
"""In which units the rules of triage are written, with their other spellings; the first is ours."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`key` is the sender's own name for the reading: the same one again changes nothing."""

    patient_id: UUID
    code: str
    value: Value
    unit: str | None
    at: datetime
    device: str | None = None
    key: str | None = None

    @property
    def source_key(self) -> str:
        return self.key or f"{self.device or ''}:{self.code}:{self.at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Taken:
    id: UUID
    level: Urgency | None
    is_new: bool


def take_reading(connection: Connection, house: House, reading: Reading, now: datetime) -> Taken:
    """Keep it; when it is dangerous she is told at once and a human is called, in the same transaction.

    Raises NotFound for an unknown woman, Invalid for a time that has not come and for what cannot be judged.
    """
    reading = replace(reading, value=_measured(reading, house.library.rules))
    if reading.at > now + AHEAD:
        raise Invalid("at: lies in the future")
    snapshots.lock(connection, [reading.patient_id])
    settings = house.settings
    women = snapshots.take(connection, [reading.patient_id], now, settings.zone, settings.area_code)
    known = women.get(reading.patient_id)
    if known is None:
        raise NotFound(f"patient {reading.patient_id}")
    judgement = judge_reading(reading.code, reading.value, known.snapshot.context, house.library.rules)
    observation = _keep(connection, reading, known.pregnancy_id, judgement.level, now)
    if observation is None:
        return _kept_before(connection, reading)
    if now - reading.at <= STALE:
        _say_and_call(connection, house, known, safety(house.library, known.snapshot, judgement), now)
    return Taken(observation, judgement.level, is_new=True)


def _measured(reading: Reading, rules: TriageRules) -> Value:
    """The value as triage takes it. Raises Invalid: what cannot be judged must not look as if it were harmless."""
    value = reading.value
    if reading.code == "blood_pressure":
        pressure = read_blood_pressure(value) if isinstance(value, str) else None
        value = dict(pressure._asdict()) if pressure else value
        if not isinstance(value, dict) or value.keys().isdisjoint(PRESSURES):
            raise Invalid('value: a blood pressure is written {"systolic": 150, "diastolic": 95}')
    if reading.unit and reading.unit not in UNITS.get(reading.code, (reading.unit,)):
        raise Invalid(f"unit: {reading.code} is taken in {UNITS[reading.code][0]}")
    for name, part in value.items() if isinstance(value, dict) else [(reading.code, value)]:
        is_number = isinstance(part, int | float) and not isinstance(part, bool)
        if NUMBER_OF_CODE.get(name, name) in rules.data.readings and not is_number:
            raise Invalid(f"value: {name} is not a number")
        if isinstance(part, float) and not isfinite(part):
            raise Invalid(f"value: {name} is not a finite number")
    return value


def _keep(
    connection: Connection, reading: Reading, pregnancy_id: UUID | None, level: Urgency | None, now: datetime
) -> UUID | None:
    """The new row's id; None when this reading was taken before."""
    return connection.scalar(
        insert(connection, Observation)
        .values(
            id=new_id(),
            patient_id=reading.patient_id,
            pregnancy_id=pregnancy_id,
            code=reading.code,
            value=reading.value,
            unit=reading.unit,
            level=level,
            source="device",
            source_key=reading.source_key,
            device=reading.device,
            observed_at=reading.at,
            recorded_at=now,
        )
        .on_conflict_do_nothing(index_elements=["patient_id", "source_key"])
        .returning(Observation.id)
    )


def _kept_before(connection: Connection, reading: Reading) -> Taken:
    row = connection.execute(
        select(Observation.id, Observation.level).where(
            Observation.patient_id == reading.patient_id, Observation.source_key == reading.source_key
        )
    ).one()
    return Taken(row.id, Urgency(row.level) if row.level else None, is_new=False)


def _say_and_call(connection: Connection, house: House, known: Known, effects: Sequence[Effect], now: datetime) -> None:
    reach = reach_women(connection, [known.patient_id]).get(known.patient_id)
    scene = Scene(known=known, reach=reach, now=now, keyring=house.keyring, zone=house.settings.zone)
    rows = Rows()
    for effect in effects:
        if not isinstance(effect, Say):
            carry_out(effect, scene, rows)
    texts = [effect for effect in effects if isinstance(effect, Say)]
    channel = house.channels.get(reach.channel) if reach else None
    if texts:
        say(texts, scene, channel.limits.fits if channel else _anything, rows)
    rows.flush(connection, now)


def _anything(_text: str) -> bool:
    return True
