"""What is claimed before anything leaves: which messages are due, where they go, and a try begun for each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from bot.channels.base import Route
from bot.channels.wechat_window import Trigger, Window, after_send
from bot.roads import Parcel, Point
from bot.timers import Alarm, clear_alarms, lease_due, set_alarms
from dialogs.effects import Purpose
from models.base import new_id
from models.conversation import DeliveryAttempt, OutboundMessage
from models.person import ContactPoint
from models.timer import NEVER_LEASED, Timer
from models.values import ChannelKind, TimerKind

LEASE: Final = timedelta(minutes=2)
"""Longer than a whole batch can take; whoever has died by then has left its tries open."""

OPEN: Final = frozenset({"answering", "queued", "sending"})
"""States in which a message has still to be sent."""

Choose = Callable[[Parcel, Point | None], Route | str]
"""The road, or why there is none."""


@dataclass(slots=True)
class Claim:
    """`ready` have a try that is begun; `doubtful` one of an earlier worker; `blocked` have no road, and why."""

    taken: int = 0
    ready: list[Parcel] = field(default_factory=list)
    doubtful: list[Parcel] = field(default_factory=list)
    blocked: list[tuple[Parcel, str]] = field(default_factory=list)


def claim(
    connection: Connection, now: datetime, limit: int, choose: Choose, halted: Mapping[ChannelKind, datetime]
) -> Claim:
    """Take what is due, most urgent first, and begin a try for each: a process that dies from here on leaves it open.

    Nothing is waited for: what another transaction holds comes back at the next tick.
    """
    alarms = lease_due(connection, TimerKind.SEND, now, limit, until=now + LEASE)
    due = [alarm.subject for alarm in alarms]
    claim = Claim(taken=len(due))
    if not due:
        return claim
    messages = {row.id: row for row in _messages(connection, due)}
    points = _points(connection, {row.contact_point_id for row in messages.values() if row.contact_point_id})
    tries = _open_tries(connection, [row.id for row in messages.values() if row.state == "sending"])
    ledger = dict(points)
    later, free, done, expired = [], [], [], []
    for message_id in due:
        row = messages.get(message_id)
        if row is None or (row.contact_point_id and row.contact_point_id not in points):
            free.append(message_id)
            continue
        parcel = _parcel(row, points.get(row.contact_point_id), tries.get(row.id))
        if row.state not in OPEN:
            done.append(row.id)
        elif parcel.doubt_since is not None:
            claim.doubtful.append(parcel)
        elif row.expires_at is not None and row.expires_at <= now:
            expired.append(row.id)
        elif parcel.channel in halted and not parcel.insistent:
            later.append(Alarm(TimerKind.SEND, row.id, halted[parcel.channel], row.urgency))
        elif parcel.channel in halted:
            claim.blocked.append((parcel, "channel_halted"))
        else:
            _take_road(claim, parcel, ledger, choose)
    _write_windows(connection, points, ledger)
    _begin_tries(connection, claim.ready, now)
    _cancel(connection, expired, "expired")
    clear_alarms(connection, TimerKind.SEND, [*done, *expired])
    _free(connection, free)
    set_alarms(connection, later)
    claim.taken -= len(free) + len(later)
    return claim


# -- reading ---------------------------------------------------------------------------------------------------------

MESSAGE = (
    OutboundMessage.id,
    OutboundMessage.patient_id,
    OutboundMessage.contact_point_id,
    OutboundMessage.guardian_id,
    OutboundMessage.channel,
    OutboundMessage.purpose,
    OutboundMessage.urgency,
    OutboundMessage.content,
    OutboundMessage.attempts,
    OutboundMessage.route,
    OutboundMessage.state,
    OutboundMessage.created_at,
    OutboundMessage.expires_at,
    OutboundMessage.position,
    OutboundMessage.session_id,
    OutboundMessage.follow_up_id,
    OutboundMessage.fallback_of,
)


def _messages(connection: Connection, due: Sequence[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    query = select(*MESSAGE).where(OutboundMessage.id.in_(due))
    return connection.execute(query.with_for_update(skip_locked=True, key_share=True)).all()


def _points(connection: Connection, wanted: Collection[UUID]) -> dict[UUID, Point]:
    columns = (
        ContactPoint.id,
        ContactPoint.channel,
        ContactPoint.address,
        ContactPoint.status,
        ContactPoint.opted_out_at,
        ContactPoint.window_trigger,
        ContactPoint.window_opened_at,
        ContactPoint.window_left,
    )
    query = select(*columns).where(ContactPoint.id.in_(wanted))
    rows = connection.execute(query.with_for_update(skip_locked=True, key_share=True))
    return {
        row.id: Point(
            row.id, ChannelKind(row.channel), row.address, row.status, row.opted_out_at is not None, _window(row)
        )
        for row in rows
    }


def _window(row: Row[*tuple[Any, ...]]) -> Window | None:
    if row.window_trigger is None:
        return None
    return Window(Trigger(row.window_trigger), row.window_opened_at, row.window_left)


def _open_tries(connection: Connection, sending: Sequence[UUID]) -> dict[UUID, datetime]:
    """When the try was begun whose end nobody wrote down."""
    if not sending:
        return {}
    query = select(DeliveryAttempt.message_id, DeliveryAttempt.started_at).where(
        DeliveryAttempt.message_id.in_(sending), DeliveryAttempt.finished_at.is_(None)
    )
    return dict(connection.execute(query).all())


def parcel_of(row: Row[*tuple[Any, ...]], to: str = "", doubt_since: datetime | None = None) -> Parcel:
    return Parcel(
        id=row.id,
        patient_id=row.patient_id,
        contact_point_id=row.contact_point_id,
        guardian_id=row.guardian_id,
        channel=ChannelKind(row.channel),
        purpose=Purpose(row.purpose),
        urgency=row.urgency,
        text=row.content,
        attempts=row.attempts,
        route=Route(row.route) if row.route else None,
        to=to,
        created_at=row.created_at,
        position=row.position,
        session_id=row.session_id,
        follow_up_id=row.follow_up_id,
        fallback_of=row.fallback_of,
        doubt_since=doubt_since,
    )


def _parcel(row: Row[*tuple[Any, ...]], point: Point | None, doubt_since: datetime | None) -> Parcel:
    return parcel_of(row, point.address if point else "", doubt_since)


def _take_road(claim: Claim, parcel: Parcel, ledger: dict[UUID, Point], choose: Choose) -> None:
    point = ledger.get(parcel.contact_point_id) if parcel.contact_point_id else None
    road = choose(parcel, point)
    if not isinstance(road, Route):
        claim.blocked.append((parcel, road))
        return
    if road is Route.CUSTOMER_SERVICE and point is not None and point.window is not None:
        ledger[point.id] = replace(point, window=after_send(point.window))
    claim.ready.append(replace(parcel, route=road, attempts=parcel.attempts + 1))


# -- writing ---------------------------------------------------------------------------------------------------------


def _write_windows(connection: Connection, before: Mapping[UUID, Point], after: Mapping[UUID, Point]) -> None:
    """Reserve before sending: points that lose the same number of messages are written together."""
    spent: dict[int, list[UUID]] = {}
    for point_id, point in after.items():
        was = before[point_id].window
        if point.window is not None and was is not None and point.window.left < was.left:
            spent.setdefault(was.left - point.window.left, []).append(point_id)
    for number, points in spent.items():
        connection.execute(
            update(ContactPoint)
            .where(ContactPoint.id.in_(points))
            .values(window_left=ContactPoint.window_left - number)
        )


def _begin_tries(connection: Connection, parcels: Sequence[Parcel], now: datetime) -> None:
    if not parcels:
        return
    by_route: dict[Route | None, list[UUID]] = {}
    for parcel in parcels:
        by_route.setdefault(parcel.route, []).append(parcel.id)
    for route, messages in by_route.items():
        connection.execute(
            update(OutboundMessage)
            .where(OutboundMessage.id.in_(messages))
            .values(state="sending", route=route, attempts=OutboundMessage.attempts + 1)
        )
    connection.execute(
        insert(DeliveryAttempt),
        [
            {
                "id": new_id(),
                "message_id": parcel.id,
                "number": parcel.attempts,
                "channel": parcel.channel,
                "route": parcel.route,
                "started_at": now,
            }
            for parcel in parcels
        ],
    )


def _cancel(connection: Connection, messages: Sequence[UUID], reason: str) -> None:
    if messages:
        connection.execute(
            update(OutboundMessage).where(OutboundMessage.id.in_(messages)).values(state="cancelled", reason=reason)
        )


def _free(connection: Connection, messages: Sequence[UUID]) -> None:
    """Give a lease back at once: somebody holds the message or its address for a moment."""
    if messages:
        connection.execute(
            update(Timer)
            .where(Timer.subject_id.in_(messages), Timer.kind == TimerKind.SEND)
            .values(lease_until=NEVER_LEASED)
        )
