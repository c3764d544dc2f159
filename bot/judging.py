"""Triage as other programs and people on a terminal see it: one message in, one judgement out, no records needed."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import Invalid
from dialogs.library import Library
from dialogs.triage.finding import Context, Finding, Judgement
from dialogs.triage.judge import judge
from models.values import GestationalAge, Language, RiskColour


def _language(tag: object) -> object:
    return Language.read(tag) if isinstance(tag, str) else tag


def _nothing_said(context: object) -> object:
    return {} if context is None else context


class Known(BaseModel):
    """What the sender knows of her. Nothing said is unknown, and so is a key that nobody here knows."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    gestational_week: float | None = Field(None, ge=0, le=45)
    postpartum_day: int | None = Field(None, ge=0, le=3660)
    newborn_age_days: int | None = Field(None, ge=0, le=3660)
    conditions: list[str] = []
    risk_colour: RiskColour | None = None

    def context(self, language: Language) -> Context:
        week = self.gestational_week
        return Context(
            gestational_age=None if week is None else GestationalAge(int(week * 7)),
            postpartum_day=self.postpartum_day,
            newborn_age_days=self.newborn_age_days,
            conditions=frozenset(self.conditions),
            risk_colour=self.risk_colour,
            language=language,
        )


class Question(BaseModel):
    """One line of `yunban triage --jsonl`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str | int | None = None
    text: str
    lang: Annotated[Language, BeforeValidator(_language)] = Language.ZH_CN
    context: Annotated[Known, BeforeValidator(_nothing_said)] = Known()

    def judged(self, library: Library) -> Judgement:
        return judge(self.text, self.context.context(self.lang), library.rules)

    def answer(self, library: Library) -> dict[str, Any]:
        """The judgement as plain JSON, `ask` and `reply` in the words that she would read."""
        return {"id": self.id, **_plain(self.judged(library), library, self.lang)}


def read_question(given: dict[str, Any]) -> Question:
    """Raises Invalid naming the field."""
    try:
        return Question.model_validate(given)
    except ValidationError as error:
        raise Invalid(_first(error)) from None


def read_questions(lines: Iterable[bytes], name: str) -> Iterator[Question]:
    """One question a line of JSON. Raises Invalid naming the line and the field."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Question.model_validate_json(line.removeprefix(b"\xef\xbb\xbf"))
        except ValidationError as error:
            raise Invalid(f"{name}, line {number}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    return f"{place}: {reason}" if place else reason


def known_conditions(names: Iterable[str], library: Library) -> list[str]:
    """The same names. Raises Invalid for one that no rule and no record could mean, naming those that there are."""
    chosen, known = list(names), library.rules.data.conditions
    for name in chosen:
        if name not in known:
            raise Invalid(f"--condition: no condition {name!r}; known are {', '.join(known)}")
    return chosen


def readable(question: Question, library: Library) -> str:
    """The judgement for a reader at a terminal: each finding with its rule, and where that rule comes from."""
    judgement = question.judged(library)
    plain = _plain(judgement, library, question.lang)
    lines = [plain["level"]]
    for finding in _read(judgement):
        lines += ["", *_finding_lines(finding, library)]
    if plain["reply"]:
        lines += ["", "reply", *_indented(plain["reply"])]
    if plain["ask"]:
        lines += ["", "ask"]
        lines += [line for asked in plain["ask"] for line in _indented(asked)]
    return "\n".join(lines)


def _finding_lines(finding: Finding, library: Library) -> Iterator[str]:
    name = library.wording(f"sign.{finding.sign}", Language.ZH_CN, {})
    yield f"{finding.rule:6} {finding.level}, {finding.status}: {finding.sign} {name}"
    if finding.evidence:
        yield f"       evidence: {finding.evidence}"
    for rule in library.rules.data.rules:
        if rule.id == finding.rule:
            yield f"       source: {', '.join(rule.source)} (mark {rule.mark})"


def _read(judgement: Judgement) -> list[Finding]:
    """What the rules read, and what stood out without a rule."""
    return [*judgement.findings, *([judgement.second_look] if judgement.second_look else [])]


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _plain(judgement: Judgement, library: Library, language: Language) -> dict[str, Any]:
    return {
        "level": judgement.seen_as or "none",
        "findings": [
            {
                "rule": finding.rule,
                "sign": finding.sign,
                "level": finding.level,
                "evidence": finding.evidence,
                "status": finding.status,
            }
            for finding in _read(judgement)
        ],
        "ask": [library.wording(question, language, {}) for question in judgement.ask],
        "reply": judgement.reply and library.wording(judgement.reply, language, {}),
    }
