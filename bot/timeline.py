"""Everything that happened with one woman, in order: messages, observations, escalations, assessments, contacts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.errors import Invalid
from bot.findings import detail_without_infection, findings_in, without_infection
from models.care_team import StaffMember
from models.conversation import InboundMessage, OutboundMessage
from models.escalation import Escalation, EscalationEvent
from models.person import Guardian
from models.pregnancy import Pregnancy, RiskAssessment
from models.record import Encounter, Observation


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `data` depends on `kind`: message_in, message_out, observation, escalation_event,
    risk_assessment, encounter.
    """

    id: UUID
    at: datetime
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a timeline: the entry that was read last. Written as time and id, so that it outlives inserts."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at:%Y%m%dT%H%M%S.%f%z}_{self.id.hex}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises Invalid for what no answer of ours contained."""
        at, _, key = text.partition("_")
        try:
            return cls(datetime.strptime(at, "%Y%m%dT%H%M%S.%f%z"), UUID(hex=key))
        except ValueError:
            raise Invalid("cursor: not one of ours") from None


def timeline(
    session: Session,
    patient_id: UUID,
    *,
    limit: int,
    after: Cursor | None = None,
    newest_first: bool = False,
    kinds: frozenset[str] | None = None,
    show_infection: bool = True,
) -> tuple[list[Entry], Cursor | None]:
    """Up to `limit` entries behind `after`, and the cursor of the next page or None at the end."""
    found: list[Entry] = []
    for source in _SOURCES:
        if kinds is None or source.kind in kinds:
            found += source.read(session, patient_id, after, limit + 1, newest_first=newest_first)
    found.sort(key=lambda entry: (entry.at, entry.id.hex), reverse=newest_first)
    page = found[:limit]
    if not show_infection:
        for entry in page:
            _hide_infection(entry.data)
    more = len(found) > limit
    return page, Cursor(page[-1].at, page[-1].id) if more else None


def _hide_infection(data: dict[str, Any]) -> None:
    data.pop("infectious", None)
    if "findings" in data:
        data["findings"] = without_infection(data["findings"])
    if "detail" in data:
        data["detail"] = detail_without_infection(data["detail"])


@dataclass(frozen=True, slots=True)
class _Source:
    """One table as a part of the timeline."""

    kind: str
    statement: Select[*tuple[Any, ...]]
    patient: InstrumentedAttribute[Any]
    at: InstrumentedAttribute[datetime]
    id: InstrumentedAttribute[UUID]
    tell: Callable[[Any], dict[str, Any]]

    def read(
        self, session: Session, patient_id: UUID, after: Cursor | None, limit: int, *, newest_first: bool
    ) -> list[Entry]:
        order = (self.at.desc(), self.id.desc()) if newest_first else (self.at, self.id)
        statement = self.statement.where(self.patient == patient_id).order_by(*order).limit(limit)
        if after is not None:
            statement = statement.where(*self._behind(after, newest_first=newest_first))
        return [
            Entry(row[0].id, getattr(row[0], self.at.key), self.kind, self.tell(row))
            for row in session.execute(statement)
        ]

    def _behind(self, after: Cursor, *, newest_first: bool) -> list[ColumnElement[bool]]:
        if newest_first:
            return [self.at <= after.at, (self.at < after.at) | (self.id < after.id)]
        return [self.at >= after.at, (self.at > after.at) | (self.id > after.id)]


def _message_in(row: Any) -> dict[str, Any]:
    message = row[0]
    return {
        "channel": message.channel,
        "type": message.kind,
        "content": message.content,
        "level": message.level,
        "findings": findings_in(message.findings),
        "understood": message.understood,
    }


def _message_out(row: Any) -> dict[str, Any]:
    message, staff, guardian = row
    return {
        "channel": message.channel,
        "route": message.route,
        "purpose": message.purpose,
        "text": message.content,
        "state": message.state,
        "reason": message.reason,
        "staff": staff,
        "to_guardian": guardian,
        "sent_at": message.sent_at,
        "delivered_at": message.delivered_at,
    }


def _observation(row: Any) -> dict[str, Any]:
    seen = row[0]
    return {
        "code": seen.code,
        "value": seen.value,
        "unit": seen.unit,
        "said": seen.said,
        "level": seen.level,
        "source": seen.source,
        "device": seen.device,
    }


def _escalation_event(row: Any) -> dict[str, Any]:
    event, staff = row
    return {
        "escalation_id": event.escalation_id,
        "event": event.kind,
        "urgency": event.urgency,
        "staff": staff,
        "detail": event.detail or {},
    }


def _risk_assessment(row: Any) -> dict[str, Any]:
    assessment = row[0]
    return {
        "risk_colour": assessment.risk_colour,
        "infectious": assessment.infectious,
        "reasons": assessment.reasons,
        "assessed_on": assessment.assessed_on,
        "assessed_by": assessment.assessed_by,
        "institution": assessment.institution,
    }


def _encounter(row: Any) -> dict[str, Any]:
    encounter, staff = row
    return {"type": encounter.kind, "result": encounter.result, "staff": staff, "note": encounter.note}


_SOURCES = (
    _Source(
        "message_in",
        select(InboundMessage),
        InboundMessage.patient_id,
        InboundMessage.received_at,
        InboundMessage.id,
        _message_in,
    ),
    _Source(
        "message_out",
        select(OutboundMessage, StaffMember.name, Guardian.relation)
        .outerjoin(StaffMember, StaffMember.id == OutboundMessage.staff_member_id)
        .outerjoin(Guardian, Guardian.id == OutboundMessage.guardian_id),
        OutboundMessage.patient_id,
        OutboundMessage.created_at,
        OutboundMessage.id,
        _message_out,
    ),
    _Source(
        "observation",
        select(Observation),
        Observation.patient_id,
        Observation.observed_at,
        Observation.id,
        _observation,
    ),
    _Source(
        "escalation_event",
        select(EscalationEvent, StaffMember.name)
        .join(Escalation, Escalation.id == EscalationEvent.escalation_id)
        .outerjoin(StaffMember, StaffMember.id == EscalationEvent.staff_member_id),
        Escalation.patient_id,
        EscalationEvent.at,
        EscalationEvent.id,
        _escalation_event,
    ),
    _Source(
        "risk_assessment",
        select(RiskAssessment).join(Pregnancy, Pregnancy.id == RiskAssessment.pregnancy_id),
        Pregnancy.patient_id,
        RiskAssessment.recorded_at,
        RiskAssessment.id,
        _risk_assessment,
    ),
    _Source(
        "encounter",
        select(Encounter, StaffMember.name).outerjoin(StaffMember, StaffMember.id == Encounter.staff_member_id),
        Encounter.patient_id,
        Encounter.at,
        Encounter.id,
        _encounter,
    ),
)
