"""What a nurse does about an escalation; each verb is a resource of its own, made by a plain form."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot import worklist
from bot.care_team import Colleague
from bot.desk import Desk, Outcome
from bot.errors import Conflict, Invalid, NotFound
from bot.web.console.pages import patient_page
from bot.web.console.render import page
from bot.web.console.session import OUR_FORM, Member
from bot.web.doors import Doors, TheDoors

router = APIRouter(prefix="/console/escalations/{escalation_id}", dependencies=[OUR_FORM], include_in_schema=False)

Words = Annotated[str, Form()]


@router.post("/assignment")
def assign(request: Request, doors: TheDoors, member: Member, escalation_id: UUID, to: Words = "") -> Response:
    """Claim, or hand over when a colleague is named."""

    def verb(desk: Desk) -> None:
        desk.hand_over(escalation_id, to) if to else desk.claim(escalation_id)

    return _carry_out(request, doors, member, escalation_id, verb)


@router.post("/release")
def release(request: Request, doors: TheDoors, member: Member, escalation_id: UUID) -> Response:
    return _carry_out(request, doors, member, escalation_id, lambda desk: desk.release(escalation_id))


@router.post("/replies")
def reply(
    request: Request, doors: TheDoors, member: Member, escalation_id: UUID, *, text: Words = "", key: Words = ""
) -> Response:
    """`key` comes with the form, so that a second tap on the button does not say it twice."""

    def verb(desk: Desk) -> None:
        desk.reply(escalation_id, text, key=f"form:{key}" if key else None)

    return _carry_out(request, doors, member, escalation_id, verb, typed=text)


@router.post("/notes")
def note(request: Request, doors: TheDoors, member: Member, escalation_id: UUID, text: Words = "") -> Response:
    return _carry_out(request, doors, member, escalation_id, lambda desk: desk.note(escalation_id, text), note=text)


@router.post("/resolution")
def resolve(
    request: Request, doors: TheDoors, member: Member, escalation_id: UUID, *, outcome: Words = "", note: Words = ""
) -> Response:
    def verb(desk: Desk) -> None:
        if outcome not in set(Outcome):
            raise Invalid("outcome: choose one")
        desk.resolve(escalation_id, Outcome(outcome), note)

    return _carry_out(request, doors, member, escalation_id, verb, note=note)


def _carry_out(
    request: Request,
    doors: Doors,
    member: Colleague,
    escalation_id: UUID,
    verb: Callable[[Desk], None],
    *,
    typed: str = "",
    note: str = "",
) -> Response:
    """Do it and show her page again; when it cannot be done, the page says why and keeps what was typed."""
    try:
        with doors.house.db.reading() as session:
            patient_id = worklist.sheet(session, escalation_id, member).patient_id
    except NotFound:
        return page(request, "message.html", HTTPStatus.NOT_FOUND, message="not_found")
    try:
        with doors.desk(member) as desk:
            verb(desk)
    except (Conflict, Invalid, NotFound) as error:
        problem, status = _problem(error)
        return patient_page(request, doors, member, patient_id, problem=problem, typed=typed, note=note, status=status)
    return RedirectResponse(f"/console/patients/{patient_id}", HTTPStatus.SEE_OTHER)


def _problem(error: Exception) -> tuple[str, HTTPStatus]:
    """A line of words.yaml for what went wrong; an Invalid names its field first."""
    if isinstance(error, Conflict):
        return "conflict", HTTPStatus.CONFLICT
    field = str(error).partition(":")[0] if isinstance(error, Invalid) else "staff"
    return f"invalid_{field}", HTTPStatus.UNPROCESSABLE_ENTITY
