"""How people say things, as data: the strict schema of `lexicon.yaml` and its compiled form."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dialogs.triage.normalise import Folding, Normal

_GAP_LENGTHS = {"~": 6, "~~": 14}
_SHORT_MESSAGE = 8
_WORD = re.compile(r"(?<!\?P)<(\w+)>")
_TILDES = re.compile(r"(?<!\\)~~?")
_FALSE_FRIEND = "false_friend"


class LexiconError(ValueError):
    """A pattern that cannot be read, or a name that nothing carries; the message names the place."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sign(_Strict):
    """One thing a woman may tell.

    about: whom it can only be said of, when the words alone tell.
    lasting: still counts when it is over within the week (D5.4).
    hides: signs that a longer mention of this one covers: a nosebleed is no bleeding.
    qualifies: says how another sign is, and nothing without it: 一直, 越来越. It counts only within its own message.
    """

    name: str
    about: Literal["mother", "baby"] | None = None
    lasting: bool = False
    hides: tuple[str, ...] = ()
    qualifies: bool = False


class Phrases(_Strict):
    """One file of `phrases/`: patterns by sign, and the word classes that they share."""

    words: dict[str, str]
    signs: dict[str, tuple[str, ...]]


class Negator(_Strict):
    pattern: str
    reach: int = Field(ge=0, le=24)


class LexiconData(_Strict):
    version: int
    reviewed_by: str
    reviewed_on: str
    words: dict[str, str]
    variants: dict[str, str]
    homophones: dict[str, str]
    homophone_words: tuple[str, ...]
    pinyin: dict[str, str]
    initials: dict[str, str]
    gap_stops: str
    decimal_points: str
    half: str
    breaks: str
    sentence_breaks: str
    false_friends: tuple[str, ...]
    negators: tuple[Negator, ...]
    negated_after: tuple[str, ...]
    joins: str
    past: tuple[str, ...]
    present: tuple[str, ...]
    resolved: tuple[str, ...]
    hypothetical: tuple[str, ...]
    question_end: tuple[str, ...]
    asked: tuple[str, ...]
    educational: tuple[str, ...]
    quoted: tuple[str, ...]
    others: tuple[str, ...]
    spouse: tuple[str, ...]
    self_words: tuple[str, ...]
    baby_words: tuple[str, ...]
    mother_words: tuple[str, ...]
    stages: dict[str, tuple[str, ...]]
    numerals: dict[str, int]
    numbers: tuple[str, ...]
    signs: dict[str, Sign]


@dataclass(frozen=True, slots=True)
class Match:
    key: str
    start: int
    end: int


