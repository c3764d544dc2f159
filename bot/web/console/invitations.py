"""Cards that a nurse prints or shows, so that a woman can scan her way in."""

import logging
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from bot import invitees
from bot.cards import AT_ONCE, make_cards
from bot.care_team import Colleague
from bot.errors import ChannelDown, Invalid, NotFound, SendError, Unreachable
from bot.web.console.pages import patient_page
from bot.web.console.render import page
from bot.web.console.session import OUR_FORM, Member
from bot.web.doors import Doors, TheDoors

log = logging.getLogger(__name__)

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/invitations")
def choose(request: Request, doors: TheDoors, member: Member) -> Response:
    return _choice(request, doors, member)


@router.post("/invitations", dependencies=[OUR_FORM])
async def invite_many(
    request: Request, doors: TheDoors, member: Member, woman: Annotated[tuple[UUID, ...], Form()] = ()
) -> Response:
    if not 1 <= len(woman) <= AT_ONCE:
        problem = "too_many_women" if woman else "no_woman"
        return await run_in_threadpool(
            _choice, request, doors, member, woman, problem=problem, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    try:
        return await _cards(request, doors, member, woman)
    except SendError as error:
        return await run_in_threadpool(
            _choice, request, doors, member, woman, problem=_problem(error), status=HTTPStatus.BAD_GATEWAY
        )


@router.post("/patients/{patient_id}/invitations", dependencies=[OUR_FORM])
async def invite_one(request: Request, doors: TheDoors, member: Member, patient_id: UUID) -> Response:
    try:
        return await _cards(request, doors, member, [patient_id], back=f"/console/patients/{patient_id}")
    except SendError as error:
        return await run_in_threadpool(
            patient_page, request, doors, member, patient_id, problem=_problem(error), status=HTTPStatus.BAD_GATEWAY
        )


async def _cards(
    request: Request, doors: Doors, member: Colleague, women: Any, back: str = "/console/invitations"
) -> Response:
    """Make the cards and show them, once: a code is not kept, so another look needs another card."""
    try:
        chosen = await run_in_threadpool(_chosen, doors, member, women)
    except NotFound:
        return page(request, "message.html", HTTPStatus.NOT_FOUND, message="not_found")
    except Invalid:
        return page(request, "message.html", HTTPStatus.UNPROCESSABLE_ENTITY, message="not_registered")
    cards = await make_cards(doors.house, chosen, member.name)
    return await run_in_threadpool(page, request, "cards.html", member=member, cards=cards, back=back)


def _chosen(doors: Doors, member: Colleague, women: Any) -> list[invitees.Invitee]:
    with doors.house.db.reading() as session:
        return invitees.chosen(session, women, member, doors.now())


def _choice(
    request: Request,
    doors: Doors,
    member: Colleague,
    ticked: tuple[UUID, ...] = (),
    *,
    problem: str | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    """Women without WeChat; ticked are those who have no card yet, or those who were ticked before."""
    with doors.house.db.reading() as session:
        women = invitees.waiting(session, member, doors.now(), limit=AT_ONCE)
        total = invitees.count_waiting(session, member)
    chosen = set(ticked) or {woman.patient_id for woman in women if woman.invited_at is None}
    return page(
        request, "invitations.html", status, member=member, women=women, total=total, ticked=chosen, problem=problem
    )


def _problem(error: SendError) -> str:
    """A line of words.yaml: what the nurse can do about it. What the platform said is for who reads the log."""
    log.error("no card could be made: %s", error)
    if error.reason in {"no_account", "quota_of_the_day"}:
        return f"qr_{error.reason}"
    lasting = isinstance(error, Unreachable) or (isinstance(error, ChannelDown) and error.halt)
    return "qr_refused" if lasting else "qr_later"
