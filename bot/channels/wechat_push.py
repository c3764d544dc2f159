"""What WeChat pushes to our address: checked before it is parsed, opened, and answered in its own envelope.

Policy: the configured mode is authoritative. In secure and compatible mode only what was encrypted is trusted, so
nobody can get in by leaving the encryption out. wechatpy seals, opens and writes replies; its message
classes are left aside, since they rewrite what the platform said. Control characters and `]]>` break XML, so they are
taken out.
"""

import hashlib
import hmac
import json
import logging
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import xmltodict
from wechatpy.crypto import PrpCrypto
from wechatpy.replies import TextReply
from wechatpy.utils import to_binary

from bot.crypto import Keyring
from bot.errors import SettingsError
from bot.inbound import Inbound
from dialogs.snapshot import Heard, HeardKind
from models.values import Address, ChannelKind

log = logging.getLogger(__name__)

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f￾￿]")
"""Control characters that the platform does deliver and that no XML parser takes."""

ENCRYPTED = re.compile(
    rb"<Encrypt>\s*(?:<!\[CDATA\[)?\s*([A-Za-z0-9+/=]+)\s*(?:\]\]>)?\s*</Encrypt>"
    rb'|"Encrypt"\s*:\s*"([A-Za-z0-9+/=\\]+)"'
)
"""The sealed part of a body in either format; found without parsing, which waits for the signature's check."""

CLOCK_TOLERANCE_SECONDS = 300

KINDS = {
    "text": HeardKind.TEXT,
    "image": HeardKind.IMAGE,
    "voice": HeardKind.VOICE,
    "video": HeardKind.VIDEO,
    "shortvideo": HeardKind.VIDEO,
    "location": HeardKind.LOCATION,
    "link": HeardKind.LINK,
}
OPENINGS = {"subscribe": "follow", "scan": "scan", "click": "click"}
ADDRESSING = {"ToUserName", "FromUserName", "Content", "Recognition"}


class WrongSignature(Exception):
    """The request is not from the platform, or not in the mode that is configured: 403."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """How the answer must be addressed, written and sealed: as the push was; the console sets the format."""

    to: str = field(repr=False)
    sender: str
    nonce: str
    json: bool


@dataclass(frozen=True, slots=True)
class Pushed:
    """`inbound` is what was said; an unreadable body gives one without address, so that it is kept all the same."""

    inbound: Inbound
    envelope: Envelope | None


class WeChatPush:
    def __init__(self, *, app_id: str, token: str, mode: str, keyring: Keyring, aes_key: str | None = None) -> None:
        """`mode` is plain, compatible or secure; `aes_key` the 43 characters of the platform's console."""
        self._app_id = app_id
        self._token = token
        self._keyring = keyring
        self._crypto: PrpCrypto | None = None
        if mode != "plain":
            self._crypto = read_aes_key(aes_key)

    def echo(self, query: Mapping[str, str]) -> str:
        """The address check: give back what was asked, or raise WrongSignature."""
        self.check(query)
        return query.get("echostr", "")

    def check(self, query: Mapping[str, str]) -> None:
        """Check what stands in the address, before a byte of the body is read."""
        try:
            parts = (self._token, query["timestamp"], query["nonce"])
        except KeyError:
            raise WrongSignature from None
        if self._crypto is not None and "msg_signature" in query and "signature" not in query:
            return  # the encrypted body's own signature decides, and is checked in `open`
        _compare(parts, query.get("signature", ""))

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> Pushed:
        """Raise WrongSignature for what is not the platform's; whatever is, is kept, however malformed."""
        try:
            text = FORBIDDEN.sub("", self._decrypt(query, body) if self._crypto else body.decode("utf-8", "replace"))
            in_json = text.lstrip().startswith("{")
            fields = json.loads(text) if in_json else xmltodict.parse(text)["xml"]
            return self._read(fields, query.get("nonce", ""), now, in_json=in_json)
        except WrongSignature:
            raise
        except Exception as error:  # noqa: BLE001 - the parser leaks eight kinds of exception; the body is kept
            log.warning("a well-signed push could not be read (%s) and is kept as it came", type(error).__name__)
            return Pushed(_unreadable(body, now), None)

    def answer(self, text: str | None, envelope: Envelope | None, now: datetime) -> bytes:
        """The passive reply; without text the bare word that stops the platform's retries, never encrypted."""
        if not text or envelope is None:
            return b"success"
        timestamp = int(now.timestamp())
        text = FORBIDDEN.sub("", text)
        if envelope.json:
            reply = _in_json(
                ToUserName=envelope.to,
                FromUserName=envelope.sender,
                CreateTime=timestamp,
                MsgType="text",
                Content=text,
            )
        else:
            content = text.replace("]]>", "]]]]><![CDATA[>")
            reply = TextReply(source=envelope.sender, target=envelope.to, content=content, time=timestamp).render()
        if self._crypto is None:
            return reply.encode()
        return self._seal(self._crypto, reply, envelope, str(timestamp)).encode()

    def _seal(self, crypto: PrpCrypto, reply: str, envelope: Envelope, timestamp: str) -> str:
        sealed = crypto.encrypt(reply, self._app_id).decode()
        signature = _sign((self._token, timestamp, envelope.nonce, sealed))
        if envelope.json:
            return _in_json(Encrypt=sealed, MsgSignature=signature, TimeStamp=int(timestamp), Nonce=envelope.nonce)
        return (
            f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{envelope.nonce}]]></Nonce></xml>"
        )

    def _decrypt(self, query: Mapping[str, str], body: bytes) -> str:
        assert self._crypto is not None  # noqa: S101 - `open` has looked
        found = ENCRYPTED.search(body)
        if found is None or "msg_signature" not in query:
            raise WrongSignature
        sealed = (found[1] or found[2]).decode().replace("\\", "")  # JSON may escape the slash
        _compare((self._token, query["timestamp"], query["nonce"], sealed), query["msg_signature"])
        return str(self._crypto.decrypt(sealed, self._app_id))

    def _read(self, fields: dict[str, Any], nonce: str, now: datetime, *, in_json: bool) -> Pushed:
        said_at = datetime.fromtimestamp(int(fields["CreateTime"]), UTC)
        if abs((now - said_at).total_seconds()) > CLOCK_TOLERANCE_SECONDS:
            log.info("a push is %d s away from our clock", (now - said_at).total_seconds())
        openid, account = str(fields["FromUserName"]), str(fields["ToUserName"])
        event = str(fields["Event"]).lower() if fields.get("Event") else None
        inbound = Inbound(
            address=Address(ChannelKind.WECHAT, openid),
            external_id=self._name_of(fields, event),
            received_at=now,
            heard=_heard(fields, event),
            event=OPENINGS.get(event, event) if event else None,
            scene=_scene(fields, event),
            sent_at=said_at,
            details={name: value for name, value in fields.items() if name not in ADDRESSING},
            passive=True,
        )
        return Pushed(inbound, Envelope(openid, account, nonce, in_json))

    def _name_of(self, fields: Mapping[str, Any], event: str | None) -> str:
        """The platform's name of a message; events have none, and two of one second differ by what they are about."""
        if event is None:
            return f"m:{fields['ToUserName']}:{fields['MsgId']}"
        about = fields.get("EventKey") or fields.get("MsgID") or hashlib.sha1(repr(fields).encode()).hexdigest()[:8]  # noqa: S324
        key = f"{fields['FromUserName']}:{fields['CreateTime']}:{event}:{about}"
        return f"e:{self._keyring.lookup_hash('event', key)}"  # it holds the openid, which is stored only encrypted


