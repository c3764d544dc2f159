"""What the platforms say later: receipts in any order, twice or late, folded into one state that only moves forward."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from bot import snapshots
from bot.channels.base import DeliveryState, Receipt
from bot.claims import MESSAGE, parcel_of
from bot.delivery import mark_points
from bot.fallbacks import Fallbacks
from bot.house import House
from bot.roads import Parcel, Verdict, judge
from bot.timers import Alarm, set_alarms
from models.conversation import DeliveryAttempt, OutboundMessage
from models.values import ChannelKind, TimerKind

UNDECIDED: Final = frozenset({"answering", "queued", "sending", "unknown", "cancelled"})
"""Our own states, in which the platform's word is the first that is known."""


@dataclass(frozen=True, slots=True)
class Report:
    """One receipt, by the platform's own name for the message."""

    channel: ChannelKind
    provider_id: str
    receipt: Receipt


class Receipts:
    def __init__(self, house: House, rng: Random | None = None) -> None:
        self._db = house.db
        self._fallbacks = Fallbacks(house.library, dict(house.channels), house.settings.zone)
        self._rng = rng or Random()

    def record(self, reports: Sequence[Report], now: datetime) -> list[str]:
        """Write down what is new. Returns the names that no message has (yet): a platform may be asked to say it again.

        A message that was not delivered is tried again, goes another way or calls a human, as if sending had failed.
        """
        with self._db.connection() as connection:
            return self._record(connection, reports, now)

    def _record(self, connection: Connection, reports: Sequence[Report], now: datetime) -> list[str]:
        names = [report.provider_id for report in reports]
        found = OutboundMessage.provider_id.in_(names)
        snapshots.lock(connection, set(connection.scalars(select(OutboundMessage.patient_id).where(found))))
        query = select(*MESSAGE, OutboundMessage.provider_id).where(found).order_by(OutboundMessage.id)
        rows = connection.execute(query.with_for_update(key_share=True)).all()
        messages = {(row.channel, row.provider_id): row for row in rows}
        known = {key: _state(row.state) for key, row in messages.items()}
        news: dict[tuple[str, str], Report] = {}
        for report in reports:
            key = (report.channel, report.provider_id)
            if key in known and known[key].after(report.receipt.state) is not known[key]:
                known[key], news[key] = report.receipt.state, report
        parcels = [(parcel_of(messages[key]), report) for key, report in news.items()]
        self._write(connection, [(parcel, report, self._judge(parcel, report, now)) for parcel, report in parcels], now)
        return [report.provider_id for report in reports if (report.channel, report.provider_id) not in messages]

    def _judge(self, parcel: Parcel, report: Report, now: datetime) -> Verdict | None:
        """What a failure means; None for good news."""
        error = report.receipt.error
        return judge(parcel, error, now, self._rng) if error is not None else None

    def _write(
        self, connection: Connection, ended: Sequence[tuple[Parcel, Report, Verdict | None]], now: datetime
    ) -> None:
        if not ended:
            return
        connection.execute(_END_MESSAGE, [_message_row(*one, now) for one in ended])
        connection.execute(_END_TRY, [_try_row(*one) for one in ended])
        judged = [(parcel, verdict) for parcel, _, verdict in ended if verdict is not None]
        mark_points(connection, [(parcel.contact_point_id, verdict.mark) for parcel, verdict in judged], now)
        again = [
            Alarm(TimerKind.SEND, parcel.id, now + verdict.retry_in, parcel.urgency)
            for parcel, verdict in judged
            if verdict.retry_in is not None
        ]
        set_alarms(connection, again)
        self._fallbacks.find(connection, [(parcel, verdict) for parcel, verdict in judged if verdict.switch], now)


_END_MESSAGE = (
    update(OutboundMessage)
    .where(OutboundMessage.id == bindparam("message"))
    .values(
        state=bindparam("new_state"),
        reason=func.coalesce(bindparam("new_reason"), OutboundMessage.reason),
        provider_id=bindparam("new_provider_id"),
        delivered_at=bindparam("new_delivered_at"),
    )
)

_END_TRY = (
    update(DeliveryAttempt)
    .where(DeliveryAttempt.message_id == bindparam("message"), DeliveryAttempt.provider_id == bindparam("name"))
    .values(outcome=bindparam("how"), code=bindparam("its_code"), detail=bindparam("why"))
)


def _state(state: str) -> DeliveryState:
    return DeliveryState.SENDING if state in UNDECIDED else DeliveryState(state)


def _message_row(parcel: Parcel, report: Report, verdict: Verdict | None, now: datetime) -> dict[str, Any]:
    """A message that is to be tried again forgets the platform's name for it, so that old receipts find nothing."""
    again = verdict is not None and not verdict.over
    return {
        "message": parcel.id,
        "new_state": "queued" if again else report.receipt.state.value,
        "new_reason": verdict.reason if verdict else None,
        "new_provider_id": None if again else report.provider_id,
        "new_delivered_at": now if report.receipt.state in {DeliveryState.DELIVERED, DeliveryState.READ} else None,
    }


def _try_row(parcel: Parcel, report: Report, verdict: Verdict | None) -> dict[str, Any]:
    return {
        "message": parcel.id,
        "name": report.provider_id,
        "how": report.receipt.state.value,
        "its_code": verdict.code[:32] if verdict and verdict.code else None,
        "why": verdict.reason if verdict else None,
    }
