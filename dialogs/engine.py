"""Runs scripts: (library, snapshot, what was heard, now) → Turn. Pure; the state between turns is plain JSON."""

from dataclasses import replace
from datetime import datetime, timedelta

from dialogs import reading
from dialogs.effects import Effect, Finish
from dialogs.interruption import unconfirmed
from dialogs.library import Library, UnknownScriptError
from dialogs.run import Run, vanished
from dialogs.script import Ask
from dialogs.session import Clarifying, Session
from dialogs.snapshot import Heard, SessionState, Snapshot, Turn

CONFIRM_WAIT = timedelta(minutes=10)
"""How long a question about a danger sign may stay unanswered before a human asks (D5.7)."""


def begin(library: Library, script_id: str, snapshot: Snapshot, now: datetime) -> Turn:
    """Start a script; one that runs is replaced. Raises UnknownScriptError."""
    first = library.script(script_id)
    before = Session.known(snapshot.session)
    replaced: list[Effect] = [Finish(before.outermost, "replaced")] if before and before.script else []
    run = Run(library, snapshot, now, first, Session(first.id, first.version), replaced)
    return run.go_to(first.start)


def aside(library: Library, script_id: str, snapshot: Snapshot, now: datetime) -> Turn:
    """Another script in the middle of the running one, which asks its question again afterwards, unless it is held."""
    run = _resume(library, snapshot, now)
    if run is None:
        return begin(library, script_id, replace(snapshot, session=None), now)
    return run.call(script_id, run.session.step)


def reply(library: Library, snapshot: Snapshot, heard: Heard, now: datetime) -> Turn:
    """Her message as the answer to the question that waits; `understood` is false when it is none."""
    run = _resume(library, snapshot, now)
    if run is None:
        return vanished(library, snapshot)
    ask = run.question
    answer = reading.read(ask, heard, run.today)
    if answer is None:
        return run.miss(ask)
    return run.take(ask, answer, heard.text)


def question(library: Library, snapshot: Snapshot, now: datetime) -> Ask | None:
    """The question that waits for her answer."""
    run = _resume(library, snapshot, now)
    return run.question if run else None


def ask_again(library: Library, snapshot: Snapshot, now: datetime) -> Turn:
    """The question that waits, once more; what held the dialog is over."""
    run = _resume(library, snapshot, now)
    if run is None:
        return vanished(library, snapshot)
    run.session.held, run.session.clarifying = False, None
    return run.go_to(run.session.step)


def timeout(library: Library, snapshot: Snapshot, now: datetime) -> Turn:
    """The wait is over. A doubt about a danger sign goes to a human; a script may have a step for it; else it ends."""
    if snapshot.session is None:
        return Turn(None)
    open_questions = _clarifying(snapshot.session)
    if open_questions is not None:
        return unconfirmed(library, snapshot.session, open_questions)
    run = _resume(library, snapshot, now)
    if run is None:
        return vanished(library, snapshot)
    target = run.question.no_answer or run.script.no_answer
    if target is None or run.session.held:
        return run.finish("unanswered")
    return run.go_to(target)


def is_held(state: SessionState) -> bool:
    """A danger sign interrupted this dialog: a check-in may come between (`aside`), other follow-ups wait."""
    session = Session.known(state)
    return session is not None and (session.held or not session.script)


def wait(library: Library, state: SessionState) -> timedelta:
    """How long the question that `state` asks is waited for."""
    if _clarifying(state) is not None:
        return CONFIRM_WAIT
    try:
        return library.script(state["script"], state["version"]).wait
    except (UnknownScriptError, KeyError):
        return timedelta(hours=24)


def _clarifying(state: SessionState) -> Clarifying | None:
    session = Session.known(state)
    return session.clarifying if session else None


def _resume(library: Library, snapshot: Snapshot, now: datetime) -> Run | None:
    """The running dialog, or None when its script, version or step is no more."""
    session = Session.known(snapshot.session)
    if session is None:
        return None
    try:
        running = library.script(session.script, session.version)
    except UnknownScriptError:
        return None
    if not isinstance(running.steps.get(session.step), Ask):
        return None
    return Run(library, snapshot, now, running, session)
