"""What the records say about women at one moment, read for a whole batch in a few statements."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.orm import aliased

from bot.emergency_numbers import Lines, emergency_numbers
from bot.recent import recent
from dialogs.snapshot import Snapshot
from dialogs.triage.finding import Context, Told
from models.care_team import Facility, StaffMember
from models.conversation import Session
from models.escalation import Escalation
from models.follow_up import FollowUp
from models.person import Consent, Patient
from models.pregnancy import Newborn, Pregnancy
from models.values import (
    POSTPARTUM_DAYS,
    ConsentKind,
    GestationalAge,
    Language,
    PregnancyStatus,
    RiskColour,
)

TERM_WEEKS = 37
FACTS_OF_NUMBERS = {
    "facility_duty": "duty_phone",
    "facility_emergency": "emergency_phone",
    "mental_health": "mental_line",
    "police_by_sms": "police_by_sms",
    "government": "government_line",
}
"""120 and 110 answer everywhere at every hour: texts name them themselves."""

_facility = aliased(Facility)
_nurse = aliased(StaffMember)

_RECORDS: Select[*tuple[Any, ...]] = (
    select(
        Patient.id,
        Patient.name,
        Patient.status,
        Patient.language,
        Patient.unread_misses,
        Pregnancy.id.label("pregnancy_id"),
        Pregnancy.due_date,
        Pregnancy.status.label("stage"),
        Pregnancy.outcome,
        Pregnancy.outcome_on,
        Pregnancy.conditions,
        Pregnancy.risk_colour,
        Pregnancy.infectious,
        _facility.name.label("facility"),
        _facility.duty_phone,
        _facility.emergency_phone,
        _facility.code.label("facility_code"),
        _facility.area_code,
        _facility.hours,
        _facility.verified_on,
        _facility.closed_from,
        _facility.closed_until,
        _nurse.name.label("nurse"),
        _nurse.phone.label("nurse_phone"),
        Session.id.label("session_id"),
        Session.state.label("session_state"),
        Session.script.label("session_script"),
        Session.follow_up_id,
        Session.next_scripts,
        Session.touched_at,
        FollowUp.kind.label("follow_up_kind"),
        Escalation.status.label("escalation_status"),
    )
    .outerjoin(Pregnancy, (Pregnancy.patient_id == Patient.id) & Pregnancy.closed_at.is_(None))
    .outerjoin(Session, (Session.patient_id == Patient.id) & Session.ended_at.is_(None))
    .outerjoin(FollowUp, FollowUp.id == Session.follow_up_id)
    .outerjoin(Escalation, (Escalation.patient_id == Patient.id) & Escalation.resolved_at.is_(None))
    .outerjoin(_facility, _facility.id == Patient.facility_id)
    .outerjoin(_nurse, _nurse.id == Patient.responsible_nurse_id)
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    id: UUID
    script: str
    follow_up_id: UUID | None
    follow_up_kind: str | None
    next_scripts: tuple[str, ...]
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """A woman as the shell needs her (ids, focus group) beside the snapshot that the pure code may see.

    `protected`: under 14; her institution's reporter is called, and nothing begins by itself (I2).
    """

    patient_id: UUID
    pregnancy_id: UUID | None
    snapshot: Snapshot
    session: OpenSession | None
    focus: bool
    escalated: bool
    protected: bool


def lock(connection: Connection, patients: Collection[UUID]) -> None:
    """Hold these women's rows until the transaction ends, in the order of their ids so that nobody waits in a ring.

    On SQLite the transaction holds the only write lock already.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(select(Patient.id).where(Patient.id.in_(patients)).order_by(Patient.id).with_for_update())


def take(
    connection: Connection, patients: Collection[UUID], now: datetime, zone: ZoneInfo, area: str | None = None
) -> dict[UUID, Known]:
    """Snapshots of these women, whose rows the caller has locked: a lock waited for shows the rows as they became.

    `area` is the telephone area code of a woman whose institution has none.
    """
    rows = connection.execute(_RECORDS.where(Patient.id.in_(patients))).all()
    consents = _consents(connection, patients)
    born = _newborns(connection, [row.pregnancy_id for row in rows if row.stage == PregnancyStatus.POSTPARTUM])
    told = recent(connection, patients, now)
    here = now.astimezone(zone)
    known = {}
    for row in rows:
        context = _context(row, born.get(row.pregnancy_id), told.get(row.id, ()), here.date())
        facts = _facts(row, context, here, area)
        known[row.id] = _known(row, consents.get(row.id, frozenset()), context, facts)
    return known


