"""Women who answer by themselves: a few minutes after a question, with its first harmless choice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.web.sandbox.wechat_people import Bubble, Person
from bot.web.sandbox.wechat_platform import WeChatPlatform

CHOICE: Final = re.compile(r"^\s*(\d)[ .、．](.+)$", re.MULTILINE)
SHOWN: Final = frozenset({"text", "template"})
SOONEST: Final = timedelta(minutes=3)
SPREAD: Final = 9
"""She answers within so many minutes after the soonest; each in her own time, always the same."""

LONGEST_DIALOG: Final = 20


class Answering:
    """`on` is what the visitor has chosen; somebody who enrols answers in any case."""

    def __init__(self, platform: WeChatPlatform, rules: Mapping[str, Any]) -> None:
        self.on = False
        self._platform = platform
        self._rules = rules

    async def enrol(self, openid: str) -> None:
        """She has just scanned: she answers at once whatever she is asked, until she is asked no more."""
        person = self._platform.person(openid)
        if self._answer(person) is None:
            await self._platform.user_says(openid, self._rules["enrol"])
        for _ in range(LONGEST_DIALOG):
            answer = self._answer(person)
            if answer is None:
                return
            await self._platform.user_says(openid, answer[1])

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
        for openid, person in self._platform.people.items():
            answer = self._answer(person) if person.following else None
            if answer is not None:
                minutes = (len(person.chat) * 7 + sum(openid.encode())) % SPREAD
                yield openid, answer[0] + SOONEST + timedelta(minutes=minutes), answer[1]

    def _answer(self, person: Person) -> tuple[datetime, str] | None:
        """What she would say to what she was told since she last wrote, and when that was."""
        for bubble in _told(person.chat):
            said = self._to(bubble)
            if said is not None:
                return bubble.at, said
        return None

    def _to(self, bubble: Bubble) -> str | None:
        if bubble.kind == "template":
            return str(self._rules["after_announcement"])
        choices = CHOICE.findall(bubble.text)
        if choices:
            return self._choose(choices)
        for rule in self._rules["rules"]:
            if re.search(rule["asked"], bubble.text, re.IGNORECASE):
                return str(rule["say"])
        return None

    def _choose(self, choices: Sequence[tuple[str, str]]) -> str:
        harmless = (number for number, label in choices if any(word in label for word in self._rules["harmless"]))
        return next(harmless, choices[0][0])


def _told(chat: Sequence[Bubble]) -> Iterator[Bubble]:
    """What came since she last wrote, the newest first."""
    for bubble in reversed(chat):
        if bubble.road == "hers":
            return
        if bubble.kind in SHOWN:
            yield bubble
