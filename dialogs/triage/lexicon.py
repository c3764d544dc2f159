"""How people say things, as data: the strict schema of `lexicon.yaml` and its compiled form."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dialogs.triage.normalise import Folding, Normal
from dialogs.triage.notation import Notation, PatternError
from dialogs.triage.scanner import Match, Scanner

_SHORT_MESSAGE = 8
_FALSE_FRIEND = "false_friend"
_PUNCTUATION = "，。；！？,;!?"


class LexiconError(ValueError):
    """A pattern that cannot be read, or a name that nothing carries; the message names the place."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sign(_Strict):
    """One thing a woman may tell.

    about: whom it can only be said of, when the words alone tell.
    lasting: still counts when it is over within the week (D5.4).
    hides: signs that a longer mention of this one covers: a nosebleed is no bleeding.
    history: a fact of her past that counts now: an earlier caesarean.
    qualifies: says how another sign is, and nothing without it: 一直, 越来越. It counts only within its own message.
    """

    name: str
    about: Literal["mother", "baby"] | None = None
    lasting: bool = False
    hides: tuple[str, ...] = ()
    qualifies: bool = False
    history: bool = False


class Phrases(_Strict):
    """One file of `phrases/`: patterns by sign, and the word classes that they share. `only_in`: a pattern that a text
    must hold for any of them.
    """

    only_in: str = ""
    words: dict[str, str]
    signs: dict[str, tuple[str, ...]]


class Negator(_Strict):
    pattern: str
    reach: int = Field(ge=0, le=24)


class Unit(_Strict):
    """Another unit of the number `of`: ours is (value - less) * times."""

    of: str
    less: float = 0.0
    times: float


class LexiconData(_Strict):
    version: int
    reviewed_by: str
    reviewed_on: str
    words: dict[str, str]
    variants: dict[str, str]
    traditional: str
    homophones: dict[str, str]
    homophone_words: tuple[str, ...]
    pinyin: dict[str, str]
    initials: dict[str, str]
    gap_stops: str
    common: str
    decimal_points: str
    half: str
    breaks: str
    sentence_breaks: str
    false_friends: tuple[str, ...]
    negators: tuple[Negator, ...]
    denial_stops: str
    negated_after: tuple[str, ...]
    joins: str
    counted_up: str
    list_closes: str
    denies_all: tuple[str, ...]
    past: tuple[str, ...]
    long_past: tuple[str, ...]
    experienced: tuple[str, ...]
    present: tuple[str, ...]
    again: tuple[str, ...]
    happening: tuple[str, ...]
    resolved: tuple[str, ...]
    hypothetical: tuple[str, ...]
    question_end: tuple[str, ...]
    asked: tuple[str, ...]
    feared: tuple[str, ...]
    educational: tuple[str, ...]
    dreamt: tuple[str, ...]
    quotations: str
    quoted: tuple[str, ...]
    others: tuple[str, ...]
    on_behalf: tuple[str, ...]
    pronouns: tuple[str, ...]
    proxies: tuple[str, ...]
    animals: tuple[str, ...]
    daughters: tuple[str, ...]
    own_body: str
    before_others: str
    other_tells: str
    spouse: tuple[str, ...]
    self_words: tuple[str, ...]
    baby_words: tuple[str, ...]
    mother_words: tuple[str, ...]
    stages: dict[str, tuple[str, ...]]
    numerals: dict[str, int]
    units: dict[str, Unit]
    numbers: tuple[str, ...]
    signs: dict[str, Sign]


