"""The row of the running dialog: opened, moved on, ended. What stands in its state only the engine reads."""

from dataclasses import replace
from uuid import UUID

from bot.effects import Rows, Scene
from bot.timers import Alarm
from dialogs import effects as want
from dialogs import engine
from dialogs.library import Library
from dialogs.snapshot import SessionState, Turn
from models.base import new_id
from models.conversation import Session
from models.values import TimerKind


def keep_session(library: Library, turn: Turn, queue: tuple[str, ...], scene: Scene, rows: Rows) -> Scene:
    """Update, end or open the row of the running dialog; the scene then names it."""
    running, begun_for = scene.known.session, scene.follow_up_id
    finished = next((effect for effect in turn.effects if isinstance(effect, want.Finish)), None)
    if running is not None:
        scene = replace(scene, session_id=running.id, follow_up_id=running.follow_up_id)
        if turn.state is not None and finished is None:
            rows.touched.append(
                {
                    "session": running.id,
                    "state": turn.state,
                    "next_scripts": list(queue),
                    "touched_at": scene.now,
                }
            )
            _wait_anew(library, running.id, scene, turn.state, rows)
            return scene
        how = finished.how if finished else "ended"
        rows.ended.append({"session": running.id, "ended_at": scene.now, "ended_how": how})
    if turn.state is None:
        return scene
    # What takes the place of another dialog is waited for by its own follow-up, not by the one of that dialog.
    return _open(library, turn, turn.state, queue, scene=replace(scene, follow_up_id=begun_for), rows=rows)


def _wait_anew(library: Library, session: UUID, scene: Scene, state: SessionState, rows: Rows) -> None:
    """Move the alarm only where the wait itself changes: one that fires early looks at `touched_at` and re-arms."""
    before = scene.known.snapshot.session
    wait = engine.wait(library, state)
    if before is not None and wait != engine.wait(library, before):
        rows.alarms.append(Alarm(TimerKind.WAIT, session, scene.now + wait))


def _open(
    library: Library, turn: Turn, state: SessionState, queue: tuple[str, ...], *, scene: Scene, rows: Rows
) -> Scene:
    session = new_id()
    rows.add(
        Session,
        id=session,
        patient_id=scene.patient_id,
        follow_up_id=scene.follow_up_id,
        script=str(state.get("script") or ""),
        script_version=int(state.get("version") or 0),
        state=state,
        next_scripts=list(queue),
        began_at=scene.now,
        touched_at=scene.now,
    )
    if turn.waits:
        rows.alarms.append(Alarm(TimerKind.WAIT, session, scene.now + engine.wait(library, state)))
    return replace(scene, session_id=session)
