"""The schema of `plans/*.yaml`, and the one place where they are read: when to ask, remind, teach and call, and why."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, NamedTuple, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, PositiveInt, ValidationError, model_validator

from dialogs.audience import Phase, PhaseDay, Sourced, Switch, When
from dialogs.lesson import Lesson
from models.values import POSTPARTUM_DAYS, Language, Urgency

_DURATION = re.compile(r"(\d+) ?(m|h|d)")
_DURATION_UNIT = {"m": "minutes", "h": "hours", "d": "days"}


FOLLOWED = (Phase.PREGNANCY, Phase.POSTPARTUM)
"""The phases in which we speak first."""


class PlanError(ValueError):
    """A plan file that cannot be used; the message names the file and the place in it."""


def _read_duration(value: object) -> object:
    if not isinstance(value, str) or not (match := _DURATION.fullmatch(value)):
        raise ValueError(f"expected a duration such as 10m, 12h or 7d, not {value!r}")
    return timedelta(**{_DURATION_UNIT[match[2]]: int(match[1])})


Duration = Annotated[timedelta, BeforeValidator(_read_duration)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Rule(Sourced, _Strict):
    """What every rule carries."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Rhythm(_Strict):
    """Either every so many days, or on given days after birth and after discharge."""

    every: PositiveInt | None = None
    days: tuple[int, ...] = ()
    after_discharge: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if bool(self.every) == bool(self.days or self.after_discharge):
            raise ValueError("give either `every` or `days`/`after_discharge`")
        return self


class HumanContact(Rhythm):
    """A nurse's visit or call; `within` is the time she has from the morning of the day on which it falls due."""

    within: Duration
    urgency: Urgency


class Ladder(Rule):
    """What happens when she does not answer, each step counted from the question."""

    repeat_after: Duration | None = None
    guardian_after: Duration | None = None
    nurse_after: Duration
    urgency: Urgency

    @model_validator(mode="after")
    def _climbs(self) -> Self:
        steps = [step for step in (self.repeat_after, self.guardian_after, self.nurse_after) if step is not None]
        if steps != sorted(steps):
            raise ValueError("the steps of a ladder follow one another: repeat, guardian, nurse")
        return self


class _Phased(Rule):
    """A rule that holds from `opens` to `closes`, both days included."""

    phase: Phase
    opens: PhaseDay
    closes: PhaseDay
    when: tuple[When, ...] = ()

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.opens > self.closes:
            raise ValueError("`opens` lies after `closes`")
        if self.phase not in FOLLOWED:
            raise ValueError(f"nobody is followed up in phase {self.phase}")
        if self.phase is Phase.POSTPARTUM and self.closes > POSTPARTUM_DAYS:
            raise ValueError(f"nothing is planned after day {POSTPARTUM_DAYS}")
        return self


class Cadence(_Phased):
    """How often one group is asked, and how often a human sees or calls her."""

    check_in: Rhythm | None = None
    human_contact: HumanContact | None = None
    ladder: str | None = None
    scripts: tuple[str, ...] = ()
    acute_infection_days: PositiveInt | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.check_in and not (self.ladder and self.scripts):
            raise ValueError("a check-in needs a ladder and scripts")
        rhythms = [rhythm for rhythm in (self.check_in, self.human_contact) if rhythm]
        if self.phase is Phase.PREGNANCY and any(rhythm.every is None for rhythm in rhythms):
            raise ValueError("in pregnancy a rhythm is `every` so many days")
        return self


class Opening(_Strict):
    """What greets her and asks for danger signs in a contact that asks, unless a script of it does so itself."""

    script: str
    unless: frozenset[str]


class Overdue(_Phased):
    """A nurse is told on every day of the window for as long as it holds; admission ends it if `unless_admitted`."""

    unless_admitted: bool
    within: Duration
    urgency: Urgency


class AfterEmergency(Rule):
    """Moments after an emergency or urgent finding at which she is asked again, at any hour."""

    after: tuple[Duration, ...]
    ladder: str
    scripts: tuple[str, ...]


