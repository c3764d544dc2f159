"""The card that a nurse hands to a woman: a code of her own, in the picture that leads her WeChat to the account."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from bot import audit, qr
from bot.channels.wechat import WeChatChannel
from bot.errors import ChannelDown
from bot.house import House
from bot.invitations import VALID_FOR, invite
from bot.invitees import Invitee
from models.values import ChannelKind

AT_ONCE: Final = 60
"""Cards that are made together; each is one question to WeChat, and all of them are asked side by side."""


@dataclass(frozen=True, slots=True)
class Card:
    """`code` and `url` open her record to whoever scans them first."""

    woman: Invitee
    code: str = field(repr=False)
    url: str = field(repr=False)
    expires_at: datetime

    @property
    def svg(self) -> str:
        return qr.svg(self.url)

    @property
    def png(self) -> bytes:
        return qr.png(self.url)


async def make_cards(house: House, women: Sequence[Invitee], by: str) -> list[Card]:
    """One new card for each, in their order; audited in the name of `by`.

    Raises SendError when WeChat makes no code, or when no account is connected. Codes that were made before it
    refused are on no paper and run out by themselves.
    """
    account = house.channels.get(ChannelKind.WECHAT)
    if not isinstance(account, WeChatChannel):
        raise ChannelDown("wechat", "no_account", halt=True)
    now = house.clock.now()
    codes = await asyncio.to_thread(_invite, house, women, by, now)
    asked = await asyncio.gather(
        *(_card(account, woman, codes[woman.patient_id], now) for woman in women), return_exceptions=True
    )
    cards = []
    for one in asked:
        if isinstance(one, BaseException):
            raise one
        cards.append(one)
    return cards


def _invite(house: House, women: Sequence[Invitee], by: str, now: datetime) -> dict[UUID, str]:
    codes = {}
    with house.db.transaction() as session:
        # In one order for all: each line of the audit waits for the others of its woman.
        for patient_id in sorted(woman.patient_id for woman in women):
            codes[patient_id] = invite(session.connection(), house.keyring, patient_id, now)
            audit.record(session, str(patient_id), by, "patient.invited", {"until": (now + VALID_FOR).isoformat()}, now)
    return codes


async def _card(account: WeChatChannel, woman: Invitee, code: str, now: datetime) -> Card:
    scanned = await account.create_qr(code, VALID_FOR)
    return Card(woman, code, scanned.url, now + min(VALID_FOR, scanned.expires_in))
