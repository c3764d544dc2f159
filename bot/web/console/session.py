"""Who sits at the console: a signed cookie that names a member of staff, and a token that proves a form is ours."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Request

from bot.care_team import Colleague, colleague
from bot.errors import NotFound
from bot.web.doors import TheDoors

IDLE = timedelta(minutes=30)
"""Without any page open for so long one must sign in again. An open queue asks for news and so counts as presence:
a night shift is never signed out of the screen on which an emergency would appear.
"""

LONGEST = timedelta(hours=16)
"""Even with a page open one must sign in again after this."""


class SignedOut(Exception):
    """Nobody is signed in, or has not been for too long; the way leads to the sign-in page."""


class FormRefused(Exception):
    """A form that did not come from a page of ours."""


def sign_in(request: Request, member: Colleague, now: datetime) -> None:
    """Begin anew: nothing of the session before the sign-in is kept."""
    request.session.clear()
    request.session.update(
        staff=str(member.id), began=now.timestamp(), seen=now.timestamp(), csrf=secrets.token_urlsafe(24)
    )


def sign_out(request: Request) -> None:
    request.session.clear()


def csrf_token(request: Request) -> str:
    """The token that every form of this session carries; made when it is first asked for."""
    token: str = request.session.setdefault("csrf", secrets.token_urlsafe(24))
    return token


def member(request: Request, doors: TheDoors) -> Colleague:
    session: dict[str, Any] = request.session
    now = doors.presence.now()
    if "staff" not in session or now - _time(session, "seen") > IDLE or now - _time(session, "began") > LONGEST:
        raise SignedOut
    session["seen"] = now.timestamp()
    with doors.house.db.reading() as db_session:
        try:
            return colleague(db_session, UUID(session["staff"]))
        except NotFound:
            raise SignedOut from None


def _time(session: dict[str, Any], name: str) -> datetime:
    return datetime.fromtimestamp(float(session.get(name, 0)), UTC)


def _our_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    known = request.session.get("csrf", "")
    if not known or not secrets.compare_digest(known.encode(), csrf.encode()):
        raise FormRefused


Member = Annotated[Colleague, Depends(member)]
"""The member of staff who is signed in."""

OUR_FORM = Depends(_our_form)
