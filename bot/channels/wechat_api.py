"""The few calls of the official account's server API that we need. Other hosts of the platform serve the same paths."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from bot.channels.http import Answer, Http
from bot.channels.wechat_errors import STALE_TOKEN, refusal
from bot.channels.wechat_token import AccessToken, MemoryTokenStore, TokenSource, TokenStore
from bot.clock import Clock
from bot.errors import ChannelDown

API_URL: Final = "https://api.weixin.qq.com"
LONGEST_QR: Final = timedelta(days=30)
JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class QrCode:
    """Drawn as a QR code, `url` leads a woman to the account; its scene comes back with her follow or scan."""

    ticket: str = field(repr=False)
    url: str = field(repr=False)
    expires_in: timedelta


@dataclass(frozen=True, slots=True)
class Media:
    content_type: str
    body: bytes = field(repr=False)


class WeChatApi:
    """Every method raises only the errors of `Channel.send`."""

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        clock: Clock,
        api_url: str = API_URL,
        tokens: TokenStore | None = None,
        http: Http | None = None,
    ) -> None:
        self._app_id = app_id
        self._app_secret = app_secret
        self._api_url = api_url.rstrip("/")
        self._clock = clock
        self._http = http or Http("wechat")
        self._tokens = TokenSource(self._fetch_token, tokens or MemoryTokenStore(), clock)

    async def call(self, path: str, body: Mapping[str, Any], *, repeatable: bool = False) -> dict[str, Any]:
        """POST `body` to `path` and give back what the platform says when it agrees."""
        token = await self._tokens.current()
        said = await self._post(path, token, body, repeatable=repeatable)
        if said.get("errcode") in STALE_TOKEN:
            said = await self._post(path, await self._tokens.replacing(token), body, repeatable=repeatable)
        return self._agreed(said)

    async def token(self) -> AccessToken:
        return await self._tokens.current()

    async def create_qr(self, scene: str, lasts: timedelta = LONGEST_QR) -> QrCode:
        body = {
            "expire_seconds": int(min(lasts, LONGEST_QR).total_seconds()),
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        said = await self.call("/cgi-bin/qrcode/create", body, repeatable=True)
        said = self._with(said, "ticket", "url", "expire_seconds")
        return QrCode(said["ticket"], said["url"], timedelta(seconds=said["expire_seconds"]))

    async def create_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        await self.call("/cgi-bin/menu/create", {"button": list(buttons)}, repeatable=True)

    async def media(self, media_id: str) -> Media:
        """A picture or recording that a woman sent; the platform keeps it for three days."""
        token = await self._tokens.current()
        answer = await self._get_media(media_id, token)
        if self._refused(answer).get("errcode") in STALE_TOKEN:
            answer = await self._get_media(media_id, await self._tokens.replacing(token))
        self._agreed(self._refused(answer))
        return Media(answer.content_type, answer.body)

    async def close(self) -> None:
        await self._http.close()

    async def _fetch_token(self) -> AccessToken:
        """The stable token: asking again gives the same one, so that any number of processes may ask."""
        asked_at = self._clock.now()
        body = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._app_secret}
        answer = await self._http.request(
            "POST", self._api_url + "/cgi-bin/stable_token", repeatable=True, data=_json(body), headers=JSON
        )
        said = self._with(self._agreed(self._read(answer, repeatable=True)), "access_token", "expires_in")
        return AccessToken(said["access_token"], asked_at + timedelta(seconds=said["expires_in"]))

    async def _post(
        self, path: str, token: AccessToken, body: Mapping[str, Any], *, repeatable: bool
    ) -> dict[str, Any]:
        answer = await self._http.request(
            "POST",
            self._api_url + path,
            repeatable=repeatable,
            params={"access_token": token.value},
            data=_json(body),
            headers=JSON,
        )
        return self._read(answer, repeatable=repeatable)

    async def _get_media(self, media_id: str, token: AccessToken) -> Answer:
        params = {"access_token": token.value, "media_id": media_id}
        return await self._http.request("GET", self._api_url + "/cgi-bin/media/get", repeatable=True, params=params)

    def _refused(self, answer: Answer) -> dict[str, Any]:
        """Media come as they are; only a refusal is JSON, or plain text that holds JSON."""
        is_text = answer.status != 200 or answer.content_type in {"application/json", "text/plain"}
        return self._read(answer, repeatable=True) if is_text else {}

    def _read(self, answer: Answer, *, repeatable: bool) -> dict[str, Any]:
        if 300 <= answer.status < 500:
            code = f"wechat http {answer.status}"
            raise ChannelDown(code, "refused_by_server", halt=answer.status not in {408, 429})
        try:
            said = json.loads(answer.body)
        except ValueError:
            said = None
        if answer.status != 200 or not isinstance(said, dict):
            raise self._http.unclear(f"http {answer.status}", repeatable=repeatable)
        return said

    def _agreed(self, said: dict[str, Any]) -> dict[str, Any]:
        code = said.get("errcode", 0)
        if code:
            raise refusal(code, str(said.get("errmsg", "")), self._clock.now())
        return said

    def _with(self, said: dict[str, Any], *names: str) -> dict[str, Any]:
        if missing := [name for name in names if name not in said]:
            raise self._http.unclear(f"answer without {missing[0]}", repeatable=True)
        return said


def _json(body: Mapping[str, Any]) -> bytes:
    """UTF-8 as it is: of an escaped character the platform shows the escape."""
    return json.dumps(body, ensure_ascii=False).encode()
