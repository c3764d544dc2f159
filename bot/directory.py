"""The directory of hospitals, clinics and their numbers: imported, put by another system, closed for a while."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import yaml
from sqlalchemy import Connection, Row, insert, select, update

from bot import cells
from bot.columns import Columns, find_columns, fold
from bot.db import Database
from bot.emergency_numbers import ALL_DAY, Hours
from bot.errors import Invalid, NotFound
from bot.sheets import Cell, Line, read_sheets
from models.base import new_id
from models.care_team import Facility
from models.person import Patient
from models.pregnancy import Pregnancy
from models.values import PregnancyStatus

REQUIRED = ("code", "name")
LONGEST_CODE = 32
_LENGTHS = {"name": 128, "area_code": 16, "address": 256, "duty_phone": 32, "emergency_phone": 32}
_TELEPHONE = re.compile(r"(?=(?:\D*\d){3,20}\D*$)[0-9+()-]+")
"""As it is dialled: digits, perhaps with hyphens; short ones such as 120 are allowed."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class FacilityEntry:
    """One institution as somebody describes it; `kinds` and `hours` as in `models.care_team.Facility`."""

    name: str
    kinds: tuple[str, ...] = ()
    level: int | None = None
    area_code: str | None = None
    address: str | None = None
    duty_phone: str | None = None
    emergency_phone: str | None = None
    hours: Mapping[str, str] = field(default_factory=dict)
    verified_on: date | None = None
    emergency_facility_code: str | None = None

    def check(self) -> None:
        """Raises Invalid, which names the field."""
        if not self.name.strip():
            raise Invalid("name: is missing")
        for name, limit in _LENGTHS.items():
            if len(getattr(self, name, None) or "") > limit:
                raise Invalid(f"{name}: is longer than {limit} characters")
        for name in ("duty_phone", "emergency_phone"):
            number = getattr(self, name)
            if number is not None and not _TELEPHONE.fullmatch(number):
                raise Invalid(f"{name}: is not a telephone number")
        unknown = set(self.kinds) - set(_data()["kinds"])
        if unknown:
            raise Invalid(f"kinds: {', '.join(sorted(unknown))} is not one of {', '.join(_data()['kinds'])}")
        for line, hours in self.hours.items():
            try:
                Hours.read(hours)
            except ValueError as error:
                raise Invalid(f"hours.{line}: {error}") from None


@dataclass(frozen=True, slots=True)
class Affected:
    """A woman whose institution closes, and when her birth is due: those near it are told first (R12)."""

    patient_id: UUID
    due_date: date


@dataclass(slots=True)
class DirectoryReport:
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused_rows: int = 0
    refused: list[str] = field(default_factory=list)
    """Why, one line for each field that cannot be taken."""
    doubts: list[str] = field(default_factory=list)
    ignored: tuple[str, ...] = ()

    @property
    def nothing_taken(self) -> bool:
        return bool(self.refused) and not self.new + self.updated + self.unchanged

    def lines(self) -> Iterator[str]:
        yield from self.refused
        yield from (f"warning: {doubt}" for doubt in self.doubts)
        if self.ignored:
            yield f"ignored columns: {', '.join(self.ignored)}"
        yield f"{self.new} new, {self.updated} updated, {self.unchanged} unchanged, {self.refused_rows} refused"


def get(connection: Connection, code: str) -> Row[Any]:
    """The row of the directory with this code. Raises NotFound."""
    row = connection.execute(select(*Facility.__table__.c).where(Facility.code == code)).one_or_none()
    if row is None:
        raise NotFound(f"no facility {code}")
    return row


def put(
    connection: Connection, code: str, entry: FacilityEntry, now: datetime, *, only: Collection[str] | None = None
) -> bool | None:
    """Insert or replace the entry of `code`: True when it is new, False when it changed, None when it was so already.

    With `only`, other fields of a known institution stay as they are. Raises Invalid.
    """
    entry.check()
    if len(code) > LONGEST_CODE:
        raise Invalid(f"code: is longer than {LONGEST_CODE} characters")
    values = asdict(entry) | {"kinds": list(entry.kinds), "hours": dict(entry.hours)}
    known = connection.execute(select(*Facility.__table__.c).where(Facility.code == code)).mappings().one_or_none()
    if known is None:
        row = {"id": new_id(), "code": code, "updated_at": now, **values}
        connection.execute(insert(Facility), [row])
        return True
    values = {name: value for name, value in values.items() if only is None or name in only}
    if all(known[name] == value for name, value in values.items()):
        return None
    connection.execute(update(Facility).where(Facility.code == code).values(updated_at=now, **values))
    return False


def close(connection: Connection, code: str, until: date | None, *, on: date, now: datetime) -> list[Affected]:
    """Close an institution from `on` to `until`, both included; its women move to the emergency institution.

    Gives the women with an open pregnancy, the nearest birth first. Raises NotFound, and Invalid when no emergency
    institution is named or it is not in the directory: nobody is left without one (R12).
    """
    if until is not None and until < on:
        raise Invalid("until: lies before the day on which it closes")
    facility = get(connection, code)
    if facility.emergency_facility_code is None:
        raise Invalid(f"facility {code}: names no emergency institution")
    refuge = get(connection, facility.emergency_facility_code)
    women = [
        Affected(*row)
        for row in connection.execute(
            select(Patient.id, Pregnancy.due_date)
            .join(Pregnancy, Pregnancy.patient_id == Patient.id)
            .where(
                Patient.facility_id == facility.id,
                Pregnancy.closed_at.is_(None),
                Pregnancy.status == PregnancyStatus.ONGOING,
            )
            .order_by(Pregnancy.due_date, Patient.id)
        )
    ]
    connection.execute(
        update(Facility).where(Facility.id == facility.id).values(closed_from=on, closed_until=until, updated_at=now)
    )
    for woman in women:
        connection.execute(
            update(Patient).where(Patient.id == woman.patient_id).values(facility_id=refuge.id, updated_at=now)
        )
    return women


