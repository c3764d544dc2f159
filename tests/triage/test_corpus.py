"""The corpus: what its README says of it, and what the report needs."""

from collections import Counter

from dialogs.library import Library
from tests.triage.corpus import Row, rows

ROWS: tuple[Row, ...] = tuple(rows())
TRAPS = {"negated", "past_or_resolved", "other_person", "hypothetical_or_educational", "benign_or_other_context"}


def test_no_message_stands_twice() -> None:
    """In both folds it would flatter the figures."""
    assert [name for name, times in Counter(row.id for row in ROWS).items() if times > 1] == []
    assert [text for text, times in Counter(row.text for row in ROWS).items() if times > 1] == []


def test_it_is_large_enough_in_every_language_and_level() -> None:
    assert len(ROWS) >= 1_200
    assert sum(bool(row.traps) for row in ROWS) >= 500
    assert {(row.lang, row.urgency) for row in ROWS} == {
        (lang, urgency) for lang in ("zh", "ko", "en") for urgency in ("EMERGENCY", "URGENT", "ROUTINE")
    }
    assert {row.fold for row in ROWS} == {"develop", "held_back"}


def test_a_row_is_labelled_by_what_it_tells() -> None:
    assert [row.id for row in ROWS if row.acute and not row.signs] == []
    assert [row.id for row in ROWS if not TRAPS.issuperset(row.traps)] == []


def test_its_conditions_are_those_of_the_rules() -> None:
    known = Library.load().rules.data.conditions
    assert [row.id for row in ROWS if not row.context.conditions.issubset(known)] == []
