"""Two things measured in turn in one run, so that what else the machine does falls on both."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 5


@dataclass(frozen=True)
class Pairs:
    """`ours` and `theirs` are seconds, or any other cost, of the same work."""

    ours: list[float]
    theirs: list[float]

    @property
    def ratios(self) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)


def measure(ours: Callable[[], float], theirs: Callable[[], float], pairs: int = PAIRS) -> Pairs:
    """Each gives its own cost; who begins changes from pair to pair. One pair before counts nothing."""
    ours(), theirs()
    measured: tuple[list[float], list[float]] = ([], [])
    for number in range(pairs):
        order = (0, 1) if number % 2 else (1, 0)
        for which in order:
            measured[which].append((ours, theirs)[which]())
    return Pairs(*measured)
