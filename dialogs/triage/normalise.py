"""One spelling for every way of writing: widths, cases, traditional signs, homophones, initials; places are kept."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_LONE_CHARACTERS = re.compile(
    r"(?:(?<=^)|(?<=[^\u4e00-\u9fff]))[\u4e00-\u9fff](?: [\u4e00-\u9fff](?![\u4e00-\u9fff]))+"
)
_CLUSTERS = re.compile("[\u1100-\u115f]*[\u1160-\u11ff]+|.[\u0300-\u036f\u3099\u309a]*", re.DOTALL)
_SYMBOL_CATEGORIES = frozenset({"So", "Sk", "Cs", "Co", "Cn"})
_INVISIBLE_CATEGORIES = frozenset({"Cf", "Mn", "Me", "Cc"})


@dataclass(frozen=True, slots=True)
class Normal:
    """`text` in one spelling; `places[i]` is where its i-th character stands in the text as written.

    `places` is one longer than `text`, so that an end can be looked up like a start.
    """

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text as written of [start, end) in this one."""
        if end <= start:
            return self.places[start], self.places[start]
        return self.places[start], max(self.places[end - 1] + 1, self.places[end])

    def replace(self, pattern: re.Pattern[str], words: Mapping[str, str]) -> "Normal":
        """Every match gives way to its word; a replaced piece points to the beginning of what it replaced."""
        pieces: list[str] = []
        places: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            word = words[match.group().replace(" ", "")]
            pieces += (self.text[done : match.start()], word)
            places += self.places[done : match.start()]
            places += _spread(self.places[match.start() : match.end()], len(word))
            done = match.end()
        if not pieces:
            return self
        return Normal("".join((*pieces, self.text[done:])), (*places, *self.places[done:]))


def _spread(places: tuple[int, ...], length: int) -> tuple[int, ...]:
    if len(places) >= length:
        return places[:length]
    return (*places, *((places[-1],) * (length - len(places))))


class Folding(dict[str, str]):
    """One spelling a character: `variants`, NFKC, lower case; pictures become spaces, invisible signs vanish."""

    def __missing__(self, character: str) -> str:
        folded = "".join(self.get(piece, piece) for piece in _plain(character))
        self[character] = folded
        return folded

    def fold(self, text: str) -> Normal:
        if not unicodedata.is_normalized("NFC", text):
            return self._fold_composed(text)
        pieces = [self[character] for character in text]
        folded = "".join(pieces)
        if len(folded) == len(text) and "" not in pieces:
            return _join_lone_characters(Normal(folded, tuple(range(len(text) + 1))))
        places = [place for place, piece in enumerate(pieces) for _ in piece]
        return _join_lone_characters(Normal(folded, (*places, len(text))))

    def _fold_composed(self, text: str) -> Normal:
        """Some keyboards send a syllable in its letters, an accent apart: what belongs together is one character."""
        pieces = [
            (piece, match.start())
            for match in _CLUSTERS.finditer(text)
            for piece in (self[character] for character in unicodedata.normalize("NFC", match.group()))
        ]
        folded = "".join(piece for piece, _ in pieces)
        places = (place for piece, place in pieces for _ in piece)
        return _join_lone_characters(Normal(folded, (*places, len(text))))


def _plain(character: str) -> str:
    if character in "\n\r\t":
        return " " if character == "\t" else "\n"
    category = unicodedata.category(character)
    if category in _INVISIBLE_CATEGORIES:
        return ""
    if category in _SYMBOL_CATEGORIES:
        return " "
    return unicodedata.normalize("NFKC", character).lower()


def _join_lone_characters(normal: Normal) -> Normal:
    """Characters spaced out one by one are a word spelt slowly; other spaces divide."""
    if " " not in normal.text:
        return normal
    drop = {
        place
        for match in _LONE_CHARACTERS.finditer(normal.text)
        for place in range(match.start(), match.end())
        if normal.text[place] == " "
    }
    if not drop:
        return normal
    kept = [i for i in range(len(normal.text)) if i not in drop]
    return Normal("".join(normal.text[i] for i in kept), (*(normal.places[i] for i in kept), normal.places[-1]))
