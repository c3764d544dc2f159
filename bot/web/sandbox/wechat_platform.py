"""A WeChat platform on this machine: women who follow, write, scan and tap, and the pushes that reach our server.

Its server API is in `wechat_server.py`; both share the state kept here.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import aiohttp

from bot.channels.http import Http
from bot.errors import SendError
from bot.web.sandbox.mishaps import Mishaps
from bot.web.sandbox.wechat_people import Bubble, Person
from bot.web.sandbox.wechat_templates import Template
from bot.web.sandbox.wechat_wire import Account, BadReply, read_reply, sign, wrap

DEADLINE: Final = 5.0
"""Seconds the platform waits for a server before it hangs up and asks again."""
RETRIES: Final = 3


@dataclass(frozen=True, slots=True)
class StoredMedia:
    content_type: str
    body: bytes = field(repr=False)


class WeChatPlatform:
    """`webhook_url` is None while the account has no server. `clock` says what time it is for everybody."""

    def __init__(
        self,
        account: Account,
        clock: Callable[[], datetime],
        *,
        webhook_url: str | None = None,
        templates: Mapping[str, Template] | None = None,
        deadline: float = DEADLINE,
        receipt_delay: float = 1.0,
    ) -> None:
        self.account = account
        self.clock = clock
        self.webhook_url = webhook_url
        self.templates = dict(templates or {})
        self.receipt_delay = receipt_delay
        self.mishaps = Mishaps()
        self.people: dict[str, Person] = {}
        self.media: dict[str, StoredMedia] = {}
        self.scenes: dict[str, str] = {}
        self.menu: list[Any] = []
        self.pushed: list[dict[str, str | int]] = []
        self._deadline = deadline
        self._http = Http("sandbox", timeout=aiohttp.ClientTimeout(total=deadline))

    def person(self, openid: str) -> Person:
        return self.people.setdefault(openid, Person(openid))

    def add_follower(self, openid: str) -> Person:
        """One who followed long ago: nothing is pushed."""
        person = self.person(openid)
        person.following = True
        return person

    async def follow(self, openid: str, scene: str | None = None) -> str | None:
        """She begins to follow, after scanning a picture when there is a `scene`. Gives back the passive reply."""
        self.add_follower(openid).touched(self.clock())
        event = {} if scene is None else {"EventKey": f"qrscene_{scene}", "Ticket": self._ticket(scene)}
        return await self._event(openid, "subscribe", event)

    async def scan(self, openid: str, scene: str) -> str | None:
        """She scans a picture of the account: an event of its own when she follows already."""
        person = self.person(openid)
        if not person.following:
            return await self.follow(openid, scene)
        person.touched(self.clock())
        return await self._event(openid, "SCAN", {"EventKey": scene, "Ticket": self._ticket(scene)})

    async def unfollow(self, openid: str) -> None:
        self.person(openid).leave()
        await self._event(openid, "unsubscribe", {})

    async def tap(self, openid: str, menu_key: str) -> str | None:
        person = self._follower(openid)
        person.touched(self.clock())
        person.chat.append(Bubble(self.clock(), "hers", "tap", menu_key))
        return await self._event(openid, "CLICK", {"EventKey": menu_key})

    async def user_says(self, openid: str, text: str) -> str | None:
        return await self._message(openid, "text", {"Content": text}, text)

    async def send_image(self, openid: str, picture: bytes, content_type: str = "image/jpeg") -> str | None:
        media_id = self._keep(picture, content_type)
        fields = {"PicUrl": f"http://mmbiz.qpic.cn/{media_id}", "MediaId": media_id}
        return await self._message(openid, "image", fields, media_id)

    async def send_voice(self, openid: str, sound: bytes, recognition: str | None = None) -> str | None:
        """`recognition` is what the platform understood, where the account may have it."""
        media_id = self._keep(sound, "audio/amr")
        heard = {} if recognition is None else {"Recognition": recognition}
        return await self._message(openid, "voice", {"MediaId": media_id, "Format": "amr", **heard}, media_id)

    async def send(self, openid: str, kind: str, fields: Mapping[str, str | int]) -> str | None:
        """A message of any other type: video, location, link."""
        return await self._message(openid, kind, fields, "")

    async def finish_template(self, openid: str, message_id: int) -> None:
        """Report the fate of a template message, a little after it was taken."""
        await asyncio.sleep(self.receipt_delay)
        status = self.person(openid).template_status
        await self._event(openid, "TEMPLATESENDJOBFINISH", {"MsgID": message_id, "Status": status}, shown=False)

    async def verify_url(self) -> bool:
        """Ask the server to prove that it knows the token, as the console does when an address is entered."""
        nonce, echo, at = str(secrets.randbelow(10**10)), secrets.token_hex(10), str(int(self.clock().timestamp()))
        query = {"signature": sign(self.account.token, at, nonce), "timestamp": at, "nonce": nonce, "echostr": echo}
        try:
            answer = await self._http.request("GET", self.webhook_url or "", repeatable=True, params=query)
        except SendError:
            return False
        return answer.status == 200 and answer.body == echo.encode()

    async def push(self, fields: Mapping[str, str | int], *, shown: bool = True) -> str | None:
        """Deliver one message or event to the server, up to four times, and show her what comes back.

        Called again with what stands in `pushed`, it is the platform repeating itself.
        """
        if self.webhook_url is None:
            return None
        self.pushed.append(dict(fields))
        person = self.person(str(fields["FromUserName"]))
        for _ in range(1 + RETRIES):
            body = await self._attempt(fields)
            if body is not None:
                return self._hear(person, body, shown=shown)
        if shown:
            self._unavailable(person)
        return None

    async def close(self) -> None:
        await self._http.close()

    async def _message(self, openid: str, kind: str, fields: Mapping[str, str | int], shown_as: str) -> str | None:
        person = self._follower(openid)
        person.wrote(self.clock())
        person.chat.append(Bubble(self.clock(), "hers", kind, shown_as))
        # Random, because a server remembers ids for longer than this platform lives.
        message_id = 10**16 + secrets.randbelow(10**16)
        return await self.push({**self._envelope(openid), "MsgType": kind, **fields, "MsgId": message_id})

    async def _event(
        self, openid: str, event: str, fields: Mapping[str, str | int], *, shown: bool = True
    ) -> str | None:
        return await self.push({**self._envelope(openid), "MsgType": "event", "Event": event, **fields}, shown=shown)

    def _envelope(self, openid: str) -> dict[str, str | int]:
        created = int(self.clock().timestamp())
        return {"ToUserName": self.account.original_id, "FromUserName": openid, "CreateTime": created}

    async def _attempt(self, fields: Mapping[str, str | int]) -> bytes | None:
        """One try; a failed one lasts as long as the platform would have waited."""
        query, body = wrap(self.account, fields, int(self.clock().timestamp()))
        hang_up = asyncio.get_running_loop().time() + self._deadline
        try:
            answer = await self._http.request(
                "POST",
                self.webhook_url or "",
                repeatable=True,
                params=query,
                data=body,
                headers={"Content-Type": "text/xml"},
            )
        except SendError:
            answer = None
        if answer is not None and answer.status == 200:
            return answer.body
        await asyncio.sleep(max(0.0, hang_up - asyncio.get_running_loop().time()))
        return None

    def _hear(self, person: Person, body: bytes, *, shown: bool) -> str | None:
        if not shown or not person.following:
            return None
        try:
            reply = read_reply(self.account, person.openid, body)
        except BadReply:
            self._unavailable(person)
            return None
        if reply is not None:
            person.chat.append(Bubble(self.clock(), "passive", "text", reply))
        return reply

    def _unavailable(self, person: Person) -> None:
        """The grey line every follower knows: the account cannot serve now, try again later."""
        person.chat.append(Bubble(self.clock(), "notice", "service_unavailable"))

    def _follower(self, openid: str) -> Person:
        person = self.person(openid)
        if not person.following:
            raise ValueError("only a follower can write to the account")
        return person

    def _keep(self, body: bytes, content_type: str) -> str:
        media_id = secrets.token_urlsafe(24)
        self.media[media_id] = StoredMedia(content_type, body)
        return media_id

    def _ticket(self, scene: str) -> str:
        """The ticket of the picture that carries this scene, of one printed elsewhere when there is none here."""
        return next((ticket for ticket, known in self.scenes.items() if known == scene), "gQ_unknown")
