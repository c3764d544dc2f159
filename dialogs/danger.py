"""What follows from a judgement: the safety line first, then the people who must know."""

from collections.abc import Iterator
from dataclasses import replace

from dialogs.effects import BeginLater, Effect, Escalate, Purpose, Say, TellGuardian
from dialogs.library import Library
from dialogs.lines import Line, Reason, SafetyLine
from dialogs.snapshot import Snapshot
from dialogs.triage.finding import Finding, FindingStatus, Judgement
from dialogs.triage.judge import reply_for
from models.values import Language, Urgency

_MOST_NAMED = 6
DOUBTFUL = frozenset({FindingStatus.OTHER_PERSON, FindingStatus.HYPOTHETICAL})
_GUARDIAN_LINE = {Urgency.EMERGENCY: Line.GUARDIAN_EMERGENCY, Urgency.URGENT: Line.GUARDIAN_URGENT}


def safety(library: Library, snapshot: Snapshot, judgement: Judgement) -> tuple[Effect, ...]:
    """Her reply, the escalation and the watch over her; nothing to escalate for what she can care for herself."""
    effects: list[Effect] = []
    if judgement.reply:
        serious = judgement.level is not None and judgement.level.at_least(Urgency.SOON)
        text = _safety_text(library, snapshot, judgement.reply, judgement.level)
        effects.append(Say(text, Purpose.SAFETY if serious else Purpose.REPLY))
    if judgement.level and judgement.level is not Urgency.SELF_CARE:
        effects.append(Escalate(judgement.level, _danger_reason(library, judgement.current), judgement.findings))
        effects += watch(library, snapshot, judgement.level, private=_is_private(library, judgement.current))
    return tuple(effects)


def _safety_text(library: Library, snapshot: Snapshot, reply: str, level: Urgency | None) -> str:
    """What to do now, her hospital's number of this hour when she must go at once, then the rest (D1)."""
    now, *rest = library.wording(reply, snapshot.language, snapshot.facts).split("\n")
    if level and level.at_least(Urgency.URGENT):
        rest.insert(0, library.wording(SafetyLine.HOSPITAL, snapshot.language, snapshot.facts))
    return "\n".join(filter(None, (now, *rest)))


def questions(library: Library, snapshot: Snapshot, judgement: Judgement) -> tuple[Effect, ...]:
    return tuple(
        Say(library.wording(question, snapshot.language, snapshot.facts), Purpose.QUESTION)
        for question in judgement.ask
    )


def watch(library: Library, snapshot: Snapshot, level: Urgency, *, private: bool) -> Iterator[Effect]:
    """The guardian is told, and she is asked again after a while: both only when she must be seen today."""
    if not level.at_least(Urgency.URGENT):
        return
    if not (private or snapshot.by_guardian or unsafe_at_home(library, snapshot)):
        yield TellGuardian(library.wording(_GUARDIAN_LINE[level], Language.ZH_CN, snapshot.facts), level)
    if not (snapshot.opted_out or snapshot.by_guardian):
        check_in = library.menu.check_in
        yield from (BeginLater(check_in.script, after) for after in check_in.after)


def _danger_reason(library: Library, findings: tuple[Finding, ...]) -> str:
    """The names of the signs, most urgent first; her own words stay in the findings, which are kept encrypted."""
    names = dict.fromkeys(nurse_line(library, f"sign.{finding.sign}") for finding in findings)
    return nurse_line(library, Reason.DANGER, signs="、".join(list(names)[:_MOST_NAMED]))


def nurse_line(library: Library, line: str, **places: str) -> str:
    return library.wording(line, Language.ZH_CN, places)


def set_aside_level(judgement: Judgement, statuses: frozenset[FindingStatus] = DOUBTFUL) -> Urgency | None:
    """How serious it would be if what was read as another's, or as a mere question, were her own and now."""
    levels = (f.level for f in judgement.findings if f.status in statuses)
    return min(levels, key=lambda level: level.rank, default=None)


def confirmed(library: Library, judgement: Judgement) -> Judgement:
    """What was read as another's, or as a mere question, is her own and now."""
    findings = tuple(
        replace(f, status=FindingStatus.CURRENT) if f.status in DOUBTFUL else f for f in judgement.findings
    )
    return _by_its_gravest(library, findings)


def with_rule(library: Library, judgement: Judgement, rule_id: str, said: str) -> Judgement:
    """Her answer to a question means that this rule holds too."""
    rule = next(rule for rule in library.rules.data.rules if rule.id == rule_id)
    found = Finding(rule.id, rule.sign, rule.level, FindingStatus.CURRENT, said)
    return _by_its_gravest(library, (found, *judgement.findings))


def _by_its_gravest(library: Library, findings: tuple[Finding, ...]) -> Judgement:
    current = [finding for finding in findings if finding.status is FindingStatus.CURRENT]
    if not current:
        return Judgement(None, findings)
    gravest = min(current, key=lambda finding: finding.level.rank)
    rule = next((rule for rule in library.rules.data.rules if rule.id == gravest.rule), None)
    reply = reply_for(rule, gravest.level, library.rules) if rule else library.rules.data.replies[gravest.level]
    return Judgement(gravest.level, findings, reply=reply)


def once(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Nobody is told the same twice in one turn, and a guardian hears only the most urgent alert."""
    highest = min((e.urgency.rank for e in effects if isinstance(e, TellGuardian)), default=0)
    kept: list[Effect] = []
    for effect in effects:
        calmer = isinstance(effect, TellGuardian) and effect.urgency.rank > highest
        repeated = isinstance(effect, TellGuardian | BeginLater) and effect in kept
        if not (calmer or repeated):
            kept.append(effect)
    return tuple(kept)


def _is_private(library: Library, findings: tuple[Finding, ...]) -> bool:
    return any(finding.rule.startswith(library.menu.private) for finding in findings)


def unsafe_at_home(library: Library, snapshot: Snapshot) -> bool:
    """Of violence she told within the day: whoever her guardian is, he hears of nothing that follows."""
    return any(
        case.rule.id.startswith(library.menu.unsafe)
        for told in snapshot.context.recent
        for case in library.rules.by_anchor.get(told.name, ())
    )
