"""Finds every match of thousands of patterns in a short text, trying few of them.

A pattern is tried only where a character stands with which it can begin, and only in a text that holds one of the
characters that every match of it needs further on. What is never tried is never compiled.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dialogs.triage.notation import Notation


@dataclass(frozen=True, slots=True)
class Match:
    key: str
    start: int
    end: int


class Scanner:
    """All patterns of many keys. Of one key, the longest match at a place counts."""

    def __init__(self) -> None:
        self._candidates: dict[str, dict[str, list[_Candidate]]] = defaultdict(lambda: defaultdict(list))

    def add(self, notation: Notation, patterns: Mapping[str, Iterable[str]]) -> None:
        """Patterns by key. Raises PatternError for one whose beginning or words cannot be read."""
        for key, alternatives in patterns.items():
            for alternative in alternatives:
                pattern = _Pattern(key, alternative, notation)
                for way in notation.shape(alternative).ways():
                    candidate = _Candidate(pattern, way.needs[1] if len(way.needs) > 1 else None)
                    for first in way.firsts:
                        by_need = self._candidates[first]
                        for character in way.needs[0] if way.needs else (first,):
                            by_need[character].append(candidate)

    def find(self, text: str) -> Iterator[Match]:
        """In the order of their places."""
        present = frozenset(text)
        chosen = {character: self._chosen(character, present) for character in present & self._candidates.keys()}
        in_word = False
        for place, character in enumerate(text):
            within, in_word = in_word, "a" <= character <= "z"
            candidates = chosen.get(character)
            if candidates is None or (within and in_word):  # what begins with a Latin letter begins a word
                continue
            ends: dict[str, int] = {}
            for pattern in candidates:
                match = pattern.match(text, place)
                if match is not None and match.end() > ends.get(pattern.key, -1):
                    ends[pattern.key] = match.end()
            for key, end in ends.items():
                yield Match(key, place, end)

    def compile_all(self) -> None:
        """Raises re.error or PatternError for the first pattern that is none."""
        for by_need in self._candidates.values():
            for candidates in by_need.values():
                for candidate in candidates:
                    candidate.pattern.compile()

    def _chosen(self, first: str, present: frozenset[str]) -> Iterable["_Pattern"]:
        by_need = self._candidates[first]
        return {
            candidate.pattern: None
            for needed in present & by_need.keys()
            for candidate in by_need[needed]
            if candidate.need is None or not candidate.need.isdisjoint(present)
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A pattern where it may begin, and of which characters besides a text must hold one for it."""

    pattern: "_Pattern"
    need: frozenset[str] | None


class _Pattern:
    """Compiled when it is first tried."""

    __slots__ = ("_notation", "_text", "key", "match")

    def __init__(self, key: str, text: str, notation: Notation) -> None:
        self.key = key
        self._text = text
        self._notation = notation
        self.match: Callable[[str, int], re.Match[str] | None] = self._first_match

    def compile(self) -> None:
        self.match = re.compile(self._notation.regex(self._text)).match

    def _first_match(self, text: str, place: int) -> re.Match[str] | None:
        self.compile()
        return self.match(text, place)
