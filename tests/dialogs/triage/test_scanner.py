"""Patterns are found where a plain search would find them, though few of them are ever tried."""

import re
from random import Random

import pytest

from dialogs.triage.notation import Notation, PatternError
from dialogs.triage.scanner import Scanner
from tests.dialogs.triage.conftest import read_phrases, read_yaml
from tests.dialogs.triage.speaking import say

PLAIN = Notation({"belly": "肚子|腹(部)?"}, ",。没不")


def begins(pattern: str) -> set[str]:
    return {first for way in PLAIN.shape(pattern).ways() for first in way.firsts}


@pytest.mark.parametrize(
    ("pattern", "characters"),
    [
        ("流血", "流"),
        ("(出|流)血", "出流"),
        ("[a-c]x", "abc"),
        ("大?出血", "大出"),
        ("(?<!不)(?:有|无)疼", "有无"),
        ("左|右", "左右"),
        ("<belly>~疼", "肚腹"),
        (r"\dx", "0123456789"),
        ("(很|好)?(多|少){1,2}血", "很好多少"),
    ],
)
def test_the_beginnings_of_a_pattern(pattern: str, characters: str) -> None:
    assert begins(pattern) == set(characters)


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("流血", [["血"]]),
        ("<belly>~(疼|绞)", [["子", "疼绞"], ["疼绞"]]),
        ("流(了)?(好多)?", [[]]),
        ("出[血水].x", [["x", "血水"]]),
    ],
)
def test_what_a_text_must_hold_besides(pattern: str, needs: list[list[str]]) -> None:
    found = [sorted("".join(sorted(need)) for need in way.needs) for way in PLAIN.shape(pattern).ways()]
    assert sorted(found) == sorted(sorted("".join(sorted(need)) for need in way) for way in needs)


@pytest.mark.parametrize("pattern", ["", "x?", ".x", "(a", "a)", "[^a]x", "*a", "<other>疼"])
def test_a_pattern_that_may_begin_with_anything_or_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        begins(pattern)


def test_the_scanner_finds_what_a_search_would() -> None:
    scanner = Scanner()
    scanner.add(PLAIN, {"blood": ["(出|流)血"], "pain": ["肚子疼", "疼"]})
    found = list(scanner.find("肚子疼出血"))
    assert [(match.key, match.start, match.end) for match in found] == [
        ("pain", 0, 3),
        ("pain", 2, 3),
        ("blood", 3, 5),
    ]


@pytest.mark.parametrize("number", range(len(read_phrases())))
def test_no_phrase_of_the_lexicon_is_passed_over(number: int) -> None:
    """Every pattern alone, on texts that it describes: the scanner tries it wherever it would match."""
    spoken, lexicon, random = read_phrases()[number], read_yaml("lexicon.yaml"), Random(number)
    notation = Notation(lexicon["words"] | spoken["words"], lexicon["gap_stops"])  # type: ignore[index]
    for pattern in (pattern for patterns in spoken["signs"].values() for pattern in patterns):  # type: ignore[index]
        regex, scanner = re.compile(notation.regex(pattern)), Scanner()
        scanner.add(notation, {"it": [pattern]})
        text = say(regex.pattern, random)
        places = [place for place in range(len(text)) if (match := regex.match(text, place)) and match.end() > place]
        assert [match.start for match in scanner.find(text)] == places, pattern
