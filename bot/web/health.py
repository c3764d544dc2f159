"""Probes and figures: is the process alive, can it work, how is the house."""

import time
from collections.abc import Iterator
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import YunbanError
from bot.house import House
from bot.migrate import is_current
from bot.vitals import vitals
from bot.web.doors import TheDoors
from bot.web.problems import problem

router = APIRouter(tags=["operations"])

DOORS = ("wechat", "sms", "api", "console")
"""First parts of our addresses; everything else counts as `other`, so that a scanner cannot make series."""


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", responses={503: {"description": "Not now; the detail says why."}})
def ready(doors: TheDoors) -> Response:
    """The database answers and stands at the revision this version needs."""
    try:
        doors.house.db.check()
        current = is_current(doors.house.db)
    except YunbanError:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer")
    if not current:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the database is not at this version's revision")
    return Response('{"status":"ok"}', media_type="application/json")


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


class _House(Collector):
    """Asks the database when Prometheus asks."""

    def __init__(self, house: House) -> None:
        self._house = house

    def describe(self) -> list[GaugeMetricFamily]:
        return []  # otherwise registering would ask the database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._house.db.reading() as session:
            now = vitals(session, self._house.clock.now())
        waiting = GaugeMetricFamily("yunban_escalations_open", "Escalations that wait for a human.", labels=["urgency"])
        for urgency, count in now.escalations.items():
            waiting.add_metric([urgency.value], count)
        yield waiting
        yield GaugeMetricFamily("yunban_escalations_overdue", "Escalations past their due time.", value=now.overdue)
        yield GaugeMetricFamily("yunban_outbox_messages", "Messages that wait to be sent.", value=now.outbox)
        yield GaugeMetricFamily("yunban_outbox_late", "Messages whose time to be sent has come.", value=now.late)


def registry_of(house: House) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_House(house))
    return registry


class Measured:
    """Counts requests by door and status and takes their time; a turn is a POST at the door `wechat` or `sms`."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app = app
        self._count = Counter("yunban_requests", "Requests answered.", ["door", "status"], registry=registry)
        self._seconds = Histogram("yunban_request_seconds", "Until the answer begins.", ["door"], registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        first = scope["path"].split("/", 2)[1]
        door = first if first in DOORS else "other"
        began = time.monotonic()

        async def send_measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count.labels(door, str(message["status"])).inc()
                self._seconds.labels(door).observe(time.monotonic() - began)
            await send(message)

        await self.app(scope, receive, send_measured)
