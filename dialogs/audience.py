"""Whom something is for and when, and on what it rests: for the lessons of `dialogs` and the rules of the planner."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_serializer

from models.values import GestationalAge, RiskColour

_GESTATIONAL_AGE = re.compile(r"(\d{1,2})\+([0-6])")


class Mark(StrEnum):
    """How well a statement is founded. Everything but VERIFIED waits for a clinician."""

    VERIFIED = "V"
    SECONDARY = "V2"
    RECALLED = "R"
    PROJECT = "P"


class Phase(StrEnum):
    """A time of life. Days are counted from the first day of week 0, or from the day of birth (day 0)."""

    PRECONCEPTION = "preconception"
    PREGNANCY = "pregnancy"
    POSTPARTUM = "postpartum"
    CHILD = "child"


class Switch(StrEnum):
    """What an area turns on for itself (`YUNBAN_AREA_SWITCHES`): an epidemic, winters with stoves and ice."""

    EPIDEMIC = "epidemic"
    COLD_REGION = "cold_region"


def _read_day(value: object) -> object:
    if isinstance(value, str) and (match := _GESTATIONAL_AGE.fullmatch(value)):
        return GestationalAge.of(int(match[1]), int(match[2])).days
    return value


PhaseDay = Annotated[int, BeforeValidator(_read_day), Field(ge=0)]
"""A day of a phase, written 28+0 in pregnancy and as a plain number after birth."""


class When(BaseModel):
    """A group of women: everything that is given must hold; of the conditions, one is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colours: tuple[RiskColour, ...] = ()
    conditions: frozenset[str] = frozenset()
    infectious: bool | None = None
    declined_termination: bool | None = None
    newborn: bool | None = None
    newborn_high_risk: bool | None = None
    high_risk_postpartum: bool | None = None

    @field_serializer("conditions")
    def _in_order(self, conditions: frozenset[str]) -> list[str]:
        """A set has another order in every process, and a digest is made of it."""
        return sorted(conditions)


class Sourced(BaseModel):
    """What every statement carries that a clinician signs: its name, what it rests on, and who has signed it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    source: str = Field(min_length=3)
    mark: Mark
    reviewed_by: str | None
    reviewed_on: date | None
