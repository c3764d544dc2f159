import copy
from typing import Any

import pytest

from dialogs.triage.lexicon import LexiconError
from dialogs.triage.rules import RulesError, TriageRules
from tests.dialogs.triage.conftest import read_phrases, read_yaml


@pytest.fixture
def rules_data() -> Any:
    return copy.deepcopy(read_yaml("rules.yaml"))


@pytest.fixture
def lexicon_data() -> Any:
    return copy.deepcopy(read_yaml("lexicon.yaml"))


def test_every_row_of_the_tables_is_there(rules: TriageRules) -> None:
    rows = {rule.row for rule in rules.data.rules}
    assert {f"M{n}" for n in (5, 6, 7, 9, 13, 14, 15, 16, 17, 23, 24, 25, 26, 28, 29, 30)} <= rows
    assert {"M1a", "M1b", "M1c", "M1d", "M2a", "M2b", "M3a", "M3b", "M3c", "M4a", "M4b", "M6b", "M8a", "M8b"} <= rows
    assert {"M8c", "M8d", "M9b", "M10a", "M10b", "M11a", "M11b", "M11c", "M12a", "M12b", "M12c", "M19a"} <= rows
    assert {"M19b", "M20a", "M20b", "M21", "M22"} <= rows
    assert {"N1", "N2", "N3a", "N3b", "N4", "N5a", "N5b", "N5c", "N6", "N7", "N8", "N9", "N10", "N11"} <= rows
    assert {"N12", "N13", "N14"} <= rows


def test_every_sign_of_the_lexicon_is_used_by_a_rule(rules: TriageRules) -> None:
    used = {sign for case in rules.cases for term in case.terms for sign in term.signs}
    hidden = {name for name, sign in rules.lexicon.signs.items() if sign.hides}
    assert set(rules.lexicon.signs) - used - hidden == set()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"when": ["bleeed"]}, "M1c: unknown sign 'bleeed'"),
        ({"when": ["temprature>=38"]}, "M1c: unknown number 'temprature'"),
        ({"when": ["not bleed"]}, "must begin with what is there"),
        ({"when": ["bleed && show"]}, "cannot read"),
        ({"raised_by": ["diabetis"]}, "unknown condition 'diabetis'"),
        ({"levle": "soon"}, "levle"),
        ({"level": "severe"}, "level"),
    ],
)
def test_a_slip_in_a_rule_is_named(rules_data: Any, lexicon_data: Any, change: dict[str, Any], named: str) -> None:
    row = next(rule for rule in rules_data["rules"] if rule["id"] == "M1c")
    row.update(change)
    with pytest.raises(RulesError, match=named):
        TriageRules.read(rules_data, lexicon_data, read_phrases())


def test_two_rows_with_one_id_are_refused(rules_data: Any, lexicon_data: Any) -> None:
    rules_data["rules"].append(rules_data["rules"][0])
    with pytest.raises(RulesError, match="id used twice: M1a"):
        TriageRules.read(rules_data, lexicon_data, read_phrases())


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("<bely>疼", "unknown word <bely>"),
        ("疼(", "疼"),
        ("疼)", "疼"),
        ("", "must begin"),
        (".疼", "must begin"),
        ("疼[", "open bracket"),
    ],
)
def test_a_slip_in_the_lexicon_is_named(rules_data: Any, lexicon_data: Any, pattern: str, named: str) -> None:
    spoken = {"words": {}, "signs": {"bleed": [pattern]}}
    with pytest.raises(RulesError, match=named):
        TriageRules.read(rules_data, lexicon_data, [spoken])


def test_a_slip_in_a_pair_of_characters_is_named(rules_data: Any, lexicon_data: Any) -> None:
    lexicon_data["traditional"] += " 見"
    with pytest.raises(RulesError, match="traditional: '見' is no pair"):
        TriageRules.read(rules_data, lexicon_data, read_phrases())


def test_a_slip_in_the_pattern_of_a_number_is_named_before_a_woman_writes_one(
    rules_data: Any, lexicon_data: Any
) -> None:
    lexicon_data["numbers"].append(r"心率(?P<pulse>\d{3,2})")
    with pytest.raises(LexiconError, match="心率"):
        TriageRules.read(rules_data, lexicon_data, read_phrases()).lexicon.check()


def test_every_pattern_of_the_lexicon_is_a_regular_expression(rules: TriageRules) -> None:
    rules.lexicon.check()
