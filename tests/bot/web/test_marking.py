"""What is marked in her text, however the findings lie."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.console.marking import is_placed, pieces


def finding(start: int, end: int, rule: str = "M6") -> dict[str, Any]:
    return {"rule": rule, "start": start, "end": end}


def marked(text: str, *findings: dict[str, Any]) -> list[str]:
    """The pieces of a text, a marked one with its rule."""
    return [
        f"{piece.text}/{piece.finding['rule']}" if piece.finding else piece.text for piece in pieces(text, findings)
    ]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], ["头疼得厉害"]),
        ([finding(0, 2)], ["头疼/M6", "得厉害"]),
        ([finding(3, 5)], ["头疼得", "厉害/M6"]),
        ([finding(0, 5)], ["头疼得厉害/M6"]),
        ([finding(0, 2), finding(0, 2, "M6b")], ["头疼/M6", "得厉害"]),
        ([finding(0, 3), finding(1, 5, "M6b")], ["头疼得/M6", "厉害/M6b"]),
        ([finding(1, 2), finding(0, 5, "M6b")], ["头/M6b", "疼/M6", "得厉害/M6b"]),
        ([finding(0, 5), finding(1, 2, "M6b")], ["头疼得厉害/M6"]),
    ],
)
def test_evidence_stands_apart_and_where_it_overlaps_the_first_and_gravest_counts(findings, expected):
    assert marked("头疼得厉害", *findings) == expected


@pytest.mark.parametrize("place", [(0, 0), (3, 3), (4, 2), (-1, 2), (3, 6)])
def test_what_stands_nowhere_in_the_text_marks_nothing(place):
    assert not is_placed(finding(*place), "头疼得厉害")
    assert marked("头疼得厉害", finding(*place)) == ["头疼得厉害"]


def test_a_picture_without_words_has_no_pieces():
    assert pieces("", [finding(0, 0)]) == []


@given(
    text=st.text(max_size=30),
    places=st.lists(st.tuples(st.integers(-3, 33), st.integers(-3, 33)), max_size=6),
)
def test_no_word_of_hers_is_lost_or_said_twice(text, places):
    cut = pieces(text, [finding(start, end, str(number)) for number, (start, end) in enumerate(places)])
    assert "".join(piece.text for piece in cut) == text
    assert all(piece.text for piece in cut)
