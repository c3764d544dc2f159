"""The one way by which a registered woman comes into the database or is brought up to date: set-based, idempotent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, or_, select

from bot import nurse_lines
from bot.changes import Changes, Row
from bot.crypto import Keyring
from bot.errors import Conflict
from bot.escalations import Call, call_humans
from bot.invitations import bind_openid
from bot.pregnancies import stop_everything
from bot.registration import Checked, Registration, Remark
from bot.registry_rows import PROTECTED, Moment, is_another, write_contacts, write_patient, write_pregnancy
from bot.roll import Keys, Roll, Woman, in_batches, lock_all
from bot.timers import Alarm, clear_alarms, set_alarms
from models.care_team import Facility, StaffMember
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy, RiskAssessment
from models.values import OutcomeKind, PregnancyStatus, TimerKind, Urgency

SAME_PREGNANCY = timedelta(days=120)
"""A corrected due date moves by weeks; one that is farther away belongs to another pregnancy."""

_LOCK = 0x79756E62616E
"""Name of the lock under which registrations follow one another on PostgreSQL, or two could both find her missing."""


class Change(StrEnum):
    """What became of one registration. `protected`: under 14, kept apart for the designated reporter (I2)."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    PROTECTED = "protected"
    REPEATED = "repeated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Registered:
    """`repeats` is the position of the earlier registration of the same woman in the same call."""

    change: Change
    patient_id: UUID | None = None
    pregnancy_id: UUID | None = None
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    repeats: int | None = None


