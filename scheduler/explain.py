"""What is or would be due on a day, and why: read only, nothing is planned or sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from bot.db import Database
from bot.errors import NotFound
from models.follow_up import FollowUp
from models.person import Patient
from models.pregnancy import Pregnancy
from scheduler.care import Due
from scheduler.plan_rules import Plans
from scheduler.planner import plan
from scheduler.records import Subject, open_subjects, read_subjects

PIECE: Final = 1000


@dataclass(frozen=True, slots=True)
class Expected:
    """One contact of one day. `state` is that of the records, or "expected" when only the rules say so."""

    patient_id: UUID
    external_id: str | None
    key: str
    kind: str
    state: str
    scripts: Sequence[str]
    reasons: Sequence[dict[str, Any]]
    answer_within_hours: int | None
    why: str | None = None

    def as_json(self, day: date) -> dict[str, Any]:
        return {
            "patient_id": str(self.patient_id),
            "external_id": self.external_id,
            "on": day.isoformat(),
            "key": self.key,
            "kind": self.kind,
            "state": self.state,
            "why": self.why,
            "scripts": list(self.scripts),
            "answer_within_hours": self.answer_within_hours,
            "reasons": list(self.reasons),
        }

    def lines(self) -> Iterator[str]:
        """For a person: one line for the contact, one for each reason."""
        said = f" ({self.why})" if self.why else ""
        scripts = f": {', '.join(self.scripts)}" if self.scripts else ""
        yield f"{self.external_id or self.patient_id}  {self.kind}  {self.state}{said}{scripts}"
        for reason in self.reasons:
            yield f"    {reason['rule']} [{reason['mark']}]: {reason['source']}"


def explain(db: Database, zone: ZoneInfo, rules: Plans, day: date, patient: str | None = None) -> Iterator[Expected]:
    """Everything of `day`, for one woman (her id, or the roster's name for her) or all. Raises NotFound."""
    with db.reading() as session:
        connection = session.connection()
        if patient is None:
            subjects = open_subjects(connection, zone)
        else:
            subjects = iter(read_subjects(connection, _pregnancies_of(connection, patient), zone))
        while piece := list(islice(subjects, PIECE)):
            yield from _explain(connection, rules, day, piece)


def _explain(connection: Connection, rules: Plans, day: date, subjects: Sequence[Subject]) -> Iterator[Expected]:
    names = _external_ids(connection, [subject.patient_id for subject in subjects])
    standing = _standing(connection, [subject.pregnancy_id for subject in subjects], day)
    for subject in subjects:
        kept = standing.get(subject.pregnancy_id, [])
        yield from (_from_records(row, names.get(row.patient_id)) for row in kept)
        known = {row.key for row in kept}
        over = subject.closed or (subject.over_on is not None and subject.over_on <= day)
        for due in () if over else plan(subject.care, rules, day, day):
            if due.key not in known:
                yield _from_rules(due, subject, names.get(subject.patient_id))


def _from_records(row: Any, name: str | None) -> Expected:
    return Expected(
        patient_id=row.patient_id,
        external_id=name,
        key=row.key,
        kind=row.kind,
        state=row.state,
        scripts=row.scripts,
        reasons=row.reasons,
        answer_within_hours=row.answer_within_hours or None,
        why=row.closed_why,
    )


def _from_rules(due: Due, subject: Subject, name: str | None) -> Expected:
    return Expected(
        patient_id=subject.patient_id,
        external_id=name,
        key=due.key,
        kind=due.kind.value,
        state="expected",
        scripts=due.scripts,
        reasons=[{"rule": r.rule, "source": r.source, "mark": r.mark.value} for r in due.reasons],
        answer_within_hours=round(due.answer_within / timedelta(hours=1)) if due.answer_within else None,
    )


def _pregnancies_of(connection: Connection, patient: str) -> Sequence[UUID]:
    by_name = Patient.external_id == patient
    try:
        whose = or_(by_name, Patient.id == UUID(patient))
    except ValueError:
        whose = by_name
    found = connection.scalar(select(Patient.id).where(whose))
    if found is None:
        raise NotFound(f"no patient {patient}")
    return list(connection.scalars(select(Pregnancy.id).where(Pregnancy.patient_id == found)))


def _external_ids(connection: Connection, patients: Sequence[UUID]) -> dict[UUID, str | None]:
    rows = connection.execute(select(Patient.id, Patient.external_id).where(Patient.id.in_(patients)))
    return {row.id: row.external_id for row in rows}


def _standing(connection: Connection, pregnancies: Sequence[UUID], day: date) -> dict[UUID, list[Any]]:
    rows = connection.execute(
        select(
            FollowUp.pregnancy_id,
            FollowUp.patient_id,
            FollowUp.key,
            FollowUp.kind,
            FollowUp.state,
            FollowUp.scripts,
            FollowUp.reasons,
            FollowUp.answer_within_hours,
            FollowUp.closed_why,
        )
        .where(FollowUp.pregnancy_id.in_(pregnancies), FollowUp.due_on == day)
        .order_by(FollowUp.due_at, FollowUp.key)
    )
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.pregnancy_id, []).append(row)
    return found
