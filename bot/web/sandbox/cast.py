"""The made-up people of the demonstration as `roster.yaml` and `lines.yaml` have them."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from bot.directory import FacilityEntry
from bot.registration import GuardianEntry, Registration
from models.values import (
    PREGNANCY_DAYS,
    DueDateMethod,
    GestationalAge,
    Language,
    OutcomeKind,
    RiskColour,
    StaffRole,
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How and how many days before the beginning her pregnancy ended."""

    kind: OutcomeKind
    days: int
    weight_g: int | None = None
    high_risk: bool = False


@dataclass(frozen=True, slots=True)
class Woman:
    """`age` is how far she is at the beginning, or was when it ended."""

    key: str
    name: str
    phone: str
    age: GestationalAge
    colour: RiskColour
    infectious: bool
    conditions: tuple[str, ...]
    language: Language
    parity: int | None
    guardian: GuardianEntry | None
    ending: Ending | None
    follows: bool

    @property
    def openid(self) -> str:
        return f"o-made-up-{self.key}"

    def registration(self, today: date, *, facility: str, nurse: str) -> Registration:
        """What the roster says of her, with a due date counted from `today`."""
        reached = today - timedelta(days=self.ending.days if self.ending else 0)
        return Registration(
            external_id=self.key,
            name=self.name,
            phone=self.phone,
            language=self.language,
            guardian=self.guardian,
            facility=facility,
            responsible_nurse=nurse,
            due_date=reached + timedelta(days=PREGNANCY_DAYS - self.age.days),
            due_date_method=DueDateMethod.ULTRASOUND,
            risk_colour=self.colour,
            infectious=self.infectious,
            conditions=self.conditions,
            parity=self.parity,
        )


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    role: StaffRole


@dataclass(frozen=True, slots=True)
class Cast:
    women: tuple[Woman, ...]
    staff: tuple[Member, ...]
    nurse: str
    facilities: dict[str, FacilityEntry]

    @property
    def facility(self) -> str:
        """Where all of them are registered."""
        return next(iter(self.facilities))

    def woman(self, key: str) -> Woman:
        """The first one for a key that nobody has."""
        return next((woman for woman in self.women if woman.key == key), self.women[0])


@cache
def cast() -> Cast:
    said = _read("roster.yaml")
    return Cast(
        women=tuple(_woman(number, row) for number, row in enumerate(said["women"], 1)),
        staff=tuple(Member(row["name"], StaffRole(row["role"])) for row in said["staff"]),
        nurse=said["nurse"],
        facilities={row["code"]: _facility(row) for row in said["facilities"]},
    )


@cache
def lines() -> dict[str, Any]:
    return _read("lines.yaml")


def _read(name: str) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((files("bot.web.sandbox") / name).read_text(encoding="utf-8"))
    return said


def _woman(number: int, row: dict[str, Any]) -> Woman:
    weeks, days = str(row["weeks"]).split("+")
    return Woman(
        key=f"{number:02}",
        name=row["name"],
        phone=row["phone"],
        age=GestationalAge.of(int(weeks), int(days)),
        colour=RiskColour(row["colour"]),
        infectious=row.get("infectious", False),
        conditions=tuple(row.get("conditions", ())),
        language=Language(row.get("language", Language.ZH_CN)),
        parity=row.get("parity"),
        guardian=GuardianEntry(**row["guardian"]) if "guardian" in row else None,
        ending=_ending(row),
        follows=row.get("follows", True),
    )


def _ending(row: dict[str, Any]) -> Ending | None:
    if "born" in row:
        return Ending(OutcomeKind.LIVE_BIRTH, **row["born"])
    if "lost" in row:
        return Ending(OutcomeKind(row["lost"]["kind"]), row["lost"]["days"])
    return None


def _facility(row: dict[str, Any]) -> FacilityEntry:
    return FacilityEntry(
        **{name: value for name, value in row.items() if name != "code"} | {"kinds": tuple(row["kinds"])}
    )
