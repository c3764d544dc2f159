"""Templates and the words in them: codes become Chinese, UTC becomes the area's own time, only here."""

from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from uuid import uuid4

import yaml
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.web.console.marking import is_placed, pieces
from bot.web.console.session import csrf_token
from bot.web.doors import Doors
from models.values import Language


@cache
def _words() -> dict[str, dict[str, str]]:
    text = (files("bot.web.console") / "words.yaml").read_text(encoding="utf-8")
    words: dict[str, dict[str, str]] = yaml.safe_load(text)
    return {kind: {str(code): word for code, word in codes.items()} for kind, codes in words.items()}


def word(kind: str, code: object) -> str:
    """The word for a code; a code that has none is shown as it is, because a nurse must miss nothing."""
    return _words()[kind].get(str(code), str(code))


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.web.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(word=word, form_key=lambda: uuid4().hex)
    environment.filters.update(
        minutes=_minutes, reading=_reading, is_finding=_is_finding, is_placed=is_placed, pieces=pieces, why=_why
    )
    environment.tests["dict"] = lambda value: isinstance(value, dict)
    return environment


def page(request: Request, template: str, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
    """Render a template with what every page knows; pages hold personal data and are never stored by a browser."""
    doors: Doors = request.app.state.doors
    words = doors.house.library.texts[Language.ZH_CN]

    def local(at: datetime, how: str = "moment") -> str:
        return at.astimezone(doors.zone).strftime(_words()["format"][how])

    def day(on: date, how: str = "day") -> str:
        return on.strftime(_words()["format"][how])

    def sign(code: str) -> str:
        return words.get(f"sign.{code}", code)  # an old escalation may name a sign that the rules no longer have

    known = {"csrf": csrf_token(request), "now": doors.now(), "local": local, "day": day, "sign": sign}
    html = _templates().get_template(template).render(known, **values)
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


def _minutes(due_at: datetime, now: datetime) -> int:
    """Whole minutes until then, rounded down; negative when it has passed."""
    return int((due_at - now).total_seconds() // 60)


def _reading(value: Any) -> str:
    """A value as a nurse writes it: 150/95 for a blood pressure, else the parts one after the other."""
    if isinstance(value, dict):
        if {"systolic", "diastolic"} <= value.keys():
            return f"{value['systolic']}/{value['diastolic']}"
        return " ".join(f"{word('observation', name)} {_reading(part)}" for name, part in value.items())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _why(reason: str) -> str:
    """Why a message did not arrive; one that took another road names the first one, as in `wechat: window_closed`."""
    channel, _, rest = reason.rpartition(": ")
    told = word("undelivered_reason", rest)
    return f"{word('channel', channel)} {told}" if channel else told


def _is_finding(item: dict[str, Any]) -> bool:
    return "rule" in item and "evidence" in item
