"""The outbox: claim what is due, send it outside any transaction, write down how it ended.

A try is a row before it is a request. Whoever dies in between leaves the try open; when the lease has run out the
next worker asks the platform, and sends again only where that cannot reach her twice.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Final, TypeAlias

from prometheus_client import Counter, Gauge
from sqlalchemy.exc import OperationalError

from bot import snapshots
from bot.channels.base import Channel, Outgoing, Route, TemplateCall
from bot.claims import Claim, claim
from bot.delivery import settle
from bot.errors import ChannelDown, OutcomeUnknown, SendError, Unreachable, YunbanError
from bot.fallbacks import Fallbacks
from bot.house import House
from bot.roads import HALT, Outcome, Parcel, Point, Verdict, blocked, choose, judge
from models.values import ChannelKind, Language

log = logging.getLogger(__name__)

ENDED: Final = Counter("yunban_delivery_tries_total", "Tries to send a message, by how they ended", ["channel", "end"])
HALTED: Final = Gauge("yunban_channel_halted", "1 while a channel waits for a person to mend it", ["channel"])

OUTBOX: Final = "outbox"
"""The bell's topic: something was put into the outbox."""

SETTLE_TRIES: Final = 3
WRITE_EVERY: Final = timedelta(milliseconds=50)

Ended: TypeAlias = tuple[Parcel, Verdict]


class Outbox:
    """Any number of these may run, in any number of processes: the database hands each message to one of them."""

    def __init__(self, house: House, *, concurrency: int = 100, rng: Random | None = None) -> None:
        self._db = house.db
        self._clock = house.clock
        self._channels: Mapping[ChannelKind, Channel] = house.channels
        self._templates = Templates(house)
        self._fallbacks = Fallbacks(house.library, dict(house.channels), house.settings.zone)
        self._rng = rng or Random()
        self._lanes = asyncio.Semaphore(concurrency)
        self._halted: dict[ChannelKind, datetime] = {}

    async def deliver_due(self, limit: int = 200) -> int:
        """Deliver one batch; returns how many messages it took. Nothing is due any more when that is 0."""
        claimed = await asyncio.to_thread(self._claim, limit)
        if claimed.blocked:
            await asyncio.to_thread(self._settle, [(parcel, blocked(why)) for parcel, why in claimed.blocked])
        ended: list[Ended] = []
        groups = [self._send_in_turn(group, ended) for group in _by_address(claimed.ready)]
        sending = asyncio.gather(*groups, *(self._look_up(parcel, ended) for parcel in claimed.doubtful))
        while ended or not sending.done():
            # What has ended is written while the rest is still being sent: a quick receipt finds its message.
            await asyncio.wait([sending], timeout=WRITE_EVERY.total_seconds())
            written = ended[:]
            if written:
                await asyncio.to_thread(self._settle, written)
            del ended[: len(written)]
        await sending
        return claimed.taken

    def _claim(self, limit: int) -> Claim:
        now = self._clock.now()
        self._halted = {kind: until for kind, until in self._halted.items() if until > now}
        for kind in self._channels:
            HALTED.labels(kind).set(kind in self._halted)

        def road(parcel: Parcel, point: Point | None) -> Route | str:
            return choose(parcel, point, self._channels, now, template=self._templates.ready)

        with self._db.connection() as connection:
            return claim(connection, now, limit, road, self._halted)

    async def _send_in_turn(self, parcels: list[Parcel], ended: list[Ended]) -> None:
        """The messages of one address keep their order: what cannot be sent now holds back what follows."""
        held: ChannelDown | None = None
        for parcel in parcels:
            async with self._lanes:
                outcome = held or await self._send(parcel)
            if isinstance(outcome, ChannelDown):
                held = outcome
            ended.append((parcel, self._judge(parcel, outcome)))

    async def _send(self, parcel: Parcel) -> Outcome:
        try:
            return await self._channels[parcel.channel].send(self._outgoing(parcel))
        except SendError as error:
            return error
        except YunbanError as error:
            return Unreachable(str(error)[:32], "not_sendable", switch=False)
        except Exception as error:  # noqa: BLE001 - a fault of an adapter must not take the batch with it, nor its text into a log
            log.error("%s: a channel failed with %s", parcel.channel, type(error).__name__)  # noqa: TRY400
            return OutcomeUnknown(type(error).__name__, "adapter_failed")

    async def _look_up(self, parcel: Parcel, ended: list[Ended]) -> None:
        since = parcel.doubt_since or self._clock.now()
        try:
            async with self._lanes:
                outcome: Outcome = await self._channels[parcel.channel].find(self._outgoing(parcel), since)
        except ChannelDown as error:
            outcome = error
        ended.append((parcel, self._judge(parcel, outcome)))

    def _outgoing(self, parcel: Parcel) -> Outgoing:
        route = parcel.route or Route.SMS
        template = self._templates.fill(self._clock.now()) if route is Route.TEMPLATE else None
        return Outgoing(parcel.id, parcel.to, parcel.text, parcel.purpose, route, template)

    def _judge(self, parcel: Parcel, outcome: Outcome) -> Verdict:
        now = self._clock.now()
        if isinstance(outcome, ChannelDown) and outcome.halt:
            self._halt(parcel.channel, outcome, now)
        verdict = judge(parcel, outcome, now, self._rng)
        ENDED.labels(parcel.channel, verdict.attempt or "open").inc()
        return verdict

    def _halt(self, kind: ChannelKind, error: ChannelDown, now: datetime) -> None:
        until = now + (error.retry_after or HALT)
        if kind not in self._halted:
            log.error("%s is halted until %s and needs a person: %s", kind, until.isoformat(), error)
        self._halted[kind] = until
        HALTED.labels(kind).set(1)

    def _settle(self, batch: list[Ended]) -> None:
        for attempt in range(1, SETTLE_TRIES + 1):
            try:
                self._write(batch)
            except OperationalError:  # a deadlock, or a server that is being restarted: these facts exist nowhere else
                if attempt == SETTLE_TRIES:
                    raise
            else:
                return

    def _write(self, batch: list[Ended]) -> None:
        now = self._clock.now()
        batch = sorted(batch, key=lambda ended: ended[0].id)
        stuck = [(parcel, verdict) for parcel, verdict in batch if verdict.switch or verdict.doubtful]
        with self._db.connection() as connection:
            if stuck:
                snapshots.lock(connection, {parcel.patient_id for parcel, _ in stuck})
            settle(connection, batch, now)
            self._fallbacks.find(connection, stuck, now)


def _by_address(parcels: Sequence[Parcel]) -> list[list[Parcel]]:
    """The messages to each address, in the order in which they were meant to be read."""
    ordered = sorted(parcels, key=lambda p: (str(p.contact_point_id), p.urgency, p.created_at, p.position))
    return [list(group) for _, group in groupby(ordered, key=lambda parcel: parcel.contact_point_id)]


class Templates:
    """The one template of the house: it announces that something waits, and never says what (B7).

    Its fields are `thing1`, the occasion in at most 20 characters, and `time2`, the local time.
    """

    def __init__(self, house: House) -> None:
        self._id = house.settings.wechat_template_id
        self._zone = house.settings.zone
        self._library = house.library

    @property
    def ready(self) -> bool:
        return self._id is not None

    def fill(self, now: datetime) -> TemplateCall | None:
        if self._id is None:
            return None
        occasion = self._library.wording("delivery.occasion", Language.ZH_CN, {})
        return TemplateCall(self._id, {"thing1": occasion, "time2": f"{now.astimezone(self._zone):%Y-%m-%d %H:%M}"})