def _consents(connection: Connection, patients: Collection[UUID]) -> dict[UUID, frozenset[ConsentKind]]:
    """The latest word of each kind counts."""
    latest: dict[UUID, dict[str, bool]] = {}
    rows = connection.execute(
        select(Consent.patient_id, Consent.kind, Consent.granted)
        .where(Consent.patient_id.in_(patients))
        .order_by(Consent.given_at)
    )
    for patient, kind, granted in rows:
        latest.setdefault(patient, {})[kind] = granted
    return {
        patient: frozenset(ConsentKind(kind) for kind, granted in kinds.items() if granted)
        for patient, kinds in latest.items()
    }


def _newborns(connection: Connection, pregnancies: Collection[UUID]) -> dict[UUID, date]:
    """The day of birth of each pregnancy's living newborn."""
    if not pregnancies:
        return {}
    rows = connection.execute(
        select(Newborn.pregnancy_id, Newborn.born_on).where(
            Newborn.pregnancy_id.in_(pregnancies), Newborn.died_on.is_(None)
        )
    )
    return {row.pregnancy_id: row.born_on for row in rows}


def _known(
    row: Row[*tuple[Any, ...]], consents: frozenset[ConsentKind], context: Context, facts: Mapping[str, str]
) -> Known:
    session = None
    if row.session_id is not None:
        session = OpenSession(
            row.session_id,
            row.session_script,
            row.follow_up_id,
            row.follow_up_kind,
            tuple(row.next_scripts or ()),
            row.touched_at,
        )
    snapshot = Snapshot(
        language=context.language,
        facts=facts,
        context=context,
        session=row.session_state,
        confirmed=row.status == "registered",
        nurse_has_it=row.escalation_status == "assigned",
        consents=consents,
        unread_misses=row.unread_misses,
    )
    return Known(
        patient_id=row.id,
        pregnancy_id=row.pregnancy_id,
        snapshot=snapshot,
        session=session,
        focus=_in_focus(row, context),
        escalated=row.escalation_status is not None,
        protected=row.status == "protected",
    )


def _context(row: Row[*tuple[Any, ...]], born_on: date | None, told: tuple[Told, ...], today: date) -> Context:
    ongoing = row.stage == PregnancyStatus.ONGOING
    after = (today - row.outcome_on).days if row.outcome_on and not ongoing else None
    return Context(
        gestational_age=GestationalAge.on(today, row.due_date) if ongoing and row.due_date else None,
        postpartum_day=after if after is not None and 0 <= after <= POSTPARTUM_DAYS else None,
        newborn_age_days=(today - born_on).days if born_on else None,
        conditions=frozenset(row.conditions or ()),
        risk_colour=RiskColour(row.risk_colour) if row.risk_colour else None,
        language=Language(row.language),
        recent=told,
    )


def _in_focus(row: Row[*tuple[Any, ...]], context: Context) -> bool:
    """The focus group of the policies: orange, red, infectious, or 37 weeks and more (R8)."""
    at_term = context.gestational_age is not None and context.gestational_age.weeks >= TERM_WEEKS
    return at_term or bool(row.infectious) or row.risk_colour in {RiskColour.ORANGE, RiskColour.RED}


def _facts(row: Row[*tuple[Any, ...]], context: Context, here: datetime, area: str | None) -> dict[str, str]:
    """Words for her texts; `here` is local time, at which a telephone is answered or is not."""
    facts = {"name": row.name, "nurse": row.nurse, "nurse_phone": row.nurse_phone}
    facility = None if row.facility_code is None else _lines(row)
    if facility is not None and not facility.is_closed(here.date()):
        facts["facility"] = row.facility
    numbers = emergency_numbers(facility, row.area_code or area, here).numbers
    facts |= {FACTS_OF_NUMBERS[one.use]: one.number for one in numbers if one.use in FACTS_OF_NUMBERS}
    if context.gestational_age is not None:
        weeks, days = divmod(context.gestational_age.days, 7)
        facts["ga"] = f"{weeks}周+{days}" if context.language is Language.ZH_CN else f"{weeks}+{days}"
        facts["due_date"] = row.due_date.isoformat()
    if context.postpartum_day is not None:
        facts["postpartum_day"] = str(context.postpartum_day)
    if context.newborn_age_days is not None:
        facts["baby_age"] = str(context.newborn_age_days)
    return {name: value for name, value in facts.items() if value}


def _lines(row: Row[*tuple[Any, ...]]) -> Lines:
    return Lines(
        row.facility_code,
        row.duty_phone,
        row.emergency_phone,
        row.hours,
        row.verified_on,
        row.closed_from,
        row.closed_until,
    )
