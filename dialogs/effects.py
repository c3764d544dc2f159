"""What a turn of a dialog wants done. Dialogs decide; `bot/effects.py` turns each effect into rows."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from dialogs.triage.finding import Finding
from models.values import ConsentKind, Language, OutcomeKind, Urgency

Scalar: TypeAlias = bool | int | float | str | None  # bool first: pydantic may write True as 1 after an int
Value: TypeAlias = Scalar | dict[str, Scalar]


class Purpose(StrEnum):
    """Why a message is said; the outbox decides by it how hard to try."""

    SAFETY = "safety"
    EMERGENCY_CONTACTS = "emergency_contacts"
    QUESTION = "question"
    REPLY = "reply"
    EDUCATION = "education"
    GUARDIAN_ALERT = "guardian_alert"
    NURSE_REPLY = "nurse_reply"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    purpose: Purpose = Purpose.REPLY


@dataclass(frozen=True, slots=True)
class Record:
    """One answer or reading as an observation. `value` of a blood pressure is {"systolic": 150, "diastolic": 95}."""

    code: str
    value: Value
    unit: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Escalate:
    """`reason` is a line for a nurse, from a script or from `dialogs/wording/`."""

    urgency: Urgency
    reason: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class TellGuardian:
    """SMS to the guardian who consented: never a diagnosis, a colour or an infection (B7)."""

    text: str
    urgency: Urgency = Urgency.URGENT
    purpose: Purpose = Purpose.GUARDIAN_ALERT


@dataclass(frozen=True, slots=True)
class GiveConsent:
    kind: ConsentKind
    granted: bool
    wording_version: int


@dataclass(frozen=True, slots=True)
class OptOut:
    """No more messages on this channel until she opts in."""


@dataclass(frozen=True, slots=True)
class OptIn:
    pass


@dataclass(frozen=True, slots=True)
class Identify:
    """What a woman whom the roster does not know says of herself; a match binds her, the rest a nurse confirms."""

    name: str | None = None
    phone: str | None = None
    due_date: date | None = None
    last_period: date | None = None


@dataclass(frozen=True, slots=True)
class SetLanguage:
    language: Language


@dataclass(frozen=True, slots=True)
class NameGuardian:
    name: str | None
    relation: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """She says the baby is born or lost: what was scheduled stops in the same transaction, a nurse confirms."""

    kind: OutcomeKind
    on: date | None = None


@dataclass(frozen=True, slots=True)
class BeginLater:
    """Another script after a while, as after an emergency: 15 minutes, 2 hours, 24 hours."""

    script: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Finish:
    """The session is over: `completed`, or why not (`unclear`, `unanswered`, `vanished`, `opted_out`, `replaced`)."""

    script: str
    how: str = "completed"
    answers: dict[str, Value] = field(default_factory=dict)


Effect: TypeAlias = (
    Say
    | Record
    | Escalate
    | TellGuardian
    | GiveConsent
    | OptOut
    | OptIn
    | Identify
    | SetLanguage
    | NameGuardian
    | ReportOutcome
    | BeginLater
    | Finish
)
