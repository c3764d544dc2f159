"""The words of the house as values: standard library only, imported by everyone."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import total_ordering
from typing import Self

PREGNANCY_DAYS = 280
POSTPARTUM_DAYS = 42


class Urgency(StrEnum):
    """How soon a human must act on one message; most urgent first. About a message, never about a pregnancy."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    SOON = "soon"
    SELF_CARE = "self_care"

    @property
    def rank(self) -> int:
        """0 for an emergency, rising as things get calmer; what queues and timers sort by."""
        return _URGENCY_RANK[self]

    def at_least(self, other: "Urgency") -> bool:
        return self.rank <= other.rank


_URGENCY_RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}
ROUTINE_RANK = len(_URGENCY_RANK)
"""The rank of what nobody is waiting for: a planned follow-up, a routine message."""


class RiskColour(StrEnum):
    """The doctor-given grade of a pregnancy (C35). Purple is not a rank: it is `infectious`, beside the colour."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for green, rising with the risk."""
        return list(RiskColour).index(self)


class Language(StrEnum):
    ZH_CN = "zh-CN"
    KO = "ko"
    EN = "en"

    @classmethod
    def read(cls, text: str) -> "Language":
        """Accept the tags people and systems write: zh, zh_CN, ko-KR, en-US. Raises ValueError for others."""
        primary = text.strip().replace("_", "-").split("-")[0].lower()
        for language in cls:
            if language.value.split("-")[0] == primary:
                return language
        raise ValueError(f"unknown language {text!r}: expected one of {', '.join(cls)}")


class ChannelKind(StrEnum):
    WECHAT = "wechat"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Address:
    """Where one person can be reached: an openid, or a phone number in E.164 form."""

    channel: ChannelKind
    value: str

    def __repr__(self) -> str:
        return f"Address({self.channel}, …)"  # an address is personal data: it must not reach a log


class DueDateMethod(StrEnum):
    """How the due date was found; an ultrasound outranks the last period (C6)."""

    ULTRASOUND = "ultrasound"
    LMP = "lmp"
    STATED = "stated"


class PregnancyStatus(StrEnum):
    ONGOING = "ongoing"
    POSTPARTUM = "postpartum"
    ENDED = "ended"


class OutcomeKind(StrEnum):
    """How a pregnancy ended. Everything but a live birth stops all that was scheduled and begins bereavement care."""

    LIVE_BIRTH = "live_birth"
    STILLBIRTH = "stillbirth"
    MISCARRIAGE = "miscarriage"
    TERMINATION = "termination"
    NEONATAL_DEATH = "neonatal_death"
    MATERNAL_DEATH = "maternal_death"
    MOVED = "moved"


class ConsentKind(StrEnum):
    """Each is ticked by itself (PIPL 29); withdrawing one costs nothing else."""

    SERVICE = "service"
    HEALTH_DATA = "health_data"
    GUARDIAN = "guardian"
    SMS = "sms"


class TimerKind(StrEnum):
    """What a row of the one clock wakes."""

    PLAN = "plan"
    BEGIN = "begin"
    SEND = "send"
    WAIT = "wait"
    CHASE = "chase"


class StaffRole(StrEnum):
    NURSE = "nurse"
    SUPERVISOR = "supervisor"
    COUNTY = "county"
    ADMIN = "admin"


@total_ordering
@dataclass(frozen=True, slots=True)
class GestationalAge:
    """Completed days of pregnancy, counted from the due date; written 32+0."""

    days: int

    @classmethod
    def on(cls, day: date, due_date: date) -> Self:
        return cls(PREGNANCY_DAYS - (due_date - day).days)

    @classmethod
    def of(cls, weeks: int, days: int = 0) -> Self:
        return cls(weeks * 7 + days)

    @property
    def weeks(self) -> int:
        return self.days // 7

    def __str__(self) -> str:
        return f"{self.days // 7}+{self.days % 7}"

    def __lt__(self, other: "GestationalAge") -> bool:
        return self.days < other.days


def due_date_from_lmp(last_period: date) -> date:
    return last_period + timedelta(days=PREGNANCY_DAYS)
