"""A danger sign comes between a woman and a dialog: what is said, what is asked, and what waits meanwhile."""

from dataclasses import dataclass

from dialogs import danger
from dialogs.effects import Effect, Escalate, Purpose, Say
from dialogs.library import Library
from dialogs.lines import Reason
from dialogs.session import Clarifying, Session
from dialogs.snapshot import SessionState, Snapshot, Turn
from dialogs.triage.finding import Judgement
from models.values import Urgency


def interrupt(library: Library, snapshot: Snapshot, judgement: Judgement, said: str) -> Turn:
    """A danger sign, or the doubt of one, in a message that answers no question: safety line, at most two questions.

    A running dialog is kept and held.
    """
    session = Session.known(snapshot.session) or Session()
    session.held = bool(session.script)
    spoken = _Spoken(list(danger.safety(library, snapshot, judgement)), session)
    spoken.clarify(library, snapshot, judgement, said)
    return spoken.turn()


def hold(library: Library, snapshot: Snapshot, turn: Turn, judgement: Judgement, said: str) -> Turn:
    """After a danger sign in an answer the next question waits until she says that she wants to go on."""
    if judgement.level is None or not must_hold(judgement):
        return turn
    session = Session.known(turn.state) or Session()
    session.held = bool(session.script)
    spoken = _Spoken(list(without_questions(turn.effects)), session)
    spoken.clarify(library, snapshot, judgement, said)
    return spoken.turn()


def must_hold(judgement: Judgement) -> bool:
    """She must act, or was asked something: the dialog has to wait."""
    return bool(judgement.ask) or (judgement.level is not None and judgement.level.at_least(Urgency.URGENT))


def without_questions(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    return tuple(e for e in effects if not (isinstance(e, Say) and e.purpose is Purpose.QUESTION))


def unconfirmed(library: Library, state: SessionState, asked: Clarifying) -> Turn:
    """Nobody answered whether the danger is her own: a human asks."""
    session = Session.read(state)
    session.clarifying = None
    return _Spoken(list(doubt(library, asked)), session).turn()


def doubt(library: Library, asked: Clarifying) -> tuple[Effect, ...]:
    """What is due to a woman who was asked whether a danger is her own, and did not say."""
    if asked.confirm is None or not asked.confirm.at_least(Urgency.URGENT):
        return ()
    return (Escalate(Urgency.URGENT, danger.nurse_line(library, Reason.UNCONFIRMED)),)


@dataclass(slots=True)
class _Spoken:
    """What a turn has said so far, and the session it leaves."""

    effects: list[Effect]
    session: Session

    def clarify(self, library: Library, snapshot: Snapshot, judgement: Judgement, said: str) -> None:
        if not judgement.ask or snapshot.opted_out or snapshot.nurse_has_it:
            return
        self.effects += danger.questions(library, snapshot, judgement)
        confirm = None if judgement.level else danger.set_aside_level(judgement)
        self.session.clarifying = Clarifying(said, judgement.ask, judgement.level, confirm)

    def turn(self) -> Turn:
        alive = bool(self.session.script or self.session.clarifying)
        return Turn(self.session.state() if alive else None, tuple(self.effects), waits=alive)
