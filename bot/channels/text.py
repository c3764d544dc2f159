"""How long a text is on the wire, and where to cut one that is too long."""

import re
from collections.abc import Callable, Iterable

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_ESCAPED = frozenset("^{}\\[~]|€\f")
"""Characters that cost two septets (3GPP 23.038)."""

BREAKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n+",
        r"[\u3002\uff01\uff1f\u2026!?]+[\u201d\u300d\uff09\"')]*|\.(?=\s)",  # the end of a sentence
        r"[\uff1b\uff0c\u3001;,\s]",
    )
)
"""Where a text may be cut, best first."""


def utf8_size(text: str) -> int:
    return len(text.encode())


def sms_segments(text: str) -> int:
    """How many SMS a text is billed as: 160/153 septets in GSM-7, else 70/67 UTF-16 units (single/joined)."""
    if GSM_BASIC.union(GSM_ESCAPED).issuperset(text):
        return _segments((2 if char in GSM_ESCAPED else 1 for char in text), single=160, joined=153)
    return _segments((2 if ord(char) > 0xFFFF else 1 for char in text), single=70, joined=67)


def _segments(widths: Iterable[int], *, single: int, joined: int) -> int:
    """Count greedily: a character of two units is never torn across a segment."""
    total, segments, room = 0, 0, 0
    for width in widths:
        total += width
        if width > room:
            segments, room = segments + 1, joined
        room -= width
    return min(segments, 1) if total <= single else segments


def split_text(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Cut into pieces that fit, at the end of a line or a sentence where one is near; a blank text has no pieces.

    `fits` must hold for every shorter beginning of a text that fits.
    """
    pieces = []
    rest = text.strip()
    while rest and not fits(rest):
        head = rest[: _cut(rest[: _longest(rest, fits)])]
        pieces.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return [*pieces, rest] if rest else pieces


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """Length of the longest beginning that fits, by bisection; at least one character, so that cutting ends."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    return low


def _cut(head: str) -> int:
    """The last good place to cut, unless it would leave the piece less than half full."""
    for pattern in BREAKS:
        ends = [match.end() for match in pattern.finditer(head)]
        if ends and ends[-1] >= len(head) // 2:
            return ends[-1]
    return len(head)
