"""Numbers in a message: digits and Chinese numerals, each with what it measures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialogs.triage.lexicon import Lexicon, LexiconData

_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_DICTATED = re.compile("[\u4e00-\u9fff]{3}")
"""Three ideographs, each a digit, are a number said digit by digit; two may mean the one or the other."""
_POINT = "."


@dataclass(frozen=True, slots=True)
class Number:
    """`code` names what is measured; mmHg, °C, mmol/L, per minute, weeks, days."""

    code: str
    value: float
    start: int
    end: int


def find_numbers(text: str, lexicon: Lexicon) -> Iterator[Number]:
    """Every number whose neighbourhood says what it measures; the first pattern that takes a place keeps it."""
    taken: set[int] = set()
    for pattern in lexicon.numbers(text):
        for match in pattern.finditer(text):
            if taken.isdisjoint(range(*match.span())):
                taken.update(place for name in match.groupdict() if match[name] for place in range(*match.span(name)))
                yield from _plausible(match, lexicon.data)


def _plausible(match: re.Match[str], data: LexiconData) -> Iterator[Number]:
    found = {code: read_numeral(raw, data) for code, raw in match.groupdict().items() if raw}
    if "systolic" in found and "diastolic" in found and found["systolic"] < found["diastolic"]:
        found["systolic"], found["diastolic"] = found["diastolic"], found["systolic"]
    if 340 <= found.get("temperature", 0) <= 430:  # 385 is how some thermometers and many thumbs write 38.5
        found["temperature"] /= 10
    for code, value in found.items():
        unit = data.units.get(code)
        ours = (code, value) if unit is None else (unit.of, round((value - unit.less) * unit.times, 1))
        yield Number(*ours, *match.span())


def read_numeral(raw: str, data: LexiconData) -> float:
    """A measured value as people write it: digits, numerals, a word for the point, a word for the half."""
    if _DIGITS.fullmatch(raw):
        return float(raw)
    spelt = "".join(_POINT if character in data.decimal_points else character for character in raw)
    whole, _, fraction = spelt.partition(_POINT)
    digits = "".join("5" if c == data.half else c if c.isdigit() else str(data.numerals.get(c, "")) for c in fraction)
    return _whole(whole, data) + (float(f"0.{digits}") if digits else 0.0)


def _whole(raw: str, data: LexiconData) -> float:
    """In speech a last digit right after a hundred counts tens: one hundred five is 150."""
    if raw.isdigit():
        return float(raw)
    digits = [data.numerals.get(character, 10) for character in raw]
    if _DICTATED.fullmatch(raw) and max(digits) < 10:
        return float("".join(map(str, digits)))
    total, digit, unit = 0, 0, 1
    for character in raw:
        value = int(character) if character.isdigit() else data.numerals.get(character, 0)
        if value >= 10:
            total, digit, unit = total + (digit or 1) * value, 0, value
        else:
            digit = value
    return float(total + digit * (10 if unit == 100 else 1))
