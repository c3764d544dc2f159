"""Which telephone numbers may be shown to a woman now: pure. A closed or unverified line helps nobody (E, R45)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

FRESH_FOR = timedelta(days=90)
"""A number that nobody has verified for longer is hidden, and staff are told (R45, project default)."""

ALL_DAY = "24h"
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_TELEPHONE_AREA = re.compile(r"0\d{2,3}")
_AREA_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Lines:
    """The telephones of one institution, as its row of the directory has them."""

    code: str
    duty_phone: str | None = None
    emergency_phone: str | None = None
    hours: Mapping[str, str] | None = None
    verified_on: date | None = None
    closed_from: date | None = None
    closed_until: date | None = None

    def is_closed(self, on: date) -> bool:
        return self.closed_from is not None and self.closed_from <= on <= (self.closed_until or date.max)


@dataclass(frozen=True, slots=True)
class Number:
    """`use`: ambulance, police, police_by_sms, mental_health, government, facility_emergency, facility_duty."""

    use: str
    number: str


@dataclass(frozen=True, slots=True)
class Shown:
    """`withheld` is for staff: which number of the institution was not shown, and why."""

    numbers: tuple[Number, ...]
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """Times of the day at which somebody answers, such as 08:00-12:00,13:30-17:00; a span may run past midnight."""

    spans: tuple[tuple[int, int], ...]

    @classmethod
    @cache
    def read(cls, written: str) -> "Hours":
        """Raises ValueError."""
        if written == ALL_DAY:
            return cls(((0, 24 * 60),))
        matches = [_SPAN.fullmatch(part.strip()) for part in written.split(",")]
        if not all(matches):
            raise ValueError("is not a time such as 24h or 08:00-17:00")
        numbers = [[int(part) for part in match.groups()] for match in matches if match]
        if any(minute > 59 or hour * 60 + minute > 24 * 60 for row in numbers for hour, minute in (row[:2], row[2:])):
            raise ValueError("names a time of day that does not exist")
        return cls(tuple((row[0] * 60 + row[1], row[2] * 60 + row[3]) for row in numbers))

    def open_at(self, at: time) -> bool:
        minute = at.hour * 60 + at.minute
        return any(
            opens <= minute < closes if opens < closes else minute >= opens or minute < closes
            for opens, closes in self.spans
        )


def emergency_numbers(facility: Lines | None, area: str | None, now: datetime) -> Shown:
    """The numbers that somebody answers now, 120 first. `now` is local time, `area` a telephone area code such as 0439:
    the digits of any other code make no number.
    """
    digits = area[-_AREA_DIGITS:] if area and _TELEPHONE_AREA.fullmatch(area) else None
    numbers = [
        Number(row["use"], row["number"].format(area=digits))
        for row in _public()
        if (digits or not row.get("needs_area"))
        and Hours.read(row["hours"].get(area, row["hours"]["default"])).open_at(now.time())
    ]
    own, withheld = own_numbers(facility, now) if facility else ((), ())
    return Shown((*numbers[:1], *own, *numbers[1:]), tuple(withheld))


def own_numbers(facility: Lines, now: datetime) -> tuple[Sequence[Number], Sequence[str]]:
    """The institution's numbers that somebody answers at this local time, and for staff why others are withheld."""
    given = {"emergency": facility.emergency_phone, "duty": facility.duty_phone}
    given = {line: phone for line, phone in given.items() if phone}
    if facility.is_closed(now.date()):
        return (), [f"{facility.code}: closed"]
    if given and (facility.verified_on is None or now.date() - facility.verified_on > FRESH_FOR):
        return (), [f"{facility.code}: not verified within {FRESH_FOR.days} days"]
    hours = facility.hours or {}
    shown = [
        Number(f"facility_{line}", phone)
        for line, phone in given.items()
        if phone and Hours.read(hours.get(line, ALL_DAY if line == "emergency" else "08:00-17:00")).open_at(now.time())
    ]
    return shown, []


@cache
def _public() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((files("bot") / "directory.yaml").read_text(encoding="utf-8"))[
        "numbers"
    ]
    return rows
