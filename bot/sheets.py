"""Spreadsheets as people keep them: .xlsx, .xls, .ods and .csv to lines of cells, and back without formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from openpyxl import Workbook
from python_calamine import CalamineError, CalamineWorkbook

from bot.errors import Invalid

Cell: TypeAlias = Any
"""str, float, int, bool, date, datetime, time or timedelta; an empty text for an empty cell."""

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One line as the person sees it: `number` counts from 1 at the top of the sheet."""

    number: int
    cells: Sequence[Cell]


def read_sheets(path: Path) -> Iterator[tuple[str, list[Line]]]:
    """Name and lines of each sheet of a file; a .csv is one. Raises Invalid, which names the file."""
    kind = path.suffix.lower()
    try:
        if kind == ".csv":
            yield path.stem, _read_csv(path)
        elif kind in WORKBOOKS:
            yield from _read_workbook(path)
        else:
            raise Invalid(f"{path.name}: {kind or 'a file without ending'} cannot be read, use .xlsx or .csv")
    except OSError as error:
        raise Invalid(f"{path.name}: {error.strerror or 'cannot be read'}") from None


def write_sheet(path: Path, headings: Sequence[str], lines: Iterable[Sequence[Cell]]) -> None:
    """Write .xlsx or .csv; a text that a spreadsheet would take for a formula is written as text."""
    if path.suffix.lower() == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows([harmless(cell) for cell in line] for line in lines)
    elif path.suffix.lower() == ".xlsx":
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet()
        sheet.append(list(headings))
        for line in lines:
            sheet.append([harmless(cell) for cell in line])
        workbook.save(path)
    else:
        raise Invalid(f"{path.name}: cannot be written, use .xlsx or .csv")


def harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _read_csv(path: Path) -> list[Line]:
    text = _decode(path)
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    lines, number = [], 1
    try:
        for cells in reader:
            lines.append(Line(number, cells))
            number = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"{path.name}: line {reader.line_num}: {error}") from None
    return lines


def _decode(path: Path) -> str:
    """UTF-8 with or without a mark; else what Chinese Windows writes; UTF-16 by its mark."""
    data = path.read_bytes()
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(f"{path.name}: neither UTF-8 nor GB18030 text")


def _read_workbook(path: Path) -> Iterator[tuple[str, list[Line]]]:
    if not path.is_file():
        raise Invalid(f"{path.name}: no such file")
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            yield name, [Line(number, cells) for number, cells in enumerate(rows, start=1)]
    except CalamineError as error:
        raise Invalid(f"{path.name}: not a readable workbook ({' '.join(str(error).split())[:100]})") from None
