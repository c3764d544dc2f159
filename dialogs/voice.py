"""The schema of `voice.yaml`: what our texts never say, and how long a lesson may be. The reasons: `docs/voice.md`."""

import re
from collections.abc import Iterator
from functools import cached_property

from pydantic import Field

from dialogs.script import Frozen
from models.values import Language


class Forbidden(Frozen):
    """`says` completes "this text …". `but` looks like it and is none."""

    says: str
    patterns: dict[Language, str]
    but: dict[Language, str] = Field(default_factory=dict)

    @cached_property
    def _compiled(self) -> dict[Language, tuple[re.Pattern[str], re.Pattern[str] | None]]:
        return {
            language: (re.compile(pattern), re.compile(self.but[language]) if language in self.but else None)
            for language, pattern in self.patterns.items()
        }

    def found(self, text: str, language: Language) -> str | None:
        """The words that are not to stand there."""
        if language not in self._compiled:
            return None
        pattern, but = self._compiled[language]
        match = pattern.search(but.sub("", text) if but else text)
        return match.group() if match else None


class Limits(Frozen):
    """Characters of a lesson by language; of one to a guardian, which is one SMS, in Chinese."""

    lesson: dict[Language, int]
    guardian: int = Field(gt=0)


class Voice(Frozen):
    limits: Limits
    calls: dict[Language, str]
    forbidden: tuple[Forbidden, ...]

    def against(self, text: str, language: Language) -> Iterator[str]:
        """What is wrong with a text that a woman or a guardian reads. Any may come unasked, and be read by others."""
        for one in self.forbidden:
            if words := one.found(text, language):
                yield f"{words!r} {one.says}"

    def calls_somebody(self, text: str, language: Language) -> bool:
        return re.search(self.calls[language], text, re.IGNORECASE) is not None
