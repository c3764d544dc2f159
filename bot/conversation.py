"""The only two ways into a conversation: she writes (`receive`), or Yunban begins (`begin`). One commit a batch."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, select, update

from bot import enrolment, nurse_lines, snapshots
from bot.effects import Rows, Scene, carry_out, say
from bot.faults import place_of
from bot.house import House
from bot.inbound import Answer, Inbound
from bot.inbox import inbound_row, repeated
from bot.messages import Unseen, unseen
from bot.reach import Met, Reach, meet, note_event, open_windows, reach_women
from bot.sessions import keep_session
from bot.snapshots import Known
from bot.timers import Alarm, clear_alarms
from dialogs import effects as want
from dialogs import engine
from dialogs.danger import safety
from dialogs.respond import respond
from dialogs.snapshot import HeardKind, Snapshot, Turn
from dialogs.triage.finding import Judgement
from dialogs.triage.judge import judge
from models.base import new_id
from models.conversation import InboundMessage, OutboundMessage, Session
from models.values import ChannelKind, Language, TimerKind, Urgency

log = logging.getLogger(__name__)

News = frozenset[str]
"""What a commit brought that others wait for: `outbox` (something to send), `queue` (a nurse is called), `chat`."""

SPEAKING = frozenset(HeardKind) - {HeardKind.OTHER}
"""What is answered of the events; everything else a platform reports is stored and stays without reply."""


ARRIVALS = frozenset({HeardKind.FOLLOWED, HeardKind.SCANNED})
"""What begins an enrolment."""

Decided: TypeAlias = tuple[Turn, tuple[str, ...]]
"""A turn and the scripts that are to follow it in the same contact."""

CATCH_UP = 3
"""Of what gathered while she could only be told that something waits, she reads the newest few."""


class OneWomanTwice(Exception):
    """A batch holds two messages about one woman; taken one by one they are in order."""


@dataclass(frozen=True, slots=True)
class Start:
    """A wish to begin `scripts`, one after the other, with a woman."""

    patient_id: UUID
    scripts: tuple[str, ...]
    follow_up_id: UUID | None = None


class Conversation:
    """Turns of many women in one transaction. What is decided is decided by `dialogs`, purely and woman by woman."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._library = house.library
        self._zone = house.settings.zone
        self._area = house.settings.area_code

    def receive(self, connection: Connection, inbounds: Sequence[Inbound], now: datetime) -> tuple[list[Answer], News]:
        """Take one message of each woman. The caller sees to it that no address stands twice in a batch."""
        rows = Rows()
        answers = repeated(connection, inbounds)
        fresh = [inbound for inbound in inbounds if inbound.external_id not in answers]
        for inbound in fresh:
            if inbound.address is None:
                rows.add(InboundMessage, **inbound_row(inbound, new_id()))
                answers[inbound.external_id] = Answer()
        answers |= self._take_turns(connection, [inbound for inbound in fresh if inbound.address], rows, now)
        rows.flush(connection, now)
        return [answers[inbound.external_id] for inbound in inbounds], rows.news

    def _take_turns(
        self, connection: Connection, inbounds: Sequence[Inbound], rows: Rows, now: datetime
    ) -> dict[str, Answer]:
        enrolment.bind_scanned(connection, self._house.keyring, inbounds, now)
        addresses = [inbound.address for inbound in inbounds if inbound.address]
        met = meet(connection, self._house.keyring, addresses, now)
        if len({who.patient_id for who in met}) < len(met):
            raise OneWomanTwice  # she and her guardian at once: the second must see what the first did
        snapshots.lock(connection, {who.patient_id for who in met})
        known = snapshots.take(connection, {who.patient_id for who in met}, now, self._zone, self._area)
        waiting = unseen(
            connection, [who.patient_id for inbound, who in zip(inbounds, met, strict=True) if _reads(inbound)]
        )
        open_windows(
            connection,
            [who.reach.contact_point_id for inbound, who in zip(inbounds, met, strict=True) if not inbound.event],
            now,
        )
        answers = {}
        for inbound, who in zip(inbounds, met, strict=True):
            if inbound.event:
                note_event(connection, who.reach.contact_point_id, inbound.event, now)
            view = self._view(known[who.patient_id], who)
            shown = waiting.get(who.patient_id, []) if who.reach.guardian_id is None else []
            answers[inbound.external_id] = self._turn(inbound, who, view, shown, rows, now)
        return answers

    def begin(self, connection: Connection, starts: Sequence[Start], now: datetime) -> set[UUID]:
        """Begin scripts inside the caller's transaction. Returns the women with whom a dialog was begun.

        A running dialog is kept, and the follow-up waits; one that a danger sign has interrupted gives way.
        """
        patients = {start.patient_id for start in starts}
        snapshots.lock(connection, patients)
        known = snapshots.take(connection, patients, now, self._zone, self._area)
        reach = reach_women(connection, patients)
        rows, begun = Rows(), set[UUID]()
        for start in starts:
            woman = known[start.patient_id]
            held = engine.is_held(woman.snapshot.session or {})
            if start.patient_id in begun or (woman.session is not None and not held):
                continue
            scene = self._scene(woman, reach.get(start.patient_id), now, follow_up_id=start.follow_up_id)
            turn = engine.begin(self._library, start.scripts[0], woman.snapshot, now)
            self._settle(self._go_on(turn, woman, start.scripts[1:], now), scene, rows)
            begun.add(start.patient_id)
        rows.flush(connection, now)
        return begun

    def expire(self, connection: Connection, sessions: Sequence[UUID], now: datetime) -> None:
        """End waits for answers that never came, for sessions that no follow-up's ladder looks after."""
        found = connection.execute(select(Session.id, Session.patient_id).where(Session.id.in_(sessions)))
        owners = {session: patient for session, patient in found}  # noqa: C416 - a row is typed, a dict of rows is not
        snapshots.lock(connection, set(owners.values()))
        known = snapshots.take(connection, set(owners.values()), now, self._zone, self._area)
        reach = reach_women(connection, set(owners.values()))
        rows = Rows()
        for session, patient in owners.items():
            woman = known[patient]
            if woman.session is None or woman.session.id != session or woman.snapshot.session is None:
                continue
            due = woman.session.touched_at + engine.wait(self._library, woman.snapshot.session)
            if due > now:
                rows.alarms.append(Alarm(TimerKind.WAIT, session, due))
            else:
                turn = engine.timeout(self._library, woman.snapshot, now)
                self._settle((turn, ()), self._scene(woman, reach.get(patient), now), rows)
        rows.flush(connection, now)

    def confirm(self, connection: Connection, messages: Sequence[UUID], now: datetime) -> None:
        """The webhook's own answers have left: their safety net is taken away."""
        if not messages:
            return
        connection.execute(
            update(OutboundMessage)
            .where(OutboundMessage.id.in_(messages), OutboundMessage.state == "answering")
            .values(state="sent", sent_at=now)
        )
        clear_alarms(connection, TimerKind.SEND, messages)

    def without_records(self, inbound: Inbound) -> str | None:
        """What can be said while the database does not answer: the safety line, if the text itself asks for it."""
        stranger = Snapshot()
        judgement = judge(inbound.heard.text, stranger.context, self._library.rules)
        if judgement.level is None or not judgement.level.at_least(Urgency.URGENT) or judgement.reply is None:
            return None
        return self._library.wording(judgement.reply, stranger.language, {})

    # -- one turn ----------------------------------------------------------------------------------------------------

    def _turn(  # noqa: PLR0917 - everything of one turn
        self, inbound: Inbound, who: Met, known: Known, waiting: Sequence[Unseen], rows: Rows, now: datetime
    ) -> Answer:
        inbound_id = new_id()
        turn = self._decide(inbound, known, waiting, rows, now)
        if turn and inbound.answered:
            turn = _without_words(turn)
        scene = self._scene(known, who.reach, now, inbound_id=inbound_id, passive=inbound.passive)
        text = self._settle(turn, scene, rows) if turn else None
        rows.add(InboundMessage, **inbound_row(inbound, inbound_id, who, turn[0] if turn else None))
        if turn:
            _count_misses(known, turn[0], rows)
        if text is None:
            return Answer()
        return Answer(text, next(row["id"] for row in reversed(rows.messages) if row["state"] == "answering"))

    def _catch_up(
        self, inbound: Inbound, known: Known, waiting: Sequence[Unseen], rows: Rows, now: datetime
    ) -> Decided | None:
        """She was told that something waits and has written anything at all: now she reads it.

        What she wrote is no answer to a question she has not seen; a danger sign, and whatever stands by itself, is
        heard first. None when there is nothing to catch up with.
        """
        snapshot = known.snapshot
        if not waiting or not inbound.heard.text or snapshot.opted_out:
            return None
        if known.session is not None and known.session.touched_at > waiting[-1].at:
            return None  # she has been talking since: her words answer what she was asked in that dialog
        level = judge(inbound.heard.text, snapshot.context, self._library.rules).level
        if level is not None and level.at_least(Urgency.SOON):
            return None
        aside = respond(self._library, replace(snapshot, session=None), inbound.heard, now)
        if aside.state is not None or any(isinstance(effect, want.OptOut) for effect in aside.effects):
            return None
        rows.seen.extend(message.id for message in waiting)
        texts = dict.fromkeys(message.text for message in waiting[-CATCH_UP:])
        effects = aside.effects if aside.understood else ()
        says = [want.Say(text, want.Purpose.QUESTION) for text in texts]
        queue = known.session.next_scripts if known.session else ()
        running = snapshot.session
        turn = Turn(running, (*effects, *says), waits=running is not None, judgement=aside.judgement)
        return turn, tuple(queue)

    def _decide(
        self, inbound: Inbound, known: Known, waiting: Sequence[Unseen], rows: Rows, now: datetime
    ) -> Decided | None:
        if inbound.event is not None and inbound.heard.kind not in SPEAKING:
            return None
        running, following = known.snapshot.session, known.session.next_scripts if known.session else ()
        if known.protected and inbound.heard.kind in ARRIVALS:
            return Turn(running, (want.Escalate(Urgency.URGENT, nurse_lines.under_14()),)), following
        if inbound.bare:
            call = want.Escalate(Urgency.URGENT, self._library.wording("reason.turn_failed", Language.ZH_CN, {}))
            return Turn(running, (call,), waits=running is not None, understood=False), following
        try:
            caught_up = self._catch_up(inbound, known, waiting, rows, now)
            if caught_up is not None:
                return caught_up
            turn = respond(self._library, known.snapshot, inbound.heard, now)
            return self._go_on(turn, known, following, now)
        except Exception as error:  # noqa: BLE001 - whatever a dialog trips over, her message is kept and a nurse reads it
            log.error("a turn failed in the dialog with %s; a nurse is called", place_of(error))  # noqa: TRY400
            return self._without_dialog(inbound, known.snapshot), following

    def _without_dialog(self, inbound: Inbound, snapshot: Snapshot) -> Turn:
        """A dialog failed: a danger sign is answered all the same, and for anything else a nurse is called."""
        judgement = Judgement(None)
        with suppress(Exception):
            judgement = judge(inbound.heard.text, snapshot.context, self._library.rules)
        effects: tuple[want.Effect, ...]
        if judgement.level is not None and judgement.level.at_least(Urgency.URGENT):
            effects = safety(self._library, snapshot, judgement)
        else:
            sorry = self._library.wording("failed", snapshot.language, snapshot.facts)
            reason = self._library.wording("reason.turn_failed", Language.ZH_CN, {})
            effects = want.Say(sorry), want.Escalate(Urgency.SOON, reason)
        running = snapshot.session
        return Turn(running, effects, waits=running is not None, understood=False, judgement=judgement)

    def _go_on(self, turn: Turn, known: Known, queue: Sequence[str], now: datetime) -> Decided:
        """Begin the next script of a contact when one is completed, so that several modules are one conversation."""
        while queue and turn.state is None and _completed(turn):
            fresh = replace(known.snapshot, session=None)
            following = engine.begin(self._library, queue[0], fresh, now)
            kept = tuple(effect for effect in turn.effects if not isinstance(effect, want.Finish))
            turn = replace(following, effects=kept + following.effects, judgement=turn.judgement)
            queue = queue[1:]
        return turn, tuple(queue)

    def _settle(self, decided: Decided, scene: Scene, rows: Rows) -> str | None:
        """Write down what a turn came to; gives the text that may leave at once."""
        turn, queue = decided
        scene = keep_session(self._library, turn, queue, scene, rows)
        texts = [effect for effect in turn.effects if isinstance(effect, want.Say)]
        for effect in turn.effects:
            if not isinstance(effect, want.Say):
                carry_out(effect, scene, rows)
        return say(texts, scene, self._fits(scene.reach), rows) if texts else None

    def _fits(self, reach: Reach | None) -> Any:
        if reach is None or reach.channel not in self._house.channels:
            return lambda _text: True
        return self._house.channels[reach.channel].limits.fits

    def _scene(self, known: Known, reach: Reach | None, now: datetime, **where: Any) -> Scene:
        return Scene(known=known, reach=reach, now=now, keyring=self._house.keyring, zone=self._zone, **where)

    def _view(self, known: Known, who: Met) -> Known:
        """The records as this sender meets them."""
        snapshot = replace(known.snapshot, opted_out=who.opted_out, by_guardian=who.reach.guardian_id is not None)
        return replace(known, snapshot=snapshot)


def _reads(inbound: Inbound) -> bool:
    """True when she wrote in WeChat, where a reply may carry anything."""
    return inbound.channel is ChannelKind.WECHAT and inbound.event is None


def _count_misses(known: Known, turn: Turn, rows: Rows) -> None:
    misses = 0 if turn.understood else known.snapshot.unread_misses + 1
    if misses != known.snapshot.unread_misses:
        rows.misses.append({"patient": known.patient_id, "misses": misses})


def _without_words(decided: Decided) -> Decided:
    """The platform has answered for us: act, and say nothing."""
    turn, queue = decided
    return replace(turn, effects=tuple(effect for effect in turn.effects if not isinstance(effect, want.Say))), queue


def _completed(turn: Turn) -> bool:
    """Whether more may be asked now: not after she has been sent to a doctor."""
    if any(isinstance(effect, want.Escalate) and effect.urgency.at_least(Urgency.URGENT) for effect in turn.effects):
        return False
    return any(isinstance(effect, want.Finish) and effect.how == "completed" for effect in turn.effects)
