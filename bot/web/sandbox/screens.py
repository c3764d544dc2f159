"""What the screens of the sandbox show, made from what the platforms and the records hold."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot import overview
from bot.web.sandbox.cast import Woman, lines
from bot.web.sandbox.sandbox import Sandbox
from bot.web.sandbox.twilio_platform import Sms
from bot.web.sandbox.wechat_people import Bubble

SHOWN: Final = 80
"""Bubbles on a screen; older ones are in the console."""

INSIDE_NUMBER: Final = re.compile(r"(?<=\d)-(?=\d)")
"""A telephone number is not broken at the end of a line."""

PAUSE: Final = timedelta(minutes=5)
"""After so long the chat shows the time again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a chat: a bubble, before it the time where some has passed."""

    mine: bool
    kind: str
    text: str
    time: datetime | None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list to choose a woman from."""

    woman: Woman
    line: overview.Line
    following: bool


@cache
def templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.web.sandbox"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = lambda text: quote(text, safe="")
    environment.filters["whole_numbers"] = lambda text: INSIDE_NUMBER.sub("\N{WORD JOINER}-\N{WORD JOINER}", text)
    return environment


def parts(sandbox: Sandbox, women: dict[str, overview.Line], woman: Woman, phone: str) -> Iterator[tuple[str, str]]:
    """The changing parts of the page as HTML. `phone`: whose SMS are shown, hers or her guardian's."""
    zone = sandbox.house.settings.zone
    rows = [Row(one, women[one.key], _follows(sandbox, one)) for one in sandbox.cast.women if one.key in women]
    known = next((row for row in rows if row.woman == woman), None)
    common: dict[str, Any] = {"now": sandbox.clock.now().astimezone(zone), "row": known, "woman": woman}
    person = sandbox.wechat.person(woman.openid)
    number = phone_of(woman, phone)
    inbox = sandbox.twilio.inbox(number) if number else []
    fragments: dict[str, dict[str, Any]] = {
        "clock": {"ready": sandbox.ready, "move": sandbox.machine.move, "answering": sandbox.answering.on},
        "who": {},
        "women": {"rows": rows},
        "chat": {
            "entries": list(_chat(person.chat, zone)),
            "following": person.following,
            "labels": {item["key"]: item["name"] for group in sandbox.wechat.menu for item in group["sub_button"]},
        },
        "hand": {"at_hand": lines()["at_hand"][woman.language]},
        "back": {"guardian": lines()["guardian"][woman.language], "number": number},
        "sms": {"entries": list(_inbox(inbox, number or "", zone)), "number": number, "phone": phone},
    }
    for name, values in fragments.items():
        yield name, templates().get_template(f"{name}.html").render(**common, **values)


def page(sandbox: Sandbox, woman: Woman) -> str:
    said = lines()
    return (
        templates()
        .get_template("page.html")
        .render(
            woman=woman,
            account=said["account"],
            at_hand=said["at_hand"],
            moves=said["moves"],
            menu=sandbox.wechat.menu,
            ticket=sandbox.ticket(),
        )
    )


def phone_of(woman: Woman, phone: str) -> str | None:
    if phone == "own":
        return woman.phone
    return woman.guardian.phone if woman.guardian else None


def _follows(sandbox: Sandbox, woman: Woman) -> bool:
    person = sandbox.wechat.people.get(woman.openid)
    return person is not None and person.following


def _chat(chat: Sequence[Bubble], zone: ZoneInfo) -> Iterator[Entry]:
    before: datetime | None = None
    for bubble in chat[-SHOWN:]:
        time = bubble.at.astimezone(zone) if before is None or bubble.at - before > PAUSE else None
        yield Entry(bubble.road == "hers", bubble.kind, bubble.text, time)
        before = bubble.at


def _inbox(inbox: Sequence[Sms], number: str, zone: ZoneInfo) -> Iterator[Entry]:
    before: datetime | None = None
    for sms in inbox[-SHOWN:]:
        at = sms.date_created
        time = at.astimezone(zone) if before is None or at - before > PAUSE else None
        yield Entry(sms.sender == number, "text", sms.body, time, failed=sms.status == "undelivered")
        before = at