def import_facilities(db: Database, path: Path, now: datetime) -> DirectoryReport:
    """Insert or replace every good row by its code, in one transaction. Raises Invalid when columns are missing."""
    columns, lines = _read(path)
    report = DirectoryReport(ignored=columns.ignored)
    has_hours = not {"duty_hours", "emergency_hours"}.isdisjoint(columns.of)
    only = {*columns.of, *(("hours",) if has_hours else ())}
    seen: dict[str, int] = {}
    with db.connection() as connection:
        for line in lines:
            row = _RowReader(columns, line, report)
            code, entry = row.read()
            if entry is None or code is None:
                report.refused_rows += 1
                continue
            if code in seen:
                report.refused_rows += 1
                report.refused.append(
                    f"row {line.number}, {columns.titles['code']}: stands in row {seen[code]} as well"
                )
                continue
            seen[code] = line.number
            is_new = put(connection, code, entry, now, only=only)
            report.new += is_new is True
            report.updated += is_new is False
            report.unchanged += is_new is None
    return report


def _read(path: Path) -> tuple[Columns, list[Line]]:
    best: Columns | None = None
    for _, lines in read_sheets(path):
        columns = find_columns(lines, _headings())
        if columns is not None and all(name in columns.of for name in REQUIRED):
            return columns, [line for line in lines if line.number > columns.line and columns.cells(line)]
        best = best or columns
    titles = {name: known[0] for name, known in _data()["columns"].items()}
    if best is None:
        raise Invalid(f"{path.name}: no line with the headings of a directory, such as {', '.join(titles.values())}")
    missing = [titles[name] for name in REQUIRED if name not in best.of]
    found = ", ".join([*best.titles.values(), *best.ignored])
    raise Invalid(f"{path.name}: row {best.line}: no column {', '.join(missing)}; found: {found}")


class _RowReader:
    def __init__(self, columns: Columns, line: Line, report: DirectoryReport) -> None:
        self._cells, self._titles = columns.cells(line), columns.titles
        self._place, self._report = f"row {line.number}", report
        self._failed = False

    def read(self) -> tuple[str | None, FacilityEntry | None]:
        code, name = self._need("code", _read_code), self._need("name", cells.text)
        hours = {line: self._need(f"{line}_hours", _read_hours) for line in ("emergency", "duty")}
        entry = FacilityEntry(
            name=name or "",
            kinds=self._need("kinds", _read_kinds) or (),
            level=self._need("level", _read_level),
            area_code=self._need("area_code", cells.text),
            address=self._need("address", cells.text),
            duty_phone=self._need("duty_phone", _read_line),
            emergency_phone=self._need("emergency_phone", _read_line),
            hours={line: written for line, written in hours.items() if written},
            verified_on=self._need("verified_on", cells.day),
            emergency_facility_code=self._need("emergency_facility_code", cells.text),
        )
        for required in REQUIRED:
            if required not in self._cells:
                self._refuse(required, "is missing")
        if not self._failed:
            self._check(entry)
        return (code, entry) if not self._failed else (None, None)

    def _check(self, entry: FacilityEntry) -> None:
        try:
            entry.check()
        except Invalid as error:
            name, _, reason = str(error).partition(": ")
            self._refuse(name, reason)
        if (entry.duty_phone or entry.emergency_phone) and entry.verified_on is None:
            self._report.doubts.append(f"{self._place}: not verified, its numbers are not shown to women")

    def _need(self, name: str, reader: Callable[[Cell], _T]) -> _T | None:
        cell = self._cells.get(name)
        if cell is None:
            return None
        try:
            return reader(cell) or None
        except ValueError as error:
            self._refuse(name, str(error))
            return None

    def _refuse(self, name: str, reason: str) -> None:
        self._failed = True
        title = self._titles.get(name) or _data()["columns"].get(name, [name])[0]
        self._report.refused.append(f"{self._place}, {title}: {reason}")


def _read_code(cell: Cell) -> str:
    written = cells.text(cell)
    if len(written) > LONGEST_CODE:
        raise ValueError(f"is longer than {LONGEST_CODE} characters")
    return written


def _read_kinds(cell: Cell) -> tuple[str, ...]:
    written = [part.strip().lower() for part in cells.text(cell).replace("、", ",").replace(";", ",").split(",")]
    known = {name: kind for kind, names in _data()["kinds"].items() for name in (kind, *names)}
    if unknown := [part for part in written if part and part not in known]:
        raise ValueError(f"{unknown[0]} is not a kind of institution")
    return tuple(dict.fromkeys(known[part] for part in written if part))


def _read_level(cell: Cell) -> int:
    written = cells.text(cell).lower()
    for level, names in _data()["levels"].items():
        if written in names:
            return int(level)
    raise ValueError("is not a level from 1 to 3")


def _read_hours(cell: Cell) -> str:
    written = cells.text(cell).lower()
    if written in _data()["all_day"]:
        return ALL_DAY
    hours = written.replace("至", "-").replace("~", "-").replace("—", "-").replace("、", ",").replace(" ", "")
    Hours.read(hours)
    return hours


def _read_line(cell: Cell) -> str:
    written = cells.text(cell).replace(" ", "")
    if not _TELEPHONE.fullmatch(written):
        raise ValueError("is not a telephone number")
    return written


@cache
def _headings() -> dict[str, str]:
    return {fold(heading): name for name, known in _data()["columns"].items() for heading in known}


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((files("bot") / "directory.yaml").read_text(encoding="utf-8"))
    return data
