"""The women whom a batch of registrations may be about, read in a few statements and found again by what is given."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, or_, select

from bot import snapshots
from bot.changes import Row
from bot.crypto import Keyring
from bot.errors import Conflict
from bot.registration import Registration
from models.base import Base
from models.person import ContactPoint, Guardian, Patient
from models.pregnancy import Pregnancy, RiskAssessment
from models.values import ChannelKind

BATCH = 1000
_T = TypeVar("_T")


@dataclass(slots=True)
class Woman:
    """Her rows as they stand. `pregnancy` is her latest; `last_grading` what the same source said of it before."""

    patient: Row
    contacts: list[Row] = field(default_factory=list)
    guardians: list[Row] = field(default_factory=list)
    pregnancy: Row | None = None
    last_grading: Row | None = None

    @property
    def id(self) -> UUID:
        key: UUID = self.patient["id"]
        return key


@dataclass(frozen=True, slots=True)
class Keys:
    """By what a woman is found: a number of another system, and hashes."""

    external_id: str | None
    national_id: str | None
    phone: str | None
    guardian_phone: str | None

    @classmethod
    def of(cls, woman: Registration, keyring: Keyring) -> "Keys":
        guardian_phone = woman.guardian.phone if woman.guardian else None
        return cls(
            woman.external_id,
            woman.national_id and keyring.lookup_hash("national_id", woman.national_id),
            woman.phone and keyring.lookup_hash("sms", woman.phone),
            guardian_phone and keyring.lookup_hash("sms", guardian_phone),
        )


class Roll:
    """Women by external id, by identity number, and by phone together with name or due date."""

    def __init__(self, women: Iterable[Woman] = ()) -> None:
        self._by_external_id: dict[str, Woman] = {}
        self._by_national_id: dict[str, Woman] = {}
        self._by_phone: dict[str, list[Woman]] = {}
        for woman in women:
            self.add(woman)

    @classmethod
    def read(cls, connection: Connection, keys: Sequence[Keys], source: str) -> "Roll":
        """Lock and read everyone whom one of these keys may mean."""
        patients = _candidates(connection, keys)
        snapshots.lock(connection, patients)
        women = {row["id"]: Woman(row) for row in _rows(connection, Patient, Patient.id.in_(patients))}
        for row in _rows(connection, ContactPoint, ContactPoint.patient_id.in_(patients)):
            women[row["patient_id"]].contacts.append(row)
        for row in _rows(connection, Guardian, Guardian.patient_id.in_(patients)):
            women[row["patient_id"]].guardians.append(row)
        for row in _rows(connection, Pregnancy, Pregnancy.patient_id.in_(patients)):
            woman = women[row["patient_id"]]
            if woman.pregnancy is None or woman.pregnancy["due_date"] < row["due_date"]:
                woman.pregnancy = row
        _read_gradings(connection, women.values(), source)
        return cls(women.values())

    def add(self, woman: Woman) -> None:
        if woman.patient["external_id"] is not None:
            self._by_external_id[woman.patient["external_id"]] = woman
        if woman.patient["national_id_hash"] is not None:
            self._by_national_id[woman.patient["national_id_hash"]] = woman
        for point in woman.contacts:
            if point["channel"] == ChannelKind.SMS and point["guardian_id"] is None:
                self._by_phone.setdefault(point["address_hash"], []).append(woman)

    def find(self, given: Registration, keys: Keys) -> Woman | None:
        """Raises Conflict when the numbers given mean two different women."""
        by_number = [
            self._by_external_id.get(keys.external_id or ""),
            self._by_national_id.get(keys.national_id or ""),
        ]
        found = {woman.id: woman for woman in by_number if woman is not None}
        if len(found) > 1:
            raise Conflict("belongs to another woman of the records than her external id")
        if found:
            return next(iter(found.values()))
        sharing = self._by_phone.get(keys.phone or "", ())
        return next((woman for woman in sharing if _is_she(woman, given, keys)), None)


def lock_all(connection: Connection, keys: Sequence[Keys]) -> None:
    """Lock everyone whom any batch may mean before the first is written: in the order of ids, as turns do.

    Batches that locked one after the other could wait for a turn that waits for them.
    """
    if connection.dialect.name == "sqlite":
        return
    found = sorted({patient for batch in in_batches(keys) for patient in _candidates(connection, batch)})
    for batch in in_batches(found):
        snapshots.lock(connection, batch)


def in_batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _is_she(woman: Woman, given: Registration, keys: Keys) -> bool:
    """Women of one family share a telephone; so the name or the due date must agree, and no number may differ."""
    known = woman.patient
    if keys.national_id and known["national_id_hash"] and keys.national_id != known["national_id_hash"]:
        return False
    if known["name"] is not None and known["name"] == given.name:
        return True
    if keys.external_id and known["external_id"] and keys.external_id != known["external_id"]:
        return False
    return woman.pregnancy is not None and woman.pregnancy["due_date"] == given.expected_on


def _candidates(connection: Connection, keys: Sequence[Keys]) -> list[UUID]:
    numbers = select(Patient.id).where(
        or_(
            Patient.external_id.in_([key.external_id for key in keys if key.external_id]),
            Patient.national_id_hash.in_([key.national_id for key in keys if key.national_id]),
        ),
        Patient.status != "merged",
    )
    phones = (
        select(ContactPoint.patient_id)
        .join(Patient, Patient.id == ContactPoint.patient_id)
        .where(
            ContactPoint.channel == ChannelKind.SMS,
            ContactPoint.address_hash.in_([key.phone for key in keys if key.phone]),
            ContactPoint.guardian_id.is_(None),
            Patient.status != "merged",
        )
    )
    return list({*connection.scalars(numbers), *connection.scalars(phones)})


def _read_gradings(connection: Connection, women: Iterable[Woman], source: str) -> None:
    by_pregnancy = {woman.pregnancy["id"]: woman for woman in women if woman.pregnancy is not None}
    said = RiskAssessment.pregnancy_id.in_(by_pregnancy) & (RiskAssessment.source == source)
    for row in sorted(_rows(connection, RiskAssessment, said), key=lambda row: row["recorded_at"]):
        by_pregnancy[row["pregnancy_id"]].last_grading = row


def _rows(connection: Connection, table: type[Base], which: ColumnElement[bool]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(*table.__table__.c).where(which)).mappings()]
