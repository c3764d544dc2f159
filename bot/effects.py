"""What dialogs want becomes rows: one match, nothing is sent here, everything of a batch is written together."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, insert, select, update

from bot import db, enrolment
from bot.crypto import Keyring
from bot.escalations import Call, call_humans
from bot.messages import compose, queue
from bot.reach import Reach, tell_guardian
from bot.snapshots import Known
from bot.timers import Alarm, clear_alarms, set_alarms
from dialogs import effects as want
from dialogs.triage.finding import Finding
from models.base import Base, new_id
from models.conversation import InboundMessage, OutboundMessage, Session
from models.follow_up import FollowUp
from models.person import Consent, ContactPoint, Patient
from models.pregnancy import Pregnancy
from models.record import Encounter, Observation
from models.values import TimerKind, Urgency


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an effect happens: with whom, over which address, in answer to what. `zone` says which day it is there."""

    known: Known
    reach: Reach | None
    now: datetime
    keyring: Keyring
    zone: ZoneInfo
    inbound_id: UUID | None = None
    session_id: UUID | None = None
    follow_up_id: UUID | None = None
    passive: bool = False

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def patient_id(self) -> UUID:
        return self.known.patient_id


CHECK_BACK = "check_back"
"""The kind of a follow-up that a turn and not the plan has asked for."""

Deed = Callable[[Connection], object]

_OF_SESSION = update(Session).where(Session.id == bindparam("session"))
_TOUCH = _OF_SESSION.values(
    state=bindparam("state"),
    next_scripts=bindparam("next_scripts"),
    touched_at=bindparam("touched_at"),
)
_MISSED = update(Patient).where(Patient.id == bindparam("patient")).values(unread_misses=bindparam("misses"))
_END = _OF_SESSION.values(ended_at=bindparam("ended_at"), ended_how=bindparam("ended_how"))


@dataclass(slots=True)
class Rows:
    """Everything a batch of turns writes, by table; `deeds` are the rare effects that must look before they write."""

    inserts: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    touched: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    misses: list[dict[str, Any]] = field(default_factory=list)
    seen: list[UUID] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)

    @property
    def news(self) -> frozenset[str]:
        """What the commit will bring that others wait for."""
        happened = {
            "chat": InboundMessage in self.inserts,
            "queue": bool(self.calls),
            "outbox": bool(self.deeds) or any(message["state"] == "queued" for message in self.messages),
        }
        return frozenset(what for what, is_so in happened.items() if is_so)

    def add(self, model: type[Base], **values: Any) -> None:
        self.inserts.setdefault(model, []).append(values)

    def flush(self, connection: Connection, now: datetime) -> None:
        # Sessions end before others begin: a woman has one at a time.
        if self.touched:
            connection.execute(_TOUCH, self.touched)
        if self.ended:
            connection.execute(_END, self.ended)
            clear_alarms(connection, TimerKind.WAIT, [row["session"] for row in self.ended])
        if self.seen:
            connection.execute(update(OutboundMessage).where(OutboundMessage.id.in_(self.seen)).values(unseen=False))
        if self.misses:
            connection.execute(_MISSED, self.misses)
        for model, rows in self.inserts.items():
            connection.execute(insert(model), rows)
        queue(connection, self.messages, now)
        set_alarms(connection, self.alarms)
        call_humans(connection, self.calls, now)
        for deed in self.deeds:
            deed(connection)


