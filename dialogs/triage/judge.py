"""The judgement of one message or one reading: the highest level wins, the unknown takes the worst branch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dialogs.effects import Value
from dialogs.triage.finding import About, Context, Finding, FindingStatus, Judgement, Told
from dialogs.triage.interpret import Mention, Message, Stage, interpret, recorded_stage
from dialogs.triage.normalise import Normal
from dialogs.triage.rules import Case, Rule, Term, TriageRules
from models.values import Urgency

SECOND_LOOK = "second_look"
"""Stands for a rule and its sign where only the statistical model asks for a human look."""
_MAX_QUESTIONS = 2
_MAX_REPETITIONS = 8
MEMORY = 24.0
"""For so many hours a reading stands beside what she tells; an older one only tells that it was so before."""


@dataclass(frozen=True, slots=True)
class _Fired:
    rule: Rule
    level: Urgency
    anchor: Mention


def judge(text: str, context: Context, rules: TriageRules) -> Judgement:
    """Never raises, whatever the text. Findings that do not count are kept with the reason (`status`)."""
    message = interpret(text, context, rules.lexicon)
    judgement = _judge(replace(message, numbers=_plausible(message.numbers, rules)), context, rules)
    if judgement.level is None or judgement.level is Urgency.SELF_CARE:
        return replace(judgement, second_look=_second_look(message, rules))
    return judgement


def _second_look(message: Message, rules: TriageRules) -> Finding | None:
    gaze = rules.second_look.look(message.normal.text) if rules.second_look else None
    if gaze is None:
        return None
    anchor = Mention(SECOND_LOOK, gaze.start, gaze.end, FindingStatus.CURRENT, "mother")
    return _finding(SECOND_LOOK, SECOND_LOOK, Urgency.SOON, anchor, message)


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
    are harmless. Units: mmHg, °C, mmol/L, mg/dL, g/L, 10^9/L, per minute, kg.
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
    return _judge(_recorded_only(context, numbers=numbers), context, rules)


def judge_answers(recorded: Mapping[str, Value], context: Context, rules: TriageRules) -> Judgement:
    """What a chosen answer of a dialog records, by the signs that it tells; codes without a rule are harmless."""
    signs = []
    for code, value in recorded.items():
        told = rules.data.answers.get(code, {}).get(value, ()) if isinstance(value, str | bool) else ()
        default: About = "baby" if code.startswith("newborn_") else "mother"
        signs += [
            Mention(sign, 0, 0, FindingStatus.CURRENT, rules.lexicon.signs[sign].about or default) for sign in told
        ]
    return _judge(_recorded_only(context, signs=signs), context, rules)


def _recorded_only(context: Context, signs: Sequence[Mention] = (), numbers: Sequence[Mention] = ()) -> Message:
    """What was chosen or measured stands in no text."""
    stage = recorded_stage(context, (*signs, *numbers))
    return Message("", Normal("", (0,)), (stage,), tuple(signs), tuple(numbers))


NUMBER_OF_CODE = {"fetal_movement_count": "movements_2h", "newborn_temperature": "temperature", "heart_rate": "pulse"}


def _is_of_baby(code: str, context: Context) -> bool:
    only_newborn = context.newborn_age_days is not None and context.postpartum_day is None
    return code.startswith("newborn_") or (code == "respiratory_rate" and only_newborn)


def _judge(message: Message, context: Context, rules: TriageRules) -> Judgement:
    current = _said_now((*message.mentions, *message.numbers))
    current += _changes(current, context, rules)
    each = (one for stage in message.stages for one in _fire(current, stage, context, rules))
    fired = _last_resort_last(_highest_each(each))
    findings = [_finding(one.rule.id, one.rule.sign, one.level, one.anchor, message) for one in fired]
    findings += _set_aside(message, rules, {one.anchor.name for one in fired})
    told = tuple(_told(current, rules))
    if fired:
        return Judgement(
            fired[0].level, tuple(findings), _questions(fired), reply_for(fired[0].rule, fired[0].level, rules), told
        )
    return replace(_nothing_current(findings, message), told=told)


def _fire(current: list[Mention], stage: Stage, context: Context, rules: TriageRules) -> Iterator[_Fired]:
    """What this message fires by itself or together with what she told before, never what she told before alone."""
    for anchor in current:
        for case in rules.by_anchor.get(anchor.name, ()):
            if _applies(case.rule, anchor, stage, context) and _holds(case, anchor, current, context.recent, rules):
                yield _Fired(case.rule, _raised(case.rule, context, rules), anchor)
    lately = (told for told in context.recent if told.hours_ago <= MEMORY)
    for before in dict.fromkeys((told.name, told.about, told.value) for told in lately):
        anchor = Mention(before[0], 0, 0, FindingStatus.CURRENT, before[1], before[2])
        for case in rules.by_anchor.get(anchor.name, ()):
            if len(case.terms) == 1 or not _applies(case.rule, anchor, stage, context):
                continue
            added = _added_now(case, anchor, current, context.recent, rules)
            if added is not None:
                yield _Fired(case.rule, _raised(case.rule, context, rules), added)


def _changes(current: list[Mention], context: Context, rules: TriageRules) -> list[Mention]:
    """What a reading says against an earlier one of its kind, as a number of its own name."""
    changed = []
    for name, change in rules.data.changes.items():
        for number in current:
            if number.name == change.of and number.value is not None:
                earlier = [t for t in context.recent if t.name == change.of and change.since.holds(t.hours_ago)]
                values = [change.measure(number.value, told.value, told.hours_ago) for told in earlier if told.value]
                changed += [replace(number, name=name, value=value) for value in values[-1:]]
    return changed


def _told(current: list[Mention], rules: TriageRules) -> Iterator[Told]:
    """Words that only qualify another sign say nothing by themselves tomorrow."""
    for mention in current:
        if mention.name not in rules.data.changes and _stands_alone(mention, rules):
            yield Told(mention.name, mention.about, mention.value)


def _last_resort_last(fired: list[_Fired]) -> list[_Fired]:
    """Rules for what fits no other rule hold only where no other does."""
    known = [one for one in fired if not one.rule.last_resort]
    return known or fired


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
    if rule.about != anchor.about or not _recorded(rule, context):
        return False
    if rule.about == "baby":
        return not stage.only_pregnant and (rule.age_days is None or rule.age_days.may_hold(stage.age_days))
    if stage.known == {"elsewhere"}:
        return len(rule.stages) > 1  # neither pregnant nor after a birth
    mother = stage.known & {"pregnant", "postpartum"} or ({"postpartum"} if "newborn" in stage.known else set())
    if mother and mother.isdisjoint(rule.stages):
        return False
    if "postpartum" not in mother and rule.weeks is not None and not rule.weeks.may_hold(stage.weeks):
        return False
    return rule.postpartum_days is None or rule.postpartum_days.may_hold(stage.postpartum_day)


def _recorded(rule: Rule, context: Context) -> bool:
    """Whether the records let the rule hold: its conditions, those that exclude it, its colours."""
    if rule.conditions and context.conditions.isdisjoint(rule.conditions):
        return False
    if rule.colours and context.risk_colour not in rule.colours:
        return False
    return context.conditions.isdisjoint(rule.unless)


def _holds(case: Case, anchor: Mention, current: list[Mention], recent: tuple[Told, ...], rules: TriageRules) -> bool:
    first, *others = case.terms
    if not _meets(first, anchor):
        return False
    for term in others:
        found = not term.earlier and _said_beside(term, anchor, current, rules)
        if not (found or term.near or term.absent):
            found = _told_before(term, case.rule, recent)
        if found is term.absent:
            return False
    return True


def _said_beside(term: Term, anchor: Mention, current: list[Mention], rules: TriageRules) -> bool:
    reach = rules.data.near if term.near else rules.data.reach
    return any(
        mention is not anchor
        and mention.about == anchor.about
        and _meets(term, mention)
        and _distance(anchor, mention) <= reach
        for mention in current
    )


def _told_before(term: Term, rule: Rule, recent: tuple[Told, ...]) -> bool:
    return any(
        told.about == rule.about
        and _meets(term, told)
        and (rule.earlier.holds(told.hours_ago) if term.earlier else told.value is None or told.hours_ago <= MEMORY)
        for told in recent
    )


def _added_now(
    case: Case, anchor: Mention, current: list[Mention], recent: tuple[Told, ...], rules: TriageRules
) -> Mention | None:
    """With the first term told before, the mention of today that completes the case; None when nothing does."""
    first, *others = case.terms
    if not _meets(first, anchor):
        return None
    added = None
    for term in others:
        now = next(
            (m for m in current if m.about == anchor.about and _meets(term, m) and _stands_alone(m, rules)), None
        )
        if term.absent:
            if now is not None:
                return None
        elif term.near or term.earlier or (now is None and not _told_before(term, case.rule, recent)):
            return None
        added = added or (None if term.absent else now)
    return added


def _stands_alone(mention: Mention, rules: TriageRules) -> bool:
    sign = rules.lexicon.signs.get(mention.name)
    return not (sign and sign.qualifies)


def _meets(term: Term, mention: Mention | Told) -> bool:
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


def _set_aside(message: Message, rules: TriageRules, counted: set[str]) -> list[Finding]:
    findings: dict[str, Finding] = {}
    for mention in message.mentions:
        rule = rules.home.get(mention.name)
        if rule is None or mention.status is FindingStatus.CURRENT or mention.name in counted:
            continue
        findings.setdefault(mention.name, _finding(rule.id, rule.sign, rule.level, mention, message))
    return list(findings.values())


def _finding(rule: str, sign: str, level: Urgency, mention: Mention, message: Message) -> Finding:
    start, end = message.normal.span(mention.start, mention.end)
    evidence = message.text[start:end].rstrip()
    return Finding(rule, sign, level, mention.status, evidence, start, start + len(evidence))


def _questions(fired: list[_Fired]) -> tuple[str, ...]:
    asked = dict.fromkeys(key for one in fired for key in one.rule.ask)
    return tuple(asked)[:_MAX_QUESTIONS]


def reply_for(rule: Rule, level: Urgency, rules: TriageRules) -> str:
    """Its own words, those of its family at the level to which it was raised, or what is said at that level."""
    if rule.reply is None or level is rule.level:
        return rule.reply or rules.data.replies[level]
    family = rule.reply.removeprefix(rule.level.value).split("_")
    raised = ("_".join([level.value, *family[1:length]]) for length in range(len(family), 1, -1))
    return next((key for key in raised if key in rules.replies), rules.data.replies[level])


def _nothing_current(findings: list[Finding], message: Message) -> Judgement:
    statuses = {finding.status for finding in findings}
    if FindingStatus.OTHER_PERSON in statuses:
        level = Urgency.SOON if _endangered_now(findings, message) else None
        return Judgement(level, tuple(findings), ("confirm_self",), "other_person")
    if FindingStatus.HYPOTHETICAL in statuses:
        return Judgement(None, tuple(findings), ("have_it_now",), "information")
    unreadable = not any(character.isalnum() for character in message.normal.text)
    return Judgement(None, tuple(findings), ("say_more",) if unreadable else ())


def _endangered_now(findings: list[Finding], message: Message) -> bool:
    """Somebody else is in danger of life as she writes: a human should know, though it is not she."""
    grave = any(f.status is FindingStatus.OTHER_PERSON and f.level is Urgency.EMERGENCY for f in findings)
    return grave and any(m.now and m.status is FindingStatus.OTHER_PERSON for m in message.mentions)
