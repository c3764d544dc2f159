"""What triage knows before it reads a message, and what it says afterwards."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from models.values import GestationalAge, Language, RiskColour, Urgency


class FindingStatus(StrEnum):
    """Only a current finding counts; the others are kept so that a nurse sees what was read and set aside."""

    CURRENT = "current"
    NEGATED = "negated"
    PAST = "past"
    OTHER_PERSON = "other_person"
    HYPOTHETICAL = "hypothetical"


About = Literal["mother", "baby"]
"""Whose sign or reading it is."""


@dataclass(frozen=True, slots=True)
class Told:
    """One sign or number that she reported as current: `name` as in `lexicon.yaml`, `value` of a number, units there.

    Kept with her message, so that what she tells piece by piece is judged as a whole. `hours_ago` counts from now.
    """

    name: str
    about: About
    value: float | None = None
    hours_ago: float = 0.0


@dataclass(frozen=True, slots=True)
class Context:
    """What the records say about her. None means unknown, and the worst branch of a rule is taken (D1.3).

    `recent`: what she told in the last 24 hours, and what rules compare over days as long as they do, newest first.
    """

    gestational_age: GestationalAge | None = None
    postpartum_day: int | None = None
    newborn_age_days: int | None = None
    conditions: frozenset[str] = frozenset()
    risk_colour: RiskColour | None = None
    language: Language = Language.ZH_CN
    recent: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One sign read in one place: `evidence` is the piece of text, `start`/`end` its place in the text as written."""

    rule: str
    sign: str
    level: Urgency
    status: FindingStatus
    evidence: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """`level` is None when nothing in the message matters for her health today.

    `ask` and `reply` are keys of `dialogs/wording/*.yaml`: at most two questions, always after the safety line.
    `second_look` is what stood out to the statistical model in a message that no rule takes seriously: a human looks at
    it, and nobody tells her anything of it. `told` is what this message reported as current, with or without a rule for
    it, for the messages that follow.
    """

    level: Urgency | None
    findings: tuple[Finding, ...] = field(default=())
    ask: tuple[str, ...] = ()
    reply: str | None = None
    told: tuple[Told, ...] = ()
    second_look: Finding | None = None

    @property
    def seen_as(self) -> Urgency | None:
        """How soon a human sees it: the level, or `soon` where only the second look stands out."""
        if self.second_look is None or (self.level is not None and self.level.at_least(Urgency.SOON)):
            return self.level
        return Urgency.SOON

    @property
    def current(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.status is FindingStatus.CURRENT)
