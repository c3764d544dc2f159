"""A Twilio on this machine: phones with an inbox, the Messages API, signed webhooks and delivery reports.

More generous than life in one thing: an answer from mainland China arrives here.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final, Literal
from xml.etree import ElementTree as ET

import aiohttp
from twilio.request_validator import RequestValidator

from bot.channels.http import Http
from bot.channels.text import sms_segments
from bot.errors import SendError
from bot.web.sandbox.mishaps import Mishaps

DEADLINE: Final = 15.0
"""Seconds Twilio waits for a webhook; it asks again only where the caller's address says so."""
LONGEST_BODY: Final = 1600
STOP_WORDS: Final = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})


@dataclass(slots=True)
class Sms:
    """One message as Twilio keeps it; `date_created` in UTC."""

    sid: str
    direction: Literal["outbound-api", "inbound"]
    sender: str = field(repr=False)
    to: str = field(repr=False)
    body: str = field(repr=False)
    date_created: datetime
    status: str = "queued"
    error_code: int | None = None
    status_callback: str | None = None


class TwilioPlatform:
    """`webhook_url` is where inbound messages go. `outcomes` names the numbers whose messages end in an error code."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        number: str,
        clock: Callable[[], datetime],
        webhook_url: str | None = None,
        messaging_service_sid: str | None = None,
        receipt_delay: float = 1.0,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.number = number
        self.messaging_service_sid = messaging_service_sid
        self.clock = clock
        self.webhook_url = webhook_url
        self.receipt_delay = receipt_delay
        self.mishaps = Mishaps()
        self.messages: list[Sms] = []
        self.opted_out: set[str] = set()
        self.outcomes: dict[str, int] = {}
        self._validator = RequestValidator(auth_token)
        self._http = Http("sandbox", timeout=aiohttp.ClientTimeout(total=DEADLINE))

    def inbox(self, phone: str) -> list[Sms]:
        """What this phone shows, both directions, oldest first."""
        return [sms for sms in self.messages if phone in (sms.to, sms.sender) and sms.status != "failed"]

    def accept(self, to: str, body: str, status_callback: str | None) -> Sms:
        sms = Sms(_sid(), "outbound-api", self.number, to, body, self.clock(), status_callback=status_callback)
        self.messages.append(sms)
        return sms

    async def phone_says(self, phone: str, text: str) -> bool:
        """Someone texts our number. True when the webhook took it; a TwiML answer lands in the same inbox."""
        sms = Sms(_sid(), "inbound", phone, self.number, text, self.clock(), status="received")
        self.messages.append(sms)
        opt = self._note_opt_out(phone, text)
        return await self.push(sms, opt)

    async def push(self, sms: Sms, opt: str | None = None) -> bool:
        """Deliver an inbound message to the webhook; called again, it is Twilio repeating itself."""
        if self.webhook_url is None:
            return False
        said = await self._post(self.webhook_url, self._inbound_form(sms, opt))
        if said is None:
            return False
        for answer in _twiml_messages(said):
            reply = self.accept(sms.sender, answer, None)
            reply.status = "delivered"
        return True

    async def deliver(self, sms: Sms) -> None:
        """What the carriers do after Twilio has taken a message, reported step by step."""
        code = self.outcomes.get(sms.to)
        for status in ("sent", "delivered" if code is None else "undelivered"):
            await asyncio.sleep(self.receipt_delay)
            sms.status = status
            if status == "undelivered":
                sms.error_code = code
            await self._report(sms)

    async def close(self) -> None:
        await self._http.close()

    def record(self, sms: Sms) -> dict[str, Any]:
        """The JSON of one message."""
        stamp = format_datetime(sms.date_created)
        return {
            "sid": sms.sid,
            "account_sid": self.account_sid,
            "messaging_service_sid": self.messaging_service_sid,
            "from": sms.sender,
            "to": sms.to,
            "body": sms.body,
            "status": sms.status,
            "direction": sms.direction,
            "date_created": stamp,
            "date_updated": stamp,
            "date_sent": None if sms.status == "queued" else stamp,
            "num_segments": str(sms_segments(sms.body)),
            "num_media": "0",
            "error_code": sms.error_code,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sms.sid}.json",
            "subresource_uris": {},
        }

    async def _report(self, sms: Sms) -> None:
        if not sms.status_callback:
            return
        form = {
            "MessageSid": sms.sid,
            "SmsSid": sms.sid,
            "MessageStatus": sms.status,
            "SmsStatus": sms.status,
            "AccountSid": self.account_sid,
            "From": sms.sender,
            "To": sms.to,
            "ApiVersion": "2010-04-01",
        }
        if sms.error_code is not None:
            form["ErrorCode"] = str(sms.error_code)
        await self._post(sms.status_callback, form)

    async def _post(self, url: str, form: Mapping[str, str]) -> str | None:
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(url, form),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        try:
            answer = await self._http.request("POST", url, repeatable=True, data=form, headers=headers)
        except SendError:
            return None
        return answer.text if answer.status < 300 else None

    def _inbound_form(self, sms: Sms, opt: str | None) -> dict[str, str]:
        form = {
            "MessageSid": sms.sid,
            "SmsSid": sms.sid,
            "SmsMessageSid": sms.sid,
            "AccountSid": self.account_sid,
            "From": sms.sender,
            "To": sms.to,
            "Body": sms.body,
            "NumMedia": "0",
            "NumSegments": str(sms_segments(sms.body)),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            # Blank fields are normal, and they count in the signature.
            "FromCity": "",
            "FromState": "",
            "FromZip": "",
            "FromCountry": "",
        }
        if self.messaging_service_sid:
            form["MessagingServiceSid"] = self.messaging_service_sid
        if opt:
            form["OptOutType"] = opt
        return form

    def _note_opt_out(self, phone: str, text: str) -> str | None:
        """Twilio's own words, alone in a message; the server is told of them only where a service is in use."""
        word = text.strip().upper()
        if word in STOP_WORDS:
            self.opted_out.add(phone)
            kind = "STOP"
        elif word in START_WORDS:
            self.opted_out.discard(phone)
            kind = "START"
        else:
            return None
        return kind if self.messaging_service_sid else None


def _sid() -> str:
    return "SM" + secrets.token_hex(16)


def _twiml_messages(said: str) -> list[str]:
    """The texts of a TwiML answer; anything that is not TwiML says nothing."""
    try:
        root = ET.fromstring(said)  # noqa: S314 - our own server's answer
    except ET.ParseError:
        return []
    return ["".join(message.itertext()) for message in root.iter("Message")]
