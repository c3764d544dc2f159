"""What is dangerous, as data: the strict schema of `rules.yaml`, resolved against the lexicon."""

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialogs.audience import Mark
from dialogs.triage.lexicon import Lexicon, LexiconData, LexiconError, Phrases
from dialogs.triage.second_look import SecondLook
from models.values import RiskColour, Urgency

_TERM = re.compile(r"(?P<name>[a-z_0-9]+)\s*(?:(?P<compare>>=|<=|<|>)\s*(?P<bound>-?\d+(?:\.\d+)?))?")
_HOURS_A_WEEK = 168
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
}

FIXED_KEYS = ("confirm_self", "have_it_now", "say_more", "other_person", "information", "reading_unlikely")
"""Keys that judging names by itself, whatever the rules say."""


class RulesError(ValueError):
    """Rules or lexicon that cannot be used; the message names the rule and the word."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(_Strict):
    """Whole numbers from `start` to `end`, both included.

    The unknown is taken to be in range, the worst branch (D1.3), unless the row holds only for what is `known`.
    """

    start: int | None = Field(default=None, alias="from")
    end: int | None = Field(default=None, alias="to")
    known: bool = False

    def may_hold(self, value: int | None) -> bool:
        if value is None:
            return not self.known
        return (self.start is None or value >= self.start) and (self.end is None or value <= self.end)


class Hours(_Strict):
    """Hours back from now, both ends included."""

    start: float = Field(alias="from", ge=0)
    end: float = Field(alias="to", ge=0)

    def holds(self, hours: float) -> bool:
        return self.start <= hours <= self.end


class Rule(_Strict):
    """One row of the danger table, or a part of one.

    row: the row of the clinical table that it carries out.
    when: any of these fires the rule. Terms apart by a comma must all be there, `a|b` is a choice, `not a` must not
    be there, `a + b` must stand close together, `name>=n` compares a number; the first term is the evidence. What she
    told in the last 24 hours stands beside the message, except for `not` and `+`; `earlier a` holds only of what was
    told or measured before, so many hours ago as `earlier` says.
    conditions: recorded conditions of which one must be known; unless: those that exclude the rule; colours: the
    recorded colours for which alone it holds. raised_by: conditions that raise the level by one (D1.4).
    last_resort: for what fits no other rule (D1.6).
    """

    id: str
    row: str
    sign: str
    about: Literal["mother", "baby"]
    level: Urgency
    when: tuple[str, ...] = Field(min_length=1)
    stages: tuple[Literal["pregnant", "postpartum"], ...] = ("pregnant", "postpartum")
    weeks: Range | None = None
    postpartum_days: Range | None = None
    age_days: Range | None = None
    earlier: Hours = Hours.model_validate({"from": 0.15, "to": 24})
    conditions: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    colours: tuple[RiskColour, ...] = ()
    raised_by: tuple[str, ...] = ()
    last_resort: bool = False
    reply: str | None = None
    ask: tuple[str, ...] = Field(default=(), max_length=2)
    source: tuple[str, ...] = Field(min_length=1)
    mark: Mark
    reviewed_by: str = ""
    reviewed_on: str = ""


class Bounds(_Strict):
    """Hard bounds of one reading (H): outside them it is taken for a slip. `about`: whose it can only be."""

    low: float
    high: float
    about: Literal["mother", "baby"] | None = None


class Change(_Strict):
    """A number that compares a reading with an earlier one of its kind.

    by: `week` gives the gain in units of the reading a week, `percent` the loss in percent of the earlier value.
    """

    of: str
    by: Literal["week", "percent"]
    since: Hours

    def measure(self, value: float, earlier: float, hours: float) -> float:
        if self.by == "percent":
            return (earlier - value) / earlier * 100
        return (value - earlier) * _HOURS_A_WEEK / hours


class RulesData(_Strict):
    version: int
    reviewed_by: str
    reviewed_on: str
    reach: int = Field(gt=0)
    near: int = Field(gt=0)
    conditions: dict[str, str]
    readings: dict[str, Bounds]
    changes: dict[str, Change]
    answers: dict[str, dict[str | bool, tuple[str, ...]]]
    far_from_help: tuple[str, ...]
    replies: dict[Urgency, str]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One demand of a case: any of these signs or number comparisons, present or (`absent`) not."""

    signs: frozenset[str]
    numbers: tuple[tuple[str, Callable[[float, float], bool], float], ...]
    absent: bool = False
    near: bool = False
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    rule: Rule
    terms: tuple[Term, ...]


