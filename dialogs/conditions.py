"""Which way a branch goes."""

from collections.abc import Mapping

from dialogs.effects import Value
from dialogs.script import Branch, Condition
from dialogs.snapshot import Snapshot


def way(branch: Branch, answers: Mapping[str, Value], snapshot: Snapshot) -> str:
    for condition in branch.when:
        if _meets(condition, _subject(condition.of, answers, snapshot)):
            return condition.go
    return branch.otherwise


def _subject(name: str, answers: Mapping[str, Value], snapshot: Snapshot) -> object:
    """An answer of this dialog comes before the records, and these before the facts; None is unknown."""
    if name in answers:
        return answers[name]
    records = _records(snapshot)
    return records[name] if name in records else snapshot.facts.get(name) or None


def _records(snapshot: Snapshot) -> dict[str, object]:
    context = snapshot.context
    return {
        "week": context.gestational_age and context.gestational_age.weeks,
        "postpartum_day": context.postpartum_day,
        "baby_days": context.newborn_age_days,
        "colour": context.risk_colour,
        "conditions": context.conditions,
        "consents": snapshot.consents,
        "confirmed": snapshot.confirmed,
        "language": snapshot.language,
    }


def _meets(condition: Condition, value: object) -> bool:
    if value is None or condition.known is False:
        return value is None and condition.known is False
    if condition.is_ and not _is_one_of(value, condition):
        return False
    if condition.at_least is None and condition.below is None:
        return True
    return (
        isinstance(value, int | float)
        and (condition.at_least is None or value >= condition.at_least)
        and (condition.below is None or value < condition.below)
    )


def _is_one_of(value: object, condition: Condition) -> bool:
    if isinstance(value, frozenset):
        return not value.isdisjoint(condition.is_)
    return value in condition.is_
