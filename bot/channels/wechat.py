"""WeChat as a channel: customer-service messages while the window is open, template messages at any time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.channels.base import DeliveryState, Found, Limits, Outgoing, Route, Sent, TemplateCall, Unfound
from bot.channels.wechat_api import LONGEST_QR, QrCode, WeChatApi
from bot.clock import Clock
from bot.errors import Invalid
from models.values import ChannelKind

DEDUPE: Final = timedelta(minutes=9)
"""For ten minutes the platform drops a template message whose client_msg_id it has seen; a minute is for the way."""


class WeChatChannel:
    kind: Final = ChannelKind.WECHAT
    limits: Final = Limits(pushes_free_text=False, text_bytes=2000)

    def __init__(self, api: WeChatApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def send(self, message: Outgoing) -> Sent:
        match message:
            case Outgoing(route=Route.CUSTOMER_SERVICE):
                return await self._say(message)
            case Outgoing(route=Route.TEMPLATE, template=TemplateCall() as call):
                return await self._fill(message, call)
        raise Invalid(f"outbound message {message.id}: WeChat cannot send it by {message.route}")

    async def find(self, message: Outgoing, since: datetime) -> Found:
        repeatable = message.route is Route.TEMPLATE and self._clock.now() - since < DEDUPE
        return Unfound.RESEND if repeatable else Unfound.UNKNOWABLE

    async def check(self) -> str:
        token = await self._api.token()
        return f"WeChat: access token until {token.expires_at:%Y-%m-%d %H:%M} UTC"

    async def close(self) -> None:
        await self._api.close()

    async def create_qr(self, scene: str, lasts: timedelta = LONGEST_QR) -> QrCode:
        """What only this channel has: a way in for somebody who is not known yet. Raises what `send` raises."""
        return await self._api.create_qr(scene, lasts)

    async def publish_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Put these buttons under every chat; followers see them within five minutes."""
        await self._api.create_menu(buttons)

    async def _say(self, message: Outgoing) -> Sent:
        body = {"touser": message.to, "msgtype": "text", "text": {"content": message.text}}
        await self._api.call("/cgi-bin/message/custom/send", body)
        return Sent(None, DeliveryState.SENT)

    async def _fill(self, message: Outgoing, call: TemplateCall) -> Sent:
        body: dict[str, Any] = {
            "touser": message.to,
            "template_id": call.template_id,
            "client_msg_id": message.id.hex,
            "data": {name: {"value": value} for name, value in call.fields.items()},
        }
        if call.url:
            body["url"] = call.url
        said = await self._api.call("/cgi-bin/message/template/send", body)
        return Sent(_text(said.get("msgid")), DeliveryState.SENT)


def _text(number: int | str | None) -> str | None:
    return None if number is None else str(number)
