"""What the planner may know of one pregnancy, and what it says is due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from dialogs.audience import Mark
from models.values import PregnancyStatus, RiskColour, Urgency
from scheduler.plan_rules import Ladder


class DueKind(StrEnum):
    """The first four are messages to her, merged into one a day that goes by the first of these kinds it holds."""

    CHECK_IN = "check_in"
    CONTACTS = "contacts"
    LESSON = "lesson"
    VISIT_REMINDER = "visit_reminder"
    HUMAN_CONTACT = "human_contact"
    OVERDUE = "overdue"
    AFTER_EMERGENCY = "after_emergency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What the planner may know of one pregnancy; all days are days of the area's own time zone.

    `last_check_in` is the day of the last check-in she answered, however late she did, `last_human_contact` that of the
    last visit or call.
    `dated_on` is the day on which the due date or the birth was last recorded, `risk_changed_on` that of the last
    change of colour, infection, conditions or decision: what these put into the past is made up for on that day.
    `visits_done` holds the rule ids of visits and tests that are recorded, `lessons_told` the lessons
    that she was told. `emergency_at` is the last emergency or
    urgent finding, in local time. `conditions` are words of `dialogs/triage/rules.yaml`; `high_risk_postpartum` stands
    for what a birth adds to them, such as a haemorrhage or an infection.
    """

    due_date: date
    status: PregnancyStatus
    colour: RiskColour
    enrolled_on: date
    infectious: bool = False
    acute_infection_since: date | None = None
    declined_termination: bool = False
    conditions: frozenset[str] = frozenset()
    birth_on: date | None = None
    has_newborn: bool = False
    newborn_high_risk: bool = False
    discharged_on: date | None = None
    high_risk_postpartum: bool = False
    admitted: bool = False
    last_check_in: date | None = None
    last_human_contact: date | None = None
    dated_on: date | None = None
    risk_changed_on: date | None = None
    visits_done: frozenset[str] = frozenset()
    lessons_told: frozenset[str] = frozenset()
    emergency_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.status is PregnancyStatus.POSTPARTUM and self.birth_on is None:
            raise ValueError("a postpartum pregnancy has a day of birth")
        if self.emergency_at is not None and self.emergency_at.tzinfo is None:
            raise ValueError("emergency_at needs a time zone")


@dataclass(frozen=True, slots=True)
class Reason:
    rule: str
    source: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing that is due on a day. `key` is unique for the pregnancy; all messages of one day share one key.

    `answer_within` is her time to answer, or the nurse's to act; None when nothing is asked. `urgency` is that of the
    escalation that follows. `visits` are the rule ids a reminder speaks of. `at` is set when the day is too coarse.
    """

    key: str
    on: date
    kind: DueKind
    scripts: tuple[str, ...]
    reasons: tuple[Reason, ...]
    urgency: Urgency
    answer_within: timedelta | None = None
    ladder: Ladder | None = None
    visits: tuple[str, ...] = ()
    at: datetime | None = None
