"""The judgement of one message or one reading: the highest level wins, the unknown takes the worst branch."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dialogs.effects import Value
from dialogs.triage.finding import Context, Finding, FindingStatus, Judgement
from dialogs.triage.interpret import Mention, Message, Stage, interpret, recorded_stage
from dialogs.triage.normalise import Normal
from dialogs.triage.rules import Case, Rule, Term, TriageRules
from models.values import Urgency

_MAX_QUESTIONS = 2
_MAX_REPETITIONS = 8


@dataclass(frozen=True, slots=True)
class _Fired:
    rule: Rule
    level: Urgency
    anchor: Mention


def judge(text: str, context: Context, rules: TriageRules) -> Judgement:
    """Never raises, whatever the text. Findings that do not count are kept with the reason (`status`)."""
    message = interpret(text, context, rules.lexicon)
    return _judge(replace(message, numbers=_plausible(message.numbers, rules)), text, context, rules)


def _plausible(numbers: tuple[Mention, ...], rules: TriageRules) -> tuple[Mention, ...]:
    """Numbers within their hard bounds, each with the person it can only be of."""
    kept = []
    for number in numbers:
        bounds = rules.data.readings.get(number.name)
        if bounds is not None and number.value is not None and bounds.low <= number.value <= bounds.high:
            kept.append(replace(number, about=bounds.about or number.about))
    return tuple(kept)


def judge_reading(code: str, value: Value, context: Context, rules: TriageRules) -> Judgement:
    """One measured value as a device or a dialog gives it; the parts of a composite are judged together.

    Outside the hard bounds it is not judged but asked for again (`reading_unlikely`). Codes nobody has a rule for
    are harmless. Units: mmHg, °C, mmol/L, mg/dL, per minute, kg.
    """
    parts = value if isinstance(value, dict) else {code: value}
    measured = {NUMBER_OF_CODE.get(name, name): part for name, part in parts.items()}
    numbers = []
    for name, part in measured.items():
        bounds = rules.data.readings.get(name)
        if bounds is None or isinstance(part, bool) or not isinstance(part, int | float):
            continue
        if not bounds.low <= part <= bounds.high:
            return Judgement(None, ask=("reading_unlikely",), reply="reading_unlikely")
        about = bounds.about or ("baby" if _is_of_baby(code, context) else "mother")
        numbers.append(Mention(name, 0, 0, FindingStatus.CURRENT, about, float(part)))
    return _judge(Message(Normal("", (0,)), recorded_stage(context, numbers), (), tuple(numbers)), "", context, rules)


NUMBER_OF_CODE = {"fetal_movement_count": "movements_2h", "newborn_temperature": "temperature", "heart_rate": "pulse"}


def _is_of_baby(code: str, context: Context) -> bool:
    only_newborn = context.newborn_age_days is not None and context.postpartum_day is None
    return code.startswith("newborn_") or (code == "respiratory_rate" and only_newborn)


def _judge(message: Message, text: str, context: Context, rules: TriageRules) -> Judgement:
    fired = _highest_each(_fire(message, context, rules))
    findings = [_finding(one.rule, one.level, one.anchor, text, message) for one in fired]
    findings += _set_aside(message, text, rules, {one.anchor.name for one in fired})
    if fired:
        return Judgement(fired[0].level, tuple(findings), _questions(fired), _reply(fired[0], rules))
    return _nothing_current(findings, message)


def _fire(message: Message, context: Context, rules: TriageRules) -> Iterator[_Fired]:
    current = _said_now((*message.mentions, *message.numbers))
    for anchor in current:
        for case in rules.by_anchor.get(anchor.name, ()):
            if _applies(case.rule, anchor, message.stage, context) and _holds(case, anchor, current, rules):
                yield _Fired(case.rule, _raised(case.rule, context, rules), anchor)


def _said_now(mentions: Iterable[Mention]) -> list[Mention]:
    """What counts; a word repeated without end says nothing new and must not cost time."""
    said: Counter[str] = Counter()
    current = []
    for mention in mentions:
        if mention.status is FindingStatus.CURRENT and said[mention.name] < _MAX_REPETITIONS:
            said[mention.name] += 1
            current.append(mention)
    return current


def _applies(rule: Rule, anchor: Mention, stage: Stage, context: Context) -> bool:
    if rule.about != anchor.about or (rule.conditions and context.conditions.isdisjoint(rule.conditions)):
        return False
    if rule.about == "baby":
        return not stage.only_pregnant and (rule.age_days is None or rule.age_days.may_hold(stage.age_days))
    mother = stage.known & {"pregnant", "postpartum"} or ({"postpartum"} if "newborn" in stage.known else set())
    if mother and mother.isdisjoint(rule.stages):
        return False
    if "postpartum" not in mother and rule.weeks is not None and not rule.weeks.may_hold(stage.weeks):
        return False
    return rule.postpartum_days is None or rule.postpartum_days.may_hold(stage.postpartum_day)


def _holds(case: Case, anchor: Mention, current: list[Mention], rules: TriageRules) -> bool:
    first, *others = case.terms
    if not _meets(first, anchor):
        return False
    for term in others:
        reach = rules.data.near if term.near else rules.data.reach
        found = any(
            mention is not anchor and _meets(term, mention) and _distance(anchor, mention) <= reach
            for mention in current
        )
        if found is term.absent:
            return False
    return True


def _meets(term: Term, mention: Mention) -> bool:
    if mention.value is None:
        return mention.name in term.signs
    return any(name == mention.name and compare(mention.value, bound) for name, compare, bound in term.numbers)


def _distance(one: Mention, other: Mention) -> int:
    return max(one.start, other.start) - min(one.end, other.end)


def _raised(rule: Rule, context: Context, rules: TriageRules) -> Urgency:
    """One level up when a recorded condition matches the sign, and from urgent when help is far (D1.4)."""
    level = rule.level
    if not context.conditions.isdisjoint(rule.raised_by):
        level = {Urgency.SOON: Urgency.URGENT, Urgency.URGENT: Urgency.EMERGENCY}.get(level, level)
    if level is Urgency.URGENT and not context.conditions.isdisjoint(rules.data.far_from_help):
        return Urgency.EMERGENCY
    return level


def _highest_each(fired: Iterable[_Fired]) -> list[_Fired]:
    """One finding a rule, most urgent first, then as written."""
    best: dict[str, _Fired] = {}
    for one in fired:
        best.setdefault(one.rule.id, one)
    return sorted(best.values(), key=lambda one: (one.level.rank, one.anchor.start))


def _set_aside(message: Message, text: str, rules: TriageRules, counted: set[str]) -> list[Finding]:
    findings: dict[str, Finding] = {}
    for mention in message.mentions:
        rule = rules.home.get(mention.name)
        if rule is None or mention.status is FindingStatus.CURRENT or mention.name in counted:
            continue
        findings.setdefault(mention.name, _finding(rule, rule.level, mention, text, message))
    return list(findings.values())


def _finding(rule: Rule, level: Urgency, mention: Mention, text: str, message: Message) -> Finding:
    start, end = message.normal.span(mention.start, mention.end)
    evidence = text[start:end].rstrip()
    return Finding(rule.id, rule.sign, level, mention.status, evidence, start, start + len(evidence))


def _questions(fired: list[_Fired]) -> tuple[str, ...]:
    asked = dict.fromkeys(key for one in fired for key in one.rule.ask)
    return tuple(asked)[:_MAX_QUESTIONS]


def _reply(top: _Fired, rules: TriageRules) -> str:
    if top.rule.reply is not None and top.level is top.rule.level:
        return top.rule.reply
    return rules.data.replies[top.level]


def _nothing_current(findings: list[Finding], message: Message) -> Judgement:
    statuses = {finding.status for finding in findings}
    if FindingStatus.OTHER_PERSON in statuses:
        return Judgement(None, tuple(findings), ("confirm_self",), "other_person")
    if FindingStatus.HYPOTHETICAL in statuses:
        return Judgement(None, tuple(findings), ("have_it_now",), "information")
    unreadable = not any(character.isalnum() for character in message.normal.text)
    return Judgement(None, tuple(findings), ("say_more",) if unreadable else ())
