"""What a nurse looks at: the queue, a woman's page, what a search finds, and the news that refresh them."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from bot import chart, search, timeline, worklist
from bot.care_team import Colleague, colleagues
from bot.db import Transaction
from bot.desk import Outcome
from bot.errors import NotFound
from bot.web.console.news import news
from bot.web.console.render import page
from bot.web.console.session import Member
from bot.web.doors import Doors, TheDoors
from models.values import Urgency

router = APIRouter(prefix="/console", include_in_schema=False)

THREAD_PAGE = 30
IN_THREAD = frozenset({"message_in", "message_out", "escalation_event", "encounter", "risk_assessment"})
ONE_LOOK = timedelta(hours=1)
"""A page that refreshes itself is one look at her; an hour later it is the next."""


@router.get("")
def queue(
    request: Request, doors: TheDoors, member: Member, view: str = "all", urgency: Urgency | None = None
) -> Response:
    return page(request, "queue.html", member=member, **_queue(doors, member, view, urgency))


@router.get("/queue")
def queue_rows(
    request: Request, doors: TheDoors, member: Member, view: str = "all", urgency: Urgency | None = None
) -> Response:
    return page(request, "queue_rows.html", member=member, **_queue(doors, member, view, urgency))


def _queue(doors: Doors, member: Colleague, view: str, urgency: Urgency | None) -> dict[str, Any]:
    wanted = worklist.Filter(
        urgency=urgency, unclaimed=view == "unclaimed", mine=view == "mine", overdue=view == "overdue"
    )
    with doors.house.db.reading() as session:
        seen = worklist.queue(session, member, wanted, doors.now(), doors.zone)
    return {"queue": seen, "view": view, "urgency": urgency}


@router.get("/events")
def events(request: Request, doors: TheDoors, _member: Member) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(news(request.app.state.pulse, doors.bell), media_type="text/event-stream", headers=headers)


@router.get("/patients")
def find(request: Request, doors: TheDoors, member: Member, q: Annotated[str, Query(max_length=64)] = "") -> Response:
    today = doors.now().astimezone(doors.zone).date()
    with doors.house.db.reading() as session:
        hits = search.search(session, member, q, doors.house.keyring, today)
    if len(hits) == 1:
        return RedirectResponse(f"/console/patients/{hits[0].patient_id}", HTTPStatus.SEE_OTHER)
    return page(request, "search.html", member=member, q=q, hits=hits)


@router.get("/patients/{patient_id}")
def patient(request: Request, doors: TheDoors, member: Member, patient_id: UUID) -> Response:
    return patient_page(request, doors, member, patient_id)


def patient_page(
    request: Request,
    doors: Doors,
    member: Colleague,
    patient_id: UUID,
    *,
    problem: str | None = None,
    typed: str = "",
    note: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    """Her page, each look at it audited; `problem` says why the last form was not carried out."""
    now = doors.now()
    try:
        with doors.house.db.transaction() as session:
            seen = chart.chart(session, patient_id, member, now, doors.zone)
            chart.audit_view(session, seen, member.name, now)
            knows = seen.infectious is not None
            sheet = worklist.sheet_of(session, patient_id, show_infection=knows)
            thread = _thread(session, seen, None)
            values = {
                "chart": seen,
                "sheet": sheet,
                "evidence": _evidence(sheet, thread["entries"]),
                "answers": chart.answers(session, patient_id, show_infection=knows),
                "undelivered": chart.undelivered(session, patient_id),
                "agenda": chart.agenda(session, patient_id, now),
                "colleagues": colleagues(session, member),
                "thread": thread,
            }
    except NotFound:
        return page(request, "message.html", HTTPStatus.NOT_FOUND, message="not_found")
    return page(
        request,
        "patient.html",
        status,
        member=member,
        outcomes=list(Outcome),
        problem=problem,
        typed=typed,
        note=note,
        **values,
    )


@router.get("/patients/{patient_id}/thread")
def thread(request: Request, doors: TheDoors, member: Member, patient_id: UUID, before: str = "") -> Response:
    """The newest part of what was said, or what came before it."""
    cursor = timeline.Cursor.read(before) if before else None
    now = doors.now()
    with doors.house.db.reading() as session:
        seen = chart.chart(session, patient_id, member, now, doors.zone)
        entries = _thread(session, seen, cursor)
        known = chart.was_viewed(session, seen, member.name, now - ONE_LOOK)
    if not known:
        with doors.house.db.transaction() as session:
            chart.audit_view(session, seen, member.name, now)
    return page(request, "thread_entries.html", thread=entries, chart=seen)


def _thread(session: Transaction, seen: chart.Chart, before: timeline.Cursor | None) -> dict[str, Any]:
    entries, older = timeline.timeline(
        session,
        seen.patient_id,
        limit=THREAD_PAGE,
        after=before,
        newest_first=True,
        kinds=IN_THREAD,
        show_infection=seen.infectious is not None,
    )
    return {"entries": entries[::-1], "older": older}


def _evidence(sheet: worklist.Sheet | None, thread: list[timeline.Entry]) -> dict[str, list[Any]]:
    """Why she was called: what stands beside her words in the thread is pointed to, and shown once."""
    evidence = sheet.evidence if sheet else []
    written = {str(entry.id): entry for entry in thread if entry.kind == "message_in"}
    named = dict.fromkeys(item.get("inbound") for item in evidence)
    return {
        "messages": [written[key] for key in named if key in written],
        "others": [item for item in evidence if item.get("inbound") not in written],
    }
