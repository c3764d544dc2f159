"""Finding the headings of a sheet: which line holds them, which column means which field, what is left over."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.sheets import Cell, Line

SEARCHED_LINES = 30
"""Titles, dates and notes may stand above the headings, but not more than this."""

ENOUGH = 2
"""A line with fewer known headings than this is not the line of headings."""

_BRACKETS = re.compile(r"[(\[【](.*?)[)\]】]")
_NOISE = re.compile(r"[\s*:：、。._\-/]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings of one sheet. `of` gives the positions of a field, from left to right, `titles` what stood there."""

    line: int
    of: Mapping[str, tuple[int, ...]]
    titles: Mapping[str, str]
    ignored: tuple[str, ...]

    def cells(self, line: Line) -> dict[str, Cell]:
        """The filled cells of a line by field; of several columns for one field the first that is filled counts."""
        found: dict[str, Cell] = {}
        for field, positions in self.of.items():
            for position in positions:
                cell = line.cells[position] if position < len(line.cells) else ""
                if cell is not None and str(cell).strip():
                    found[field] = cell
                    break
        return found


def find_columns(
    lines: Sequence[Line], known: Mapping[str, str], beside: Mapping[str, Mapping[str, str]] | None = None
) -> Columns | None:
    """The line among the first ones with the most headings of `known` (folded heading → field); None without any.

    `beside` says what a heading means that stands to the right of another field, such as the telephone behind the
    guardian's name.
    """
    best: Columns | None = None
    for line in lines[:SEARCHED_LINES]:
        columns = _read_headings(line, known, beside or {})
        if len(columns.of) >= ENOUGH and (best is None or len(columns.of) > len(best.of)):
            best = columns
    return best


def fold(heading: str) -> str:
    """A heading without blanks, marks, case and width: `* 姓 名：` is 姓名."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", heading)).lower()


def _read_headings(line: Line, known: Mapping[str, str], beside: Mapping[str, Mapping[str, str]]) -> Columns:
    of: dict[str, tuple[int, ...]] = {}
    titles: dict[str, str] = {}
    ignored: list[str] = []
    previous = ""
    for position, cell in enumerate(line.cells):
        title = " ".join(str(cell or "").split())
        if not title:
            continue
        field = next((known[reading] for reading in _readings(title) if reading in known), None)
        if field is None:
            ignored.append(title)
            previous = ""
            continue
        if field in of:
            field = beside.get(previous, {}).get(field, field)
        of[field] = (*of.get(field, ()), position)
        titles.setdefault(field, title)
        previous = field
    return Columns(line.number, of, titles, tuple(ignored))


def _readings(title: str) -> Iterator[str]:
    """As it stands, without what is in brackets, and what is in brackets alone: 末次月经(LMP)."""
    text = unicodedata.normalize("NFKC", title)
    yield fold(text)
    yield fold(_BRACKETS.sub("", text))
    for inside in _BRACKETS.findall(text):
        yield fold(inside)
