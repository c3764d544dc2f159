from pathlib import Path

import pytest
import yaml

from dialogs.triage.rules import TriageRules

TRIAGE = Path(__file__).parents[3] / "dialogs" / "triage"


def read_yaml(name: str) -> object:
    return yaml.load((TRIAGE / name).read_text("utf-8"), yaml.CSafeLoader)


@pytest.fixture(scope="session")
def rules() -> TriageRules:
    return TriageRules.read(read_yaml("rules.yaml"), read_yaml("lexicon.yaml"))