class Visit(_Phased):
    """A visit or test window. Reminded 7 days before, at opening and midway, or at opening and then `every` days."""

    name: dict[Language, str]
    every: PositiveInt | None = None

    @model_validator(mode="after")
    def _is_named_in_every_language(self) -> Self:
        if missing := set(Language) - set(self.name):
            raise ValueError(f"the name lacks {', '.join(sorted(missing))}")
        return self

    def reminder_days(self, before: int) -> frozenset[int]:
        """Days of the phase; a window of a day or two has fewer than three."""
        if self.every:
            return frozenset(range(self.opens, self.closes + 1, self.every))
        return frozenset({self.opens - before, self.opens, (self.opens + self.closes) // 2})


class EmergencyContacts(Rule):
    weeks: tuple[PhaseDay, ...]
    at_risk_change: bool
    scripts: tuple[str, ...]


class FirstLesson(Rule):
    days_after_enrolment: PositiveInt
    scripts: tuple[str, ...]


class _Cadences(_Strict):
    assumed_stay_days: PositiveInt
    opening: Opening
    ladders: tuple[Ladder, ...]
    cadences: tuple[Cadence, ...]
    overdue: tuple[Overdue, ...]
    after_emergency: tuple[AfterEmergency, ...]


class _Visits(_Strict):
    remind_before_days: PositiveInt
    scripts: tuple[str, ...]
    visits: tuple[Visit, ...]


class _Contacts(_Strict):
    contacts: tuple[EmergencyContacts, ...]


class _Education(_Strict):
    lessons: tuple[FirstLesson, ...]
    begin_after_days: PositiveInt
    catch_up_every_days: PositiveInt


class Dated(NamedTuple):
    """A lesson of the calendar, with the first and the last day of its phase on which it is told."""

    lesson: Lesson
    tell: int
    until: int


class Plans(_Strict):
    """All rules of an area, checked against one another. Read once, so two are the same only if they are one object."""

    cadences: _Cadences
    visits: _Visits
    contacts: _Contacts
    education: _Education
    calendar: tuple[Lesson, ...] = ()

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        twice = [name for name, times in Counter(rule.id for rule in self.rules()).items() if times > 1]
        if twice:
            raise ValueError(f"rule {twice[0]} is given twice")
        climbing: tuple[Cadence | AfterEmergency, ...] = (*self.cadences.cadences, *self.cadences.after_emergency)
        for rule in climbing:
            if rule.ladder and rule.ladder not in self.ladders:
                raise ValueError(f"rule {rule.id} names the unknown ladder {rule.ladder}")
        return self

    @cached_property
    def ladders(self) -> dict[str, Ladder]:
        return {ladder.id: ladder for ladder in self.cadences.ladders}

    @cached_property
    def reminders(self) -> dict[Phase, tuple[tuple[int, Visit], ...]]:
        """Each day of a phase on which a visit is spoken of, in order of days."""
        before = self.visits.remind_before_days
        days = [(day, visit) for visit in self.visits.visits for day in visit.reminder_days(before)]
        days.sort(key=lambda item: item[0])
        return {phase: tuple(item for item in days if item[1].phase is phase) for phase in Phase}

    @cached_property
    def lessons(self) -> dict[Phase, tuple[Dated, ...]]:
        """What is told by itself in a phase in any season, in order of days."""
        return self._dated(one for one in self.calendar if one.season is None)

    @cached_property
    def seasonal(self) -> dict[Phase, tuple[Dated, ...]]:
        return self._dated(one for one in self.calendar if one.season is not None)

    @staticmethod
    def _dated(lessons: Iterable[Lesson]) -> dict[Phase, tuple[Dated, ...]]:
        dated = [Dated(one, one.tell, one.until) for one in lessons if one.tell is not None and one.until is not None]
        dated.sort(key=lambda one: (one.tell, one.lesson.id))
        return {phase: tuple(one for one in dated if one.lesson.phase is phase) for phase in FOLLOWED}

    def rules(self) -> Iterator[Sourced]:
        yield from self.cadences.ladders
        yield from self.cadences.cadences
        yield from self.cadences.overdue
        yield from self.cadences.after_emergency
        yield from self.visits.visits
        yield from self.contacts.contacts
        yield from self.education.lessons
        yield from self.calendar

    def script_ids(self) -> frozenset[str]:
        """Every script a rule may begin; the caller refuses to start when its library lacks one."""
        return frozenset({self.cadences.opening.script, *self.visits.scripts}).union(
            *(rule.scripts for rule in self.cadences.cadences),
            *(rule.scripts for rule in self.cadences.after_emergency),
            *(rule.scripts for rule in self.contacts.contacts),
            *(rule.scripts for rule in self.education.lessons),
        )

    def conditions(self) -> frozenset[str]:
        """Every condition a rule asks for; one that the records cannot name would silently never match."""
        phased: tuple[Cadence | Visit, ...] = (*self.cadences.cadences, *self.visits.visits)
        return frozenset(condition for rule in phased for when in rule.when for condition in when.conditions)


_File = TypeVar("_File", bound=_Strict)


def load_plans(
    folder: Traversable | None = None, lessons: Iterable[Lesson] = (), switches: Collection[Switch] = ()
) -> Plans:
    """Read the rules of this package, or those of an area that keeps its own. Raises PlanError.

    Of the lessons, those with a switch are told only where the area has turned it on.
    """
    folder = folder or files("scheduler") / "plans"
    parts: dict[str, Any] = {
        "calendar": tuple(one for one in lessons if one.switch is None or one.switch in switches),
        "cadences": _read(folder / "cadences.yaml", _Cadences),
        "visits": _read(folder / "visits.yaml", _Visits),
        "contacts": _read(folder / "contacts.yaml", _Contacts),
        "education": _read(folder / "education.yaml", _Education),
    }
    try:
        return Plans.model_validate(parts)
    except ValidationError as error:
        raise PlanError(f"plans: {error.errors()[0]['msg']}") from error


def _read(file: Traversable, schema: type[_File]) -> _File:
    try:
        # Through JSON, because only there strict validation lets a list be a tuple and a word be an enum.
        return schema.model_validate_json(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))
    except (OSError, yaml.YAMLError) as error:
        raise PlanError(f"{file.name}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PlanError(f"{file.name}: {place}: {first['msg']}") from error
