"""Codes that women scan to join, for a system that hands them out by its own ways."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from bot.cards import make_cards
from bot.invitees import Invitee, chosen
from bot.web.api.auth import TheCaller
from bot.web.api.shapes import Moment
from bot.web.doors import Doors, TheDoors

router = APIRouter(prefix="/patients/{patient_id}/invitations", tags=["patients"])


class InvitationOut(BaseModel):
    """Whoever scans it first is taken for her: show it to nobody else. It is told once and not kept."""

    code: str = Field(description="What WeChat reports as the scene when she has scanned.")
    expires_at: Moment
    url: str = Field(description="What the QR code holds; opened in WeChat it leads to the account.")
    svg: str = Field(description="The QR code as an SVG document.")


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    responses={502: {"description": "WeChat makes no code now, or no account is connected."}},
)
async def invite(patient_id: UUID, doors: TheDoors, caller: TheCaller) -> InvitationOut:
    """Make a code that binds the WeChat of who scans it to this woman; it holds for 30 days and works once.

    A woman who has a WeChat already moves to the one that scans. Audited under the token's name.
    """
    woman = await run_in_threadpool(_woman, doors, patient_id)
    (card,) = await make_cards(doors.house, [woman], f"token {caller.name}")
    return InvitationOut(code=card.code, expires_at=card.expires_at, url=card.url, svg=card.svg)


def _woman(doors: Doors, patient_id: UUID) -> Invitee:
    with doors.house.db.reading() as session:
        (woman,) = chosen(session, [patient_id], None, doors.now())
    return woman
