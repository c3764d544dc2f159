"""SMS through twilio's own client. To mainland China it is one-way and best effort: never the only road of an alarm."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioException
from twilio.http.response import Response
from twilio.rest import Client

from bot.channels.base import DeliveryState, Found, Limits, Outgoing, Receipt, Route, Sent, Unfound
from bot.channels.faults import Fault, Mark, Passing, Permanent, error
from bot.channels.http import Http
from bot.errors import ChannelDown, Invalid, SendError
from models.values import ChannelKind

API_URL: Final = "https://api.twilio.com"
CLOCKS_DIFFER: Final = timedelta(minutes=1)
LATER: Final = timedelta(minutes=45)
GARBLED: Final = (ValueError, LookupError, TypeError, AttributeError)
"""What twilio's client raises over an answer that is not the JSON it expects."""

_BAD_NUMBER: Final = Permanent("bad_number", Mark.BAD_NUMBER)
_NO_ROUTE: Final = Permanent("no_route_from_sender")
_BLOCKED: Final = Permanent("blocked", Mark.UNREACHABLE)
_UNAVAILABLE: Final = Passing("phone_unreachable", LATER)

FAULTS: Final[Mapping[int, Fault]] = {
    14107: Passing("loop_guard", timedelta(minutes=1)),
    20003: Passing("wrong_credentials", halt=True),
    20429: Passing("too_fast", timedelta(seconds=2)),
    21211: _BAD_NUMBER,
    21212: Passing("wrong_sender", halt=True),
    21408: Permanent("country_not_enabled"),
    21603: _NO_ROUTE,
    21606: _NO_ROUTE,
    21610: Permanent("opted_out", Mark.OPTED_OUT),
    21611: Passing("queue_full", timedelta(minutes=5)),
    21612: _NO_ROUTE,
    21614: _BAD_NUMBER,
    21217: _BAD_NUMBER,
    21617: Permanent("too_long", switch=False),
    30001: _UNAVAILABLE,
    30003: _UNAVAILABLE,
    30004: _BLOCKED,
    30005: _BAD_NUMBER,
    30006: _BAD_NUMBER,
    30007: Permanent("filtered"),
    30008: Passing("not_explained", LATER),
    30022: Passing("too_fast", timedelta(minutes=1)),
    30034: Passing("sender_not_registered", halt=True),
    30450: Passing("taken_for_pumping", LATER),
    30453: Passing("taken_for_pumping", LATER),
}

STATES: Final[Mapping[str, DeliveryState]] = {
    **{state.value: state for state in DeliveryState},
    "accepted": DeliveryState.QUEUED,
    "scheduled": DeliveryState.QUEUED,
    "canceled": DeliveryState.FAILED,
    "partially_delivered": DeliveryState.SENT,
}


class TwilioChannel:
    """Sends from `messaging_service_sid`, or from the number `sender` where there is none."""

    kind: Final = ChannelKind.SMS
    limits: Final = Limits(pushes_free_text=True, segments=8)

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str | None = None,
        messaging_service_sid: str | None = None,
        status_callback: str | None = None,
        api_url: str = API_URL,
        http: Http | None = None,
    ) -> None:
        self._account_sid = account_sid
        self._http = http or Http("twilio")
        self._client = Client(account_sid, auth_token, http_client=_Wire(self._http, api_url))
        given = {"from_": sender, "messaging_service_sid": messaging_service_sid, "status_callback": status_callback}
        if messaging_service_sid:
            given.pop("from_")
        self._given = {name: value for name, value in given.items() if value}

    async def send(self, message: Outgoing) -> Sent:
        if message.route is not Route.SMS:
            raise Invalid(f"outbound message {message.id}: Twilio cannot send it by {message.route}")
        try:
            record = await self._client.messages.create_async(to=message.to, body=message.text, **self._given)
            return Sent(record.sid, state_of(record.status))
        except (TwilioException, *GARBLED) as failure:
            raise self._error(failure, repeatable=False) from None

    async def find(self, message: Outgoing, since: datetime) -> Found:
        """Twilio knows no key of ours: the same words to the same number since then are the message.

        Not asked by date of sending, which a message still in Twilio's queue does not have.
        """
        try:
            for record in await self._client.messages.list_async(to=message.to, limit=50):
                if message.text.strip() in record.body and record.date_created >= since - CLOCKS_DIFFER:
                    return Sent(record.sid, state_of(record.status))
        except (TwilioException, *GARBLED) as failure:
            raise self._error(failure, repeatable=True) from None
        return Unfound.RESEND

    async def check(self) -> str:
        try:
            account = await self._client.api.v2010.accounts(self._account_sid).fetch_async()
        except (TwilioException, *GARBLED) as failure:
            raise self._error(failure, repeatable=True) from None
        if account.status != "active":
            raise ChannelDown("twilio account", str(account.status), halt=True)
        return "Twilio: account active"

    async def close(self) -> None:
        await self._http.close()

    def _error(self, failure: Exception, *, repeatable: bool) -> SendError:
        """Never chained to its cause, whose text carries the phone number."""
        status = _status(failure)
        if status is None or status >= 500:
            return self._http.unclear(f"http {status or 'answer'}", repeatable=repeatable)
        code = getattr(failure, "code", None) or status
        return error("twilio", code, FAULTS.get(code, _by_status(status)))


class _Wire:
    """What twilio's client speaks through. Its own ignores timeouts, logs phone numbers and knows only one host."""

    is_async = True

    def __init__(self, http: Http, api_url: str) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - twilio's signature; `Http` has its own
        allow_redirects: bool = False,  # noqa: ARG002 - twilio's signature
    ) -> Response:
        there = urlsplit(url)
        answer = await self._http.request(
            method,
            self._api_url + there.path + (f"?{there.query}" if there.query else ""),
            repeatable=method == "GET",
            params={name: str(value) for name, value in (params or {}).items()},
            data=data,
            headers={**(headers or {}), **_basic(auth)},
        )
        return Response(answer.status, answer.text)


def state_of(status: str) -> DeliveryState:
    """Ours for Twilio's word; one it may add tomorrow says only that the message is on its way."""
    return STATES.get(status, DeliveryState.SENDING)


def receipt(status: str, code: int | None = None) -> Receipt:
    """Read a status callback: MessageStatus and, for a failure, ErrorCode."""
    state = state_of(status)
    if not state.terminal:
        return Receipt(state)
    return Receipt(state, error("twilio", code or status, FAULTS.get(code or 0, Permanent("not_delivered"))))


def _status(failure: Exception) -> int | None:
    """The HTTP status of a refusal; a list that cannot be read carries the whole response instead."""
    response = failure.args[1] if len(failure.args) > 1 else None
    if isinstance(response, Response):
        return int(response.status_code)
    return getattr(failure, "status", None)


def _by_status(status: int) -> Fault:
    if status == 429:
        return FAULTS[20429]
    if status < 400 or status in {401, 403, 404}:
        return Passing("refused_by_server", halt=True)
    return Permanent("not_listed")


def _basic(auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(":".join(auth).encode()).decode()}
