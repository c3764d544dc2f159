"""The schema of a lesson: one idea of the education calendar. Authors read `docs/education.md`."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from dialogs.audience import Phase, PhaseDay, Sourced, Switch, When
from dialogs.effects import Purpose
from dialogs.script import End, Frozen, Script, TellGuardian, Wording
from dialogs.triage.finding import Context
from models.values import POSTPARTUM_DAYS, PREGNANCY_DAYS, Language, Urgency

_LONGEST_PREGNANCY = PREGNANCY_DAYS + 21
_CALENDAR: Mapping[Phase, int] = {Phase.PREGNANCY: _LONGEST_PREGNANCY, Phase.POSTPARTUM: POSTPARTUM_DAYS}
"""The phases in which lessons are told by themselves, and their last days; in the others they are read on request."""

_MONTH_DAY = re.compile(r"(\d\d)-(\d\d)")
_LEAP_YEAR = 2000
_AHEAD = 14  # days before its own day on which a lesson may be read
_SCRIPTS = {
    Language.ZH_CN: re.compile("[\u4e00-\u9fff]"),
    Language.KO: re.compile("[\uac00-\ud7a3]"),
    Language.EN: re.compile("^[ -~]+$"),
}


class Topic(StrEnum):
    NUTRITION = "nutrition"
    ACTIVITY = "activity"
    DISCOMFORT = "discomfort"
    CHECKUP = "checkup"
    DANGER = "danger"
    MOVEMENT = "movement"
    BIRTH = "birth"
    BREASTFEEDING = "breastfeeding"
    MOOD = "mood"
    PARTNER = "partner"
    RECOVERY = "recovery"
    CONTRACEPTION = "contraception"
    NEWBORN = "newborn"
    GROWTH = "growth"
    VACCINE = "vaccine"
    SAFETY = "safety"
    RESPIRATORY = "respiratory"
    WINTER = "winter"
    PREPARATION = "preparation"
    CHRONIC = "chronic"


class Reader(StrEnum):
    WOMAN = "woman"
    GUARDIAN = "guardian"


def _read_month_day(raw: object) -> object:
    match = _MONTH_DAY.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise ValueError(f"expected month-day such as 11-01, not {raw!r}")
    return date(_LEAP_YEAR, int(match[1]), int(match[2]))


MonthDay = Annotated[date, BeforeValidator(_read_month_day)]
"""The day of any year; its own year means nothing."""


class Season(Frozen):
    """From one day of the year to another, both included; it may run over the turn of the year."""

    begins: MonthDay = Field(alias="from")
    ends: MonthDay = Field(alias="to")

    def holds(self, day: date) -> bool:
        today, begins, ends = _day_of_year(day), _day_of_year(self.begins), _day_of_year(self.ends)
        return begins <= today <= ends if begins <= ends else today >= begins or today <= ends

    def first(self, opens: date, closes: date) -> date | None:
        """The first day of the season from `opens` to `closes`; None when they miss each other."""
        if opens > closes:
            return None
        if self.holds(opens):
            return opens
        following = (_in_year(self.begins, year) for year in (opens.year, opens.year + 1))
        return next((day for day in following if opens <= day <= closes), None)

    def last(self, day: date) -> date:
        """The last day of the season that `day` lies in."""
        ends = _in_year(self.ends, day.year)
        return ends if day <= ends else _in_year(self.ends, day.year + 1)


def _day_of_year(day: date) -> tuple[int, int]:
    return day.month, day.day


def _in_year(day: date, year: int) -> date:
    """29 February is the first of March where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28) + timedelta(days=1)