def carry_out(effect: want.Effect, scene: Scene, rows: Rows) -> None:  # noqa: C901 - one case an effect
    """Turn one effect into rows. `Say` is not among them: the texts of a turn are packed by `say`."""
    match effect:
        case want.Say():
            raise TypeError("the texts of a turn are packed together by say()")
        case want.Record():
            rows.add(Observation, **_observation(effect, scene))
        case want.Escalate(urgency, reason, findings):
            evidence = [_evidence(finding, scene) for finding in findings]
            rows.calls.append(Call(scene.patient_id, urgency, reason, evidence, focus=scene.known.focus))
        case want.TellGuardian(text, urgency, purpose):
            rows.deeds.append(lambda c: tell_guardian(c, scene.patient_id, text, scene.now, urgency, purpose=purpose))
        case want.GiveConsent(kind, granted, version):
            rows.add(
                Consent,
                id=new_id(),
                patient_id=scene.patient_id,
                kind=kind,
                granted=granted,
                wording_version=version,
                given_at=scene.now,
                source=f"inbound:{scene.inbound_id}" if scene.inbound_id else "dialog",
            )
        case want.OptOut() | want.OptIn():
            since = scene.now if isinstance(effect, want.OptOut) else None
            rows.deeds.append(lambda c: _opt(c, scene, since))
        case want.SetLanguage(language):
            rows.deeds.append(lambda c: _touch(c, Patient, scene.patient_id, language=language, updated_at=scene.now))
        case want.Identify():
            rows.deeds.append(
                lambda c: enrolment.identify(c, scene.keyring, scene.known, effect, today=scene.today, now=scene.now)
            )
        case want.NameGuardian():
            rows.deeds.append(lambda c: enrolment.name_guardian(c, scene.keyring, scene.patient_id, effect, scene.now))
        case want.ReportOutcome():
            rows.deeds.append(
                lambda c: enrolment.report_outcome(
                    c, scene.known, scene.session_id, effect, today=scene.today, now=scene.now
                )
            )
        case want.BeginLater(script, after):
            rows.deeds.append(lambda c: _begin_later(c, script, scene.now + after, scene))
        case want.Finish(how=how):
            _finish(how, scene, rows)


def say(texts: Sequence[want.Say], scene: Scene, fits: Callable[[str], bool], rows: Rows) -> str | None:
    """Queue what is said in one turn, packed into as few messages as fit: the platform counts them.

    Returns the first text when it may leave as the answer to the webhook.
    """
    packed = _pack(texts, fits)
    for position, (text, purpose) in enumerate(packed):
        state, reason = "queued", None
        if scene.reach is None:
            state, reason = "failed", "no_address"
        elif scene.passive and position == 0:
            state = "answering"
        rows.messages.append(
            compose(
                patient_id=scene.patient_id,
                channel=scene.reach.channel if scene.reach else None,
                contact_point_id=scene.reach.contact_point_id if scene.reach else None,
                guardian_id=scene.reach.guardian_id if scene.reach else None,
                text=text,
                purpose=purpose,
                now=scene.now,
                state=state,
                reason=reason,
                in_reply_to=scene.inbound_id,
                position=position,
                session_id=scene.session_id,
                follow_up_id=scene.follow_up_id,
            )
        )
    return packed[0][0] if packed and scene.passive and scene.reach else None


def _pack(texts: Sequence[want.Say], fits: Callable[[str], bool]) -> list[tuple[str, want.Purpose]]:
    packed: list[tuple[str, want.Purpose]] = []
    for one in texts:
        if packed and fits(f"{packed[-1][0]}\n\n{one.text}"):
            text, purpose = packed[-1]
            packed[-1] = (f"{text}\n\n{one.text}", _weightier(purpose, one.purpose))
        else:
            packed.append((one.text, one.purpose))
    return packed


_WEIGHT = {purpose: weight for weight, purpose in enumerate(want.Purpose)}


def _weightier(one: want.Purpose, other: want.Purpose) -> want.Purpose:
    """Of two things said in one message the outbox tries as hard as the weightier needs; the enum is in that order."""
    return min(one, other, key=_WEIGHT.__getitem__)


def _observation(effect: want.Record, scene: Scene) -> dict[str, Any]:
    return {
        "id": new_id(),
        "patient_id": scene.patient_id,
        "pregnancy_id": scene.known.pregnancy_id,
        "code": effect.code,
        "value": effect.value,
        "unit": effect.unit,
        "said": effect.said,
        "source": "dialog",
        "session_id": scene.session_id,
        "inbound_message_id": scene.inbound_id,
        "observed_at": scene.now,
        "recorded_at": scene.now,
    }


