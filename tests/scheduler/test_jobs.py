"""Time's jobs on real databases: planning, beginning, climbing the ladder, and going on when something is broken."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update

from bot import snapshots
from bot.channels.base import Limits
from bot.channels.memory import MemoryChannel
from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.effects import Scene, close_follow_up
from bot.house import House
from bot.outbox import Outbox
from bot.pregnancies import record_outcome
from bot.settings import Settings
from bot.timers import Alarm, set_alarms
from dialogs.library import Library
from models.base import new_id
from models.conversation import OutboundMessage, Session
from models.escalation import Escalation
from models.follow_up import FollowUp
from models.person import ContactPoint
from models.pregnancy import Pregnancy
from models.record import Encounter
from models.timer import Timer
from models.values import ROUTINE_RANK, ChannelKind, ConsentKind, OutcomeKind, RiskColour, TimerKind
from scheduler.jobs import PUT_ASIDE, Jobs
from scheduler.plan_rules import Plans, load_plans
from scheduler.runner import run_once
from tests import people

LADDER = [
    {"do": "repeat", "after_minutes": 4 * 60, "urgency": "urgent"},
    {"do": "guardian", "after_minutes": 8 * 60, "urgency": "urgent"},
    {"do": "nurse", "after_minutes": 12 * 60, "urgency": "urgent"},
]


DAILY_LADDER = [
    {"do": "repeat", "after_minutes": 8 * 60, "urgency": "soon"},
    {"do": "guardian", "after_minutes": 16 * 60, "urgency": "soon"},
    {"do": "nurse", "after_minutes": 24 * 60, "urgency": "soon"},
]


@dataclass
class Ward:
    house: House
    clock: FixedClock
    jobs: Jobs
    wechat: MemoryChannel
    sms: MemoryChannel

    @property
    def db(self) -> Database:
        return self.house.db

    def run(self, *names: str) -> None:
        """Run these jobs until nothing of theirs is due."""
        for job in self.jobs.all:
            while job.name in names and self.jobs.run(job, self.clock.now()):
                pass

    async def deliver(self) -> None:
        outbox = Outbox(self.house)
        while await outbox.deliver_due():
            pass

    def enrol(self, story: people.Story, **more: Any) -> people.Woman:
        with self.db.transaction() as session:
            woman = people.enrol(session, self.house.keyring, story, self.clock.now(), **more)
        with self.db.connection() as connection:
            connection.execute(
                update(ContactPoint)
                .where(ContactPoint.id == woman.wechat.id)
                .values(window_trigger="message", window_opened_at=self.clock.now(), window_left=5)
            )
        return woman

    def wake(self, kind: TimerKind, subject: UUID, at: datetime | None = None) -> None:
        with self.db.connection() as connection:
            set_alarms(connection, [Alarm(kind, subject, at or self.clock.now())])

    def plan(self, woman: people.Woman) -> list[FollowUp]:
        self.wake(TimerKind.PLAN, woman.pregnancy.id)
        self.run("plan_follow_ups")
        return self.follow_ups(woman)

    def follow_ups(self, woman: people.Woman) -> list[FollowUp]:
        with self.db.reading() as session:
            query = select(FollowUp).where(FollowUp.patient_id == woman.patient.id)
            return list(session.scalars(query.order_by(FollowUp.due_on, FollowUp.key)))

    def follow_up(self, woman: people.Woman, **more: Any) -> UUID:
        """A planned contact that is due now."""
        values: dict[str, Any] = {
            "id": new_id(),
            "pregnancy_id": woman.pregnancy.id,
            "patient_id": woman.patient.id,
            "key": f"made-up:{new_id()}",
            "kind": "check_in",
            "scripts": ["fetal_movement"],
            "reasons": [{"rule": "orange", "source": "made up", "mark": "P"}],
            "urgency": ROUTINE_RANK,
            "due_on": self.clock.now().date(),
            "due_at": self.clock.now(),
            "answer_within_hours": 12,
            "ladder": LADDER,
            "state": "planned",
            "rung": 0,
            "created_at": self.clock.now(),
        } | more
        with self.db.connection() as connection:
            connection.execute(insert(FollowUp), [values])
            set_alarms(connection, [Alarm(TimerKind.BEGIN, values["id"], values["due_at"], values["urgency"])])
        return UUID(str(values["id"]))

    def state_of(self, follow_up: UUID) -> tuple[str, str | None]:
        with self.db.reading() as session:
            found = session.get_one(FollowUp, follow_up)
            return found.state, found.closed_why

    def alarm(self, kind: TimerKind, subject: UUID) -> datetime | None:
        with self.db.reading() as session:
            return session.scalar(select(Timer.due_at).where(Timer.kind == kind, Timer.subject_id == subject))

    def escalation(self) -> Escalation | None:
        with self.db.reading() as session:
            return session.scalar(select(Escalation))

    def count(self, model: type[Any]) -> int:
        with self.db.reading() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def change(self, model: type[Any], key: UUID, **values: Any) -> None:
        with self.db.connection() as connection:
            connection.execute(update(model).where(model.id == key).values(values))


@pytest.fixture(scope="module")
def plans() -> Plans:
    return load_plans()


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture
def ward(db: Database, settings: Settings, clock: FixedClock, keyring: Keyring, library: Library, plans: Plans) -> Ward:
    wechat = MemoryChannel(ChannelKind.WECHAT, Limits(pushes_free_text=False, text_bytes=2000))
    sms = MemoryChannel(ChannelKind.SMS, Limits(pushes_free_text=True, segments=8))
    house = House(settings, clock, keyring, db, library, {ChannelKind.WECHAT: wechat, ChannelKind.SMS: sms})
    return Ward(house, clock, Jobs(house, plans), wechat, sms)


# -- planning --------------------------------------------------------------------------------------------------------


def test_planning_twice_changes_nothing(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    once = ward.plan(woman)
    twice = ward.plan(woman)
    assert once
    assert [(one.id, one.key, one.state) for one in once] == [(one.id, one.key, one.state) for one in twice]


def test_what_is_planned_says_why_and_when_it_begins(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    for planned in ward.plan(woman):
        assert all(reason["rule"] and reason["source"] for reason in planned.reasons)
        assert ward.alarm(TimerKind.BEGIN, planned.id) == planned.due_at
        assert 8 <= planned.due_at.astimezone(people.SHANGHAI).hour < 21


def test_the_plan_is_looked_at_again_in_the_night_before_the_next_contact(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    planned = ward.plan(woman)
    again = ward.alarm(TimerKind.PLAN, woman.pregnancy.id)
    assert again is not None
    there = again.astimezone(people.SHANGHAI)
    coming = [one.due_on for one in planned if one.due_on > ward.clock.now().astimezone(people.SHANGHAI).date()]
    assert there.date() == min(coming)
    assert there.hour < 6


def test_a_new_colour_heals_the_plan(ward: Ward) -> None:
    woman = ward.enrol(people.XIAOLIN)
    before = {one.key for one in ward.plan(woman) if one.state == "planned"}
    ward.change(Pregnancy, woman.pregnancy.id, risk_colour=RiskColour.RED, conditions=["hypertension"])
    red = {one.key for one in ward.plan(woman) if one.state == "planned"}
    ward.change(Pregnancy, woman.pregnancy.id, risk_colour=RiskColour.GREEN, conditions=[])
    after = {one.key for one in ward.plan(woman) if one.state == "planned"}
    assert len(red) > len(before)
    assert after == before


def test_what_was_given_up_has_no_alarm(ward: Ward) -> None:
    woman = ward.enrol(people.LIUMEI)
    ward.plan(woman)
    ward.change(Pregnancy, woman.pregnancy.id, risk_colour=RiskColour.GREEN, conditions=[])
    given_up = [one for one in ward.plan(woman) if one.state == "cancelled"]
    assert given_up
    assert all(ward.alarm(TimerKind.BEGIN, one.id) is None for one in given_up)


def test_after_a_loss_nothing_is_planned(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    ward.plan(woman)
    with ward.db.connection() as connection:
        record_outcome(
            connection,
            woman.pregnancy.id,
            OutcomeKind.STILLBIRTH,
            ward.clock.now().date(),
            by="李护士",
            now=ward.clock.now(),
        )
    ward.run("plan_follow_ups")
    assert {one.state for one in ward.follow_ups(woman)} == {"cancelled"}


def test_42_days_after_the_birth_the_programme_is_over(ward: Ward) -> None:
    woman = ward.enrol(people.WANGFANG)
    ward.plan(woman)
    ward.clock.move(timedelta(days=41))
    ward.wake(TimerKind.PLAN, woman.pregnancy.id)
    ward.run("plan_follow_ups")
    with ward.db.reading() as session:
        assert session.get_one(Pregnancy, woman.pregnancy.id).closed_at is not None
    assert ward.alarm(TimerKind.PLAN, woman.pregnancy.id) is None


# -- beginning -------------------------------------------------------------------------------------------------------


async def test_a_due_contact_is_begun_and_waits_for_the_first_rung(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(woman)
    ward.run("begin_due")
    await ward.deliver()
    assert ward.state_of(due) == ("begun", None)
    assert len(ward.wechat.sent) == 1
    assert ward.alarm(TimerKind.WAIT, due) == ward.clock.now() + timedelta(hours=4)
    assert ward.alarm(TimerKind.BEGIN, due) is None


def test_in_the_quiet_hours_it_is_moved_to_the_morning_and_never_dropped(ward: Ward) -> None:
    ward.clock.at = ward.clock.at.replace(hour=14)  # ten in the evening in Shanghai
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(woman)
    ward.run("begin_due")
    assert ward.state_of(due) == ("planned", None)
    moved = ward.alarm(TimerKind.BEGIN, due)
    assert moved is not None
    assert moved.astimezone(people.SHANGHAI).hour == 8
    ward.clock.at = moved
    ward.run("begin_due")
    assert ward.state_of(due) == ("begun", None)


def test_a_check_after_an_emergency_keeps_no_hours(ward: Ward) -> None:
    ward.clock.at = ward.clock.at.replace(hour=19)  # three in the night in Shanghai
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(woman, kind="check_back", urgency=ROUTINE_RANK - 1)
    ward.run("begin_due")
    assert ward.state_of(due) == ("begun", None)


def test_without_her_consent_nothing_is_asked(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI, consents=(ConsentKind.SERVICE,))
    due = ward.follow_up(woman)
    ward.run("begin_due")
    assert ward.state_of(due) == ("cancelled", "no_consent")
    assert ward.count(OutboundMessage) == 0


@pytest.mark.parametrize(("kind", "called"), [("check_in", True), ("lesson", False)])
def test_who_cannot_be_reached_is_phoned_unless_it_was_merely_useful(ward: Ward, kind: str, *, called: bool) -> None:
    woman = ward.enrol(people.AMEI)
    for point in (woman.wechat, woman.sms):
        ward.change(ContactPoint, point.id, opted_out_at=ward.clock.now())
    due = ward.follow_up(woman, kind=kind)
    ward.run("begin_due")
    assert ward.state_of(due) == ("missed", "no_address")
    assert (ward.escalation() is not None) is called


def test_she_is_asked_one_thing_at_a_time(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    first = ward.follow_up(woman)
    ward.run("begin_due")
    second = ward.follow_up(woman)
    ward.run("begin_due")
    assert ward.state_of(first) == ("begun", None)
    assert ward.state_of(second) == ("cancelled", "still_waiting")


def test_the_next_check_in_takes_the_place_of_one_that_nobody_answered(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    first = ward.follow_up(woman, ladder=DAILY_LADDER)
    ward.run("begin_due")
    ward.clock.move(timedelta(hours=23))
    second = ward.follow_up(woman, due_on=ward.clock.now().date() + timedelta(days=1), ladder=DAILY_LADDER)
    ward.run("begin_due")
    assert ward.state_of(first) == ("missed", "next_contact")
    assert ward.state_of(second) == ("begun", None)
    with ward.db.reading() as session:
        dialogs = session.execute(select(Session.follow_up_id, Session.ended_how).order_by(Session.began_at)).all()
        assert [tuple(row) for row in dialogs] == [(first, "replaced"), (second, None)]
        assert session.scalars(select(Encounter.result)).all() == ["no_answer"]
    assert ward.alarm(TimerKind.WAIT, first) is None


def test_a_new_day_does_not_set_the_way_to_the_nurse_back(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    ward.follow_up(woman, ladder=DAILY_LADDER)
    ward.run("begin_due")
    asked = ward.clock.now()
    ward.clock.move(timedelta(hours=23))
    second = ward.follow_up(woman, due_on=asked.date() + timedelta(days=1), ladder=DAILY_LADDER)
    ward.run("begin_due")
    assert ward.alarm(TimerKind.WAIT, second) == asked + timedelta(hours=24)
    ward.clock.move(timedelta(minutes=59))
    ward.run("expire_waits")
    assert ward.escalation() is None
    ward.clock.move(timedelta(minutes=1))
    ward.run("expire_waits")
    assert ward.escalation() is not None
    assert ward.state_of(second) == ("missed", "no_answer")


def test_her_answer_gives_the_contact_of_the_new_day_its_full_time(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    ward.follow_up(woman, ladder=DAILY_LADDER)
    ward.run("begin_due")
    ward.clock.move(timedelta(hours=23))
    second = ward.follow_up(woman, due_on=ward.clock.now().date() + timedelta(days=1), ladder=DAILY_LADDER)
    ward.run("begin_due")
    ward.clock.move(timedelta(minutes=30))
    with ward.db.connection() as connection:
        connection.execute(update(Session).where(Session.ended_at.is_(None)).values(touched_at=ward.clock.now()))
    ward.clock.move(timedelta(minutes=30))
    ward.run("expire_waits")
    assert ward.escalation() is None
    assert ward.alarm(TimerKind.WAIT, second) == ward.clock.now() + timedelta(hours=7, minutes=30)


def test_a_check_in_of_the_next_day_does_not_interrupt_her_while_she_answers(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    first = ward.follow_up(woman, ladder=DAILY_LADDER)
    ward.run("begin_due")
    ward.clock.move(timedelta(hours=23))
    with ward.db.connection() as connection:
        connection.execute(update(Session).values(touched_at=ward.clock.now()))
    ward.clock.move(timedelta(minutes=5))
    second = ward.follow_up(woman, due_on=ward.clock.now().date() + timedelta(days=1), ladder=DAILY_LADDER)
    ward.run("begin_due")
    assert (ward.state_of(first)[0], ward.state_of(second)[0]) == ("begun", "planned")
    ward.clock.move(timedelta(minutes=10))
    ward.run("begin_due")
    assert (ward.state_of(first)[0], ward.state_of(second)[0]) == ("missed", "begun")


def test_a_daily_contact_that_stays_unanswered_calls_a_nurse_once(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    for _ in range(5):
        ward.follow_up(woman, ladder=DAILY_LADDER)
        ward.run("expire_waits", "begin_due")
        with ward.db.reading() as session:
            assert session.scalar(select(func.count()).where(Session.ended_at.is_(None))) == 1
        for hours in (8, 8, 7.5):
            ward.clock.move(timedelta(hours=hours))
            ward.run("expire_waits")
    assert ward.count(Escalation) == 1
    with ward.db.reading() as session:
        states = session.execute(select(FollowUp.state, FollowUp.closed_why).order_by(FollowUp.begun_at)).all()
    assert [tuple(row) for row in states] == [
        ("missed", "next_contact"),
        ("missed", "no_answer"),
        ("missed", "next_contact"),
        ("missed", "no_answer"),
        ("begun", None),
    ]


async def test_an_answer_after_midnight_counts_for_the_day_that_was_asked(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    asked_on = ward.clock.now().date()
    told, asked = ward.follow_up(woman, kind="lesson", due_on=asked_on), ward.follow_up(woman)
    ward.change(FollowUp, told, state="begun")
    ward.change(FollowUp, asked, state="begun")
    ward.clock.move(timedelta(days=1))
    for follow_up, counted in ((told, None), (asked, asked_on)):
        with ward.db.connection() as connection:
            known = snapshots.take(connection, [woman.patient.id], ward.clock.now(), people.SHANGHAI)
            woman_known, now, keyring = known[woman.patient.id], ward.clock.now(), ward.house.keyring
            scene = Scene(woman_known, None, now, keyring, people.SHANGHAI, inbound_id=new_id())
            close_follow_up(connection, scene, follow_up)
        with ward.db.reading() as session:
            assert session.get_one(Pregnancy, woman.pregnancy.id).last_check_in == counted


def test_two_that_are_due_at_once_are_not_begun_together(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    due = [ward.follow_up(woman), ward.follow_up(woman)]
    ward.run("begin_due")
    assert sorted(ward.state_of(one)[0] for one in due) == ["begun", "planned"]


def test_while_a_nurse_has_her_the_bot_keeps_silent(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    now = ward.clock.now()
    row = {"id": new_id(), "patient_id": woman.patient.id, "urgency": "soon", "reason": "made up", "evidence": []}
    row |= {"status": "assigned", "opened_at": now, "due_at": now + timedelta(hours=24), "tier": 0, "version": 1}
    with ward.db.connection() as connection:
        connection.execute(insert(Escalation), [row])
    due = ward.follow_up(woman)
    ward.run("begin_due")
    assert ward.state_of(due) == ("planned", None)
    moved = ward.alarm(TimerKind.BEGIN, due)
    assert moved is not None
    assert moved > now


def test_after_an_outage_the_old_contacts_are_dropped_with_a_reason_and_not_poured_out(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    old = [ward.follow_up(woman) for _ in range(3)]
    ward.clock.move(timedelta(days=3))
    ward.run("begin_due")
    assert {ward.state_of(one) for one in old} == {("missed", "too_late")}
    assert ward.count(OutboundMessage) == 0


@pytest.mark.parametrize(
    ("kind", "rule", "urgency", "expected"),
    [("human_contact", "orange", 2, "soon"), ("overdue", "overdue_42_weeks", 1, "urgent")],
)
def test_what_is_for_a_human_goes_to_the_nurses(ward: Ward, kind: str, rule: str, urgency: int, expected: str) -> None:
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(
        woman,
        kind=kind,
        scripts=[],
        ladder=[],
        urgency=urgency,
        reasons=[{"rule": rule, "source": "made up", "mark": "P"}],
    )
    ward.run("begin_due")
    called = ward.escalation()
    assert called is not None
    assert called.urgency == expected
    assert ward.state_of(due) == ("begun", "handed_to_nurse")
    assert ward.count(OutboundMessage) == 0


# -- nobody answers --------------------------------------------------------------------------------------------------


async def test_nobody_answers_and_the_ladder_is_climbed_to_a_nurse(ward: Ward) -> None:
    ward.clock.at = ward.clock.at.replace(hour=0)  # eight in the morning in Shanghai
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(woman)
    ward.run("begin_due")
    seen = []
    for _ in range(3):
        ward.clock.move(timedelta(hours=4))
        ward.run("expire_waits")
        await ward.deliver()
        seen.append((len(ward.wechat.sent), len(ward.sms.sent), ward.escalation() is not None))
    assert seen == [(2, 0, False), (2, 1, False), (2, 1, True)]
    assert ward.wechat.sent[0].text == ward.wechat.sent[1].text
    assert ward.sms.sent[0].to == people.AMEI.guardian_phone
    assert "胎动" not in ward.sms.sent[0].text
    assert ward.state_of(due) == ("missed", "no_answer")
    called = ward.escalation()
    assert called is not None
    assert called.urgency == "urgent"


async def test_the_guardian_hears_nothing_without_her_consent(ward: Ward) -> None:
    ward.clock.at = ward.clock.at.replace(hour=0)
    woman = ward.enrol(people.AMEI, consents=(ConsentKind.SERVICE, ConsentKind.HEALTH_DATA))
    ward.follow_up(woman)
    ward.run("begin_due")
    ward.clock.move(timedelta(hours=8))
    ward.run("expire_waits")
    await ward.deliver()
    assert ward.sms.sent == []
    ward.clock.move(timedelta(hours=4))
    ward.run("expire_waits")
    assert ward.escalation() is not None


def test_at_night_neither_she_nor_her_family_is_pressed_but_the_nurse_is_told_in_time(ward: Ward) -> None:
    ward.clock.at = ward.clock.at.replace(hour=12)  # eight in the evening in Shanghai
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(woman)
    ward.run("begin_due")
    ward.clock.move(timedelta(hours=4))
    ward.run("expire_waits")
    assert ward.count(OutboundMessage) == 1
    assert ward.state_of(due) == ("begun", None)
    ward.clock.move(timedelta(hours=8))
    ward.run("expire_waits")
    assert ward.escalation() is not None


def test_after_an_outage_only_the_highest_rung_is_taken(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    ward.follow_up(woman)
    ward.run("begin_due")
    ward.clock.move(timedelta(days=2))
    ward.run("expire_waits")
    assert ward.escalation() is not None
    assert ward.count(OutboundMessage) == 1


def test_an_answer_sets_the_ladder_back_to_its_full_time(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(woman)
    ward.run("begin_due")
    ward.clock.move(timedelta(hours=3))
    with ward.db.connection() as connection:
        connection.execute(update(Session).values(touched_at=ward.clock.now()))
    ward.clock.move(timedelta(hours=1))
    ward.run("expire_waits")
    assert ward.count(OutboundMessage) == 1
    assert ward.alarm(TimerKind.WAIT, due) == ward.clock.now() + timedelta(hours=3)


def test_the_dialog_of_a_missed_contact_stays_open_for_a_late_answer_and_then_ends(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    ward.follow_up(woman, ladder=[{"do": "nurse", "after_minutes": 60, "urgency": "urgent"}])
    ward.run("begin_due")
    ward.clock.move(timedelta(hours=1))
    ward.run("expire_waits")
    with ward.db.reading() as session:
        assert session.scalar(select(Session.ended_at)) is None
    ward.clock.move(timedelta(days=7))
    ward.run("expire_waits")
    with ward.db.reading() as session:
        assert session.scalar(select(Session.ended_how)) == "unanswered"
    assert ward.count(Timer) == 1 + ward.count(Escalation)  # the message still to send, the escalation's clock


# -- going on --------------------------------------------------------------------------------------------------------


def test_one_broken_row_is_put_aside_and_stops_nobody(ward: Ward, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    broken = ward.follow_up(ward.enrol(people.LIUMEI), scripts=["no_such_script"])
    sound = ward.follow_up(ward.enrol(people.AMEI))
    ward.run("begin_due")
    assert ward.state_of(sound) == ("begun", None)
    assert ward.state_of(broken) == ("planned", None)
    assert ward.alarm(TimerKind.BEGIN, broken) == ward.clock.now() + PUT_ASIDE
    assert str(broken) in caplog.text
    assert people.LIUMEI.name not in caplog.text


async def test_run_once_ends_when_nothing_is_due_any_more(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    ward.follow_up(woman)
    assert await run_once(ward.house) > 0
    assert await run_once(ward.house) == 0
    assert len(ward.wechat.sent) == 1


def test_a_contact_that_was_stopped_is_not_begun(ward: Ward) -> None:
    woman = ward.enrol(people.AMEI)
    due = ward.follow_up(woman)
    ward.change(FollowUp, due, state="cancelled")
    ward.run("begin_due")
    assert ward.count(OutboundMessage) == 0
    assert ward.alarm(TimerKind.BEGIN, due) is None
