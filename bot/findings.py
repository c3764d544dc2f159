"""What triage read in a message as it is kept beside it: every finding with its status, and what she told."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from dialogs.effects import Escalate
from dialogs.snapshot import Turn
from dialogs.triage.finding import Finding, FindingStatus, Judgement, Told
from models.values import Urgency

TELLS_INFECTION = frozenset({"M30"})
"""Rules whose findings are as restricted as the infection itself (B7)."""


def kept(turn: Turn) -> dict[str, Any] | None:
    """For the column `inbound_message.findings`; None when there was nothing to read."""
    findings = sorted(_findings(turn), key=_gravest_first)
    told = turn.judgement.told if turn.judgement else ()
    if not (findings or told):
        return None
    return {
        "findings": [asdict(finding) for finding in findings],
        "told": [{"name": one.name, "about": one.about, "value": one.value} for one in told],
    }


def level(turn: Turn) -> Urgency | None:
    """What the turn counted in the end: a dialog, or her answer about a sign, may have raised what the words said."""
    counted = [finding.level for finding in _called_for(turn) if finding.status is FindingStatus.CURRENT]
    return min(counted, key=lambda urgency: urgency.rank, default=turn.judgement.level if turn.judgement else None)


def findings_in(column: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return list(column["findings"]) if column else []


def told_in(column: Mapping[str, Any] | None, hours_ago: float) -> Iterator[Told]:
    for one in column["told"] if column else ():
        yield Told(**one, hours_ago=hours_ago)


def without_infection(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings, or the evidence of an escalation, for somebody who may not know of an infection."""
    return [item for item in items if item.get("rule") not in TELLS_INFECTION]


def detail_without_infection(detail: dict[str, Any]) -> dict[str, Any]:
    """The same of what an escalation event tells."""
    return detail | {"evidence": without_infection(detail["evidence"])} if "evidence" in detail else detail


def _findings(turn: Turn) -> Iterator[Finding]:
    """What her words said, and what only the dialog or her earlier words made of them."""
    judged = turn.judgement or Judgement(None)
    words = (*judged.findings, *([judged.second_look] if judged.second_look else []))
    known = {(finding.rule, finding.status) for finding in words}
    yield from words
    yield from (one for one in dict.fromkeys(_called_for(turn)) if (one.rule, one.status) not in known)


def _called_for(turn: Turn) -> Iterator[Finding]:
    """The findings for which a human is called."""
    for effect in turn.effects:
        if isinstance(effect, Escalate):
            yield from effect.findings


def _gravest_first(finding: Finding) -> tuple[bool, int]:
    return finding.status is not FindingStatus.CURRENT, finding.level.rank
