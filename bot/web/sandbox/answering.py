"""Women who answer by themselves: a few minutes after a question, with its first harmless choice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.web.sandbox.cast import Cast, Woman
from bot.web.sandbox.wechat_people import Bubble
from bot.web.sandbox.wechat_platform import WeChatPlatform

CHOICE: Final = re.compile(r"^\s*(\d)[ .、．](.+)$", re.MULTILINE)
SHOWN: Final = frozenset({"text", "template"})
SOONEST: Final = timedelta(minutes=3)
SPREAD: Final = 9
"""She answers within so many minutes after the soonest; each in her own time, always the same."""

LONGEST_DIALOG: Final = 20


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody answers; `lines.yaml` says what its parts mean."""

    rules: Sequence[Mapping[str, str]]
    prefer: str | None
    facts: Mapping[str, str]

    def answer(self, told: str) -> str | None:
        """What is said to a text; None where it asks nothing."""
        choices: list[tuple[str, str]] = CHOICE.findall(told)
        for rule in self.rules:
            if found := re.search(rule["asked"], told):
                return self._follow(rule, found, choices)
        return self._pick(choices, self.prefer) if choices else None

    def _follow(self, rule: Mapping[str, str], found: re.Match[str], choices: Sequence[tuple[str, str]]) -> str | None:
        if "say" in rule:
            return rule["say"].format(*found.group(0, *range(1, found.re.groups + 1)), **self.facts)
        return self._pick(choices, rule["choose"].format(**self.facts)) if choices else None

    def _pick(self, choices: Sequence[tuple[str, str]], wanted: str | None) -> str:
        fitting = (number for number, label in choices if wanted and re.search(wanted, label.strip()))
        return next(fitting, choices[0][0])


class Answering:
    """`on` is what the visitor has chosen; somebody who enrols answers in any case."""

    def __init__(self, platform: WeChatPlatform, cast: Cast, said: Mapping[str, Any]) -> None:
        self.on = False
        self._platform = platform
        self._women = cast.women
        self._said = said
        self._daily = Manner(said["answering"]["rules"], said["answering"]["prefer"], {})

    async def enrol(self, woman: Woman) -> None:
        """She has just scanned: she answers at once whatever she is asked, until she is asked no more."""
        chat = self._platform.person(woman.openid).chat
        manner = self._enrolling(woman)
        if _answer(manner, chat) is None:
            await self._platform.user_says(woman.openid, self._said["enrolling"]["word"][woman.language])
        for _ in range(LONGEST_DIALOG):
            answer = _answer(manner, chat)
            if answer is None:
                return
            await self._platform.user_says(woman.openid, answer[1])

    def next_at(self) -> datetime | None:
        """When the next of them will answer."""
        return min((at for _, at, _ in self._waiting()), default=None)

    async def answer_due(self, now: datetime) -> int:
        """Let those answer whose time has come; returns how many did."""
        due = [(openid, said) for openid, at, said in self._waiting() if at <= now]
        for openid, said in due:
            await self._platform.user_says(openid, said)
        return len(due)

    def _waiting(self) -> Iterator[tuple[str, datetime, str]]:
        if not self.on:
            return
        for woman in self._women:
            person = self._platform.person(woman.openid)
            answer = _answer(self._daily, person.chat) if person.following else None
            if answer is not None:
                minutes = (len(person.chat) * 7 + int(woman.key)) % SPREAD
                yield woman.openid, answer[0] + SOONEST + timedelta(minutes=minutes), answer[1]

    def _enrolling(self, woman: Woman) -> Manner:
        relations, guardian = self._said["relations"], woman.guardian
        relation = guardian.relation or "" if guardian else "none"
        facts = {
            "phone": (guardian.phone if guardian else None) or "",
            "relation": relations.get(relation, self._said["other_relation"]),
        }
        return Manner(self._said["enrolling"]["rules"], None, facts)


def _answer(manner: Manner, chat: Sequence[Bubble]) -> tuple[datetime, str] | None:
    """What she would say to what she was told since she last wrote, and when that was."""
    for bubble in reversed(chat):
        if bubble.road == "hers":
            return None
        said = manner.answer(bubble.text) if bubble.kind in SHOWN else None
        if said is not None:
            return bubble.at, said
    return None
