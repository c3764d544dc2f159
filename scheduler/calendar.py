"""The rules laid on the calendar of one pregnancy: what falls on which of her days."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from dialogs.audience import Phase, Sourced, When
from dialogs.lesson import Lesson, Season
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
    for day, lesson in _lessons(care, rules, phase, start, end):
        if lesson.id not in care.lessons_told:
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


def _lessons(care: Care, rules: Plans, phase: Phase, start: int, end: int) -> Iterator[tuple[int, Lesson]]:
    """What the education calendar of her phase holds from `start` to `end`."""
    day_zero = _day_zero(care)
    since = max(care.enrolled_on.toordinal() + rules.education.begin_after_days, _ordinal(care.dated_on), day_zero)
    graded = max(since, _ordinal(care.risk_changed_on))
    timetable = _timetable(rules, phase, _profile(care), _Known(day_zero, since, graded))
    first = bisect_left(timetable, start, key=_day_of)
    yield from timetable[first : bisect_right(timetable, end, key=_day_of)]


class _Known(NamedTuple):
    """Day zero of her phase, the day from which lessons may be told, and that from which she is what she is now."""

    day_zero: int
    since: int
    graded: int


@lru_cache(maxsize=4096)
def _timetable(rules: Plans, phase: Phase, who: _Profile, known: _Known) -> tuple[tuple[int, Lesson], ...]:
    """Each lesson for her with the day on which it is told, in order. What came too early for her is told later, one
    every few days, while it is of use; what keeps a season, when that has come.
    """
    day_zero, since, graded = known
    told: list[tuple[int, Lesson]] = []
    late: list[tuple[int, int, Lesson]] = []
    for lesson, tell, until in rules.lessons[phase]:
        if not _suits(lesson, who):
            continue
        floor = graded if lesson.when else since
        if day_zero + tell >= floor:
            told.append((day_zero + tell, lesson))
        elif day_zero + until >= floor:
            late.append((day_zero + until, floor, lesson))
    free = _FreeDays(rules.education.catch_up_every_days, (day for day, _ in told))
    placed = [
        (free.take(range(floor, until + 1)), lesson) for until, floor, lesson in sorted(late, key=itemgetter(0, 1))
    ]
    for lesson, tell, until in rules.seasonal[phase]:
        if lesson.season and _suits(lesson, who):
            window = max(day_zero + tell, since), day_zero + until
            placed.append((free.take(_within(lesson.season, *window)), lesson))
    told += [(day, lesson) for day, lesson in placed if day is not None]
    return tuple(sorted(told, key=_day_of))


def _suits(lesson: Lesson, who: _Profile) -> bool:
    return who.conditions.isdisjoint(lesson.unless) and _is_for(lesson.when, who)


def _within(season: Season, opens: int, closes: int) -> Sequence[int]:
    """The days of a window that lie in the first season it meets."""
    first = season.first(date.fromordinal(opens), date.fromordinal(closes)) if opens <= closes else None
    if first is None:
        return ()
    return range(first.toordinal(), min(closes, season.last(first).toordinal()) + 1)


class _FreeDays:
    """The days on which a lesson without a day of its own may be told: with pauses between, and rather not beside
    another; but better beside one than never.
    """

    def __init__(self, pause: int, taken: Iterable[int]) -> None:
        self._pause = pause
        self._taken = set(taken)
        self._late: set[int] = set()

    def take(self, days: Sequence[int]) -> int | None:
        found = None
        for day in days:
            if self._late.isdisjoint(range(day - self._pause + 1, day + self._pause)):
                if day not in self._taken:
                    found = day
                    break
                found = found or day
        if found is not None:
            self._taken.add(found)
            self._late.add(found)
        return found


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
