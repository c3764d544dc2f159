"""A running dialog between two messages, as JSON."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dialogs.effects import Value
from dialogs.snapshot import SessionState
from models.values import Urgency


class Caller(NamedTuple):
    """Where to go on when a called script ends; a `held` dialog is held again and does not repeat its question."""

    script: str
    version: int
    step: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class Clarifying:
    """Questions asked after a danger sign or in doubt of one.

    `text` is what she wrote before, `asked` the questions, `level` what it was judged to be, `confirm` what it becomes
    when she says that it is about herself, now.
    """

    text: str
    asked: tuple[str, ...] = ()
    level: Urgency | None = None
    confirm: Urgency | None = None


@dataclass(slots=True)
class Session:
    """`step` waits for an answer. `held`: interrupted by a danger sign, taken up again when she says so.

    `script` is empty when only clarifying questions are open.
    """

    script: str = ""
    version: int = 0
    step: str = ""
    answers: dict[str, Value] = field(default_factory=dict)
    misses: int = 0
    callers: list[Caller] = field(default_factory=list)
    held: bool = False
    clarifying: Clarifying | None = None

    @classmethod
    def read(cls, state: SessionState) -> "Session":
        """Raises KeyError, TypeError or ValueError for what no session of ours ever was."""
        fields: dict[str, Any] = {**state, "answers": dict(state.get("answers", {}))}
        fields["callers"] = [Caller(*caller) for caller in state.get("callers", ())]
        open_questions = state.get("clarifying")
        if open_questions:
            levels = {name: Urgency(open_questions[name]) for name in ("level", "confirm") if open_questions.get(name)}
            fields["clarifying"] = Clarifying(open_questions["text"], tuple(open_questions["asked"]), **levels)
        return cls(**fields)

    @classmethod
    def known(cls, state: SessionState | None) -> "Session | None":
        """None for no session, and for one that cannot be read."""
        try:
            return None if state is None else cls.read(state)
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def outermost(self) -> str:
        """The script that was begun, whichever script it calls by now."""
        return self.callers[0].script if self.callers else self.script

    def state(self) -> SessionState:
        asked = self.clarifying
        return {
            "script": self.script,
            "version": self.version,
            "step": self.step,
            "answers": dict(self.answers),
            "misses": self.misses,
            "callers": [list(caller) for caller in self.callers],
            "held": self.held,
            "clarifying": asked
            and {"text": asked.text, "asked": list(asked.asked), "level": asked.level, "confirm": asked.confirm},
        }