class TriageRules:
    """Rules and lexicon, checked against each other and compiled; immutable, shared by all turns."""

    def __init__(self, data: RulesData, lexicon: Lexicon, second_look: SecondLook | None = None) -> None:
        self.data = data
        self.lexicon = lexicon
        self.second_look = second_look
        self.cases = tuple(Case(rule, self._terms(rule, when)) for rule in data.rules for when in rule.when)
        self.by_anchor = self._index()
        self.home = self._homes()
        self.replies = frozenset({rule.reply for rule in data.rules if rule.reply} | set(data.replies.values()))
        self._check()

    @classmethod
    def read(
        cls, rules: object, lexicon: object, phrases: Iterable[object], second_look: SecondLook | None = None
    ) -> Self:
        """Parsed YAML in; RulesError names what is wrong. Without a second look the rules do all the same."""
        try:
            spoken = [Phrases.model_validate(each) for each in phrases]
            return cls(
                RulesData.model_validate(rules), Lexicon(LexiconData.model_validate(lexicon), spoken), second_look
            )
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise RulesError(f"triage {error.title}: {place}: {first['msg']}") from error
        except LexiconError as error:
            raise RulesError(f"triage {error}") from error

    def wording_keys(self) -> frozenset[str]:
        """Every key that a judgement may name in `reply` or `ask`."""
        named = {key for rule in self.data.rules for key in (*rule.ask, *([rule.reply] if rule.reply else ()))}
        return frozenset(named | set(self.data.replies.values()) | set(FIXED_KEYS))

    def _terms(self, rule: Rule, when: str) -> tuple[Term, ...]:
        terms: list[Term] = []
        for piece in when.split(","):
            for index, choice in enumerate(piece.split("+")):
                terms.append(self._term(rule, choice.strip(), near=index > 0))
        if terms[0].absent or terms[0].earlier:
            raise RulesError(f"triage rule {rule.id}: {when!r} must begin with what is there now")
        return tuple(terms)

    def _term(self, rule: Rule, choice: str, *, near: bool) -> Term:
        absent, earlier = choice.startswith("not "), choice.startswith("earlier ")
        signs, numbers = set(), []
        for name in choice.removeprefix("not ").removeprefix("earlier ").split("|"):
            match = _TERM.fullmatch(name.strip())
            if match is None:
                raise RulesError(f"triage rule {rule.id}: cannot read {name!r}")
            if match["compare"]:
                self._know(rule, "number", match["name"], self.data.readings | self.data.changes)
                numbers.append((match["name"], _COMPARE[match["compare"]], float(match["bound"])))
            else:
                self._know(rule, "sign", match["name"], self.lexicon.signs)
                signs.add(match["name"])
        return Term(frozenset(signs), tuple(numbers), absent=absent, near=near, earlier=earlier)

    @staticmethod
    def _know(rule: Rule, kind: str, name: str, known: object) -> None:
        if name not in known:  # type: ignore[operator]
            raise RulesError(f"triage rule {rule.id}: unknown {kind} {name!r}")

    def _index(self) -> dict[str, tuple[Case, ...]]:
        index: dict[str, list[Case]] = defaultdict(list)
        for case in self.cases:
            for name in (*case.terms[0].signs, *(number for number, _, _ in case.terms[0].numbers)):
                if case not in index[name]:
                    index[name].append(case)
        return {name: tuple(cases) for name, cases in index.items()}

    def _homes(self) -> dict[str, Rule]:
        """The rule that a sign is filed under when it is negated, past or somebody else's: its plainest case."""
        homes: dict[str, Rule] = {}
        for case in sorted(self.cases, key=lambda case: (len(case.terms), len(case.rule.conditions))):
            for sign in case.terms[0].signs:
                homes.setdefault(sign, case.rule)
        return homes

    def _check(self) -> None:
        ids = [rule.id for rule in self.data.rules]
        doubled = {name for name in ids if ids.count(name) > 1}
        if doubled:
            raise RulesError(f"triage rules: id used twice: {', '.join(sorted(doubled))}")
        for name in self.data.far_from_help:
            if name not in self.data.conditions:
                raise RulesError(f"triage rules: far_from_help: unknown condition {name!r}")
        for rule in self.data.rules:
            for name in (*rule.conditions, *rule.unless, *rule.raised_by):
                self._know(rule, "condition", name, self.data.conditions)
        self._check_answers()
        for name, change in self.data.changes.items():
            if change.of not in self.data.readings or name in self.data.readings:
                raise RulesError(f"triage rules: change {name!r} must have a name of its own and be of a reading")

    def _check_answers(self) -> None:
        for code, told in self.data.answers.items():
            for sign in (sign for signs in told.values() for sign in signs):
                if sign not in self.lexicon.signs:
                    raise RulesError(f"triage rules: answers: {code}: unknown sign {sign!r}")
