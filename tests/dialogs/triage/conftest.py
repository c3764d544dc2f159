from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from dialogs.triage.finding import Context, Judgement
from dialogs.triage.judge import judge
from dialogs.triage.rules import TriageRules
from models.values import GestationalAge

TRIAGE = Path(__file__).parents[3] / "dialogs" / "triage"


def read_yaml(name: str) -> object:
    return yaml.load((TRIAGE / name).read_text("utf-8"), yaml.CSafeLoader)


def read_phrases() -> list[object]:
    return [read_yaml(f"phrases/{file.name}") for file in sorted((TRIAGE / "phrases").glob("*.yaml"))]


def context(where: str = "", *conditions: str) -> Context:
    """`33` weeks pregnant, `p3` days after birth, `n5` days old; nothing is unknown."""
    known = frozenset(conditions)
    if where.startswith("p"):
        return Context(postpartum_day=int(where[1:]), conditions=known)
    if where.startswith("n"):
        return Context(newborn_age_days=int(where[1:]), conditions=known)
    if where:
        return Context(gestational_age=GestationalAge.of(int(where)), conditions=known)
    return Context(conditions=known)


@pytest.fixture(scope="session")
def rules() -> TriageRules:
    return TriageRules.read(read_yaml("rules.yaml"), read_yaml("lexicon.yaml"), read_phrases())


@pytest.fixture(scope="session")
def say(rules: TriageRules) -> Callable[..., Judgement]:
    def judged(text: str, where: str = "", *conditions: str) -> Judgement:
        return judge(text, context(where, *conditions), rules)

    return judged
