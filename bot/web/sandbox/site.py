"""The sandbox's doors: one page, what changes on it, what a visitor does, and the platforms' own APIs.

Only `yunban demo` joins them to an app.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel, Field
from starlette.staticfiles import StaticFiles

from bot.care_team import colleague_named
from bot.web.console.session import sign_in
from bot.web.doors import Doors
from bot.web.sandbox import screens
from bot.web.sandbox.cast import Woman, lines
from bot.web.sandbox.sandbox import Sandbox
from bot.web.sandbox.time_machine import until
from bot.web.sandbox.twilio_server import TwilioServer
from bot.web.sandbox.wechat_server import WeChatServer

GLANCE: Final = 0.3
"""Seconds between two looks at what has changed."""

RECORDS: Final = 1.0
"""Seconds after which the records are read again."""

Phone = Literal["guardian", "own"]


def join(app: FastAPI, sandbox: Sandbox) -> None:
    app.state.sandbox = sandbox
    app.mount("/sandbox/wechat-api", WeChatServer(sandbox.wechat).app)
    app.mount("/sandbox/twilio-api", TwilioServer(sandbox.twilio).app)
    app.mount("/sandbox/static", StaticFiles(packages=[("bot.web.sandbox", "static")]), name="sandbox-static")
    acts.include_router(hers)
    app.include_router(router)
    app.include_router(acts, prefix=router.prefix)


def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def _own_page(x_sandbox: Annotated[str, Header()] = "") -> None:
    """A page of another site cannot set this header without being asked for it first."""
    if not x_sandbox:
        raise HTTPException(HTTPStatus.FORBIDDEN)


TheSandbox = Annotated[Sandbox, Depends(_sandbox)]

router = APIRouter(prefix="/sandbox", include_in_schema=False)
acts = APIRouter(include_in_schema=False, dependencies=[Depends(_own_page)])
hers = APIRouter(prefix="/women/{key}")


class Words(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=600)]


class Moved(BaseModel):
    move: str


class Wish(BaseModel):
    on: bool


def _woman(sandbox: TheSandbox, key: str) -> Woman:
    woman = sandbox.cast.woman(key)
    if woman.key != key:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return woman


def _follower(sandbox: TheSandbox, woman: "TheWoman") -> Woman:
    if not sandbox.wechat.person(woman.openid).following:
        raise HTTPException(HTTPStatus.CONFLICT)
    return woman


TheWoman = Annotated[Woman, Depends(_woman)]
Follower = Annotated[Woman, Depends(_follower)]


# -- looking ----------------------------------------------------------------------------------------------------------


@router.get("/")
def page(sandbox: TheSandbox, woman: str = "") -> Response:
    return HTMLResponse(screens.page(sandbox, sandbox.cast.woman(woman)), headers={"Cache-Control": "no-store"})


@router.get("/events")
def events(sandbox: TheSandbox, woman: str = "", phone: Phone = "guardian") -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    shown = _changes(sandbox, sandbox.cast.woman(woman), phone)
    return StreamingResponse(shown, media_type="text/event-stream", headers=headers)


async def _changes(sandbox: Sandbox, woman: Woman, phone: Phone) -> AsyncIterator[str]:
    """Each part of the page whenever it looks different."""
    shown: dict[str, str] = {}
    women: dict[str, Any] = {}
    read_at = -RECORDS
    while True:
        if time.monotonic() - read_at >= RECORDS:
            women, read_at = await asyncio.to_thread(sandbox.women), time.monotonic()
        for name, html in screens.parts(sandbox, women, woman, phone):
            if shown.get(name) != html:
                shown[name] = html
                yield f"event: {name}\ndata: {json.dumps(html)}\n\n"
        await asyncio.sleep(GLANCE)


@router.get("/media/{media_id}")
def media(sandbox: TheSandbox, media_id: str) -> Response:
    stored = sandbox.wechat.media.get(media_id)
    if stored is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(stored.body, media_type=stored.content_type)


@router.get("/nurse/{ticket}")
def nurse(request: Request, sandbox: TheSandbox, ticket: str) -> Response:
    """The way into the console that works once: whoever comes by it is the nurse of the demonstration."""
    doors: Doors = request.app.state.doors
    if sandbox.redeem(ticket):
        with doors.house.db.reading() as session:
            sign_in(request, colleague_named(session, sandbox.cast.nurse), doors.now())
    return RedirectResponse("/console", HTTPStatus.SEE_OTHER)


# -- doing ------------------------------------------------------------------------------------------------------------


@hers.post("/say", status_code=HTTPStatus.NO_CONTENT)
async def say(sandbox: TheSandbox, woman: Follower, words: Words) -> None:
    await sandbox.wechat.user_says(woman.openid, words.text)


@hers.post("/tap", status_code=HTTPStatus.NO_CONTENT)
async def tap(sandbox: TheSandbox, woman: Follower, words: Words) -> None:
    await sandbox.wechat.tap(woman.openid, words.text)


@hers.post("/photo", status_code=HTTPStatus.NO_CONTENT)
async def photo(sandbox: TheSandbox, woman: Follower) -> None:
    await sandbox.wechat.send_image(woman.openid, _photo())


@hers.post("/voice", status_code=HTTPStatus.NO_CONTENT)
async def voice(sandbox: TheSandbox, woman: Follower) -> None:
    await sandbox.wechat.send_voice(woman.openid, b"#!AMR\n", lines()["voice"][woman.language])


@hers.post("/scan", status_code=HTTPStatus.NO_CONTENT)
async def scan(sandbox: TheSandbox, woman: TheWoman) -> None:
    await sandbox.join(woman, enrol=False)


@hers.post("/unfollow", status_code=HTTPStatus.NO_CONTENT)
async def unfollow(sandbox: TheSandbox, woman: Follower) -> None:
    await sandbox.wechat.unfollow(woman.openid)


@hers.post("/sms", status_code=HTTPStatus.NO_CONTENT)
async def sms(
    sandbox: TheSandbox, woman: TheWoman, words: Words, phone: Annotated[Phone, Query()] = "guardian"
) -> None:
    number = screens.phone_of(woman, phone)
    if number is None:
        raise HTTPException(HTTPStatus.CONFLICT)
    await sandbox.twilio.phone_says(number, words.text)


@acts.post("/clock", status_code=HTTPStatus.ACCEPTED)
async def move(sandbox: TheSandbox, moved: Moved) -> None:
    known = next((one for one in lines()["moves"] if one["id"] == moved.move), None)
    if known is None:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    await sandbox.move(until(known, sandbox.clock.now(), sandbox.house.settings.zone))


@acts.post("/clock/stop", status_code=HTTPStatus.NO_CONTENT)
async def stand_still(sandbox: TheSandbox) -> None:
    sandbox.machine.stop()


@acts.post("/answering", status_code=HTTPStatus.NO_CONTENT)
async def answering(sandbox: TheSandbox, wish: Wish) -> None:
    sandbox.answering.on = wish.on


@cache
def _photo() -> bytes:
    return (files("bot.web.sandbox") / "photo.jpg").read_bytes()
