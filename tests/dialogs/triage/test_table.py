"""The table that a clinical lead signs: current, whole, and in her language."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dialogs.library import Library
from dialogs.triage.rules import Rule, TriageRules
from dialogs.triage.table import rules_table
from models.values import Language

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docs" / "clinical-safety" / "rules.md"
NUMBERS = Path("dialogs/wording/zh-CN/rules_table.yaml")
CELL = re.compile(r"(?<!\\)\|")
ROW, RULE, SIGN, HOLDS_FOR, WHEN, LEVEL, RAISED_BY, REPLY, ASK, SOURCE, MARK, BY, ON = range(13)


@pytest.fixture(scope="module")
def table(library: Library) -> str:
    return rules_table(library)


@pytest.fixture(scope="module")
def rows(table: str) -> list[list[str]]:
    """The cells of each line below the head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in CELL.split(line)[1:-1]] for line in lines[2:]]


def test_the_file_is_what_make_rules_table_writes_from_todays_rules(table: str) -> None:
    assert FILE.read_text("utf-8") == table, "stale: make rules-table"


def test_every_rule_has_its_row_in_order_with_source_mark_and_signature(
    rows: list[list[str]], rules: TriageRules
) -> None:
    shown = [[cells[n] for n in (ROW, RULE, SOURCE, MARK, BY, ON)] for cells in rows]
    assert shown == [
        [rule.row, rule.id, ", ".join(rule.source), rule.mark, rule.reviewed_by, rule.reviewed_on]
        for rule in rules.data.rules
    ]


def test_every_cell_but_the_signature_and_what_a_rule_lacks_says_something(rows: list[list[str]]) -> None:
    may_be_empty = {RAISED_BY, ASK, BY, ON}
    assert {len(cells) for cells in rows} == {ON + 1}
    assert [cells for cells in rows for n, cell in enumerate(cells) if not cell and n not in may_be_empty] == []


def test_every_case_of_a_rule_is_a_line_that_names_each_sign_and_bound_in_it(
    rows: list[list[str]], library: Library
) -> None:
    for cells, rule in zip(rows, library.rules.data.rules, strict=True):
        lines = cells[WHEN].split("<br>")
        cases = [case for case in library.rules.cases if case.rule is rule]
        for line, case in zip(lines, cases, strict=True):
            for term in case.terms:
                assert all(library.rules.lexicon.signs[sign].name in line for sign in term.signs), rule.id
                for name, _, bound in term.numbers:
                    assert f"{library.texts[Language.ZH_CN][f'table.number.{name}']}" in line, rule.id
                    assert f"{bound:g}" in line, rule.id


def test_no_key_of_the_wording_is_left_where_words_should_stand(rows: list[list[str]], library: Library) -> None:
    words = [cells[n] for cells in rows for n in (SIGN, HOLDS_FOR, LEVEL)]
    assert [
        cell for cell in words if not re.search("[\u4e00-\u9fff]", cell) or re.search(r"table\.|sign\.|{", cell)
    ] == []


def test_every_reply_and_question_that_it_names_can_be_said(rows: list[list[str]], library: Library) -> None:
    named = {key for cells in rows for key in (cells[REPLY], *filter(None, cells[ASK].split(", ")))}
    assert named - library.texts[Language.ZH_CN].keys() == set()


def test_every_condition_that_it_names_is_one_of_the_records(rules: TriageRules) -> None:
    def named(rule: Rule) -> set[str]:
        return {*rule.raised_by, *rule.conditions, *rule.unless}

    assert set().union(*map(named, rules.data.rules)) <= rules.data.conditions.keys()


@pytest.mark.parametrize("number", ["systolic", "weight_gain"], ids=["a reading", "a change"])
def test_a_number_without_its_chinese_name_stops_the_start(tmp_path: Path, number: str) -> None:
    for package in ("dialogs", "models"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    names = (tmp_path / NUMBERS).read_text("utf-8")
    (tmp_path / NUMBERS).write_text(re.sub(rf"table\.number\.{number}:.*\n", "", names), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from dialogs.library import Library; Library.load()"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode != 0
    assert f"table.number.{number}: is missing" in done.stderr