def _evidence(finding: Finding, scene: Scene) -> dict[str, Any]:
    return asdict(finding) | {"inbound": str(scene.inbound_id) if scene.inbound_id else None}


def _opt(connection: Connection, scene: Scene, since: datetime | None) -> None:
    if scene.reach is not None:
        _touch(connection, ContactPoint, scene.reach.contact_point_id, opted_out_at=since)


def _touch(connection: Connection, model: type[Any], key: UUID, **values: Any) -> None:
    connection.execute(update(model).where(model.id == key).values(values))


def _begin_later(connection: Connection, script: str, at: datetime, scene: Scene) -> None:
    """A contact outside the plan, such as the check-ins after an emergency: due to the minute, at night too.

    Where one is to come by then anyway, as after the second of two alarming messages, there is no other.
    """
    awaited = connection.scalar(
        select(FollowUp.id)
        .where(
            FollowUp.patient_id == scene.patient_id,
            FollowUp.kind == CHECK_BACK,
            FollowUp.state == "planned",
            FollowUp.due_at > scene.now,
            FollowUp.due_at <= at,
            FollowUp.created_at < scene.now,
        )
        .limit(1)
    )
    if awaited is not None or scene.known.pregnancy_id is None:
        return
    follow_up = new_id()
    row = {
        "id": follow_up,
        "pregnancy_id": scene.known.pregnancy_id,
        "patient_id": scene.patient_id,
        "key": f"{script}@{at:%Y%m%dT%H%M%S%f}",
        "kind": CHECK_BACK,
        "scripts": [script],
        "reasons": [{"rule": "after_event", "source": "B8", "mark": "P"}],
        "urgency": Urgency.URGENT.rank,
        "due_on": at.astimezone(scene.zone).date(),
        "due_at": at,
        "answer_within_hours": 1,
        "ladder": [{"do": "nurse", "after_minutes": 10, "urgency": Urgency.URGENT}],
        "state": "planned",
        "rung": 0,
        "created_at": scene.now,
    }
    # Two signs of one moment ask for the same contact.
    added = db.insert(connection, FollowUp).on_conflict_do_nothing(index_elements=["pregnancy_id", "key"])
    if connection.execute(added.returning(FollowUp.id), row).first() is not None:
        set_alarms(connection, [Alarm(TimerKind.BEGIN, follow_up, at, Urgency.URGENT.rank)])


def _finish(how: str, scene: Scene, rows: Rows) -> None:
    """A dialog that a follow-up began is over: the contact counts when she answered it to its end."""
    follow_up = scene.follow_up_id
    if follow_up is None or how != "completed":
        return
    rows.deeds.append(lambda c: close_follow_up(c, scene, follow_up))


def close_follow_up(connection: Connection, scene: Scene, follow_up: UUID) -> None:
    """What only tells is over as soon as it has begun and counts as told; an answer is what she has written."""
    known = scene.known
    this = update(FollowUp).where(FollowUp.id == follow_up, FollowUp.state == "begun")
    if scene.inbound_id is None:
        connection.execute(this.values(state="told", closed_at=scene.now))
        return
    connection.execute(this.values(state="answered", answered_at=scene.now, closed_at=scene.now))
    connection.execute(
        insert(Encounter).values(
            id=new_id(),
            patient_id=scene.patient_id,
            pregnancy_id=known.pregnancy_id,
            kind="bot",
            at=scene.now,
            result="answered",
            follow_up_id=follow_up,
        )
    )
    if known.pregnancy_id is not None:
        asked_on = connection.scalar(
            select(FollowUp.due_on).where(FollowUp.id == follow_up, FollowUp.kind == "check_in")
        )
        if asked_on is not None:
            _touch(connection, Pregnancy, known.pregnancy_id, last_check_in=asked_on)
        set_alarms(connection, [Alarm(TimerKind.PLAN, known.pregnancy_id, scene.now)])
