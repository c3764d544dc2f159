"""Women and what is known of them: registered by another system, read back with their history."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, BeforeValidator, Field

from bot import chart, timeline
from bot.errors import Invalid
from bot.registration import Checked, GuardianEntry, Registration, check
from bot.registry import Change, register
from bot.web.api.auth import TheCaller
from bot.web.api.paging import CursorText, Limit, Page, after_id, page_of
from bot.web.api.shapes import Body, Moment, values_of
from bot.web.doors import Doors, TheDoors
from dialogs.triage.finding import FindingStatus
from models.values import Language, RiskColour, Urgency

router = APIRouter(prefix="/patients", tags=["patients"])


class GuardianIn(Body):
    name: str | None = None
    relation: str | None = None
    phone: str | None = None


class PregnancyIn(Body):
    """One of `lmp` and `edd` is needed."""

    lmp: date | None = None
    edd: date | None = None
    risk_colour: RiskColour | None = None
    infectious: bool | None = None
    conditions: list[str] | None = None
    parity: int | None = Field(None, ge=0, le=30)


def _language(tag: object) -> object:
    return Language.read(tag) if isinstance(tag, str) else tag


class PatientIn(Body):
    external_id: str = Field(min_length=1, max_length=64)
    name: str
    phone: str | None = None
    language: Annotated[Language, BeforeValidator(_language)] | None = None
    wechat_openid: str | None = None
    guardian: GuardianIn | None = None
    facility: str | None = Field(None, description="A code or a name of the directory.")
    responsible_nurse: str | None = Field(None, description="The name of a member of staff.")
    pregnancy: PregnancyIn

    def registration(self) -> Registration:
        carried = self.pregnancy
        return Registration(
            name=self.name,
            phone=self.phone,
            external_id=self.external_id,
            language=self.language,
            wechat_openid=self.wechat_openid,
            guardian=GuardianEntry(**self.guardian.model_dump()) if self.guardian else None,
            facility=self.facility,
            responsible_nurse=self.responsible_nurse,
            last_period=carried.lmp,
            due_date=carried.edd,
            risk_colour=carried.risk_colour,
            infectious=carried.infectious,
            conditions=None if carried.conditions is None else tuple(carried.conditions),
            parity=carried.parity,
        )


class RegisteredOut(BaseModel):
    """`change`: new, updated, unchanged, or protected (under 14: kept apart for the designated reporter)."""

    id: UUID
    pregnancy_id: UUID | None
    external_id: str
    change: Change
    warnings: list[str]


class PregnancyOut(BaseModel):
    id: UUID
    status: str
    due_date: date
    due_date_method: str
    gestational_age: str | None = Field(description="Completed weeks and days today, as 32+0.")
    postpartum_day: int | None
    risk_colour: RiskColour
    infectious: bool | None
    conditions: list[str]
    parity: int | None


class PatientOut(BaseModel):
    id: UUID
    external_id: str | None
    name: str | None
    status: str
    language: str
    facility: str | None = Field(description="The code of the directory.")
    responsible_nurse: str | None
    pregnancy_id: UUID | None
    pregnancy: PregnancyOut | None


class FindingOut(BaseModel):
    """One sign read in one place of her text. Only a current one counts; the others were read and set aside."""

    rule: str = Field(description="Id of the rule of triage.")
    sign: str
    level: Urgency
    status: FindingStatus
    evidence: str = Field(description="The piece of her text; a reading where she wrote none.")
    start: int = Field(description="Where the evidence begins in the text, in characters (code points).")
    end: int = Field(description="Behind its last character; 0 when it stands nowhere in this text.")


class MessageInOut(BaseModel):
    """`data` of a `message_in`. `level` is what its current findings came to, null when nothing mattered today."""

    channel: str
    type: str
    content: dict[str, Any]
    level: Urgency | None
    findings: list[FindingOut] = Field(description="Everything that triage read, gravest first.")
    understood: bool


class EntryOut(BaseModel):
    """`kind`: message_in, message_out, observation, escalation_event, risk_assessment, encounter; `data` follows it."""

    id: UUID
    at: Moment
    kind: str
    data: MessageInOut | dict[str, Any]


class ObservationOut(BaseModel):
    id: UUID
    code: str
    value: Any
    unit: str | None
    said: str | None
    level: str | None
    source: str
    device: str | None
    at: Moment


class FollowUpOut(BaseModel):
    id: UUID
    key: str
    kind: str
    scripts: list[str]
    reasons: list[dict[str, Any]]
    due_on: date
    due_at: Moment
    state: str
    rung: int
    answered_at: Moment | None
    closed_why: str | None


@router.post("", status_code=HTTPStatus.CREATED, responses={200: {"model": RegisteredOut, "description": "Known."}})
def upsert(given: PatientIn, doors: TheDoors, caller: TheCaller, response: Response) -> RegisteredOut:
    """Register a woman or bring her up to date, by `external_id`; the same call again changes nothing.

    A field that is left out keeps what is known.
    """
    now = doors.now()
    checked: Checked = check(given.registration(), now.astimezone(doors.zone).date())
    with doors.changing() as session:
        (done,) = register(
            session.connection(),
            doors.house.keyring,
            [checked],
            source=f"api:{caller.name}"[:32],
            now=now,
            zone=doors.zone,
        )
        if done.change is Change.REFUSED or done.patient_id is None:
            raise Invalid("; ".join(f"{problem.field}: {problem.reason}" for problem in done.problems))
    if done.change is not Change.NEW:
        response.status_code = HTTPStatus.OK
    return RegisteredOut(
        id=done.patient_id,
        pregnancy_id=done.pregnancy_id,
        external_id=given.external_id,
        change=done.change,
        warnings=[f"{warning.field}: {warning.reason}" for warning in done.warnings],
    )


@router.get("/{patient_id}")
def get(patient_id: UUID, doors: TheDoors, caller: TheCaller) -> PatientOut:
    """One woman; each look at her is audited under the token's name."""
    return _patient(_look_at(patient_id, doors, caller.name))


