"""The doors of the platforms: check, cap, parse, hand in, answer. Plain routes: they need nothing of FastAPI."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels import sms_twilio, wechat_errors
from bot.channels.twilio_push import NOTHING_TO_SAY, TwilioPush, read_message
from bot.channels.wechat_push import WeChatPush, WrongSignature
from bot.db import OUTAGE
from bot.house import House
from bot.inbound import Inbound
from bot.receipts import Receipts, Report
from bot.reception import Reception
from models.values import ChannelKind

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
"""No push of either platform comes near it."""

RECEIPT_PAUSE_SECONDS = 1.0
OUTAGE_PAUSE_SECONDS = 5.0

Handler = Callable[[Request], Awaitable[Response]]


class TooLarge(Exception):
    pass


def webhooks(house: House, reception: Reception) -> list[Route]:
    """Routes for each platform that is configured."""
    settings = house.settings
    receipts = _Noting(house, reception.deadline)
    routes: list[Route] = []
    if settings.wechat_app_id and settings.wechat_token:
        push = WeChatPush(
            app_id=settings.wechat_app_id,
            token=settings.wechat_token,
            mode=settings.wechat_mode,
            aes_key=settings.wechat_aes_key,
            keyring=house.keyring,
        )
        routes += [
            Route("/wechat", _wechat_address_check(push), methods=["GET"]),
            Route("/wechat", _wechat(house, reception, push, receipts), methods=["POST"]),
        ]
    if settings.twilio_auth_token and settings.public_url:
        twilio = TwilioPush(auth_token=settings.twilio_auth_token, public_url=settings.public_url)
        routes += [
            Route("/sms/twilio", _twilio(house, reception, twilio), methods=["POST"]),
            Route("/sms/twilio/status", _twilio_status(twilio, receipts), methods=["POST"]),
        ]
    return routes


def _wechat_address_check(push: WeChatPush) -> Handler:
    async def check(request: Request) -> Response:
        try:
            return PlainTextResponse(push.echo(request.query_params))
        except WrongSignature:
            return _forbidden()

    return check


def _wechat(house: House, reception: Reception, push: WeChatPush, receipts: "_Noting") -> Handler:
    async def receive(request: Request) -> Response:
        now = house.clock.now()
        try:
            push.check(request.query_params)
            pushed = push.open(request.query_params, await _body(request), now)
        except WrongSignature:
            return _forbidden()
        except TooLarge:
            log.warning("a push of more than %d bytes was refused", BODY_LIMIT)
            return PlainTextResponse("too large", status_code=413)
        except ClientDisconnect:
            return Response(status_code=400)
        answering = reception.receive(pushed.inbound)
        if pushed.inbound.event == "templatesendjobfinish":
            answer, _ = await asyncio.gather(answering, receipts.note(_template_report(pushed.inbound)))
        else:
            answer = await answering
        body = push.answer(answer.text, pushed.envelope, now)
        left = BackgroundTask(reception.left, answer.message_id) if answer.message_id else None
        media_type = "text/plain" if body == b"success" else "application/xml"
        return Response(body, media_type=media_type, background=left)

    return receive


def _twilio(house: House, reception: Reception, twilio: TwilioPush) -> Handler:
    async def receive(request: Request) -> Response:
        form = await _form(request, twilio)
        if isinstance(form, Response):
            return form
        try:
            inbound = read_message(form, house.clock.now())
        except KeyError as missing:
            return PlainTextResponse(f"{missing.args[0]} is missing", status_code=422)
        await reception.receive(inbound)
        return Response(NOTHING_TO_SAY, media_type="text/xml")

    return receive


def _twilio_status(twilio: TwilioPush, receipts: "_Noting") -> Handler:
    async def receive(request: Request) -> Response:
        form = await _form(request, twilio)
        if isinstance(form, Response):
            return form
        code = form.get("ErrorCode", "")
        receipt = sms_twilio.receipt(form.get("MessageStatus", ""), int(code) if code.isdecimal() else None)
        report = Report(ChannelKind.SMS, form.get("MessageSid", ""), receipt)
        await receipts.note(report)
        return Response(status_code=204)

    return receive


class _Noting:
    """Receipts, written down by a thread of their own: however long the database takes, no woman waits for them."""

    def __init__(self, house: House, patience: float) -> None:
        self._patience = patience
        self._clock = house.clock
        self._receipts = Receipts(house)
        self._thread = ThreadPoolExecutor(1, "receipts")
        self._tasks: set[asyncio.Task[None]] = set()

    async def note(self, report: Report) -> None:
        """Come back when it is written down, or in time to answer the platform while that goes on."""
        task = asyncio.create_task(self._note(report))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait([task], timeout=self._patience)

    async def _note(self, report: Report) -> None:
        """One that was quicker than our own note of the sending is tried once more."""
        for pause in (RECEIPT_PAUSE_SECONDS, 0):
            if not await self._record(report):
                return
            await asyncio.sleep(pause)
        log.info("a receipt of %s belongs to no message", report.channel)

    async def _record(self, report: Report) -> list[str]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(self._thread, self._receipts.record, [report], self._clock.now())
            except OUTAGE as error:
                log.warning("a receipt waits for the database: %s", type(error).__name__)
            await asyncio.sleep(OUTAGE_PAUSE_SECONDS)


def _template_report(inbound: Inbound) -> Report:
    """The platform says how a template message ended; its MsgID is the name that sending gave us."""
    receipt = wechat_errors.receipt(str(inbound.details.get("Status", "")))
    return Report(ChannelKind.WECHAT, str(inbound.details.get("MsgID", "")), receipt)


async def _form(request: Request, twilio: TwilioPush) -> dict[str, str] | Response:
    signature = request.headers.get("x-twilio-signature")
    if signature is None:
        return _forbidden()
    try:
        body = await _body(request)
    except TooLarge:
        return PlainTextResponse("too large", status_code=413)
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return twilio.open(target, body, signature) or _forbidden()


async def _body(request: Request) -> bytes:
    """Read at most BODY_LIMIT bytes. Raises TooLarge before more than that is held."""
    if (request.headers.get("content-length") or "0").isdigit() and int(
        request.headers.get("content-length") or 0
    ) > BODY_LIMIT:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise TooLarge
    return bytes(body)


def _forbidden() -> Response:
    return PlainTextResponse("wrong signature", status_code=403)
