"""The REST API of the local Twilio: messages are taken, listed and refused with Twilio's own codes."""

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.web.sandbox.twilio_platform import LONGEST_BODY, Sms, TwilioPlatform

MAGIC_TO: Final = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_FROM: Final = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
GOOD_FROM: Final = "+15005550006"
"""The numbers Twilio itself gives for trying each refusal, and one that always works."""

HTTP_STATUS: Final = {20003: 401, 20404: 404, 20429: 429, 21611: 429, 20500: 500}
E164: Final = re.compile(r"\+[1-9]\d{6,14}")


class TwilioServer:
    def __init__(self, platform: TwilioPlatform) -> None:
        self.platform = platform
        account = "/2010-04-01/Accounts/{sid}"
        self.app = Starlette(
            routes=[
                Route(account + ".json", self._account),
                Route(account + "/Messages.json", self._create, methods=["POST"]),
                Route(account + "/Messages.json", self._list, methods=["GET"]),
            ]
        )

    async def _account(self, request: Request) -> Response:
        if (refusal := self._refused(request)) is not None:
            return refusal
        sid = self.platform.account_sid
        return JSONResponse({"sid": sid, "status": "active", "type": "Full", "friendly_name": "sandbox"})

    async def _create(self, request: Request) -> Response:
        if (refusal := self._refused(request)) is not None:
            return refusal
        form = {name: str(value) for name, value in (await request.form()).items()}
        if code := self._fault(form):
            return _error(code)
        sms = self.platform.accept(form["To"], form["Body"], form.get("StatusCallback"))
        answer = self.platform.record(sms)
        await self.platform.mishaps.hold_back()
        return JSONResponse(answer, status_code=201, background=BackgroundTask(self.platform.deliver, sms))

    async def _list(self, request: Request) -> Response:
        if (refusal := self._refused(request)) is not None:
            return refusal
        asked = request.query_params
        size = int(asked.get("PageSize", 50))
        found = [sms for sms in reversed(self.platform.messages) if _matches(sms, asked)][:size]
        uri = request.url.path
        return JSONResponse(
            {
                "messages": [self.platform.record(sms) for sms in found],
                "page": 0,
                "page_size": size,
                "start": 0,
                "end": max(0, len(found) - 1),
                "uri": uri,
                "first_page_uri": uri,
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    def _refused(self, request: Request) -> Response | None:
        if (mishap := self.platform.mishaps.take()) is not None:
            if mishap.status is not None:
                return PlainTextResponse("upstream error", status_code=mishap.status)
            return _error(mishap.code)
        known = f"{self.platform.account_sid}:{self.platform.auth_token}"
        expected = "Basic " + base64.b64encode(known.encode()).decode()
        if not hmac.compare_digest(request.headers.get("authorization", ""), expected):
            return _error(20003)
        return None if request.path_params["sid"] == self.platform.account_sid else _error(20404)

    def _fault(self, form: Mapping[str, str]) -> int | None:
        """The first thing wrong with a message, as Twilio's code."""
        to, sender, body = (form.get(name, "") for name in ("To", "From", "Body"))
        service = form.get("MessagingServiceSid")
        checks = (
            (21604, not to),
            (21602, not body),
            (21617, len(body) > LONGEST_BODY),
            (21603, not sender and (service is None or service != self.platform.messaging_service_sid)),
            (MAGIC_FROM.get(sender, 0), sender in MAGIC_FROM),
            (21606, sender not in {"", self.platform.number, GOOD_FROM}),
            (MAGIC_TO.get(to, 0), to in MAGIC_TO),
            (21211, E164.fullmatch(to) is None),
            (21610, to in self.platform.opted_out),
        )
        return next((code for code, wrong in checks if wrong), None)


def _matches(sms: Sms, asked: Mapping[str, str]) -> bool:
    if asked.get("To") not in {None, sms.to} or asked.get("From") not in {None, sms.sender}:
        return False
    if not any(name.startswith("DateSent") for name in asked):
        return True
    at = sms.date_created
    return (
        sms.status != "queued"
        and ("DateSent" not in asked or at.date() == _moment(asked["DateSent"]).date())
        and ("DateSent>" not in asked or at >= _moment(asked["DateSent>"]))
        and ("DateSent<" not in asked or at <= _moment(asked["DateSent<"]))
    )


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _error(code: int) -> Response:
    status = HTTP_STATUS.get(code, 400)
    return JSONResponse(
        {
            "code": code,
            "message": f"refused with {code}",
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
        status_code=status,
    )
