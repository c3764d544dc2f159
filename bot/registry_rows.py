"""What a registration changes in one woman's rows: only what it says, and only where it says something new."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from bot.changes import Changes, Row
from bot.pregnancies import Grade, assessment_row
from bot.registration import GuardianEntry, Registration, Remark
from bot.roll import Keys, Woman
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy, RiskAssessment
from models.values import PREGNANCY_DAYS, ChannelKind, DueDateMethod, Language, PregnancyStatus, RiskColour

PROTECTED = "protected"
"""The status of a girl under 14 and of her addresses: kept out of everything that runs by itself (I2)."""

REPLACED = "replaced"
"""The status of an address that gave way to another: somebody else may have it now."""

OVULATION_DAYS = 14


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by whom something is said; `today` is the area's own day."""

    now: datetime
    today: date
    source: str


def write_patient(
    changes: Changes,
    woman: Woman | None,
    given: Registration,
    keys: Keys,
    moment: Moment,
    *,
    facility_id: UUID | None,
    nurse_id: UUID | None,
) -> tuple[Woman, bool]:
    said: dict[str, Any] = {
        "name": given.name,
        "national_id": given.national_id,
        "national_id_hash": keys.national_id,
        "address": given.address,
        "birth_date": given.birth_date,
        "language": given.language,
        "facility_id": facility_id,
        "responsible_nurse_id": nurse_id,
    }
    born = given.birth_date or (woman and woman.patient["birth_date"])
    status = PROTECTED if born and Registration(birth_date=born).is_protected(moment.today) else "registered"
    if woman is None:
        said["language"] = given.language or Language.ZH_CN
        row = changes.add(
            Patient,
            external_id=given.external_id,
            status=status,
            created_at=moment.now,
            updated_at=moment.now,
            **said,
        )
        return Woman(row), True
    known = {name: value for name, value in said.items() if value is not None}
    known |= {"status": status, "external_id": woman.patient["external_id"] or given.external_id}
    changed = changes.change(Patient, woman.patient, **known)
    if changed:
        changes.change(Patient, woman.patient, updated_at=moment.now)
    return woman, changed


def write_contacts(changes: Changes, woman: Woman, given: Registration, keys: Keys, moment: Moment) -> bool:
    """Her number and her guardian's. One that is no longer given stays known, but is written to no more."""
    desk = _Contacts(changes, woman, moment)
    changed = False
    if given.phone is not None and keys.phone is not None:
        changed = desk.put(given.phone, keys.phone, None)
    if given.guardian is not None:
        guardian, is_news = desk.put_guardian(given.guardian, keys.guardian_phone)
        changed |= is_news
        if given.guardian.phone is not None and keys.guardian_phone is not None:
            changed |= desk.put(given.guardian.phone, keys.guardian_phone, guardian["id"])
    return changed


@dataclass(frozen=True, slots=True)
class _Contacts:
    changes: Changes
    woman: Woman
    moment: Moment

    def put(self, phone: str, address_hash: str, guardian_id: UUID | None) -> bool:
        telephones = [point for point in self.woman.contacts if point["channel"] == ChannelKind.SMS]
        changed = False
        for point in telephones:
            if point["guardian_id"] == guardian_id and point["address_hash"] != address_hash:
                changed |= self.changes.change(ContactPoint, point, status=REPLACED)
        known = next((point for point in telephones if point["address_hash"] == address_hash), None)
        if known is not None:
            # A number that was found dead or was unsubscribed stays so: hearing it again does not mend it.
            status = "active" if known["status"] == REPLACED else known["status"]
            return self.changes.change(ContactPoint, known, guardian_id=guardian_id, status=status) or changed
        self.woman.contacts.append(
            self.changes.add(
                ContactPoint,
                patient_id=self.woman.id,
                guardian_id=guardian_id,
                channel=ChannelKind.SMS,
                address=phone,
                address_hash=address_hash,
                status="active",
                created_at=self.moment.now,
            )
        )
        return True

    def put_guardian(self, given: GuardianEntry, address_hash: str | None) -> tuple[Row, bool]:
        """He is the one who has this number, or else the one of this relation."""
        by_id = {row["id"]: row for row in self.woman.guardians}
        by_relation = {row["relation"]: row for row in self.woman.guardians}
        having = (point for point in self.woman.contacts if point["address_hash"] == address_hash)
        row = next((by_id[point["guardian_id"]] for point in having if point["guardian_id"] in by_id), None)
        row = row or by_relation.get(given.relation or _only(by_relation) or UNKNOWN_RELATION)
        if row is None:
            row = self.changes.add(
                Guardian,
                patient_id=self.woman.id,
                name=given.name,
                relation=given.relation or UNKNOWN_RELATION,
                created_at=self.moment.now,
            )
            self.woman.guardians.append(row)
            return row, True
        said: dict[str, Any] = {"name": given.name} if given.name else {}
        if given.relation and given.relation not in by_relation:
            said["relation"] = given.relation
        return row, self.changes.change(Guardian, row, **said)


