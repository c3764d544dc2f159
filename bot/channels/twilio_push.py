"""What Twilio posts to us: signature on the public address and every parameter, then messages and receipts."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from bot.inbound import Inbound
from dialogs.snapshot import Heard, HeardKind
from models.values import Address, ChannelKind

NOTHING_TO_SAY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Replies leave through the REST interface, where they get an id and receipts."""

DETAILS = ("MessagingServiceSid", "NumMedia", "NumSegments", "MediaUrl0", "MediaContentType0", "OptOutType")


class TwilioPush:
    def __init__(self, *, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._public_url = public_url

    def open(self, path_and_query: str, body: bytes, signature: str) -> dict[str, str] | None:
        """The form of a genuine request, None for any other.

        The address is the configured public one: behind a proxy the request's own shows an inner host. Blank
        parameters are part of what was signed.
        """
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=200))
        except ValueError:
            return None
        genuine = self._validator.validate(f"{self._public_url}{path_and_query}", form, signature)
        return form if genuine else None


def read_message(form: Mapping[str, str], now: datetime) -> Inbound:
    """Raises KeyError for a form without sender or id, which Twilio never sends."""
    media = int(form.get("NumMedia") or 0) if (form.get("NumMedia") or "0").isdigit() else 0
    kind = HeardKind.IMAGE if media and not form.get("Body") else HeardKind.TEXT
    return Inbound(
        address=Address(ChannelKind.SMS, form["From"]),
        external_id=form["MessageSid"],
        received_at=now,
        heard=Heard(kind, text=form.get("Body", ""), media=form.get("MediaUrl0") or None),
        details={name: form[name] for name in DETAILS if form.get(name)},
        answered=bool(form.get("OptOutType")),
    )