class Scanner:
    """Finds every match of many keyed patterns: only patterns that may begin with a character are tried there.

    What begins with a character is compiled when the character is first met.
    """

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        self._patterns: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for key, alternatives in patterns.items():
            for alternative in alternatives:
                for character in first_characters(alternative):
                    self._patterns[character][key].append(alternative)
        self._any: dict[str, re.Pattern[str] | None] = {}
        self._keyed: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {}

    def find(self, text: str) -> Iterator[Match]:
        for place, character in enumerate(text):
            if character not in self._any:
                self._any[character] = self._compile_any(character)
            anything = self._any[character]
            if anything is None or not anything.match(text, place):
                continue
            if character not in self._keyed:
                self._keyed[character] = self._compile_keyed(character)
            for key, pattern in self._keyed[character]:
                match = pattern.match(text, place)
                if match:
                    yield Match(key, place, match.end())

    def _compile_any(self, character: str) -> re.Pattern[str] | None:
        """Tells quickly that nothing begins here."""
        keys = self._patterns.get(character)
        return _either(pattern for patterns in keys.values() for pattern in patterns) if keys else None

    def _compile_keyed(self, character: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((key, _either(patterns)) for key, patterns in self._patterns[character].items())


def _either(alternatives: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{alternative})" for alternative in alternatives))


def first_characters(pattern: str) -> frozenset[str]:
    """The characters a match of this pattern can begin with. LexiconError when it does not begin with a literal."""
    branches = [_first(branch, 0) for branch in _branches(pattern)]
    found = frozenset[str]().union(*(characters for characters, _ in branches))
    if not found or any(optional for _, optional in branches):
        raise LexiconError(f"pattern {pattern!r} must begin with a literal, a [set] or a (group)")
    return found


def _first(pattern: str, place: int) -> tuple[frozenset[str], bool]:
    """First characters from `place` to the end of this alternative, and whether all of it may be empty."""
    found: frozenset[str] = frozenset()
    while place < len(pattern) and pattern[place] not in "|)":
        item, optional, place = _first_item(pattern, place)
        found |= item
        if place < len(pattern) and pattern[place] == "?":
            optional, place = True, place + 1
        if not optional:
            return found, False
    return found, True


def _first_item(pattern: str, place: int) -> tuple[frozenset[str], bool, int]:
    character = pattern[place]
    if pattern.startswith(("(?=", "(?!", "(?<"), place):
        return frozenset(), True, _closing(pattern, place) + 1
    if pattern.startswith(r"\b", place):
        return frozenset(), True, place + 2
    if character == "(":
        end = _closing(pattern, place)
        branches = [_first(branch, 0) for branch in _branches(pattern[place + 1 : end])]
        return frozenset().union(*(found for found, _ in branches)), any(empty for _, empty in branches), end + 1
    if character == "[" and pattern[place + 1] != "^":
        end = pattern.index("]", place)
        return _members(pattern[place + 1 : end]), False, end + 1
    if character in r".^$*+{[\\":
        raise LexiconError(f"pattern {pattern!r} must begin with a literal, a [set] or a (group)")
    return frozenset(character), False, place + 1


def _members(inside: str) -> frozenset[str]:
    ranges = re.findall("(.)-(.)", inside)
    members = set(re.sub("(.)-(.)", "", inside))
    for low, high in ranges:
        members.update(chr(code) for code in range(ord(low), ord(high) + 1))
    return frozenset(members)


def _closing(pattern: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(pattern)):
        depth += {"(": 1, ")": -1}.get(pattern[place], 0)
        if depth == 0:
            return place
    raise LexiconError(f"pattern {pattern!r} has an open parenthesis")


def _branches(inside: str) -> list[str]:
    branches, depth, begin = [], 0, 0
    inside = inside.removeprefix("?:")
    for place, character in enumerate(inside):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            branches.append(inside[begin:place])
            begin = place + 1
    return [*branches, inside[begin:]]


class Lexicon:
    """The compiled lexicon. Everything a message may hold is found in one pass of one scanner."""

    def __init__(self, data: LexiconData, phrases: Iterable[Phrases]) -> None:
        self.data = data
        self.signs = data.signs
        self._words = data.words
        self._check_names()
        signs = self._sign_patterns(phrases)
        markers = {f"@{kind}": self._spell_all(patterns) for kind, patterns in self._marker_patterns().items()}
        self._scanner = Scanner(signs | markers)
        self.breaks = re.compile(self._spell(data.breaks))
        self.sentence_breaks = re.compile(data.sentence_breaks)
        self.negators = tuple((re.compile(self._spell(n.pattern)), n.reach) for n in data.negators)
        self.negated_after = re.compile("|".join(self._spell_all(data.negated_after)))
        self.joins = re.compile(data.joins)
        self.numbers = tuple(re.compile(self._spell(pattern)) for pattern in data.numbers)
        self.numeral_signs = frozenset(data.numerals) | frozenset("0123456789")
        self._folding = Folding(data.variants)
        self._homophones = _homophone_words(data)
        self._homophone_pattern = _any_of(self._homophones)
        self._pinyin_pattern = _any_of(data.pinyin, bounded=True)
        self._initials = data.pinyin | data.initials
        self._initials_pattern = _any_of(self._initials, bounded=True)

    def normal(self, text: str) -> Normal:
        """The message in the one spelling that the patterns are written in."""
        normal = self._folding.fold(text)
        normal = normal.replace(self._homophone_pattern, self._homophones)
        if len(normal.text) <= _SHORT_MESSAGE:
            return normal.replace(self._initials_pattern, self._initials)
        return normal.replace(self._pinyin_pattern, self.data.pinyin)

    def find(self, text: str) -> tuple[list[Match], dict[str, list[Match]]]:
        """The signs in a normal text, and its markers by kind."""
        signs: list[Match] = []
        markers: dict[str, list[Match]] = defaultdict(list)
        for match in self._scanner.find(text):
            if match.key[0] == "@":
                markers[match.key[1:]].append(match)
            else:
                signs.append(match)
        return signs, markers

    def _marker_patterns(self) -> dict[str, tuple[str, ...]]:
        data = self.data
        return {
            _FALSE_FRIEND: data.false_friends,
            "past": data.past,
            "present": data.present,
            "resolved": data.resolved,
            "hypothetical": data.hypothetical,
            "question_end": data.question_end,
            "asked": data.asked,
            "educational": data.educational,
            "quoted": data.quoted,
            "other": data.others,
            "spouse": data.spouse,
            "self": data.self_words,
            "baby": data.baby_words,
            "mother": data.mother_words,
            **{f"stage:{stage}": patterns for stage, patterns in data.stages.items()},
        }

    def _sign_patterns(self, phrases: Iterable[Phrases]) -> dict[str, list[str]]:
        patterns: dict[str, list[str]] = {name: [] for name in self.signs}
        for spoken in phrases:
            self._words = self.data.words | spoken.words
            for name, alternatives in spoken.signs.items():
                if name not in patterns:
                    raise LexiconError(f"lexicon: phrases of unknown sign {name}")
                patterns[name] += self._spell_all(alternatives)
        self._words = self.data.words
        return patterns

    def _spell_all(self, patterns: Iterable[str]) -> list[str]:
        return [self._spell(pattern) for pattern in patterns]

    def _spell(self, pattern: str) -> str:
        spelt = _TILDES.sub(self._gap, _WORD.sub(self._word, pattern))
        if pattern[:1].isascii() and pattern[:1].isalpha():
            spelt = rf"(?<![a-z])(?:{spelt})"
        try:
            re.compile(spelt)
        except re.error as error:
            raise LexiconError(f"lexicon: pattern {pattern!r}: {error}") from error
        return spelt

    def _gap(self, match: re.Match[str]) -> str:
        return rf"[^{self.data.gap_stops}\n]{{0,{_GAP_LENGTHS[match.group()]}}}?"

    def _word(self, match: re.Match[str]) -> str:
        try:
            inner = self._words[match.group(1)]
        except KeyError:
            raise LexiconError(f"lexicon: unknown word {match.group()} in {match.string!r}") from None
        return f"(?:{_WORD.sub(self._word, inner)})"

    def _check_names(self) -> None:
        for name, sign in self.signs.items():
            for hidden in sign.hides:
                if hidden not in self.signs:
                    raise LexiconError(f"lexicon: sign {name} hides unknown sign {hidden}")


def _homophone_words(data: LexiconData) -> dict[str, str]:
    """Every way to type a danger word with characters that sound alike, and the word it stands for."""
    spellings: dict[str, str] = {}
    for word in data.homophone_words:
        choices = [(character, *data.homophones.get(character, "")) for character in word]
        spellings.update({"".join(spelt): word for spelt in product(*choices)})
    for word in data.homophone_words:
        spellings.pop(word, None)
    return spellings


def _any_of(words: Iterable[str], *, bounded: bool = False) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![a-z])(?:{longest_first})(?![a-z])" if bounded else longest_first)
