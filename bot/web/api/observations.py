"""Readings of devices: kept once and judged like a typed one."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from bot.readings import Reading, take_reading
from bot.web.api.auth import TheCaller
from bot.web.api.shapes import Body, Moment
from bot.web.doors import TheDoors
from dialogs.effects import Scalar
from models.values import Urgency

router = APIRouter(prefix="/observations", tags=["observations"])

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$", examples=["blood_pressure", "temperature"])]


class ObservationIn(Body):
    """`value` of a blood pressure is `{"systolic": 150, "diastolic": 95}`, of other readings a number."""

    patient_id: UUID
    code: Code
    value: Scalar | dict[str, Scalar]
    unit: str | None = Field(None, max_length=16)
    at: Moment
    device: str | None = Field(None, max_length=64)
    external_id: str | None = Field(
        None, max_length=96, description="The sender's name for it; device, code and time otherwise."
    )


class JudgedOut(BaseModel):
    """`level` is what triage made of it; from `soon` upwards a human has been called, and she has been told."""

    id: UUID
    patient_id: UUID
    level: Urgency | None


@router.post("", status_code=HTTPStatus.CREATED, responses={200: {"model": JudgedOut, "description": "Taken before."}})
def take(given: ObservationIn, doors: TheDoors, _caller: TheCaller, response: Response) -> JudgedOut:
    """Take a reading. The same one again changes nothing; one older than a day is kept but alarms nobody."""
    reading = Reading(
        patient_id=given.patient_id,
        code=given.code,
        value=given.value,
        unit=given.unit,
        at=given.at,
        device=given.device,
        key=given.external_id,
    )
    with doors.changing() as session:
        taken = take_reading(session.connection(), doors.house, reading, doors.now())
    if not taken.is_new:
        response.status_code = HTTPStatus.OK
    return JudgedOut(id=taken.id, patient_id=given.patient_id, level=taken.level)
