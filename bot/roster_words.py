"""The words of `roster.yaml`: what a heading, a colour, a relation means, and a row of cells as a registration."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import yaml

from bot import cells
from bot.columns import fold
from bot.registration import GuardianEntry, Registration, Remark, phone_number
from bot.sheets import Cell
from models.values import Language, RiskColour

MOST_BIRTHS = 20

_EXPLANATION = re.compile(r"[:：(（]")
_SEVERAL = re.compile(r"[/、,，;；|]|或")
_T = TypeVar("_T")


@cache
def data() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load((files("bot") / "roster.yaml").read_text(encoding="utf-8"))
    return words


@cache
def headings() -> dict[str, str]:
    return {fold(heading): name for name, known in data()["columns"].items() for heading in known}


def title(name: str) -> str:
    """The heading under which a field is written."""
    return str(data()["columns"][name][0])


@dataclass(slots=True)
class RowReader:
    """One row on its way to a registration. What the woman cannot be enrolled without is a problem, the rest is not."""

    given: Mapping[str, Cell]
    titles: Mapping[str, str]
    problems: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    def registration(self) -> Registration:
        grade = self._need("risk_colour", read_grade) or (None, None)
        infectious, infectious_code = self._like("infectious", read_infection) or (None, None)
        conditions = self._like("conditions", read_conditions)
        return Registration(
            external_id=self._need("external_id", cells.text),
            name=self._need("name", cells.text),
            phone=self._phone("phone", self._need),
            national_id=self._need("national_id", cells.text),
            birth_date=self._need("birth_date", cells.day),
            address=self._like("address", cells.text),
            language=self._like("language", read_language),
            guardian=self._guardian(),
            facility=self._like("facility", cells.text),
            responsible_nurse=self._like("responsible_nurse", cells.text),
            last_period=self._need("last_period", cells.day),
            due_date=self._need("due_date", cells.day),
            risk_colour=grade[0],
            infectious=grade[1] if infectious is None else infectious or bool(grade[1]),
            infectious_code=infectious_code,
            assessed_on=self._like("assessed_on", cells.day),
            reasons=conditions or (),
            conditions=conditions,
            parity=self._like("parity", lambda cell: cells.whole(cell, MOST_BIRTHS)),
        )

    def _guardian(self) -> GuardianEntry | None:
        name = self._like("guardian_name", cells.text)
        phone = self._phone("guardian_phone", self._like)
        relation = self._like("guardian_relation", read_relation)
        if name is None and phone is None:
            return None
        return GuardianEntry(name, relation or self._relation_in_heading(), phone)

    def _relation_in_heading(self) -> str | None:
        heading = self.titles.get("guardian_name", "") + self.titles.get("guardian_phone", "")
        for relation, marks in data()["relation_in_heading"].items():
            if any(mark in heading.lower() for mark in marks):
                return str(relation)
        return None

    def _phone(self, name: str, how: "Callable[[str, Callable[[Cell], str]], str | None]") -> str | None:
        written = how(name, cells.text)
        several = [part for part in _SEVERAL.split(written or "") if part.strip()]
        if len(several) < 2:
            return written
        self.warnings.append(Remark(name, "holds several numbers: the first that can be dialled was taken"))
        return next((part for part in several if _can_be_dialled(part)), written)

    def _need(self, name: str, reader: Callable[[Cell], _T]) -> _T | None:
        return self._read(name, reader, self.problems)

    def _like(self, name: str, reader: Callable[[Cell], _T]) -> _T | None:
        return self._read(name, reader, self.warnings)

    def _read(self, name: str, reader: Callable[[Cell], _T], remarks: list[Remark]) -> _T | None:
        cell = self.given.get(name)
        if cell is None:
            return None
        try:
            # 无 under infectious disease is an answer; anywhere else it says that there is nothing to say.
            written = cells.text(cell).lower()
            nothing = data()["unknown"] if name == "infectious" else [*data()["nothing"], *data()["unknown"]]
            return None if not written or written in nothing else reader(cell)
        except ValueError as error:
            remarks.append(Remark(name, str(error)))
            return None


def read_grade(cell: Cell) -> tuple[RiskColour, bool]:
    """The highest colour named, and whether purple is among them; purple alone stands beside green (B3).

    What follows in brackets or behind a colon explains the colour and may name others: 橙：红斑狼疮.
    """
    written = cells.text(cell).lower()
    named = _named(_EXPLANATION.split(written)[0]) or _named(written)
    infectious = not named.isdisjoint(data()["infectious_colours"])
    colours = [colour for colour in RiskColour if not named.isdisjoint(data()["colours"][colour.value])]
    if not colours and not infectious:
        raise ValueError("is none of the five colours")
    return max(colours, key=lambda colour: colour.rank, default=RiskColour.GREEN), infectious


def _named(written: str) -> frozenset[str]:
    return frozenset(_colour_words().findall(written))


@cache
def _colour_words() -> re.Pattern[str]:
    words = [*data()["infectious_colours"], *(word for some in data()["colours"].values() for word in some)]
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(rf"\b{word}\b" if word.isascii() else re.escape(word) for word in longest_first))


def read_infection(cell: Cell) -> tuple[bool, str | None]:
    """Yes, no, or the name of what she has; a named test counts by its result."""
    written = cells.text(cell)
    lowered = written.lower()
    if lowered in data()["no"] or lowered in data()["nothing"]:
        return False, None
    if lowered in data()["yes"]:
        return True, None
    negative = any(mark in lowered for mark in data()["negative"])
    without = lowered
    for mark in data()["negative"]:
        without = without.replace(mark, "")
    positive = any(mark in without for mark in data()["positive"])
    return (False, None) if negative and not positive else (True, written)


def read_conditions(cell: Cell) -> tuple[str, ...]:
    written = cells.text(cell).lower()
    found = tuple(code for code, marks in data()["conditions"].items() if any(mark in written for mark in marks))
    if not found:
        raise ValueError("names no condition that is known here: it was left out")
    return found


def read_language(cell: Cell) -> Language:
    written = cells.text(cell).lower()
    for tag, names in data()["languages"].items():
        if written in names:
            return Language(tag)
    try:
        return Language.read(written)
    except ValueError:
        raise ValueError("is no language that is spoken here: Chinese is used") from None


def relation_of(said: str | None) -> str:
    """The relation that a word means; family for one that is not known here, and for none."""
    try:
        return read_relation(said or "")
    except ValueError:
        return "family"


def read_relation(cell: Cell) -> str:
    written = cells.text(cell).lower()
    for relation, names in data()["relations"].items():
        if written in names:
            return str(relation)
    raise ValueError("is a relation that is not known here: family is used")


def _can_be_dialled(number: str) -> bool:
    try:
        phone_number(number)
    except ValueError:
        return False
    return True