def read_aes_key(aes_key: str | None) -> PrpCrypto:
    """Raises SettingsError for anything but the platform's 43 characters."""
    try:
        key = b64decode(to_binary(f"{aes_key}="), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SettingsError("YUNBAN_WECHAT_AES_KEY: must be the 43 characters of the platform's console")
    return PrpCrypto(key)


def _sign(parts: tuple[str, ...]) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's protocol


def _compare(parts: tuple[str, ...], given: str) -> None:
    if not hmac.compare_digest(_sign(parts).encode(), given.encode()):
        raise WrongSignature


def _in_json(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False)


def _heard(fields: Mapping[str, Any], event: str | None) -> Heard:
    if event == "subscribe":
        return Heard(HeardKind.FOLLOWED)
    if event == "scan":
        return Heard(HeardKind.SCANNED)
    if event == "click":
        return Heard(HeardKind.MENU, menu_key=str(fields.get("EventKey") or ""))
    if event is not None:
        return Heard(HeardKind.OTHER)
    kind = KINDS.get(str(fields["MsgType"]), HeardKind.OTHER)
    text = fields.get("Content") or fields.get("Recognition") or fields.get("Label") or fields.get("Title") or ""
    media = fields.get("MediaId")
    return Heard(kind, text=str(text), media=str(media) if media else None)


def _scene(fields: Mapping[str, Any], event: str | None) -> str | None:
    """The code of a QR picture: with a prefix for a new follower, without one for who follows already."""
    key = str(fields.get("EventKey") or "")
    if event == "scan" and key:
        return key
    return key.removeprefix("qrscene_") if event == "subscribe" and key.startswith("qrscene_") else None


def _unreadable(body: bytes, now: datetime) -> Inbound:
    return Inbound(
        address=None,
        external_id=f"u:{hashlib.sha256(body).hexdigest()[:40]}",
        received_at=now,
        heard=Heard(HeardKind.OTHER),
        event="unreadable",
        details={"body": body[:4096].decode("utf-8", errors="replace")},
    )
