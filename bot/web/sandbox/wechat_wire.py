"""How the platform talks to a server: signed XML in three modes, and the passive reply that comes back."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from xml.parsers.expat import ExpatError

import xmltodict
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import WeChatException

Mode: TypeAlias = Literal["plain", "compatible", "secure"]
LONGEST_TEXT: Final = 2048
"""Bytes of UTF-8 in one text, passive or pushed."""


@dataclass(frozen=True, slots=True)
class Account:
    """An official account as the platform knows it."""

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(default="", repr=False)
    mode: Mode = "plain"
    original_id: str = "gh_yunban"


class BadReply(Exception):
    """The server answered with something the platform cannot show."""


def sign(*words: str) -> str:
    return hashlib.sha1("".join(sorted(words)).encode(), usedforsecurity=False).hexdigest()


def xml(fields: Mapping[str, str | int]) -> str:
    return "<xml>" + "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields.items()) + "</xml>"


def wrap(account: Account, fields: Mapping[str, str | int], timestamp: int) -> tuple[dict[str, str], bytes]:
    """The query and the body of one push, signed and, where the mode says so, encrypted."""
    nonce = str(secrets.randbelow(10**10))
    query = {
        "signature": sign(account.token, str(timestamp), nonce),
        "timestamp": str(timestamp),
        "nonce": nonce,
        "openid": str(fields["FromUserName"]),
    }
    if account.mode == "plain":
        return query, xml(fields).encode()
    sealed = PrpCrypto(_key(account)).encrypt(xml(fields), account.app_id).decode()
    query |= {"encrypt_type": "aes", "msg_signature": sign(account.token, str(timestamp), nonce, sealed)}
    shown = fields if account.mode == "compatible" else {"ToUserName": fields["ToUserName"]}
    return query, xml({**shown, "Encrypt": sealed}).encode()


def read_reply(account: Account, openid: str, body: bytes) -> str | None:
    """The text of a passive reply, None where the server wants to say nothing. Raises BadReply."""
    if body in {b"", b"success"}:
        return None
    reply = _parsed(body)
    if "Encrypt" in reply:
        reply = _parsed(_opened(account, reply))
    elif account.mode == "secure":
        raise BadReply("not encrypted")
    if (reply.get("ToUserName"), reply.get("FromUserName")) != (openid, account.original_id):
        raise BadReply("addressed to somebody else")
    if reply.get("MsgType") != "text" or not str(reply.get("CreateTime", "")).isdigit():
        raise BadReply("not a text with its time")
    text = reply.get("Content") or ""
    if not text or len(text.encode()) > LONGEST_TEXT:
        raise BadReply("empty or too long")
    return text


def _opened(account: Account, reply: Mapping[str, str]) -> bytes:
    crypto = WeChatCrypto(account.token, account.aes_key, account.app_id)
    try:
        plain = crypto.decrypt_message(dict(reply), reply["MsgSignature"], reply["TimeStamp"], reply["Nonce"])
    except (WeChatException, LookupError, ValueError) as error:
        raise BadReply("cannot be decrypted") from error
    return str(plain).encode()


def _parsed(body: bytes) -> dict[str, str]:
    try:
        fields = xmltodict.parse(body.decode())["xml"]
    except (ExpatError, ValueError, LookupError) as error:
        raise BadReply("not XML") from error
    if not isinstance(fields, dict):
        raise BadReply("an empty document")
    return fields


def _key(account: Account) -> bytes:
    return bytes(WeChatCrypto(account.token, account.aes_key, account.app_id).key)


def _value(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return "<![CDATA[" + value.replace("]]>", "]]]]><![CDATA[>") + "]]>"