UNKNOWN_RELATION = "family"


def _only(by_relation: dict[str, Row]) -> str | None:
    """Where she has one guardian, a row that names no relation means that one."""
    return next(iter(by_relation)) if len(by_relation) == 1 else None


def is_another(pregnancy: Row, given: Registration) -> bool:
    """Whether the registration is about a pregnancy that can only have begun after this one had ended."""
    ended, expected = pregnancy["outcome_on"], given.expected_on
    if expected is None or (ended is None and pregnancy["closed_at"] is None):
        return False
    ended = ended or pregnancy["closed_at"].date()
    conceived: date = expected - timedelta(days=PREGNANCY_DAYS - OVULATION_DAYS)
    return bool(conceived > ended)


def write_pregnancy(
    changes: Changes, woman: Woman, given: Registration, moment: Moment, warnings: list[Remark]
) -> tuple[Row, bool]:
    """Bring her pregnancy up to date or open the next one; True when it must be planned anew."""
    known = woman.pregnancy
    if known is None or is_another(known, given):
        if known is not None and known["closed_at"] is None:
            changes.change(Pregnancy, known, closed_at=moment.now, status=PregnancyStatus.ENDED)
        woman.pregnancy = _open(changes, woman, given, moment)
        return woman.pregnancy, True
    said = _dates(known, given, warnings)
    grade = _new_grade(known, woman.last_grading, given)
    if grade is not None:
        if grade.colour.rank < RiskColour(known["risk_colour"]).rank or (known["infectious"] and not grade.infectious):
            warnings.append(Remark("risk_colour", "is lower than before: it was taken over, a doctor should know"))
        _append(changes, known, grade, moment)
        said |= {"risk_colour": grade.colour, "infectious": grade.infectious, "infectious_code": grade.infectious_code}
    if given.parity is not None:
        said["parity"] = given.parity
    if given.conditions is not None:
        said["conditions"] = list(given.conditions)
    changed = changes.change(Pregnancy, known, **said)
    if changed:
        changes.change(Pregnancy, known, updated_at=moment.now)
    return known, changed


def _open(changes: Changes, woman: Woman, given: Registration, moment: Moment) -> Row:
    row = changes.add(
        Pregnancy,
        patient_id=woman.id,
        last_period=given.last_period,
        due_date=given.expected_on,
        due_date_method=given.expected_by,
        status=PregnancyStatus.ONGOING,
        outcome=None,
        outcome_on=None,
        closed_at=None,
        parity=given.parity,
        conditions=list(given.conditions or ()),
        risk_colour=given.risk_colour or RiskColour.GREEN,
        infectious=bool(given.infectious),
        infectious_code=given.infectious_code,
        enrolled_on=moment.today,
        created_at=moment.now,
        updated_at=moment.now,
    )
    if given.risk_colour is not None or given.infectious:
        _append(changes, row, _grade(row, given), moment)
    return row


def _dates(known: Row, given: Registration, warnings: list[Remark]) -> dict[str, Any]:
    said: dict[str, Any] = {} if given.last_period is None else {"last_period": given.last_period}
    if known["status"] != PregnancyStatus.ONGOING or given.expected_on == known["due_date"]:
        return said
    if _RANK[given.expected_by] < _RANK[DueDateMethod(known["due_date_method"])]:
        warnings.append(Remark("due_date", f"was kept: it is known by {known['due_date_method']}"))
        return said
    return said | {"due_date": given.expected_on, "due_date_method": given.expected_by}


_RANK = {DueDateMethod.LMP: 0, DueDateMethod.STATED: 1, DueDateMethod.ULTRASOUND: 2}
"""A scan outranks what is written down, and that what is counted from the last period (C6)."""


def _new_grade(known: Row, before: Row | None, given: Registration) -> Grade | None:
    """None when it is not news: because it is so already, or because this source said the same before."""
    if given.risk_colour is None and given.infectious is None:
        return None
    grade = _grade(known, given)
    return None if _same(known, grade) or (before is not None and _same(before, grade)) else grade


def _grade(known: Row, given: Registration) -> Grade:
    infectious = bool(known["infectious"] if given.infectious is None else given.infectious)
    return Grade(
        given.risk_colour or RiskColour(known["risk_colour"]),
        infectious=infectious,
        infectious_code=(given.infectious_code or known["infectious_code"]) if infectious else None,
        reasons=given.reasons,
        assessed_on=given.assessed_on,
        institution=given.facility,
    )


def _same(row: Row, grade: Grade) -> bool:
    stands = (row["risk_colour"], row["infectious"], row["infectious_code"])
    return stands == (grade.colour, grade.infectious, grade.infectious_code)


def _append(changes: Changes, pregnancy: Row, grade: Grade, moment: Moment) -> None:
    row = assessment_row(pregnancy["id"], grade, source=moment.source, today=moment.today, now=moment.now)
    changes.add(RiskAssessment, **row)