@router.get("/{patient_id}/timeline")
def get_timeline(
    patient_id: UUID, doors: TheDoors, caller: TheCaller, cursor: CursorText = None, limit: Limit = 50
) -> Page[EntryOut]:
    """Every message, observation, escalation event, assessment and contact, oldest first."""
    after = timeline.Cursor.read(cursor) if cursor else None
    _look_at(patient_id, doors, caller.name)
    with doors.house.db.reading() as session:
        entries, following = timeline.timeline(session, patient_id, limit=limit, after=after)
    items = [EntryOut(id=one.id, at=one.at, kind=one.kind, data=one.data) for one in entries]
    return Page(items=items, next_cursor=str(following) if following else None)


@router.get("/{patient_id}/observations")
def get_observations(
    patient_id: UUID, doors: TheDoors, caller: TheCaller, cursor: CursorText = None, limit: Limit = 50
) -> Page[ObservationOut]:
    """Answers and readings in the order in which they were recorded."""
    after = after_id(cursor)
    _look_at(patient_id, doors, caller.name)
    with doors.house.db.reading() as session:
        rows = chart.observations(session, patient_id, after, limit + 1)
    items = [ObservationOut(id=key, **values_of(answer)) for key, answer in rows]
    return page_of(items, limit, lambda one: one.id)


@router.get("/{patient_id}/follow-ups")
def get_follow_ups(
    patient_id: UUID, doors: TheDoors, caller: TheCaller, cursor: CursorText = None, limit: Limit = 50
) -> Page[FollowUpOut]:
    """Planned contacts in the order in which they were planned."""
    after = after_id(cursor)
    _look_at(patient_id, doors, caller.name)
    with doors.house.db.reading() as session:
        rows = chart.follow_ups(session, patient_id, after, limit + 1)
    return page_of([FollowUpOut(**values_of(row)) for row in rows], limit, lambda one: one.id)


def _look_at(patient_id: UUID, doors: Doors, caller: str) -> chart.Chart:
    now: datetime = doors.now()
    with doors.house.db.transaction() as session:
        seen = chart.chart(session, patient_id, None, now, doors.zone)
        chart.audit_view(session, seen, f"token {caller}", now)
    return seen


def _patient(seen: chart.Chart) -> PatientOut:
    age = seen.stage.gestational_age
    pregnancy = None
    if seen.pregnancy_id and seen.pregnancy_status and seen.due_date and seen.due_date_method and seen.colour:
        pregnancy = PregnancyOut(
            id=seen.pregnancy_id,
            status=seen.pregnancy_status,
            due_date=seen.due_date,
            due_date_method=seen.due_date_method,
            gestational_age=str(age) if age else None,
            postpartum_day=seen.stage.postpartum_day,
            risk_colour=seen.colour,
            infectious=seen.infectious,
            conditions=seen.conditions,
            parity=seen.parity,
        )
    return PatientOut(
        id=seen.patient_id,
        external_id=seen.external_id,
        name=seen.name,
        status=seen.status,
        language=seen.language,
        facility=seen.facility_code,
        responsible_nurse=seen.nurse,
        pregnancy_id=seen.pregnancy_id,
        pregnancy=pregnancy,
    )
