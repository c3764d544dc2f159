"""The server API of the local WeChat platform: tokens, messages, pictures to scan, menu, media. Refusals as in life."""

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.web.sandbox.wechat_people import Bubble
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_wire import LONGEST_TEXT

TOKEN_LASTS: Final = timedelta(seconds=7200)
OVERLAP: Final = timedelta(minutes=5)
DEDUPE: Final = timedelta(minutes=10)
LONGEST_QR: Final = 2_592_000

Body: TypeAlias = Mapping[str, Any]


class Refused(Exception):
    def __init__(self, code: int, message: str = "refused") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the platform answers, and what it does once the answer is out."""

    said: Mapping[str, Any] = field(default_factory=dict)
    after: BackgroundTask | None = None


@dataclass(slots=True)
class Tokens:
    """The stable token stays the same while it lasts; each plain one replaces the last. Both kinds open every door."""

    valid_until: dict[str, datetime] = field(default_factory=dict, repr=False)
    given: int = 0
    _stable: str | None = None

    def stable(self, now: datetime) -> tuple[str, int]:
        self.given += 1
        if self._stable is None or self.valid_until.get(self._stable, now) - now <= OVERLAP:
            self._stable = self._new(now)
        return self._stable, int((self.valid_until[self._stable] - now).total_seconds())

    def plain(self, now: datetime) -> tuple[str, int]:
        self.given += 1
        return self._new(now), int(TOKEN_LASTS.total_seconds())

    def revoke(self) -> None:
        """As when the secret is reset in the console: nothing given before is worth anything."""
        self.valid_until.clear()
        self._stable = None

    def check(self, token: str, now: datetime) -> None:
        if not token:
            raise Refused(41001, "access_token missing")
        if token not in self.valid_until:
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if self.valid_until[token] <= now:
            raise Refused(42001, "access_token expired")

    def _new(self, now: datetime) -> str:
        token = secrets.token_urlsafe(100)
        self.valid_until[token] = now + TOKEN_LASTS
        return token


class WeChatServer:
    def __init__(self, platform: WeChatPlatform) -> None:
        self.platform = platform
        self.tokens = Tokens()
        self.taken: dict[tuple[str, str], tuple[int, datetime]] = {}
        self.app = Starlette(
            routes=[
                Route("/cgi-bin/stable_token", self._stable_token, methods=["POST"]),
                Route("/cgi-bin/token", self._plain_token),
                Route("/cgi-bin/media/get", self._media),
                *(
                    Route(path, self._guarded(action), methods=["POST"])
                    for path, action in {
                        "/cgi-bin/message/custom/send": self._custom_send,
                        "/cgi-bin/message/template/send": self._template_send,
                        "/cgi-bin/qrcode/create": self._create_qr,
                        "/cgi-bin/menu/create": self._create_menu,
                    }.items()
                ),
            ]
        )

    def _guarded(self, action: Callable[[Body], Agreed]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if (mishap := self.platform.mishaps.take()) is not None:
                return _gateway_error(mishap.status) if mishap.status else _refusal(Refused(mishap.code))
            try:
                self.tokens.check(request.query_params.get("access_token", ""), self.platform.clock())
                agreed = action(_read(await request.body()))
            except Refused as refused:
                return _refusal(refused)
            except (LookupError, TypeError, AttributeError):
                return _refusal(Refused(47001, "data format error"))
            await self.platform.mishaps.hold_back()
            return JSONResponse({"errcode": 0, "errmsg": "ok", **agreed.said}, background=agreed.after)

        return endpoint

    async def _stable_token(self, request: Request) -> Response:
        try:
            return self._token(_read(await request.body()), self.tokens.stable)
        except Refused as refused:
            return _refusal(refused)

    async def _plain_token(self, request: Request) -> Response:
        try:
            return self._token(request.query_params, self.tokens.plain)
        except Refused as refused:
            return _refusal(refused)

    def _token(self, asked: Body, give: Callable[[datetime], tuple[str, int]]) -> Response:
        if asked.get("grant_type") != "client_credential":
            raise Refused(40002, "invalid grant_type")
        if asked.get("appid") != self.platform.account.app_id:
            raise Refused(40013, "invalid appid")
        if not hmac.compare_digest(str(asked.get("secret")), self.platform.account.app_secret):
            raise Refused(40125, "invalid appsecret")
        token, lasts = give(self.platform.clock())
        return JSONResponse({"access_token": token, "expires_in": lasts})

    async def _media(self, request: Request) -> Response:
        try:
            self.tokens.check(request.query_params.get("access_token", ""), self.platform.clock())
        except Refused as refused:
            return _refusal(refused)
        stored = self.platform.media.get(request.query_params.get("media_id", ""))
        return Response(stored.body, media_type=stored.content_type) if stored else _refusal(Refused(40007))

    def _custom_send(self, body: Body) -> Agreed:
        person = self.platform.people.get(str(body.get("touser")))
        if person is None:
            raise Refused(40003, "invalid openid")
        if body.get("msgtype") != "text":
            raise Refused(48008, "message type not permitted")
        text = body["text"]["content"]
        if not text or len(text.encode()) > LONGEST_TEXT:
            raise Refused(45002 if text else 44004, "content size")
        now = self.platform.clock()
        if code := person.spend(now):
            raise Refused(code, "not allowed to write to her now")
        person.chat.append(Bubble(now, "customer_service", "text", text))
        return Agreed()

    def _template_send(self, body: Body) -> Agreed:
        person = self.platform.people.get(str(body.get("touser")))
        if person is None:
            raise Refused(40003, "invalid openid")
        if not person.following:
            raise Refused(43004, "require subscribe")
        template = self.platform.templates.get(str(body.get("template_id")))
        if template is None:
            raise Refused(40037, "invalid template_id")
        values = {name: str(entry["value"]) for name, entry in body.get("data", {}).items()}
        if (bad := template.bad_field(values)) is not None:
            raise Refused(47003, f"argument invalid! data.{bad}.value invalid")
        now = self.platform.clock()
        key = (person.openid, str(body.get("client_msg_id") or secrets.token_hex(8)))
        message_id, at = self.taken.get(key, (0, now - DEDUPE))
        if now - at < DEDUPE:
            return Agreed({"msgid": message_id})
        message_id = 10**18 + secrets.randbelow(10**18)
        self.taken[key] = (message_id, now)
        person.chat.append(Bubble(now, "template", "template", template.render(values)))
        after = BackgroundTask(self.platform.finish_template, person.openid, message_id)
        return Agreed({"msgid": message_id}, after)

    def _create_qr(self, body: Body) -> Agreed:
        scene = body.get("action_info", {}).get("scene", {}).get("scene_str", "")
        if body.get("action_name") not in {"QR_STR_SCENE", "QR_LIMIT_STR_SCENE"} or not 1 <= len(scene) <= 64:
            raise Refused(40053, "invalid action info")
        ticket = "gQ" + secrets.token_urlsafe(48)
        self.platform.scenes[ticket] = scene
        lasts = min(int(body.get("expire_seconds", 60)), LONGEST_QR)
        return Agreed({"ticket": ticket, "expire_seconds": lasts, "url": f"http://weixin.qq.com/q/{ticket}"})

    def _create_menu(self, body: Body) -> Agreed:
        buttons = body.get("button", [])
        if not 1 <= len(buttons) <= 3:
            raise Refused(40016, "invalid button size")
        for button in buttons:
            if len(button.get("sub_button", [])) > 5:
                raise Refused(40023, "invalid sub button size")
            if not 0 < len(button.get("name", "")) <= 4:
                raise Refused(40018, "invalid button name size")
        self.platform.menu = list(buttons)
        return Agreed()


def _read(body: bytes) -> Body:
    """JSON in UTF-8. An escaped character stays escaped, which is what she would see on her phone."""
    try:
        said = json.loads(body.replace(b"\\u", b"\\\\u"))
    except ValueError as error:
        raise Refused(47001, "data format error") from error
    if not isinstance(said, dict):
        raise Refused(47001, "data format error")
    return said


def _refusal(refused: Refused) -> Response:
    return JSONResponse({"errcode": refused.code, "errmsg": f"{refused.message} rid: {secrets.token_hex(8)}"})


def _gateway_error(status: int) -> Response:
    return PlainTextResponse("upstream error", status_code=status)
