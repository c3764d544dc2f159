"""What came in, as rows: stored once with what was read in it, and known again when the platform repeats itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from bot import findings
from bot.inbound import Answer, Inbound
from bot.reach import Met
from dialogs.snapshot import Turn
from models.conversation import InboundMessage, OutboundMessage

KIND_LENGTH = 32
"""Of the name of an event that no platform had yet when this was written."""


def repeated(connection: Connection, inbounds: Sequence[Inbound]) -> dict[str, Answer]:
    """Messages that were answered before, with the reply that is stored."""
    rows = connection.execute(
        select(InboundMessage.id, InboundMessage.channel, InboundMessage.external_id).where(
            InboundMessage.external_id.in_([inbound.external_id for inbound in inbounds])
        )
    ).all()
    wanted = {(inbound.channel, inbound.external_id) for inbound in inbounds}
    seen = {row.id: row.external_id for row in rows if (row.channel, row.external_id) in wanted}
    answers = {external_id: Answer(repeated=True) for external_id in seen.values()}
    if seen:
        replies = connection.execute(
            select(OutboundMessage.in_reply_to, OutboundMessage.id, OutboundMessage.content).where(
                OutboundMessage.in_reply_to.in_(seen), OutboundMessage.position == 0
            )
        )
        for inbound_id, message_id, content in replies:
            answers[seen[inbound_id]] = Answer(content, message_id, repeated=True)
    return answers


def inbound_row(inbound: Inbound, inbound_id: UUID, who: Met | None = None, turn: Turn | None = None) -> dict[str, Any]:
    """One row of InboundMessage; `who` is None for what could not be read, `turn` for what is not answered."""
    content = {"text": inbound.heard.text} if inbound.heard.text else {}
    return {
        "id": inbound_id,
        "channel": inbound.channel,
        "external_id": inbound.external_id,
        "patient_id": who.patient_id if who else None,
        "contact_point_id": who.reach.contact_point_id if who else None,
        "kind": (inbound.event or inbound.heard.kind)[:KIND_LENGTH],
        "content": content | dict(inbound.details),
        "level": findings.level(turn) if turn else None,
        "findings": findings.kept(turn) if turn else None,
        "understood": turn.understood if turn else True,
        "sent_at": inbound.sent_at,
        "received_at": inbound.received_at,
    }
