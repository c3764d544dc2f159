"""Everything `respond` may know about a woman at one moment: values only, taken by `bot/conversation.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from dialogs.effects import Effect
from dialogs.triage.finding import Context, Judgement
from models.values import ConsentKind, Language

SessionState: TypeAlias = Mapping[str, Any]
"""A running dialog as plain JSON: script, version, step, answers, callers. Only `dialogs/engine.py` reads it."""


class HeardKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    MENU = "menu"
    FOLLOWED = "followed"
    SCANNED = "scanned"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Heard:
    """One inbound message. `text` is what she typed or what the platform recognised of her voice; `menu_key` the
    key of a tapped menu item; `media` the platform's id of a picture or recording.
    """

    kind: HeardKind
    text: str = ""
    menu_key: str | None = None
    media: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`facts` are ready-made words for `{name}`-like places of a script, in her language; a missing key is unknown.

    `confirmed` says that the roster knows her; `nurse_has_it` that a nurse holds the conversation and the bot is
    silent but for danger signs; `unread_misses` how many of her last messages in a row nothing understood.
    """

    language: Language = Language.ZH_CN
    facts: Mapping[str, str] = field(default_factory=dict)
    context: Context = field(default_factory=Context)
    session: SessionState | None = None
    confirmed: bool = True
    nurse_has_it: bool = False
    opted_out: bool = False
    consents: frozenset[ConsentKind] = frozenset()
    unread_misses: int = 0
    by_guardian: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one input: the dialog that now runs (None when none does) and what is to be done.

    `waits` is true when the state asks something and an answer is expected. `judgement` is what triage read in her
    words, whether or not anything was done about it; None when Yunban began, or nothing was judged.
    """

    state: SessionState | None
    effects: tuple[Effect, ...] = ()
    waits: bool = False
    understood: bool = True
    judgement: Judgement | None = None
