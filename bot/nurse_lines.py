"""The lines of `nurse_lines.yaml`: reasons of escalations that no dialog has opened."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from models.values import OutcomeKind


@cache
def _lines() -> dict[str, Any]:
    lines: dict[str, Any] = yaml.safe_load((files("bot") / "nurse_lines.yaml").read_text(encoding="utf-8"))
    return lines


def under_14() -> str:
    return str(_lines()["under_14"])


def self_registered() -> str:
    return str(_lines()["self_registered"])


def outcome_reported(kind: OutcomeKind) -> str:
    lines = _lines()
    return str(lines["outcome_reported"]).format(outcome=lines["outcomes"][kind])
