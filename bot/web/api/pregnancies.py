"""What a doctor says of a pregnancy: how risky it is, and how it ended."""

from datetime import date
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from bot.newborns import NewbornEntry
from bot.pregnancies import Grade, assess_risk, record_outcome, withdraw_outcome
from bot.web.api.auth import TheCaller
from bot.web.api.shapes import Body
from bot.web.doors import TheDoors
from models.values import OutcomeKind, RiskColour

router = APIRouter(prefix="/pregnancies/{pregnancy_id}", tags=["pregnancies"])


class RiskAssessmentIn(Body):
    """A doctor's grading; `infectious` stands beside the colour."""

    risk_colour: RiskColour
    infectious: bool = False
    infectious_code: str | None = Field(None, max_length=64)
    reasons: list[str] = Field(default=[], max_length=50)
    assessed_on: date | None = Field(None, description="Today when left out.")
    assessed_by: str | None = Field(None, max_length=64)
    institution: str | None = Field(None, max_length=128)


class RiskAssessmentOut(BaseModel):
    id: UUID
    pregnancy_id: UUID
    risk_colour: RiskColour
    infectious: bool


class NewbornIn(Body):
    birth_order: int = Field(1, ge=1, le=9)
    birth_weight_g: int | None = Field(None, ge=200, le=9000)
    high_risk: bool = False
    died_on: date | None = None


class OutcomeIn(Body):
    """Everything but a live birth ends the pregnancy's follow-up and begins what the loss needs."""

    kind: OutcomeKind
    on: date
    newborns: list[NewbornIn] = Field(default=[], max_length=9)
    recorded_by: str | None = Field(None, max_length=64, description="Who vouches for it; the token's name otherwise.")


class OutcomeOut(BaseModel):
    """`changed` is false when this was known already."""

    pregnancy_id: UUID
    kind: OutcomeKind
    on: date
    changed: bool


@router.post("/risk-assessments", status_code=HTTPStatus.CREATED)
def assess(pregnancy_id: UUID, given: RiskAssessmentIn, doors: TheDoors, caller: TheCaller) -> RiskAssessmentOut:
    """Append a grading; it becomes the current one and the plan of follow-ups is made anew."""
    now = doors.now()
    today = now.astimezone(doors.zone).date()
    with doors.changing() as session:
        assessment = assess_risk(
            session.connection(),
            pregnancy_id,
            Grade(
                colour=given.risk_colour,
                infectious=given.infectious,
                infectious_code=given.infectious_code,
                reasons=given.reasons,
                assessed_on=given.assessed_on,
                assessed_by=given.assessed_by,
                institution=given.institution,
            ),
            source=f"api:{caller.name}"[:32],
            today=today,
            now=now,
        )
    return RiskAssessmentOut(
        id=assessment, pregnancy_id=pregnancy_id, risk_colour=given.risk_colour, infectious=given.infectious
    )


@router.post(
    "/outcome", status_code=HTTPStatus.CREATED, responses={200: {"model": OutcomeOut, "description": "Known already."}}
)
def end(pregnancy_id: UUID, given: OutcomeIn, doors: TheDoors, caller: TheCaller, response: Response) -> OutcomeOut:
    """Record delivery, loss or death; all that was scheduled stops in the same transaction."""
    with doors.changing() as session:
        changed = record_outcome(
            session.connection(),
            pregnancy_id,
            given.kind,
            given.on,
            newborns=[NewbornEntry(**newborn.model_dump()) for newborn in given.newborns],
            by=given.recorded_by or f"token {caller.name}",
            now=doors.now(),
        )
    if not changed:
        response.status_code = HTTPStatus.OK
    return OutcomeOut(pregnancy_id=pregnancy_id, kind=given.kind, on=given.on, changed=changed)


@router.delete("/outcome", status_code=HTTPStatus.NO_CONTENT)
def withdraw(pregnancy_id: UUID, doors: TheDoors, caller: TheCaller) -> None:  # noqa: ARG001 - the token's scope is checked
    """Take back an outcome that was a mistake, hers or ours: the pregnancy goes on, and its plan is made anew."""
    with doors.changing() as session:
        withdraw_outcome(session.connection(), pregnancy_id, doors.now())
