"""The schema of a script: what one dialog file may hold. Authors read `docs/scripts.md`."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, RootModel, model_validator

from dialogs.answers import key
from dialogs.effects import Purpose, Scalar
from models.values import ConsentKind, Language, OutcomeKind, Urgency

FACTS = frozenset(
    {
        "name",
        "ga",
        "facility",
        "duty_phone",
        "emergency_phone",
        "nurse",
        "nurse_phone",
        "postpartum_day",
        "baby_age",
        "due_date",
        "green_channel",
        "mental_line",
        "police_by_sms",
        "government_line",
        "service",
        "lessons",
    }
)
"""The words a text may ask for as `{name}`. What stands there when one is unknown: `wording/<lang>/service.yaml`."""

RECORDS = frozenset(
    {"week", "postpartum_day", "baby_days", "colour", "conditions", "consents", "confirmed", "language"}
)
"""What a branch may ask of the records beside facts and answers."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

_DURATION = re.compile(r"(\d+)(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _read_duration(raw: object) -> object:
    match = _DURATION.fullmatch(raw) if isinstance(raw, str) else None
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else raw


Duration: TypeAlias = Annotated[timedelta, BeforeValidator(_read_duration), Field(gt=timedelta(0))]
"""Written 15m, 24h, 3d."""


class Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(RootModel[dict[Language, str]]):
    """One text in each language it exists in; a bare string is Chinese."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _bare_string_is_chinese(cls, raw: object) -> object:
        return {Language.ZH_CN: raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _has_chinese(self) -> Self:
        if not self.root.get(Language.ZH_CN):
            raise ValueError("has no text in zh-CN")
        return self

    def text(self, language: Language) -> str:
        """Falls back to Chinese."""
        return self.root.get(language) or self.root[Language.ZH_CN]


class AnswerType(StrEnum):
    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER = "number"
    SCALE = "scale"
    BLOOD_PRESSURE = "blood_pressure"
    TEMPERATURE = "temperature"
    DATE = "date"
    PHONE = "phone"
    TEXT = "text"
    PHOTO = "photo"

    @property
    def is_menu(self) -> bool:
        """Answered by one of the numbered choices alone."""
        return self in {AnswerType.CHOICE, AnswerType.YES_NO}


class Alarm(Frozen):
    """A nurse is called; `reason` is what she reads. Of what is `private` no guardian hears: mind, violence."""

    urgency: Urgency
    reason: str
    private: bool = False


class Choice(Frozen):
    """One offered answer: its label, other words for it, and what it brings about. `go` defaults to the step's."""

    label: Wording
    also: tuple[str, ...] = ()
    record: dict[Name, Scalar] = {}
    keep: dict[Name, Scalar] = {}
    escalate: Alarm | None = None
    go: Name | None = None


class Say(Frozen):
    kind: Literal["say"]
    say: Wording
    purpose: Purpose = Purpose.REPLY
    go: Name


class Ask(Frozen):
    """A question that waits. `record` names a typed answer and makes it an observation, `keep` only remembers it.

    `min` and `max` are the hard bounds: of a number, scale or temperature in its unit, of a date in days from today.
    """

    kind: Literal["ask"]
    say: Wording
    answer: AnswerType = AnswerType.CHOICE
    choices: tuple[Choice, ...] = ()
    record: Name | None = None
    keep: Name | None = None
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    unclear: Wording | None = None
    no_answer: Name | None = None
    go: Name | None = None

    _words: dict[str, int] = PrivateAttr(default_factory=dict)

    def model_post_init(self, _context: Any) -> None:
        for index, choice in enumerate(self.choices):
            for word in (*choice.label.root.values(), *choice.also):
                self._words[key(word)] = index

    @property
    def words(self) -> Mapping[str, int]:
        """The index of the choice that each label and synonym means, by `answers.key`."""
        return self._words

    @model_validator(mode="after")
    def _fits_its_answer(self) -> Self:
        bounded = self.answer in {AnswerType.NUMBER, AnswerType.SCALE, AnswerType.DATE}
        complaints = {
            "needs at least two choices": self.answer.is_menu and len(self.choices) < 2,
            "record and keep of a choice belong to the choice": self.answer.is_menu and (self.record or self.keep),
            "needs min and max": bounded and (self.min is None or self.max is None),
            "has min above max": self.min is not None and self.max is not None and self.min > self.max,
            "may record or keep, not both": self.record and self.keep,
            "needs record or keep": not self.answer.is_menu and not (self.record or self.keep),
            "may only keep, not record, a phone number": self.answer is AnswerType.PHONE and self.record,
            "needs go, or one in every choice": not self.go
            and (not self.answer.is_menu or any(choice.go is None for choice in self.choices)),
        }
        wrong = [complaint for complaint, holds in complaints.items() if holds]
        if wrong:
            raise ValueError(f"a question for {self.answer.value} {'; '.join(wrong)}")
        return self


class Condition(Frozen):
    """One way out of a branch. `of` names an answer, a fact or a record; an unknown one meets only `known: false`."""

    of: Name
    is_: tuple[Scalar, ...] = Field(default=(), alias="is")
    at_least: float | None = None
    below: float | None = None
    known: bool | None = None
    go: Name

    @model_validator(mode="before")
    @classmethod
    def _one_value_is_a_list(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and "is" in raw and not isinstance(raw["is"], list | tuple):
            return {**raw, "is": (raw["is"],)}
        return raw

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        if not self.is_ and self.at_least is None and self.below is None and self.known is None:
            raise ValueError("a condition needs one of is, at_least, below, known")
        return self


class Branch(Frozen):
    kind: Literal["branch"]
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    otherwise: Name


class Record(Frozen):
    """Observations the script itself makes; `sum` adds answers up, as a score does."""

    kind: Literal["record"]
    record: dict[Name, Scalar] = {}
    sum: dict[Name, tuple[Name, ...]] = {}
    go: Name


class Escalate(Frozen):
    kind: Literal["escalate"]
    escalate: Alarm
    go: Name


class OfferLessons(Frozen):
    """Says by which words she may ask for the lessons that suit her now, as `{lessons}`; `otherwise` when none does."""

    kind: Literal["lessons"]
    say: Wording
    most: Annotated[int, Field(ge=1)]
    go: Name
    otherwise: Name


class TellGuardian(Frozen):
    kind: Literal["tell_guardian"]
    say: Wording
    urgency: Urgency = Urgency.URGENT
    purpose: Literal[Purpose.GUARDIAN_ALERT, Purpose.EDUCATION] = Purpose.GUARDIAN_ALERT
    go: Name


class Call(Frozen):
    kind: Literal["call"]
    script: Name
    go: Name


class Consent(Frozen):
    kind: Literal["consent"]
    consent: ConsentKind
    granted: bool
    go: Name


class Identify(Frozen):
    """Each field names the answer that holds it."""

    kind: Literal["identify"]
    name: Name | None = None
    phone: Name | None = None
    due_date: Name | None = None
    last_period: Name | None = None
    go: Name


class Guardian(Frozen):
    """Each field names the answer that holds it."""

    kind: Literal["guardian"]
    name: Name | None = None
    relation: Name | None = None
    phone: Name | None = None
    go: Name


class SetLanguage(Frozen):
    kind: Literal["language"]
    language: Language
    go: Name


class Outcome(Frozen):
    """`on` names the answer that holds the date."""

    kind: Literal["outcome"]
    outcome: OutcomeKind
    on: Name | None = None
    go: Name


class BeginLater(Frozen):
    kind: Literal["begin_later"]
    script: Name
    after: Duration
    go: Name


class End(Frozen):
    kind: Literal["end"]
    say: Wording | None = None
    purpose: Purpose = Purpose.REPLY
    escalate: Alarm | None = None


Step: TypeAlias = Annotated[
    Say
    | Ask
    | Branch
    | Record
    | Escalate
    | OfferLessons
    | TellGuardian
    | Call
    | Consent
    | Identify
    | Guardian
    | SetLanguage
    | Outcome
    | BeginLater
    | End,
    Field(discriminator="kind"),
]


class Script(Frozen):
    """One dialog. `words` start it, `sms` says that it may be spoken by SMS, `wait` how long an answer is waited for,
    `tries` how often a question is repeated before a human takes over.
    """

    id: Name
    version: Annotated[int, Field(ge=1)]
    title: str
    languages: tuple[Language, ...] = (Language.ZH_CN,)
    words: tuple[str, ...] = ()
    sms: bool = False
    unclear: Wording
    wait: Duration = timedelta(hours=24)
    tries: Annotated[int, Field(ge=0)] = 2
    no_answer: Name | None = None
    start: Name
    steps: Annotated[dict[Name, Step], Field(min_length=1)]

    @model_validator(mode="after")
    def _keeps_its_languages(self) -> Self:
        if Language.ZH_CN not in self.languages:
            raise ValueError("languages must hold zh-CN")
        return self

    def wordings(self) -> Iterator[tuple[tuple[str | int, ...], Wording]]:
        """Every text a reader sees, with the path of keys that leads to it."""
        yield ("unclear",), self.unclear
        for name, step in self.steps.items():
            for field in ("say", "unclear"):
                wording = getattr(step, field, None)
                if isinstance(wording, Wording):
                    yield ("steps", name, field), wording
            if isinstance(step, Ask):
                for index, choice in enumerate(step.choices):
                    yield ("steps", name, "choices", index, "label"), choice.label

    def digest(self) -> str:
        """Changes with anything that changes what the script says or does, but not with its version number."""
        content = self.model_dump(mode="json", by_alias=True, exclude={"version"}, exclude_defaults=True)
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]
