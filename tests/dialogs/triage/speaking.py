"""Phrases that a pattern of the lexicon describes, made up at random: what Hypothesis cannot do with look-around."""

import re
from collections.abc import Iterable
from random import Random
from typing import Any

from dialogs.triage.lexicon import Phrases
from dialogs.triage.notation import Notation
from tests.dialogs.triage.conftest import read_phrases, read_yaml

_PARSER = re._parser  # type: ignore[attr-defined]
_MANY = 2


def phrases() -> dict[str, list[str]]:
    """The regular expressions of every sign."""
    lexicon: Any = read_yaml("lexicon.yaml")
    found: dict[str, list[str]] = {sign: [] for sign in lexicon["signs"]}
    for each in read_phrases():
        spoken = Phrases.model_validate(each)
        notation = Notation(lexicon["words"] | spoken.words, lexicon["gap_stops"])
        for sign, patterns in spoken.signs.items():
            found[sign] += [notation.regex(pattern) for pattern in patterns]
    return found


def markers(kind: str) -> list[str]:
    """The regular expressions of one kind of marker, or of the harmless words."""
    lexicon: Any = read_yaml("lexicon.yaml")
    notation = Notation(lexicon["words"], lexicon["gap_stops"])
    return [notation.regex(pattern) for pattern in lexicon[kind]]


def negators() -> frozenset[str]:
    """What denies, or holds a denial: a phrase with one of these is not simply negated."""
    return frozenset("没無无未不别非")


def say(pattern: str, random: Random) -> str:
    """One text that the pattern matches, apart from what its look-around forbids."""
    return "".join(_say(_PARSER.parse(pattern), random))


def _say(parsed: Iterable[tuple[Any, Any]], random: Random) -> Iterable[str]:
    for kind, value in parsed:
        yield from _SAY[str(kind)](value, random)


def _repeated(value: Any, random: Random) -> Iterable[str]:
    fewest, most, inner = value
    for _ in range(random.randint(fewest, max(fewest, min(int(most), _MANY)))):
        yield from _say(inner, random)


def _one_of(value: Any, random: Random) -> Iterable[str]:
    choices = []
    for kind, inner in value:
        if str(kind) == "NEGATE":
            return
        choices += (
            [inner] if str(kind) == "LITERAL" else list(range(inner[0], inner[1] + 1)) if str(kind) == "RANGE" else [48]
        )
    yield chr(random.choice(choices))


_SAY = {
    "LITERAL": lambda value, _: [chr(value)],
    "NOT_LITERAL": lambda *_: [],
    "ANY": lambda *_: [],
    "IN": _one_of,
    "CATEGORY": lambda *_: ["3"],
    "BRANCH": lambda value, random: _say(random.choice(value[1]), random),
    "SUBPATTERN": lambda value, random: _say(value[3], random),
    "MAX_REPEAT": _repeated,
    "MIN_REPEAT": lambda value, random: _repeated((value[0], value[0], value[2]), random),
    "ASSERT": lambda *_: [],
    "ASSERT_NOT": lambda *_: [],
    "AT": lambda *_: [],
}