class Lexicon:
    """The compiled lexicon. Everything a message may hold is found in one pass of one scanner."""

    def __init__(self, data: LexiconData, phrases: Iterable[Phrases]) -> None:
        self.data = data
        self.signs = data.signs
        self._notation = Notation(data.words, data.gap_stops, data.common)
        self._check_names()
        self._others: list[_Other] = []
        self._scanner = self._scanner_of(phrases)
        self.breaks = self._compiled(data.breaks)
        self.sentence_breaks = re.compile(data.sentence_breaks)
        self.negators = tuple((self._compiled(n.pattern), n.reach) for n in data.negators)
        self.negated_after = self._compiled("|".join(data.negated_after))
        self.joins = re.compile(data.joins)
        self.denial_stops = re.compile(data.denial_stops)
        self.counted_up = re.compile(data.counted_up)
        self.list_closes = re.compile(data.list_closes)
        self.quotations = re.compile(data.quotations)
        self.own_body = re.compile(data.own_body)
        self.before_others = re.compile(data.before_others)
        self.other_tells = re.compile(data.other_tells)
        self.numeral_signs = frozenset(data.numerals) | frozenset("0123456789")
        self._numbers: dict[int, re.Pattern[str]] = {}
        self._numbers_by_need = self._indexed(data.numbers)
        self.negations = frozenset(data.gap_stops) - set(_PUNCTUATION)
        self._folding = Folding(data.variants | _simplified(data.traditional))
        self._homophones = _homophone_words(data)
        self._homophone_pattern = _any_of(self._homophones)
        self._pinyin = {syllables.replace(" ", ""): word for syllables, word in data.pinyin.items()}
        self._pinyin_pattern = _pinyin_of(data.pinyin)
        self._initials_pattern = _pinyin_of(data.pinyin | data.initials)

    def check(self) -> None:
        """Compile every pattern, which otherwise happens when it is first tried. Raises LexiconError."""
        try:
            for scanner in (self._scanner, *(other.scanner for other in self._others)):
                scanner.compile_all()
            for place in range(len(self.data.numbers)):
                self._number(place)
        except PatternError as error:
            raise LexiconError(f"lexicon: {error}") from error
        except re.error as error:
            raise LexiconError(f"lexicon: pattern {error.pattern!r}: {error}") from error

    def normal(self, text: str) -> Normal:
        """The message in the one spelling that the patterns are written in."""
        normal = self._folding.fold(text)
        normal = normal.replace(self._homophone_pattern, self._homophones)
        if len(normal.text) <= _SHORT_MESSAGE:
            return normal.replace(self._initials_pattern, self._pinyin | self.data.initials)
        return normal.replace(self._pinyin_pattern, self._pinyin)

    def numbers(self, text: str) -> Iterator[re.Pattern[str]]:
        """Patterns of numbers, in their order, that this text may hold."""
        present = frozenset(text)
        if not self.numeral_signs.isdisjoint(present):
            places = {place for key in ("", *present) for place in self._numbers_by_need.get(key, ())}
            yield from (self._number(place) for place in sorted(places))

    def _number(self, place: int) -> re.Pattern[str]:
        if place not in self._numbers:
            self._numbers[place] = self._compiled(self.data.numbers[place])
        return self._numbers[place]

    def find(self, text: str) -> tuple[list[Match], dict[str, list[Match]]]:
        """The signs in a normal text, and its markers by kind."""
        signs: list[Match] = []
        markers: dict[str, list[Match]] = defaultdict(list)
        for match in self._scanner.find(text):
            if match.key[0] == "@":
                markers[match.key[1:]].append(match)
            else:
                signs.append(match)
        for other in self._others:
            if other.only_in.search(text):
                signs = sorted((*signs, *other.scanner.find(text)), key=_start)
        return signs, markers

    def _marker_patterns(self) -> dict[str, tuple[str, ...]]:
        data = self.data
        return {
            _FALSE_FRIEND: data.false_friends,
            "denies_all": data.denies_all,
            "past": (*data.past, *data.long_past),
            "long_past": data.long_past,
            "experienced": data.experienced,
            "present": data.present,
            "happening": (*data.present, *data.happening),
            "resolved": data.resolved,
            "hypothetical": data.hypothetical,
            "question_end": data.question_end,
            "asked": data.asked,
            "feared": data.feared,
            "again": data.again,
            "educational": data.educational,
            "dreamt": data.dreamt,
            "quoted": data.quoted,
            "other": data.others,
            "on_behalf": data.on_behalf,
            "pronoun": data.pronouns,
            "proxy": data.proxies,
            "animal": data.animals,
            "daughter": data.daughters,
            "spouse": data.spouse,
            "self": data.self_words,
            "baby": data.baby_words,
            "mother": data.mother_words,
            **{f"stage:{stage}": patterns for stage, patterns in data.stages.items()},
        }

    def _scanner_of(self, phrases: Iterable[Phrases]) -> Scanner:
        """What every text may hold; what is written in another script waits for the first text in it."""
        scanner = Scanner()
        try:
            scanner.add(self._notation, {f"@{kind}": patterns for kind, patterns in self._marker_patterns().items()})
            for spoken in phrases:
                for name in spoken.signs.keys() - self.signs.keys():
                    raise LexiconError(f"lexicon: phrases of unknown sign {name}")
                notation = Notation(self.data.words | spoken.words, self.data.gap_stops, self.data.common)
                if spoken.only_in:
                    self._others.append(_Other(re.compile(spoken.only_in), notation, spoken.signs))
                else:
                    scanner.add(notation, spoken.signs)
        except PatternError as error:
            raise LexiconError(f"lexicon: {error}") from error
        return scanner

    def _indexed(self, patterns: Iterable[str]) -> dict[str, list[int]]:
        """Which patterns of numbers a character, besides the numeral, makes worth trying; "" those always are."""
        index: dict[str, list[int]] = defaultdict(list)
        for place, pattern in enumerate(patterns):
            needs = [need for need in self._notation.shape(pattern).needs() if need.isdisjoint(self.numeral_signs)]
            for character in min(needs, key=len, default=("",)):
                index[character].append(place)
        return index

    def _compiled(self, pattern: str) -> re.Pattern[str]:
        return re.compile(self._notation.regex(pattern))

    def _check_names(self) -> None:
        for name, sign in self.signs.items():
            for hidden in sign.hides:
                if hidden not in self.signs:
                    raise LexiconError(f"lexicon: sign {name} hides unknown sign {hidden}")


class _Other:
    """Phrases in another script, indexed when a text first holds it."""

    def __init__(self, only_in: re.Pattern[str], notation: Notation, signs: Mapping[str, Iterable[str]]) -> None:
        self.only_in = only_in
        self._notation = notation
        self._signs = signs

    @cached_property
    def scanner(self) -> Scanner:
        scanner = Scanner()
        scanner.add(self._notation, self._signs)
        return scanner


def _start(match: Match) -> int:
    return match.start


def _simplified(pairs: str) -> dict[str, str]:
    for pair in pairs.split():
        if len(pair) != len("ab"):
            raise LexiconError(f"lexicon: traditional: {pair!r} is no pair of characters")
    return {pair[0]: pair[1] for pair in pairs.split()}


def _homophone_words(data: LexiconData) -> dict[str, str]:
    """Every way to type a danger word with characters that sound alike, and the word it stands for."""
    spellings: dict[str, str] = {}
    for word in data.homophone_words:
        choices = [(character, *data.homophones.get(character, "")) for character in word]
        spellings.update({"".join(spelt): word for spelt in product(*choices)})
    for word in data.homophone_words:
        spellings.pop(word, None)
    return spellings


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


def _pinyin_of(words: Iterable[str]) -> re.Pattern[str]:
    """Syllables may be written together or apart."""
    longest_first = "|".join(word.replace(" ", " ?") for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![a-z])(?:{longest_first})(?![a-z])(?: (?=[a-z]))?")
