"""The rules laid on the calendar of one pregnancy: what falls on which of her days."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from dialogs.audience import Phase, Sourced, When
from dialogs.lesson import Lesson
from models.values import PREGNANCY_DAYS, PregnancyStatus, RiskColour, Urgency
from scheduler.beats import Beat, Lane
from scheduler.care import Care, DueKind, Reason
from scheduler.plan_rules import Cadence, Ladder, Overdue, Plans, Rhythm, Visit

_PHASE = {PregnancyStatus.ONGOING: Phase.PREGNANCY, PregnancyStatus.POSTPARTUM: Phase.POSTPARTUM}
_day_of = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Part:
    """What one rule adds to the day on which it falls."""

    kind: DueKind
    reason: Reason
    scripts: tuple[str, ...] = ()
    urgency: Urgency = Urgency.SELF_CARE
    within: timedelta | None = None
    ladder: Ladder | None = None


class _Profile(NamedTuple):
    """The part of a Care that decides which groups she belongs to; few differ, so what follows from it is kept."""

    colour: RiskColour
    infectious: bool
    declined_termination: bool
    conditions: frozenset[str]
    newborn: bool
    newborn_high_risk: bool
    high_risk_postpartum: bool


class _Group(NamedTuple):
    """A cadence she belongs to: what it adds to the messages to her, and to the work of a nurse."""

    rule: Cadence
    ask: Part | None
    see: Part | None


class _Dates(NamedTuple):
    """What her days are counted from, and the day from which her dates and her risk are known as they are now."""

    enrolled: int
    day_zero: int
    discharge: int
    known: int


class Lanes(NamedTuple):
    routine: Lane[Part]
    human: Lane[Part]
    overdue: Lane[Part]


def lanes_for(care: Care, rules: Plans, end: int) -> Lanes:
    """What asks, and what a nurse does: the cadences on her calendar, without those that open after `end`."""
    enrolled, asked, seen = (
        care.enrolled_on.toordinal(),
        _ordinal(care.last_check_in),
        _ordinal(care.last_human_contact),
    )
    lanes = Lanes(routine=Lane(max(enrolled, asked)), human=Lane(max(enrolled, seen)), overdue=Lane(enrolled))
    phase = _PHASE.get(care.status)
    if phase is None:
        return lanes
    dates = _dates(care, rules)
    day_zero, known = dates.day_zero, dates.known
    for rule, ask, see in _groups(rules, phase, _profile(care)):
        first, last = _window(rule, care, day_zero)
        if first > end or last < first:
            continue
        first = max(first, known)
        if ask and rule.check_in:
            lanes.routine.beats.append(_beat(ask, rule.check_in, dates, (first, last), asked))
        if see and rule.human_contact:
            lanes.human.beats.append(_beat(see, rule.human_contact, dates, (first, last), seen))
    for late, part in _overdue(rules) if phase is Phase.PREGNANCY else ():
        first, last = day_zero + late.opens, day_zero + late.closes
        if first <= end and not (late.unless_admitted and care.admitted):
            lanes.overdue.beats.append(Beat(part, first, last, every=1))
    return lanes


@lru_cache(maxsize=4096)
def _groups(rules: Plans, phase: Phase, profile: _Profile) -> tuple[_Group, ...]:
    return tuple(
        _Group(rule, _asking(rule, rules), _seeing(rule))
        for rule in rules.cadences.cadences
        if rule.phase is phase and _is_for(rule.when, profile)
    )


def _asking(rule: Cadence, rules: Plans) -> Part | None:
    if not (rule.check_in and rule.ladder):
        return None
    ladder = rules.ladders[rule.ladder]
    return Part(DueKind.CHECK_IN, reason_of(rule), rule.scripts, ladder.urgency, ladder.nurse_after, ladder)


def _seeing(rule: Cadence) -> Part | None:
    if not (contact := rule.human_contact):
        return None
    return Part(DueKind.HUMAN_CONTACT, reason_of(rule), urgency=contact.urgency, within=contact.within)


def _beat(part: Part, rhythm: Rhythm, dates: _Dates, window: tuple[int, int], done: int) -> Beat[Part]:
    """Fixed days that passed before they could be known are made up for once, on the day they became known.

    A group that holds from the beginning is counted from enrolment; one that comes into force later is asked at once.
    """
    first, last = window
    enrolled, birth, discharge, known = dates
    if rhythm.every:
        return Beat(part, first, last, rhythm.every, origin=first if first > enrolled + 1 else enrolled)
    days = [birth + n for n in rhythm.days] + [discharge + n for n in rhythm.after_discharge]
    coming = [day for day in days if known <= day <= last and day > done]
    if done < known <= last and min(days) < known:
        coming.append(known)
    return Beat(part, days=coming)


def _window(rule: Cadence, care: Care, day_zero: int) -> tuple[int, int]:
    """First and last day of a cadence; one for acute infections is narrowed to hers, and empty without one."""
    first, last = day_zero + rule.opens, day_zero + rule.closes
    if rule.acute_infection_days is None:
        return first, last
    since = _ordinal(care.acute_infection_since)
    return max(first, since), min(last, since + rule.acute_infection_days - 1)


@lru_cache(maxsize=8)
def _overdue(rules: Plans) -> tuple[tuple[Overdue, Part], ...]:
    return tuple(
        (rule, Part(DueKind.OVERDUE, reason_of(rule), urgency=rule.urgency, within=rule.within))
        for rule in rules.cadences.overdue
    )


def tellings(care: Care, rules: Plans, start: int, end: int) -> Iterator[Beat[Part]]:
    """What is told from `start` to `end` and asks nothing: visits, emergency contacts, lessons."""
    phase = _PHASE.get(care.status)
    if phase is None:
        return
    day_zero = _day_zero(care)
    profile = _profile(care)
    for day, visit in _reminders(care, rules.reminders[phase], start - day_zero, end - day_zero):
        if visit.id not in care.visits_done and _is_for(visit.when, profile):
            yield Beat(Part(DueKind.VISIT_REMINDER, reason_of(visit), rules.visits.scripts), days=(day_zero + day,))
    for day, lesson in _lessons(care, rules, phase, day_zero):
        if start <= day <= end and lesson.id not in care.lessons_told:
            yield Beat(Part(DueKind.LESSON, reason_of(lesson), (lesson.id,)), days=(day,))
    if phase is Phase.PREGNANCY:
        yield from _contacts_and_lessons(care, rules, day_zero, start, end)


def _reminders(care: Care, calendar: Sequence[tuple[int, Visit]], start: int, end: int) -> Iterator[tuple[int, Visit]]:
    """Reminders from `start` to `end` in days of the phase; those that came too late are made up for."""
    floor = _dated_on(care) - _day_zero(care)
    first = bisect_left(calendar, max(start, floor), key=_day_of)
    coming = calendar[first : bisect_right(calendar, end, key=_day_of)]
    yield from coming
    if start <= floor <= end:
        late = {visit.id: visit for _, visit in calendar[:first] if visit.closes >= floor}
        said = {visit.id for day, visit in coming if day == floor}
        yield from ((floor, visit) for name, visit in late.items() if name not in said)


def _contacts_and_lessons(care: Care, rules: Plans, day_zero: int, start: int, end: int) -> Iterator[Beat[Part]]:
    """Nothing on the day of enrolment itself, which has its own dialog with consent and contacts."""
    start = max(start, care.enrolled_on.toordinal() + 1)
    for rule in rules.contacts.contacts:
        days = [day_zero + week for week in rule.weeks]
        if rule.at_risk_change:
            days.append(_ordinal(care.risk_changed_on))
        if coming := [day for day in days if start <= day <= end]:
            yield Beat(Part(DueKind.CONTACTS, reason_of(rule), rule.scripts), days=coming)
    for lesson in rules.education.lessons:
        day = care.enrolled_on.toordinal() + lesson.days_after_enrolment
        if start <= day <= end:
            yield Beat(Part(DueKind.LESSON, reason_of(lesson), lesson.scripts), days=(day,))


def _lessons(care: Care, rules: Plans, phase: Phase, day_zero: int) -> Iterator[tuple[int, Lesson]]:
    """The education calendar of her phase: each lesson with the day on which it is told."""
    since = max(care.enrolled_on.toordinal() + rules.education.begin_after_days, _ordinal(care.dated_on)) - day_zero
    graded = max(since, _ordinal(care.risk_changed_on) - day_zero)
    profile = _profile(care)
    timetable = _timetable(rules, phase, profile, since, graded)
    for day, lesson in timetable:
        yield day_zero + day, lesson
    seasonal = [lesson for lesson in rules.seasonal[phase] if _is_for(lesson.when, profile)]
    free = _FreeDays(rules, {day_zero + day: day != lesson.tell for day, lesson in timetable} if seasonal else {})
    for lesson in seasonal:
        found = free.take(_days_of_season(lesson, day_zero, since))
        if found is not None:
            yield found, lesson


def _days_of_season(lesson: Lesson, day_zero: int, since: int) -> Iterator[int]:
    """Days on which both her window for the lesson and its season are open."""
    if lesson.season is None or lesson.tell is None or lesson.until is None:
        return
    opens, closes = day_zero + max(lesson.tell, since), day_zero + lesson.until
    first = lesson.season.first(date.fromordinal(opens), date.fromordinal(closes))
    if first is not None:
        days = range(first.toordinal(), closes + 1)
        yield from (day for day in days if lesson.season.holds(date.fromordinal(day)))


@lru_cache(maxsize=8192)
def _timetable(rules: Plans, phase: Phase, who: _Profile, since: int, graded: int) -> tuple[tuple[int, Lesson], ...]:
    """Days of the phase on which lessons that keep no season are told to a woman known since day `since` and, as what
    she is now, since day `graded`. What came too early for her is told later, one every few days, while it is of use.
    """
    told: list[tuple[int, Lesson]] = []
    late: list[tuple[int, int, Lesson]] = []
    for lesson in rules.lessons[phase]:
        if lesson.tell is None or lesson.until is None or not _is_for(lesson.when, who):
            continue
        floor = graded if lesson.when else since
        if lesson.tell >= floor:
            told.append((lesson.tell, lesson))
        elif lesson.until >= floor:
            late.append((lesson.until, floor, lesson))
    free = _FreeDays(rules, dict.fromkeys((day for day, _ in told), False))
    for until, floor, lesson in sorted(late, key=itemgetter(0, 1)):
        day = free.take(range(floor, until + 1))
        if day is not None:
            told.append((day, lesson))
    return tuple(told)


class _FreeDays:
    """The days on which a lesson without a day of its own may be told: not beside another, and with pauses between."""

    def __init__(self, rules: Plans, made_up: dict[int, bool]) -> None:
        """`made_up` says of each day that is taken whether its lesson had no day of its own either."""
        self._pause = rules.education.catch_up_every_days
        self._taken = set(made_up)
        self._late = {day for day, is_late in made_up.items() if is_late}

    def take(self, days: Iterable[int]) -> int | None:
        for day in days:
            near = range(day - self._pause + 1, day + self._pause)
            if day not in self._taken and self._late.isdisjoint(near):
                self._taken.add(day)
                self._late.add(day)
                return day
        return None


def _dated_on(care: Care) -> int:
    """The day from which her dates are known; nothing is planned for the day of enrolment, which has its own dialog."""
    return max(care.enrolled_on.toordinal() + 1, _ordinal(care.dated_on))


def _dates(care: Care, rules: Plans) -> _Dates:
    """A discharge before the birth ended another stay in hospital."""
    day_zero, discharge = _day_zero(care), _ordinal(care.discharged_on)
    return _Dates(
        enrolled=care.enrolled_on.toordinal(),
        day_zero=day_zero,
        discharge=discharge if discharge >= day_zero else day_zero + rules.cadences.assumed_stay_days,
        known=max(_dated_on(care), _ordinal(care.risk_changed_on)),
    )


def _day_zero(care: Care) -> int:
    if care.status is PregnancyStatus.POSTPARTUM:
        return _ordinal(care.birth_on)
    return care.due_date.toordinal() - PREGNANCY_DAYS


def _profile(care: Care) -> _Profile:
    return _Profile(
        care.colour,
        care.infectious,
        care.declined_termination,
        care.conditions,
        care.has_newborn,
        care.newborn_high_risk,
        care.high_risk_postpartum,
    )


def _is_for(groups: Sequence[When], who: _Profile) -> bool:
    return not groups or any(_holds(group, who) for group in groups)


def _holds(when: When, who: _Profile) -> bool:
    return (
        (not when.colours or who.colour in when.colours)
        and (not when.conditions or not when.conditions.isdisjoint(who.conditions))
        and (when.infectious is None or when.infectious is who.infectious)
        and (when.declined_termination is None or when.declined_termination is who.declined_termination)
        and (when.newborn is None or when.newborn is who.newborn)
        and (when.newborn_high_risk is None or when.newborn_high_risk is who.newborn_high_risk)
        and (when.high_risk_postpartum is None or when.high_risk_postpartum is who.high_risk_postpartum)
    )


def reason_of(rule: Sourced) -> Reason:
    return Reason(rule.id, rule.source, rule.mark)


def _ordinal(day: date | None) -> int:
    """0, which lies before every day, when it is not known."""
    return day.toordinal() if day else 0