def register(
    connection: Connection,
    keyring: Keyring,
    checked: Sequence[Checked],
    *,
    source: str,
    now: datetime,
    zone: ZoneInfo,
) -> list[Registered]:
    """Enrol these women or bring them up to date, one answer for each, in order; what is refused writes nothing.

    Checking is done before, outside of the transaction, by `bot.registration.check`: a writer must not be kept waiting.
    `source` (roster, api, …) names who says it: a grading that the same source gave before is not news, even where
    a doctor has graded otherwise since. The same call again changes nothing.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    seen: dict[UUID, int] = {}
    answers: list[Registered] = []
    moment = Moment(now, now.astimezone(zone).date(), source)
    lock_all(connection, [Keys.of(one.registration, keyring) for one in checked if not one.problems])
    for some in in_batches(checked):
        batch = _Batch.begin(connection, keyring, some, moment, seen)
        taken = [batch.take(one, number) for number, one in enumerate(some, len(answers))]
        bound = batch.write(connection)
        answers += [_with_news(answer, bound) for answer in taken]
    return answers


@dataclass(slots=True)
class _Batch:
    keyring: Keyring
    moment: Moment
    seen: dict[UUID, int]
    roll: Roll
    facilities: dict[str, UUID]
    nurses: dict[str, UUID]
    changes: Changes = field(
        default_factory=lambda: Changes((Patient, Guardian, ContactPoint, Pregnancy, RiskAssessment))
    )
    to_plan: list[UUID] = field(default_factory=list)
    to_stop: list[UUID] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    openids: list[tuple[UUID, str]] = field(default_factory=list)

    @classmethod
    def begin(
        cls, connection: Connection, keyring: Keyring, checked: Sequence[Checked], moment: Moment, seen: dict[UUID, int]
    ) -> "_Batch":
        given = [one.registration for one in checked if not one.problems]
        places = {woman.facility for woman in given if woman.facility}
        names = {woman.responsible_nurse for woman in given if woman.responsible_nurse}
        directory = connection.execute(
            select(Facility.id, Facility.code, Facility.name).where(
                or_(Facility.code.in_(places), Facility.name.in_(places))
            )
        ).all()
        staff = connection.execute(
            select(StaffMember.name, StaffMember.id).where(StaffMember.name.in_(names), StaffMember.active.is_(True))
        )
        return cls(
            keyring,
            moment,
            seen,
            Roll.read(connection, [Keys.of(woman, keyring) for woman in given], moment.source),
            {row.name: row.id for row in directory} | {row.code: row.id for row in directory},
            {row.name: row.id for row in staff},
        )

    def take(self, checked: Checked, number: int) -> Registered:
        given = checked.registration
        if checked.problems:
            return Registered(Change.REFUSED, problems=checked.problems, warnings=checked.warnings)
        keys = Keys.of(given, self.keyring)
        try:
            woman = self.roll.find(given, keys)
        except Conflict as conflict:
            return Registered(Change.REFUSED, problems=(Remark("national_id", str(conflict)),))
        if woman is not None and woman.id in self.seen:
            return Registered(Change.REPEATED, woman.id, repeats=self.seen[woman.id])
        if woman is not None and (refusal := _refusal(woman, given)):
            return Registered(Change.REFUSED, woman.id, problems=(refusal,))
        answer = self._write(woman, given, keys, [*checked.warnings])
        if answer.patient_id is not None:
            self.seen[answer.patient_id] = number
        return answer

    def write(self, connection: Connection) -> set[UUID]:
        """Write what was gathered; gives the women who have a WeChat now that they had not before."""
        self.changes.write(connection)
        stop_everything(connection, self.to_stop, self.moment.now, why="registration")
        clear_alarms(connection, TimerKind.PLAN, self.to_stop)
        set_alarms(connection, [Alarm(TimerKind.PLAN, pregnancy, self.moment.now) for pregnancy in self.to_plan])
        call_humans(connection, self.calls, self.moment.now)
        return {
            patient
            for patient, openid in self.openids
            if bind_openid(connection, self.keyring, patient, openid, self.moment.now)
        }

    def _write(self, woman: Woman | None, given: Registration, keys: Keys, warnings: list[Remark]) -> Registered:
        if woman is not None and woman.pregnancy is not None and _is_over(woman.pregnancy, given):
            warnings.append(Remark("due_date", "is that of a pregnancy which is over: nothing was changed"))
            return Registered(Change.UNCHANGED, woman.id, woman.pregnancy["id"], warnings=tuple(warnings))
        is_new = woman is None
        was_protected = woman is not None and woman.patient["status"] == PROTECTED
        woman, changed = write_patient(
            self.changes,
            woman,
            given,
            keys,
            self.moment,
            facility_id=_look_up(self.facilities, "facility", given.facility, warnings),
            nurse_id=_look_up(self.nurses, "responsible_nurse", given.responsible_nurse, warnings),
        )
        if woman.patient["status"] == PROTECTED:
            write_contacts(self.changes, woman, replace(given, guardian=None), keys, self.moment)
            self.roll.add(woman)
            return self._protect(woman, given, is_news=not was_protected)
        changed |= write_contacts(self.changes, woman, given, keys, self.moment)
        before = woman.pregnancy
        pregnancy, news = write_pregnancy(self.changes, woman, given, self.moment, warnings)
        self.roll.add(woman)
        if before is not None and before is not pregnancy:
            self.to_stop.append(before["id"])
        if news:
            self.to_plan.append(pregnancy["id"])
        if given.wechat_openid is not None:
            self.openids.append((woman.id, given.wechat_openid))
        change = Change.NEW if is_new else Change.UPDATED if changed or news else Change.UNCHANGED
        return Registered(change, woman.id, pregnancy["id"], warnings=tuple(warnings))

    def _protect(self, woman: Woman, given: Registration, *, is_news: bool) -> Registered:
        """Nothing is planned and nobody is written to, her guardian least of all; the reporter is called once."""
        for point in woman.contacts:
            self.changes.change(ContactPoint, point, status=PROTECTED)
        if is_news:
            if woman.pregnancy is not None:
                self.to_stop.append(woman.pregnancy["id"])
            evidence = {"rule": "I2", "source": self.moment.source, "due_on": str(given.expected_on)}
            self.calls.append(Call(woman.id, Urgency.EMERGENCY, nurse_lines.under_14(), (evidence,)))
        return Registered(Change.PROTECTED, woman.id)


def _with_news(answer: Registered, bound: set[UUID]) -> Registered:
    if answer.change is Change.UNCHANGED and answer.patient_id in bound:
        return replace(answer, change=Change.UPDATED)
    return answer


def _look_up(known: dict[str, UUID], what: str, name: str | None, warnings: list[Remark]) -> UUID | None:
    if name is None:
        return None
    if name not in known:
        warnings.append(Remark(what, "is not known here: it was left out"))
    return known.get(name)


def _refusal(woman: Woman, given: Registration) -> Remark | None:
    pregnancy, expected = woman.pregnancy, given.expected_on
    if pregnancy is None or expected is None:
        return None
    if pregnancy["outcome"] == OutcomeKind.MATERNAL_DEATH:
        return Remark("name", "is that of a woman who has died")
    if pregnancy["status"] == PregnancyStatus.ONGOING and abs(expected - pregnancy["due_date"]) > SAME_PREGNANCY:
        return Remark("due_date", "is that of another pregnancy: record how the one before it ended")
    return None


def _is_over(pregnancy: Row, given: Registration) -> bool:
    over = pregnancy["closed_at"] is not None or pregnancy["status"] == PregnancyStatus.ENDED
    return over and not is_another(pregnancy, given)
