"""What one cell of a sheet means: text, a day, a time span. Raises ValueError and nothing else, without quoting."""

import re
import unicodedata
from datetime import date, datetime, timedelta

from bot.sheets import Cell

EXCEL_EPOCH = date(1899, 12, 30)
FIRST_SERIAL, LAST_SERIAL = 7306, 73415
"""Excel's numbers for 1920-01-01 and 2100-12-31: a number outside them is no day."""

EXACT_DIGITS = 15
"""A longer number in a numeric cell has lost its last digits."""

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s].*)?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T\s].*)?")
_SERIAL = re.compile(r"\d{4,5}(?:\.\d*)?")


def text(cell: Cell) -> str:
    """A cell as one would read it aloud: whole numbers without .0, full-width signs as usual ones."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        if len(str(abs(int(cell)))) > EXACT_DIGITS:
            raise ValueError("was stored as a number and has lost its last digits: write it as text")
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    folded = unicodedata.normalize("NFKC", str(cell)).replace("\ufeff", "").replace("\u200b", "")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in folded).split()).removeprefix("'").strip()


def day(cell: Cell) -> date:
    """2026-11-23, 2026/11/23, 2026.11.23, 2026年11月23日, 20261123, perhaps with a time; Excel's dates and numbers."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    written = text(cell)
    match = _DAY.fullmatch(written) or _COMPACT_DAY.fullmatch(written)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError("is a day that does not exist") from None
    if _SERIAL.fullmatch(written) and FIRST_SERIAL <= float(written) <= LAST_SERIAL:
        return EXCEL_EPOCH + timedelta(days=int(float(written)))
    raise ValueError("is not a date such as 2026-11-23")


def whole(cell: Cell, high: int) -> int:
    """The first whole number written, at most `high`: 1, 1次."""
    match = re.search(r"\d+", text(cell))
    if match is None or len(match[0]) > EXACT_DIGITS or int(match[0]) > high:
        raise ValueError(f"is not a number from 0 to {high}")
    return int(match[0])
