"""What is written down once it is known how a try ended."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, String, Uuid, column, select, update, values

from bot.channels.base import DeliveryState, Route
from bot.channels.faults import Mark
from bot.channels.wechat_window import ALLOWANCE, Trigger
from bot.claims import OPEN
from bot.roads import Parcel, Verdict
from bot.timers import Alarm, clear_alarms, set_alarms
from models.conversation import DeliveryAttempt, OutboundMessage
from models.person import ContactPoint
from models.values import TimerKind

_NOT_ENDED = (*OPEN, "unknown")

_ITS_NAME = (
    select(OutboundMessage.provider_id).where(OutboundMessage.id == DeliveryAttempt.message_id).scalar_subquery()
)

_LEFT = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})


def settle(connection: Connection, verdicts: Sequence[tuple[Parcel, Verdict]], now: datetime) -> None:
    """Write down how tries ended; a message whose end another worker wrote first stays as it is."""
    _end_messages(connection, verdicts, now)
    _end_tries(connection, verdicts, now)
    mark_points(connection, [(parcel.contact_point_id, verdict.mark) for parcel, verdict in verdicts], now)
    _give_back(connection, verdicts)
    over = [parcel.id for parcel, verdict in verdicts if verdict.over]
    clear_alarms(connection, TimerKind.SEND, over)
    set_alarms(
        connection,
        [
            Alarm(TimerKind.SEND, parcel.id, now + verdict.retry_in, parcel.urgency)
            for parcel, verdict in verdicts
            if verdict.retry_in is not None
        ],
    )


def mark_points(connection: Connection, marks: Iterable[tuple[UUID | None, str | None]], now: datetime) -> None:
    """Remember what the platform said of an address, so that nothing else is tried there in vain."""
    by_mark: dict[str, set[UUID]] = {}
    for point, mark in marks:
        if point is not None and mark is not None:
            by_mark.setdefault(mark, set()).add(point)
    for mark, points in by_mark.items():
        values: dict[str, Any] = {"status": mark}
        if mark == Mark.OPTED_OUT:
            values = {"opted_out_at": now}
        elif mark == Mark.WINDOW_CLOSED:
            values = {"window_left": 0}
        connection.execute(update(ContactPoint).where(ContactPoint.id.in_(points)).values(values))


def _give_back(connection: Connection, verdicts: Sequence[tuple[Parcel, Verdict]]) -> None:
    """A customer-service message that the platform did not take was not spent."""
    unspent = Counter(
        parcel.contact_point_id
        for parcel, verdict in verdicts
        if parcel.route is Route.CUSTOMER_SERVICE and verdict.attempt == "passing"
    )
    by_number: dict[int, list[UUID | None]] = {}
    for point, number in unspent.items():
        by_number.setdefault(number, []).append(point)
    for number, points in by_number.items():
        left = ContactPoint.window_left + number
        connection.execute(
            update(ContactPoint)
            .where(
                ContactPoint.id.in_(points),
                ContactPoint.window_trigger == Trigger.MESSAGE,
                left <= ALLOWANCE[Trigger.MESSAGE].messages,
            )
            .values(window_left=left)
        )


def _end_messages(connection: Connection, verdicts: Sequence[tuple[Parcel, Verdict]], now: datetime) -> None:
    """Messages that ended alike are written together, each with the platform's own name for it."""
    alike: dict[tuple[str, str | None, bool], list[tuple[UUID, str | None]]] = {}
    for parcel, verdict in verdicts:
        reason = verdict.reason if verdict.over else None
        announced = parcel.route is Route.TEMPLATE and verdict.state in _LEFT
        alike.setdefault((verdict.state, reason, announced), []).append((parcel.id, verdict.provider_id))
    for (state, reason, announced), ended in alike.items():
        named = values(column("message", Uuid()), column("name", String()), name="named").data(ended).cte("named")
        connection.execute(
            update(OutboundMessage)
            .where(OutboundMessage.id == named.c.message, OutboundMessage.state.in_(_NOT_ENDED))
            .values(
                state=state,
                reason=reason or OutboundMessage.reason,
                provider_id=named.c.name,
                sent_at=now if state in _LEFT else None,
                unseen=announced,
            )
        )


def _end_tries(connection: Connection, verdicts: Sequence[tuple[Parcel, Verdict]], now: datetime) -> None:
    """Tries that ended alike are written together; each takes the platform's name from its message, written before."""
    alike: dict[tuple[str, str | None, str | None], list[UUID]] = {}
    for parcel, verdict in verdicts:
        if verdict.attempt is not None:
            alike.setdefault((verdict.attempt, verdict.code, verdict.reason), []).append(parcel.id)
    for (how, code, reason), messages in alike.items():
        connection.execute(
            update(DeliveryAttempt)
            .where(DeliveryAttempt.message_id.in_(messages), DeliveryAttempt.finished_at.is_(None))
            .values(finished_at=now, outcome=how, code=code and code[:32], detail=reason, provider_id=_ITS_NAME)
        )
