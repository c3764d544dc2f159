"""Finding a woman by a piece of her name or by a phone number, among those one may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.care_team import Colleague, visible_to
from bot.crypto import Keyring
from bot.worklist import Stage
from models.care_team import Facility
from models.person import ContactPoint, Patient
from models.pregnancy import Pregnancy
from models.values import ChannelKind, RiskColour

SEARCH_ROWS = 20_000
"""Names are sealed one by one, so a search by name opens them one by one: at most so many, the newest first."""
SEARCH_HITS = 30


@dataclass(frozen=True, slots=True)
class Hit:
    patient_id: UUID
    name: str | None
    stage: Stage
    colour: RiskColour | None
    facility: str | None


def search(session: Session, actor: Colleague, words: str, keyring: Keyring, today: date) -> list[Hit]:
    """Find women of `actor` by a piece of the name, or by a whole phone number, hers or her guardian's."""
    statement = _HITS.where(visible_to(actor), Patient.status != "merged")
    if phone := _as_phone(words):
        hashed = keyring.lookup_hash(ChannelKind.SMS, phone)
        owners = select(ContactPoint.patient_id).where(
            ContactPoint.channel == ChannelKind.SMS, ContactPoint.address_hash == hashed
        )
        return [_hit(row, today) for row in session.execute(statement.where(Patient.id.in_(owners)).limit(SEARCH_HITS))]
    names = select(Patient.id, Patient.name).where(visible_to(actor), Patient.status != "merged")
    found = _named(session.execute(names.order_by(Patient.id.desc()).limit(SEARCH_ROWS)), words)
    return [_hit(row, today) for row in session.execute(statement.where(Patient.id.in_(found)))] if found else []


_HITS = (
    select(
        Patient.id,
        Patient.name,
        Facility.name.label("facility"),
        Pregnancy.status.label("stage"),
        Pregnancy.due_date,
        Pregnancy.outcome_on,
        Pregnancy.risk_colour,
    )
    .outerjoin(Pregnancy, (Pregnancy.patient_id == Patient.id) & Pregnancy.closed_at.is_(None))
    .outerjoin(Facility, Facility.id == Patient.facility_id)
)


def _hit(row: Any, today: date) -> Hit:
    stage = Stage.of(row.stage, row.due_date, row.outcome_on, today)
    return Hit(row.id, row.name, stage, RiskColour(row.risk_colour) if row.risk_colour else None, row.facility)


def _named(rows: Iterable[tuple[UUID, str | None]], words: str) -> list[UUID]:
    wanted = words.strip().casefold()
    found: list[UUID] = []
    for key, name in rows:
        if wanted and name and wanted in name.casefold():
            found.append(key)
            if len(found) == SEARCH_HITS:
                break
    return found


def _as_phone(words: str) -> str | None:
    digits = "".join(words.split()).replace("-", "")
    if not digits.lstrip("+").isdigit() or len(digits) < 7:
        return None
    return digits if digits.startswith("+") else f"+86{digits}"
