"""Signing in and out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.staff import authenticate
from bot.web.console.render import page
from bot.web.console.session import OUR_FORM, sign_in, sign_out
from bot.web.doors import TheDoors

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/login")
def ask(request: Request, *, expired: bool = False) -> Response:
    return page(request, "login.html", problem="signed_out" if expired else None, name="")


@router.post("/login", dependencies=[OUR_FORM])
def enter(
    request: Request, doors: TheDoors, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    member = authenticate(doors.house.db, name.strip(), password, doors.now())
    if member is None:
        return page(request, "login.html", HTTPStatus.UNAUTHORIZED, problem="wrong_password", name=name)
    sign_in(request, member, doors.presence.now())
    return RedirectResponse("/console", HTTPStatus.SEE_OTHER)


@router.post("/sign-out", dependencies=[OUR_FORM])
def leave(request: Request) -> Response:
    sign_out(request)
    return RedirectResponse("/console/login", HTTPStatus.SEE_OTHER)
