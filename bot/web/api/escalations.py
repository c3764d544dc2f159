"""The queue for other systems. Every verb is done in the name of a member of staff, whose rights count."""

from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bot import worklist
from bot.care_team import Colleague, colleague_named
from bot.desk import MAX_WORDS, Outcome
from bot.errors import Invalid, NotFound
from bot.web.api.auth import TheCaller
from bot.web.api.paging import CursorText, Limit, Page, after_id, page_of
from bot.web.api.shapes import Body, Moment
from bot.web.doors import Doors, TheDoors
from models.values import Urgency

router = APIRouter(prefix="/escalations", tags=["escalations"])

Status = Literal["open", "assigned", "resolved"]


class EventOut(BaseModel):
    """`staff` is null for what Yunban did itself. What opened, raised or added to it has in `detail` its `reason`, and
    `evidence`: findings with `rule`, `level`, `status` and the words, or what else a rule was about.
    """

    id: UUID
    kind: str
    at: Moment
    staff: str | None
    urgency: Urgency | None
    detail: dict[str, Any]


class EscalationOut(BaseModel):
    id: UUID
    patient_id: UUID
    urgency: Urgency
    reason: str
    status: Status
    tier: int = Field(description="Who has been called: 0 the nurse, 1 the supervisor, 2 the county.")
    evidence: list[dict[str, Any]]
    opened_at: Moment
    due_at: Moment
    resolved_at: Moment | None
    outcome: str | None
    assignee: str | None
    events: list[EventOut]


class AssignmentIn(Body):
    """`staff` takes her over; when `hand_over_from` holds her, it is a handing over."""

    staff: str = Field(max_length=64, description="Name of the member of staff.")
    hand_over_from: str | None = Field(None, max_length=64)


class ReplyIn(Body):
    staff: str = Field(max_length=64, description="Name of the member of staff who answers.")
    text: str = Field(min_length=1, max_length=MAX_WORDS)
    external_id: str | None = Field(None, max_length=96, description="A name for the reply, so that it is said once.")


class ReplyOut(BaseModel):
    message_id: UUID
    escalation: EscalationOut


class ResolutionIn(Body):
    staff: str = Field(max_length=64, description="Name of the member of staff who closes it.")
    outcome: Outcome
    note: str = Field("", max_length=MAX_WORDS)


@router.get("")
def get_many(
    doors: TheDoors,
    _caller: TheCaller,
    *,
    status: Status | None = None,
    urgency: Urgency | None = None,
    patient_id: UUID | None = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Page[EscalationOut]:
    """Escalations in the order in which they were opened."""
    with doors.house.db.reading() as session:
        found = worklist.sheets(
            session,
            statuses=[status] if status else [],
            urgency=urgency,
            patient_id=patient_id,
            after=after_id(cursor),
            limit=limit + 1,
        )
    return page_of([_escalation(one) for one in found], limit, lambda one: one.id)


@router.get("/{escalation_id}")
def get(escalation_id: UUID, doors: TheDoors, _caller: TheCaller) -> EscalationOut:
    return _read(doors, escalation_id)


@router.post("/{escalation_id}/assignment", responses={409: {"description": "Somebody else has it."}})
def assign(escalation_id: UUID, given: AssignmentIn, doors: TheDoors, _caller: TheCaller) -> EscalationOut:
    """Claim it for a member of staff; the bot is silent for the woman from then on."""
    with doors.desk(_staff(doors, given.hand_over_from or given.staff)) as desk:
        if given.hand_over_from is not None:
            desk.hand_over(escalation_id, given.staff)
        else:
            desk.claim(escalation_id)
    return _read(doors, escalation_id)


@router.post("/{escalation_id}/replies", status_code=HTTPStatus.CREATED)
def reply(escalation_id: UUID, given: ReplyIn, doors: TheDoors, _caller: TheCaller) -> ReplyOut:
    """Answer the woman by the best legal way; claims it if nobody has it."""
    with doors.desk(_staff(doors, given.staff)) as desk:
        key = f"api:{given.external_id}" if given.external_id else None
        message = desk.reply(escalation_id, given.text, key)
    return ReplyOut(message_id=message, escalation=_read(doors, escalation_id))


@router.post("/{escalation_id}/resolution")
def resolve(escalation_id: UUID, given: ResolutionIn, doors: TheDoors, _caller: TheCaller) -> EscalationOut:
    """Close it and hand the woman back to the bot."""
    with doors.desk(_staff(doors, given.staff)) as desk:
        desk.resolve(escalation_id, given.outcome, given.note)
    return _read(doors, escalation_id)


def _staff(doors: Doors, name: str) -> Colleague:
    with doors.house.db.reading() as session:
        try:
            return colleague_named(session, name)
        except NotFound:
            raise Invalid("staff: nobody of this name works here") from None


def _read(doors: Doors, escalation_id: UUID) -> EscalationOut:
    with doors.house.db.reading() as session:
        return _escalation(worklist.sheet(session, escalation_id))


def _escalation(sheet: worklist.Sheet) -> EscalationOut:
    return EscalationOut.model_validate(sheet, from_attributes=True)