class Lesson(Sourced, Frozen):
    """`say` is the idea, `call` the line that ends it: which sign means to call, and whom.

    It is told on day `tell` of its phase, to a woman who came later until day `until`; within `season` when there is
    one, and only in an area that has turned its `switch` on. It is for the groups `when`, and for nobody with a
    condition of `unless`: what her doctor told her holds. `words` are whole messages that ask for it; what hangs on a
    switch has none, because it may speak of what is not so in this area.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reviewed_by: str | None = None
    reviewed_on: date | None = None
    version: Annotated[int, Field(ge=1)]
    title: str
    topic: Topic
    audience: Reader
    phase: Phase
    tell: PhaseDay | None = None
    until: PhaseDay | None = None
    when: tuple[When, ...] = ()
    unless: tuple[str, ...] = ()
    season: Season | None = None
    switch: Switch | None = None
    words: tuple[str, ...] = ()
    say: Wording
    call: Wording

    @model_validator(mode="after")
    def _has_its_days(self) -> Self:
        last = _CALENDAR.get(self.phase)
        if last is None:
            if self.tell is not None or self.until is not None or self.audience is Reader.GUARDIAN:
                raise ValueError(f"a lesson of phase {self.phase} is read on request: no tell, no until, no guardian")
        elif self.tell is None or self.until is None or not self.tell <= self.until <= last:
            raise ValueError(f"needs tell and until, in this order, until day {last} of its phase")
        if self.audience is Reader.GUARDIAN and self.words:
            raise ValueError("a guardian asks for nothing: no words")
        if self.switch is not None and self.words:
            raise ValueError("what an area must turn on first cannot be asked for: no words")
        if missing := set(Language) - self.say.root.keys() & self.call.root.keys():
            raise ValueError(f"say or call lacks {', '.join(sorted(missing))}")
        return self

    def text(self, language: Language) -> str:
        """All of it, as she reads it."""
        between = "" if self.audience is Reader.GUARDIAN else "\n"
        return f"{self.say.text(language)}{between}{self.call.text(language)}"

    @cached_property
    def script(self) -> Script:
        """The lesson as a dialog that asks nothing, so that all that can begin a script can tell it."""
        wording = Wording({language: self.text(language) for language in Language})
        if self.audience is Reader.GUARDIAN:
            telling = TellGuardian(
                kind="tell_guardian", say=wording, urgency=Urgency.SELF_CARE, purpose=Purpose.EDUCATION, go="over"
            )
            steps: dict[str, Any] = {"told": telling, "over": End(kind="end")}
        else:
            steps = {"told": End(kind="end", say=wording, purpose=Purpose.EDUCATION)}
        return Script(
            id=self.id,
            version=self.version,
            title=self.title,
            languages=tuple(Language),
            words=self.words,
            unclear=self.call,
            start="told",
            steps=steps,
        )

    def texts(self) -> Iterator[tuple[tuple[str, Language], str]]:
        """Every text, with the path of keys that leads to it."""
        for field, wording in (("say", self.say), ("call", self.call)):
            yield from (((field, language), text) for language, text in wording.root.items())

    def digest(self) -> str:
        """Changes with anything that changes what is told, to whom and when, but not with version and signature."""
        content = self.model_dump(
            mode="json", by_alias=True, exclude={"version", "reviewed_by", "reviewed_on"}, exclude_defaults=True
        )
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def offered(lessons: Iterable[Lesson], context: Context, language: Language) -> list[str]:
    """A word in her language for each lesson that suits her now, what belongs to these days first.

    Who is neither pregnant nor newly delivered, as far as the records know, may read what is before and after.
    """
    stages = {
        Phase.PREGNANCY: context.gestational_age.days if context.gestational_age else None,
        Phase.POSTPARTUM: context.postpartum_day,
    }
    if all(day is None for day in stages.values()):
        phases = {Phase.PRECONCEPTION: 0, Phase.CHILD: 0}
    else:
        phases = {phase: day for phase, day in stages.items() if day is not None}
    suiting = [
        (_distance(lesson, phases[lesson.phase]), word)
        for lesson in lessons
        if lesson.phase in phases
        and lesson.season is None
        and context.conditions.isdisjoint(lesson.unless)
        and (not lesson.when or any(_holds(group, context) for group in lesson.when))
        if _distance(lesson, phases[lesson.phase]) is not None and (word := _word(lesson, language))
    ]
    return [word for _, word in sorted(suiting, key=itemgetter(0))]


def _distance(lesson: Lesson, day: int) -> int | None:
    """How many days it lies from its own day; None when it is too early for it by weeks, or too late."""
    if lesson.tell is None or lesson.until is None:
        return 0
    if not lesson.tell - _AHEAD <= day <= lesson.until:
        return None
    return abs(day - lesson.tell)


def _holds(group: When, context: Context) -> bool:
    """What the records of a dialog do not tell, an infection for one, no lesson is offered for."""
    hidden = (group.infectious, group.declined_termination, group.newborn_high_risk, group.high_risk_postpartum)
    return (
        not any(hidden)
        and (not group.colours or context.risk_colour in group.colours)
        and (not group.conditions or not group.conditions.isdisjoint(context.conditions))
        and (group.newborn is None or group.newborn is (context.newborn_age_days is not None))
    )


def _word(lesson: Lesson, language: Language) -> str | None:
    return next((word for word in lesson.words if _SCRIPTS[language].search(word)), None)


class Lessons(Frozen):
    """One file of `education/`."""

    items: tuple[Lesson, ...]
