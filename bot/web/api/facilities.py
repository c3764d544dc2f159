"""The directory of hospitals, clinics and their numbers."""

from dataclasses import asdict
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from bot import directory
from bot.directory import FacilityEntry
from bot.web.api.auth import TheCaller
from bot.web.api.shapes import Body
from bot.web.doors import TheDoors

router = APIRouter(prefix="/facilities/{code}", tags=["facilities"])


class FacilityIn(Body):
    """A number is shown to women only while `verified_on` is not older than 90 days."""

    name: str
    kinds: list[str] = Field(default=[])
    level: int | None = Field(None, ge=1, le=3)
    area_code: str | None = None
    address: str | None = None
    duty_phone: str | None = None
    emergency_phone: str | None = None
    hours: dict[str, str] = Field(default={}, examples=[{"emergency": "24h", "duty": "08:00-17:00"}])
    verified_on: date | None = None
    emergency_facility_code: str | None = Field(None, description="Where its women go while it is closed.")


class FacilityOut(FacilityIn):
    code: str
    closed_from: date | None
    closed_until: date | None


class ClosureIn(Body):
    """`until` is the last day on which it is closed."""

    on: date = Field(alias="from")
    until: date | None = None


class AffectedOut(BaseModel):
    patient_id: UUID
    due_date: date


class ClosureOut(BaseModel):
    """The registered women, the nearest birth first; they belong to the emergency institution from now on."""

    code: str
    moved_to: str
    affected: list[AffectedOut]


@router.get("")
def get(code: str, doors: TheDoors, _caller: TheCaller) -> FacilityOut:
    with doors.house.db.reading() as session:
        return _facility(directory.get(session.connection(), code))


@router.put("", responses={201: {"model": FacilityOut, "description": "New in the directory."}})
def put(code: str, given: FacilityIn, doors: TheDoors, _caller: TheCaller, response: Response) -> FacilityOut:
    """Insert or replace the whole entry."""
    entry = FacilityEntry(**given.model_dump() | {"kinds": tuple(given.kinds)})
    with doors.house.db.transaction() as session:
        is_new = directory.put(session.connection(), code, entry, doors.now())
        row = directory.get(session.connection(), code)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return _facility(row)


@router.post("/closure")
def close(code: str, given: ClosureIn, doors: TheDoors, _caller: TheCaller) -> ClosureOut:
    """Close it for a while; its registered women move to the emergency institution in the same transaction."""
    with doors.changing() as session:
        connection = session.connection()
        affected = directory.close(connection, code, given.until, on=given.on, now=doors.now())
        refuge: Any = directory.get(connection, code).emergency_facility_code
    return ClosureOut(code=code, moved_to=refuge, affected=[AffectedOut(**asdict(woman)) for woman in affected])


def _facility(row: Any) -> FacilityOut:
    return FacilityOut.model_validate(row, from_attributes=True, extra="ignore")
