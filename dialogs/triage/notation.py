"""The notation of the lexicon: regular expressions with word classes and gaps, and what one looks like to a scanner."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

_GAP_LENGTHS = {"~": 6, "~~": 14}
_WORD = re.compile(r"(?<!\?P)<(\w+)>")
_TILDES = re.compile(r"(?<!\\)~~?")
_TOKEN = re.compile(
    r"\\.|\[.[^\]]*\]|\((?:\?(?::|P<\w+>|<?[=!]))?|<\w+>|[?*+]\??|\{\d*,?\d*\}\??|~~?"
    r"|[^\\\[\](){}|?*+.^$<~]+(?![?*+{])|.",
    re.DOTALL,
)
_BEGIN = re.compile(r"(?<![\\\[])\^")
_END = re.compile(r"(?<!\\)\$")
_AFTER_BREAK, _BEFORE_BREAK = r"(?<![^\\s,.!?;:。])", r"(?![^\\s,.!?;:。])"
_MEMBER = re.compile(r"\\(.)|(.)(?!-.)|(.)-(.)", re.DOTALL)
_ZERO_WIDTH = frozenset({"(?=", "(?!", "(?<=", "(?<!"})
_ENDS = frozenset({"", "|", ")"})
_WIDEST = 256  # characters of a range that are told apart
_CLASSES = {"d": frozenset("0123456789"), "s": frozenset(" \n\t")}
_NEEDS = 2  # as many as the scanner looks at
_COMMON = 10  # as many rare characters as a common one is worth
_ANYTHING: frozenset[str] = frozenset()
"""Stands for an item that may be any character: it says nothing of what a match holds."""


class PatternError(ValueError):
    """A pattern that cannot be read; the message shows it."""


class Notation:
    """`<word>` stands for an entry of `words`; `~` for a gap of up to six characters that are none of `stops`, `~~` of
    fourteen; `^` and `$` for the beginning and end of a piece between punctuation marks or spaces. What begins with a
    Latin letter begins a Latin word. `common` are characters that so many texts hold that they choose few patterns.
    """

    def __init__(self, words: Mapping[str, str], stops: str, common: str = "") -> None:
        self.words = words
        self._stops = stops
        self._common = frozenset(common)
        self._frequencies: dict[frozenset[str], tuple[int, str]] = {}
        self._items: dict[str, _Item] = {}

    def regex(self, pattern: str) -> str:
        """Raises PatternError for an unknown word."""
        spelt = _TILDES.sub(self._gap, _WORD.sub(self._word, pattern))
        spelt = _BEGIN.sub(_AFTER_BREAK, _END.sub(_BEFORE_BREAK, spelt))
        if pattern[:1].isascii() and pattern[:1].isalpha():
            return rf"(?<![a-z])(?:{spelt})"
        return spelt

    def shape(self, pattern: str) -> "Shape":
        """Raises PatternError for an unknown word, and where a match may begin with anything."""
        return Shape(pattern, self)

    def item(self, word: str, pattern: str) -> "_Item":
        """A word class of this pattern as one item, read once."""
        known = self._items.get(word)
        if known is None:
            known = self._items[word] = _Item(_ANYTHING, Shape(self._inner(word, pattern), self).branches)
        return known

    def frequency(self, characters: frozenset[str]) -> tuple[int, str]:
        """Of sets of characters, the smaller one is in fewer texts; ties are broken alike on every machine."""
        known = self._frequencies.get(characters)
        if known is None:
            common = _COMMON * len(characters & self._common)
            known = self._frequencies[characters] = len(characters) + common, min(characters)
        return known

    def _gap(self, match: re.Match[str]) -> str:
        return rf"[^{self._stops}\n]{{0,{_GAP_LENGTHS[match.group()]}}}?"

    def _word(self, match: re.Match[str]) -> str:
        return f"(?:{_WORD.sub(self._word, self._inner(match[1], match.string))})"

    def _inner(self, word: str, pattern: str) -> str:
        try:
            return self.words[word]
        except KeyError:
            raise PatternError(f"unknown word <{word}> in {pattern!r}") from None


@dataclass(frozen=True)
class _Item:
    """One piece of a sequence: its alternatives, each again a sequence, or the characters of which it holds one.

    A run of literals holds its last and `starts` with its first.
    """

    characters: frozenset[str]
    branches: tuple[tuple["_Item", ...], ...] = ()
    optional: bool = False
    starts: str = ""

    @cached_property
    def left_out(self) -> "_Item":
        """The same where it need not be there."""
        return _Item(self.characters, self.branches, True, self.starts)  # noqa: FBT003

    @cached_property
    def firsts(self) -> frozenset[str]:
        if not self.branches:
            return frozenset(self.starts) or self.characters
        return frozenset().union(*(_firsts(branch)[0] for branch in self.branches))

    @cached_property
    def may_be_empty(self) -> bool:
        return self.optional or any(_firsts(branch)[1] for branch in self.branches)

    @cached_property
    def holds(self) -> frozenset[str]:
        """Characters of which every match of this item has one; none when that cannot be said."""
        if not self.branches:
            return self.characters
        each = [_holds(branch) for branch in self.branches]
        return frozenset().union(*each) if all(each) else _ANYTHING


def _firsts(sequence: tuple[_Item, ...]) -> tuple[frozenset[str], bool]:
    """First characters of a sequence, and whether all of it may be empty."""
    found: frozenset[str] = frozenset()
    for item in sequence:
        found = found | item.firsts if found else item.firsts
        if not item.may_be_empty:
            return found, False
    return found, True


def _opened(sequence: tuple[_Item, ...]) -> Iterator[tuple[_Item, ...]]:
    """A sequence by the alternatives of what it begins with; what may be left out is left out in some of them."""
    if not sequence:
        yield ()
        return
    first, rest = sequence[0], sequence[1:]
    for branch in first.branches:
        yield from _opened((*branch, *rest))
    if not first.branches:
        yield (_Item(first.characters, starts=first.starts), *rest)
    if first.optional:
        yield from _opened(rest)


def _holds(sequence: tuple[_Item, ...]) -> frozenset[str]:
    """The smallest set of which some item of the sequence always has one."""
    sets = [item.holds for item in sequence if not item.optional]
    return min((one for one in sets if one), key=len, default=_ANYTHING)


@dataclass(frozen=True, slots=True)
class Way:
    """Characters with which a match begins, and sets that each have a character in every such match; fewest first."""

    firsts: frozenset[str]
    needs: tuple[frozenset[str], ...]


class Shape:
    """What a pattern looks like, as far as choosing it needs."""

    def __init__(self, pattern: str, notation: Notation) -> None:
        self._pattern = pattern
        self._notation = notation
        self._tokens = _TOKEN.findall(pattern)
        self._next = 0
        self.branches = self._alternatives()
        if self._next < len(self._tokens):
            raise PatternError(f"pattern {pattern!r} closes what it did not open")

    def ways(self) -> Iterator["Way"]:
        """The ways in which a match can begin. PatternError when one of them may be anything."""
        firsts_by_needs: dict[tuple[frozenset[str], ...], set[str]] = {}
        for begun in (way for branch in self.branches for way in _opened(branch)):
            firsts, empty = _firsts(begun[:1])
            if empty or not firsts:
                raise PatternError(f"pattern {self._pattern!r} must begin with a literal, a [set] or a (group)")
            opening = {begun[0].characters} if begun[0].starts else set()  # a run holds more than it begins with
            sets = (opening | {item.holds for item in begun[1:] if not item.optional}) - {_ANYTHING, firsts}
            firsts_by_needs.setdefault(tuple(sorted(sets, key=self._notation.frequency)[:_NEEDS]), set()).update(firsts)
        for needs, characters in firsts_by_needs.items():
            yield Way(frozenset(characters), needs)

    def needs(self) -> tuple[frozenset[str], ...]:
        """Sets of which each has a character in every match."""
        if len(self.branches) > 1:
            each = [_holds(branch) for branch in self.branches]
            return (frozenset().union(*each),) if all(each) else ()
        return tuple(item.holds for item in self.branches[0] if item.holds and not item.optional)

    def _alternatives(self) -> tuple[tuple[_Item, ...], ...]:
        branches = [self._sequence()]
        while self._at() == "|":
            self._next += 1
            branches.append(self._sequence())
        return tuple(branches)

    def _sequence(self) -> tuple[_Item, ...]:
        items = []
        while self._at() not in _ENDS:
            token = self._tokens[self._next]
            self._next += 1
            item = self._group(token) if token[0] == "(" else self._item(token)
            optional = self._optional()
            if item is not None:
                items.append(item.left_out if optional else item)
        return tuple(items)

    def _item(self, token: str) -> _Item | None:
        """None for what has no width, and for a gap."""
        begun = token[0]
        if begun == "<" and len(token) > 1:
            return self._notation.item(token[1:-1], self._pattern)
        if token == "[":  # noqa: S105 - a sign of the notation
            raise PatternError(f"pattern {self._pattern!r} has an open bracket")
        if begun in "*+?{":
            raise PatternError(f"pattern {self._pattern!r} repeats nothing")
        return _characters(token)

    def _group(self, opening: str) -> _Item | None:
        branches = self._alternatives()
        if self._at() != ")":
            raise PatternError(f"pattern {self._pattern!r} has an open parenthesis")
        self._next += 1
        return None if opening in _ZERO_WIDTH else _Item(_ANYTHING, branches)

    def _optional(self) -> bool:
        """Whether a quantifier follows that allows none; steps over any."""
        token = self._at()
        if token[:1] not in {"?", "*", "+", "{"} or token == "{":  # noqa: S105 - a sign of the notation
            return False
        self._next += 1
        return token[0] in "?*" or token.startswith(("{0", "{,"))

    def _at(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""


@cache
def _characters(token: str) -> _Item | None:
    """What a set, an escape or a run of literals stands for; None for what has no width, and for a gap."""
    if token in {"~", "~~", "^", "$", "\\b", "\\B"}:
        return None
    if token == ".":  # noqa: S105 - a sign of the notation
        return _Item(_ANYTHING)
    if token[0] == "[":
        return _Item(_ANYTHING if token[1] == "^" else _members(token[1:-1]))
    if token[0] == "\\":
        escaped = token[1]
        return _Item(_CLASSES.get(escaped, _ANYTHING if escaped.isalpha() else frozenset(escaped)))
    return _Item(frozenset(token[-1]), starts=token[0])


def _members(inside: str) -> frozenset[str]:
    members: set[str] = set()
    for escaped, single, low, high in _MEMBER.findall(inside):
        if escaped:
            members |= _CLASSES.get(escaped, frozenset(escaped))
        elif single:
            members.add(single)
        elif ord(high) - ord(low) > _WIDEST:
            return _ANYTHING
        else:
            members.update(map(chr, range(ord(low), ord(high) + 1)))
    return frozenset(members)
