"""What should be due for one pregnancy, and when something next will be: pure, and the same for the same facts.

The decisions behind it: `docs/decisions/0003-cadence-and-merging.md`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from models.values import PregnancyStatus
from scheduler.beats import NEVER, Lane
from scheduler.calendar import Part, lanes_for, reason_of, tellings
from scheduler.care import Care, Due, DueKind, Reason
from scheduler.plan_rules import Opening, Plans

__all__ = ["Care", "Due", "DueKind", "Reason", "next_planning_day", "plan"]

_KIND_RANK = {kind: rank for rank, kind in enumerate(DueKind)}


def plan(care: Care, rules: Plans, start: date, end: date, *, missed_since: date | None = None) -> tuple[Due, ...]:
    """All that should be due from `start` to `end`, both included, in order of day and key.

    What fell from `missed_since` to `start` and was not begun, as after an outage, is merged into what `start` holds.
    """
    first, last = start.toordinal(), end.toordinal()
    since = missed_since.toordinal() if missed_since else first
    lanes = lanes_for(care, rules, last)
    lanes.routine.beats.extend(tellings(care, rules, since, last))
    due = [
        _merge("routine", day, parts, rules.cadences.opening) for day, parts in _days(lanes.routine, since, first, last)
    ]
    due += [_merge("human_contact", day, parts) for day, parts in _days(lanes.human, since, first, last)]
    for day, parts in _days(lanes.overdue, since, first, last):
        due += [_merge(part.reason.rule, day, (part,)) for part in parts]
    due += [again for again in _after_emergency(care, rules) if (missed_since or start) <= again.on <= end]
    return tuple(sorted(due, key=lambda item: (item.on, item.key)))


def _days(lane: Lane[Part], since: int, first: int, last: int) -> Iterator[tuple[int, tuple[Part, ...]]]:
    if since < first:
        late = {part: None for _, parts in lane.days(since, first) for part in parts}
        if late:
            yield first, tuple(late)
        first += 1
    yield from lane.days(first, last)


def next_planning_day(care: Care, rules: Plans, after: date) -> date | None:
    """The first day later than `after` on which something is due; None when nothing ever will be."""
    tomorrow = after.toordinal() + 1
    lanes = lanes_for(care, rules, NEVER)
    nearest = min(lane.next_from(tomorrow) for lane in (lanes.routine, lanes.human, lanes.overdue))
    days = [day for beat in tellings(care, rules, tomorrow, nearest) for day in beat.days]
    days += [again.on.toordinal() for again in _after_emergency(care, rules) if again.on > after]
    earliest = min([nearest, *days])
    return date.fromordinal(earliest) if earliest < NEVER else None


def _merge(key: str, day: int, parts: Sequence[Part], opening: Opening | None = None) -> Due:
    """Everything that falls on one day as one: the strictest part sets the time to answer, every reason is kept."""
    on = date.fromordinal(day)
    strictest = min(parts, key=lambda part: part.within or timedelta.max)
    return Due(
        key=f"{key}:{on}",
        on=on,
        kind=min((part.kind for part in parts), key=_KIND_RANK.__getitem__),
        scripts=_scripts(parts, opening),
        reasons=tuple(part.reason for part in parts),
        urgency=strictest.urgency,
        answer_within=strictest.within,
        ladder=strictest.ladder,
        visits=tuple(part.reason.rule for part in parts if part.kind is DueKind.VISIT_REMINDER),
    )


def _scripts(parts: Sequence[Part], opening: Opening | None) -> tuple[str, ...]:
    """Each script once. What only tells comes before what asks, so that a missing answer does not hold it back.

    Of what asks, that which greets and asks for danger signs comes first.
    """
    told = [script for part in parts if part.kind is not DueKind.CHECK_IN for script in part.scripts]
    asked = [script for part in parts if part.kind is DueKind.CHECK_IN for script in part.scripts]
    if opening and asked:
        asked.sort(key=lambda script: script not in opening.unless)
        if asked[0] not in opening.unless:
            asked.insert(0, opening.script)
    return tuple(dict.fromkeys(told + asked))


def _after_emergency(care: Care, rules: Plans) -> Iterator[Due]:
    if care.emergency_at is None or care.status is PregnancyStatus.ENDED:
        return
    for rule in rules.cadences.after_emergency:
        ladder = rules.ladders[rule.ladder]
        for wait in rule.after:
            at = care.emergency_at + wait
            yield Due(
                key=f"{rule.id}:{at.isoformat()}",
                on=at.date(),
                kind=DueKind.AFTER_EMERGENCY,
                scripts=rule.scripts,
                reasons=(reason_of(rule),),
                urgency=ladder.urgency,
                answer_within=ladder.nurse_after,
                ladder=ladder,
                at=at,
            )
