"""One message or event as a door hands it over: verified, parsed, not yet stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from dialogs.snapshot import Heard, HeardKind
from models.values import Address, ChannelKind


@dataclass(frozen=True, slots=True)
class Inbound:
    """`external_id` is the platform's own name for it, so that its retry is known.

    `address` is None for what could not be read and is only kept. `event` names what is no message: follow, scan,
    click, unsubscribe …; `scene` is the code of a scanned QR picture. `details` is everything else the platform said.
    `passive`: the answer may leave as the answer to the request itself. `answered`: the platform has answered
    already, so that we act but say nothing. `bare`: nothing could be made of it before, so it is only kept and shown to
    a nurse.
    """

    address: Address | None
    external_id: str
    received_at: datetime
    heard: Heard = field(repr=False)
    event: str | None = None
    scene: str | None = field(default=None, repr=False)
    sent_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    passive: bool = False
    answered: bool = False
    bare: bool = False

    @property
    def channel(self) -> ChannelKind:
        return self.address.channel if self.address else ChannelKind.WECHAT

    def to_json(self) -> dict[str, Any]:
        return {
            "address": [self.address.channel, self.address.value] if self.address else None,
            "external_id": self.external_id,
            "received_at": self.received_at.isoformat(),
            "heard": [self.heard.kind, self.heard.text, self.heard.menu_key, self.heard.media],
            "event": self.event,
            "scene": self.scene,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "details": dict(self.details),
            "answered": self.answered,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Inbound":
        """Read one that was kept; its request is long over, so the answer leaves by another route."""
        address, (kind, text, menu_key, media), sent_at = data["address"], data["heard"], data["sent_at"]
        return cls(
            address=Address(ChannelKind(address[0]), address[1]) if address else None,
            external_id=data["external_id"],
            received_at=datetime.fromisoformat(data["received_at"]),
            heard=Heard(HeardKind(kind), text, menu_key, media),
            event=data["event"],
            scene=data["scene"],
            sent_at=datetime.fromisoformat(sent_at) if sent_at else None,
            details=data["details"],
            answered=data["answered"],
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` leaves as the webhook's own answer; `message_id` is confirmed once it has left."""

    text: str | None = field(default=None, repr=False)
    message_id: UUID | None = None
    repeated: bool = False
