"""Her text cut into pieces, so that a page can mark what each finding was read in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """`finding` is what was read here, None for the rest of the text."""

    text: str
    finding: dict[str, Any] | None


def pieces(text: str, findings: Sequence[dict[str, Any]]) -> list[Piece]:
    """Joined they are `text` again; where findings overlap the first counts, and they come gravest first."""
    placed = [finding for finding in findings if is_placed(finding, text)]
    edges = sorted({0, len(text), *(edge for finding in placed for edge in (finding["start"], finding["end"]))})
    cut = [(text[start:end], _read_in(start, placed)) for start, end in pairwise(edges)]
    return [Piece("".join(part for part, _ in run), finding) for finding, run in groupby(cut, key=itemgetter(1))]


def is_placed(finding: dict[str, Any], text: str) -> bool:
    """What a device measured, or she wrote before, stands nowhere in this text."""
    return bool(0 <= finding["start"] < finding["end"] <= len(text))


def _read_in(start: int, placed: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return next((finding for finding in placed if finding["start"] <= start < finding["end"]), None)
