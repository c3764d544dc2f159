"""Joins the console's pages to the app, with the errors that a page and not a problem document must tell."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from bot.web.console import actions, invitations, pages, sign_in
from bot.web.console.news import Pulse
from bot.web.console.render import page
from bot.web.console.session import FormRefused, SignedOut

STATIC = "/console/static"


def join(app: FastAPI) -> None:
    app.state.pulse = Pulse(app.state.doors.house)
    for part in (sign_in, pages, actions, invitations):
        app.include_router(part.router)
    app.mount(STATIC, StaticFiles(packages=[("bot.web.console", "static")]), name="console-static")
    app.add_exception_handler(SignedOut, _to_sign_in)
    app.add_exception_handler(FormRefused, _refused)


def _to_sign_in(request: Request, _error: Exception) -> Response:
    if "hx-request" in request.headers:
        # A fragment cannot become the sign-in page: htmx is told to go there, so that silence is never mistaken
        # for an empty queue.
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": "/console/login?expired=1"})
    expired = "?expired=1" if request.session.get("staff") else ""
    request.session.clear()
    return RedirectResponse(f"/console/login{expired}", HTTPStatus.SEE_OTHER)


def _refused(request: Request, _error: Exception) -> Response:
    return page(request, "message.html", HTTPStatus.FORBIDDEN, message="refused_form")
