"""The constructed messages of `corpus.jsonl` with their labels."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialogs.triage.finding import Context
from models.values import GestationalAge, Language

CORPUS = Path(__file__).parent / "corpus.jsonl"
_LANGUAGES = {"zh": Language.ZH_CN, "ko": Language.KO, "en": Language.EN}


@dataclass(frozen=True, slots=True)
class Row:
    """`urgency` is EMERGENCY, URGENT or ROUTINE; `core` is false where a midwife could doubt."""

    id: str
    fold: str
    lang: str
    text: str
    context: Context
    urgency: str
    core: bool
    traps: tuple[str, ...]
    signs: tuple[str, ...]

    @property
    def acute(self) -> bool:
        return self.urgency != "ROUTINE"


def rows() -> Iterator[Row]:
    for line in CORPUS.read_text("utf-8").splitlines():
        yield _row(json.loads(line))


def _row(given: dict[str, Any]) -> Row:
    known = given["context"]
    week = known.get("gestational_week")
    context = Context(
        gestational_age=None if week is None else GestationalAge(int(week * 7)),
        postpartum_day=known.get("postpartum_day"),
        newborn_age_days=known.get("newborn_age_days"),
        conditions=frozenset(known.get("conditions", ())),
        language=_LANGUAGES[given["lang"]],
    )
    return Row(
        given["id"],
        given["fold"],
        given["lang"],
        given["text"],
        context,
        given["urgency"],
        given["core"],
        tuple(given["trap_types"]),
        tuple(given["danger_signs"]),
    )
