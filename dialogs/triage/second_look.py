"""A second pair of eyes: short pieces of text that stood in messages of danger more often than in others.

It may only ask for a human look at what no rule takes seriously (D1.10); it never lowers a level and never speaks.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import sqrt
from typing import Self

LONGEST = 3
FEWEST = 40
"""A message of fewer known pieces is weighed as if it had so many: a word or two prove nothing."""
_EVIDENCE = 12
_SCALE = 1000


@dataclass(frozen=True, slots=True)
class Gaze:
    """Where [start, end) the text stands out most, and by how much it is over the threshold (log-odds)."""

    start: int
    end: int
    over: float


@dataclass(frozen=True, slots=True)
class SecondLook:
    """`weights` of pieces of one to three characters, in log-odds, trained by `make triage-model`."""

    weights: Mapping[str, float]
    bias: float
    threshold: float

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError or KeyError for what `written` did not write."""
        data = json.loads(text)
        weights = {piece: weight / _SCALE for piece, weight in data["weights"].items()}
        return cls(weights, float(data["bias"]), float(data["threshold"]))

    def written(self) -> str:
        weights = {piece: round(weight * _SCALE) for piece, weight in sorted(self.weights.items())}
        return json.dumps(
            {"bias": self.bias, "threshold": self.threshold, "weights": weights}, ensure_ascii=False, indent=0
        )

    def look(self, text: str) -> Gaze | None:
        """None when nothing stands out; `text` is normal text."""
        over = self.odds(text) - self.threshold
        return Gaze(*self._place(text), over) if over >= 0 else None

    def odds(self, text: str) -> float:
        """Each piece counts once; the sum is divided by the root of their number."""
        told = {piece for _, piece in pieces(text)}
        loads = [load for load in map(self.weights.get, told) if load is not None]
        return sum(loads) / sqrt(max(len(loads), FEWEST)) + self.bias

    def _place(self, text: str) -> tuple[int, int]:
        """The few characters that weigh most."""
        loads = [0.0] * len(text)
        for place, piece in pieces(text):
            for character in range(place, place + len(piece)):
                loads[character] += self.weights.get(piece, 0.0) / len(piece)
        sums = [0.0, *accumulate(loads)]
        width = min(_EVIDENCE, len(text))
        start = max(range(len(text) - width + 1), key=lambda place: sums[place + width] - sums[place])
        return start, start + width


def pieces(text: str) -> Iterator[tuple[int, str]]:
    for length in range(1, LONGEST + 1):
        for place in range(len(text) - length + 1):
            yield place, text[place : place + length]
