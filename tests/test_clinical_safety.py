"""The clinical safety file names only tests, rules, files and versions that exist, and rates by its own matrix."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "clinical-safety"
LOG = (FOLDER / "hazard-log.md").read_text("utf-8")
SIGNATURES = (FOLDER / "signatures.md").read_text("utf-8")
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "rules.md")
FEWEST = 25
FIELDS = ["Cause", "Effect", "Initial", "Control", "Test", "Residual"]
FIELD = re.compile(r"^- \*\*(\w+)\*\*: (.*(?:\n  .*)*)", re.MULTILINE)
RATING = re.compile(r"([A-Z][a-z]+) × ([A-Z][a-z]+(?: [a-z]+)?) = ([1-5])")
NAMED_TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)+")
NAMED_RULE = re.compile(r"\b[MNC]\d+[a-z]?\d?\b")
QUOTED = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\]\(([^)#]+)\)")
TOP_FOLDERS = ("benchmarks/", "bot/", "dialogs/", "docs/", "models/", "scheduler/", "tests/")


@dataclass(frozen=True)
class Hazard:
    id: str
    title: str
    fields: dict[str, str]

    def __str__(self) -> str:
        return self.id


def hazards() -> list[Hazard]:
    blocks = re.split(r"^#{2,3} ", LOG, flags=re.MULTILINE)
    heads = [re.match(r"(H\d+) (.+)\n", block) for block in blocks]
    return [
        Hazard(head[1], head[2], {name: " ".join(value.split()) for name, value in FIELD.findall(block)})
        for head, block in zip(heads, blocks, strict=True)
        if head
    ]


def cells(page: str) -> list[list[str]]:
    """The rows of all its tables."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]


@cache
def defined_in(file: Path) -> frozenset[str]:
    """Every test that is defined there, as pytest names it behind the file."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        where = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {where + one.name for one in inner if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(found)


each = pytest.mark.parametrize("hazard", hazards(), ids=str)


def test_ids_follow_each_other_and_there_are_enough():
    ids = [hazard.id for hazard in hazards()]
    assert ids == [f"H{number:02}" for number in range(1, len(ids) + 1)]
    assert len(ids) >= FEWEST


@each
def test_a_hazard_has_every_field(hazard: Hazard):
    assert list(hazard.fields) == FIELDS
    assert all(value.strip(" .") for value in (hazard.title, *hazard.fields.values()))


@each
def test_a_rating_is_what_the_matrix_gives_and_controls_make_nothing_worse(hazard: Hazard):
    (_, *severities), *rows = (row for row in cells(LOG.split("\n## ")[1]) if len(row) == 6 and "---" not in row[0])
    matrix = {(severity, row[0]): value for row in rows for severity, value in zip(severities, row[1:], strict=True)}
    initial, residual = (RATING.match(hazard.fields[name]) for name in ("Initial", "Residual"))
    for rating in (initial, residual):
        assert rating is not None
        assert matrix[rating[1], rating[2]] == rating[3]
    assert residual[3] <= initial[3]
    assert re.match(r"[^;]+; [\w' ]+", hazard.fields["Residual"]), "nobody is named who accepts it"


def test_what_cannot_be_accepted_says_so_and_stands_before_who_signs():
    open_ones = [hazard.id for hazard in hazards() if "Not acceptable as it stands" in hazard.fields["Residual"]]
    assert [hazard.id for hazard in hazards() if int(RATING.match(hazard.fields["Residual"])[3]) > 3] == open_ones
    assert f"The hazards with a residual of 4: {', '.join(open_ones)}." in SIGNATURES


@each
def test_each_test_that_it_names_exists(hazard: Hazard):
    named = NAMED_TEST.findall(hazard.fields["Test"])
    assert named
    assert f"`{'`, `'.join(named)}`" == hazard.fields["Test"], "something else stands among the tests"
    for one in named:
        file, _, name = one.partition("::")
        assert name.rpartition("::")[2].startswith("test_")
        assert name in defined_in(ROOT / file), one


def test_each_rule_that_the_log_names_exists():
    rules = yaml.safe_load((ROOT / "dialogs/triage/rules.yaml").read_text("utf-8"))["rules"]
    named = set(NAMED_RULE.findall(LOG))
    assert named
    assert named - {rule["id"] for rule in rules} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_that_a_page_names_exists(page: Path):
    text = page.read_text("utf-8")
    quoted = {one.partition("::")[0] for one in QUOTED.findall(text) if one.startswith(TOP_FOLDERS)}
    linked = {(page.parent / one).resolve() for one in LINK.findall(text) if one != "rules.md"}
    assert [one for one in quoted if not (ROOT / one).exists()] == []
    assert [one for one in linked if not one.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_hazard_that_a_page_points_to_is_in_the_log(page: Path):
    assert set(re.findall(r"\bH\d\d\b", page.read_text("utf-8"))) - {hazard.id for hazard in hazards()} == set()


def test_the_signatures_name_the_versions_that_are_there():
    rows = {QUOTED.findall(row[1])[0]: row[2] for row in cells(SIGNATURES) if len(row) == 6 and QUOTED.findall(row[1])}
    for file in ("dialogs/triage/rules.yaml", "dialogs/triage/lexicon.yaml"):
        assert rows[file] == str(yaml.safe_load((ROOT / file).read_text("utf-8"))["version"]), file


def test_nobody_has_signed_the_rules_here_alone():
    rules = yaml.safe_load((ROOT / "dialogs/triage/rules.yaml").read_text("utf-8"))
    (row,) = (row for row in cells(SIGNATURES) if row[1] == "`dialogs/triage/rules.yaml`")
    assert row[3] == rules["reviewed_by"]
    assert row[4] == rules["reviewed_on"]
    assert ("None of these is signed" in SIGNATURES) is not any(
        row[3] for row in cells(SIGNATURES)[2:] if len(row) == 6
    )
