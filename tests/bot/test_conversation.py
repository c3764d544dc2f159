"""Turns on real databases: stored once, answered the same, decided by dialogs, written in one commit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from bot.channels.memory import MemoryChannel
from bot.clock import FixedClock
from bot.conversation import Conversation, OneWomanTwice, Start
from bot.crypto import Keyring
from bot.db import Database
from bot.findings import findings_in
from bot.house import House
from bot.inbound import Answer, Inbound
from bot.invitations import bind_openid, invite
from bot.messages import compose, queue
from bot.settings import Settings
from dialogs.effects import Purpose
from dialogs.library import Library
from dialogs.snapshot import Heard, HeardKind
from models.conversation import InboundMessage, OutboundMessage, Session
from models.escalation import Escalation, EscalationEvent
from models.follow_up import FollowUp
from models.metadata import metadata
from models.person import ContactPoint, Patient
from models.pregnancy import Pregnancy
from models.record import Encounter, Observation
from models.timer import Timer
from models.values import Address, ChannelKind, TimerKind
from scheduler.jobs import Jobs
from scheduler.plan_rules import load_plans
from tests import people


class Ward:
    """A house on one database, with women who write and a clock held in the hand."""

    def __init__(self, house: House, clock: FixedClock) -> None:
        self.house = house
        self.clock = clock
        self.conversation = Conversation(house)
        self._count = 0

    def hear(self, story: people.Story, text: str = "", **fields) -> Answer:
        return self.hear_all([self.message(story.openid, text, **fields)])[0]

    def hear_all(self, inbounds: list[Inbound]) -> list[Answer]:
        with self.house.db.connection() as connection:
            answers, self.news = self.conversation.receive(connection, inbounds, self.clock.now())
        return answers

    def message(self, openid: str, text: str = "", **fields) -> Inbound:
        self._count += 1
        heard = fields.pop("heard", Heard(HeardKind.TEXT, text=text))
        fields = {"external_id": f"m:clinic:{self._count}", "passive": True} | fields
        return Inbound(Address(ChannelKind.WECHAT, openid), received_at=self.clock.now(), heard=heard, **fields)

    def rows(self, model, *where):
        with self.house.db.reading() as session:
            return list(session.scalars(select(model).where(*where)))

    def count(self, model, *where) -> int:
        with self.house.db.reading() as session:
            return session.scalar(select(func.count()).select_from(model).where(*where))


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load()


@pytest.fixture
def ward(db: Database, settings: Settings, clock: FixedClock, keyring: Keyring, library: Library) -> Iterator[Ward]:
    channels = {kind: MemoryChannel(kind) for kind in ChannelKind}
    with db.transaction() as session:
        hospital = people.hospital(session, clock.now())
        nurse = people.nurse(session, clock.now(), hospital)
        for story in (people.XIAOLIN, people.AMEI):
            people.enrol(session, keyring, story, clock.now(), facility=hospital, nurse=nurse)
    return Ward(House(settings, clock, keyring, db, library, channels), clock)


def test_a_danger_sign_brings_the_safety_line_and_a_nurse_in_one_commit(ward: Ward):
    answer = ward.hear(people.XIAOLIN, "流血了，好多，止不住")
    assert "120" in answer.text
    (escalation,) = ward.rows(Escalation)
    assert escalation.urgency == "emergency"
    assert escalation.due_at == ward.clock.now() + timedelta(minutes=10)
    assert escalation.evidence[0]["evidence"]
    assert "queue" in ward.news
    (message,) = ward.rows(OutboundMessage, OutboundMessage.in_reply_to.is_not(None))
    assert (message.state, message.content) == ("answering", answer.text)


def test_the_guardian_who_may_know_is_told_by_sms_without_a_diagnosis(ward: Ward):
    ward.hear(people.XIAOLIN, "流血了，好多，止不住")
    (alert,) = ward.rows(OutboundMessage, OutboundMessage.guardian_id.is_not(None))
    assert (alert.channel, alert.state) == ("sms", "queued")
    assert "血" not in alert.content


def test_the_platforms_retry_gets_the_same_answer_and_changes_nothing(ward: Ward):
    message = ward.message(people.XIAOLIN.openid, "流血了，好多，止不住")
    first = ward.hear_all([message])[0]
    for _ in range(2):
        again = ward.hear_all([message])[0]
        assert (again.text, again.message_id, again.repeated) == (first.text, first.message_id, True)
    assert ward.count(InboundMessage) == 1
    assert ward.count(Escalation) == 1
    assert ward.count(EscalationEvent) == 1


def test_what_nothing_understands_reaches_a_nurse_and_she_is_told(ward: Ward):
    answer = ward.hear(people.XIAOLIN, "嘟嘟噜啦啦")
    assert answer.text
    assert ward.rows(Escalation)[0].urgency == "soon"
    assert ward.rows(Patient, Patient.name.is_not(None), Patient.unread_misses == 1)


def test_a_stranger_is_kept_and_heard(ward: Ward):
    answer = ward.hear_all([ward.message("openid-of-nobody", "我肚子疼得受不了，流血了")])[0]
    assert "120" in answer.text
    (stranger,) = ward.rows(Patient, Patient.status == "unconfirmed")
    assert ward.rows(Escalation)[0].patient_id == stranger.id


def test_many_women_share_one_commit_and_each_gets_her_own_answer(ward: Ward):
    answers = ward.hear_all(
        [
            ward.message(people.XIAOLIN.openid, "流血了，好多，止不住"),
            ward.message(people.AMEI.openid, "帮助"),
            ward.message("openid-of-nobody", "您好"),
        ]
    )
    assert "120" in answers[0].text
    assert answers[1].text != answers[0].text
    assert ward.count(InboundMessage) == 3


def test_a_dialog_lives_between_turns_and_leaves_observations(ward: Ward):
    question = ward.hear(people.XIAOLIN, "胎动").text
    assert "1 " in question
    (session,) = ward.rows(Session, Session.ended_at.is_(None))
    assert ward.count(Timer, Timer.kind == TimerKind.WAIT, Timer.subject_id == session.id) == 1
    ward.hear(people.XIAOLIN, "1")
    assert [row.code for row in ward.rows(Observation)] == ["fetal_movement"]
    assert ward.count(Session, Session.ended_at.is_(None)) == 0
    assert ward.count(Timer, Timer.kind == TimerKind.WAIT) == 0


def test_an_answer_that_left_needs_no_safety_net(ward: Ward):
    answer = ward.hear(people.XIAOLIN, "帮助")
    assert ward.count(Timer, Timer.subject_id == answer.message_id) == 1
    with ward.house.db.connection() as connection:
        ward.conversation.confirm(connection, [answer.message_id], ward.clock.now())
    assert ward.count(Timer, Timer.subject_id == answer.message_id) == 0
    assert ward.rows(OutboundMessage, OutboundMessage.id == answer.message_id)[0].state == "sent"


def test_an_event_without_words_is_stored_and_not_answered(ward: Ward):
    answer = ward.hear(people.XIAOLIN, heard=Heard(HeardKind.OTHER), event="view")
    assert answer.text is None
    assert ward.rows(InboundMessage)[0].kind == "view"


def test_who_unfollows_is_not_written_to_on_wechat_any_more(ward: Ward):
    ward.hear(people.XIAOLIN, heard=Heard(HeardKind.OTHER), event="unsubscribe")
    statuses = {row.status for row in ward.rows(ContactPoint, ContactPoint.channel == "wechat")}
    assert statuses == {"unsubscribed", "active"}


def test_a_message_that_could_not_be_read_is_kept(ward: Ward):
    unreadable = Inbound(None, "u:1", ward.clock.now(), Heard(HeardKind.OTHER), event="unreadable")
    for _ in range(2):
        assert ward.hear_all([unreadable])[0].text is None
    assert ward.count(InboundMessage, InboundMessage.kind == "unreadable") == 1


def test_a_follow_up_begins_on_wechat_and_waits(ward: Ward):
    (woman,) = [row for row in ward.rows(Patient) if row.name == people.XIAOLIN.name]
    with ward.house.db.connection() as connection:
        begun = ward.conversation.begin(connection, [Start(woman.id, ("fetal_movement",))], ward.clock.now())
    assert begun == {woman.id}
    (message,) = ward.rows(OutboundMessage)
    assert (message.channel, message.state) == ("wechat", "queued")
    with ward.house.db.connection() as connection:
        assert not ward.conversation.begin(connection, [Start(woman.id, ("fetal_movement",))], ward.clock.now())


def begin_two(ward: Ward, *scripts: str) -> None:
    (woman,) = [row for row in ward.rows(Patient) if row.name == people.XIAOLIN.name]
    start = Start(woman.id, scripts or ("fetal_movement", "blood_pressure_check"))
    with ward.house.db.connection() as connection:
        ward.conversation.begin(connection, [start], ward.clock.now())


def test_the_parts_of_a_contact_follow_each_other(ward: Ward):
    begin_two(ward)
    assert "120/80" in ward.hear(people.XIAOLIN, "和平时差不多").text


def test_who_is_sent_to_hospital_is_asked_nothing_more(ward: Ward):
    begin_two(ward)
    assert "120/80" not in ward.hear(people.XIAOLIN, "明显变少").text
    assert ward.count(Session, Session.ended_at.is_(None)) == 0


def announced(ward: Ward, text: str) -> None:
    """She could only be told that something waits."""
    (woman,) = [row for row in ward.rows(Patient) if row.name == people.XIAOLIN.name]
    with ward.house.db.connection() as connection:
        message = compose(
            patient_id=woman.id,
            channel=ChannelKind.WECHAT,
            contact_point_id=None,
            text=text,
            purpose=Purpose.QUESTION,
            now=ward.clock.now(),
        )
        queue(connection, [message], ward.clock.now())
        connection.execute(update(OutboundMessage).values(state="sent", route="template", unseen=True))


def test_what_was_only_announced_is_read_when_she_writes_anything(ward: Ward):
    announced(ward, "今天好吗？")
    assert "今天好吗？" in ward.hear(people.XIAOLIN, "嘟嘟噜啦啦").text
    assert ward.count(Escalation) == 0
    assert "今天好吗？" not in ward.hear(people.XIAOLIN, "帮助").text


def test_a_danger_sign_comes_before_what_was_announced(ward: Ward):
    announced(ward, "今天好吗？")
    assert "今天好吗？" not in ward.hear(people.XIAOLIN, "流血了，好多，止不住").text
    assert ward.count(OutboundMessage, OutboundMessage.unseen) == 1


def test_a_woman_and_her_guardian_are_never_heard_in_one_batch(ward: Ward):
    hers = ward.message(people.XIAOLIN.openid, "胎动")
    his = Inbound(
        Address(ChannelKind.SMS, people.XIAOLIN.guardian_phone),
        "SM1",
        ward.clock.now(),
        Heard(HeardKind.TEXT, "她流血了"),
    )
    with pytest.raises(OneWomanTwice):
        ward.hear_all([hers, his])
    assert ward.hear_all([hers])[0].text
    ward.hear_all([his])
    assert ward.count(Escalation) == 1


def test_a_second_alarm_brings_no_second_set_of_check_ins_and_no_second_sms(ward: Ward):
    ward.hear(people.XIAOLIN, "流血了，好多，止不住")
    ward.clock.move(timedelta(minutes=2))
    ward.hear(people.XIAOLIN, "还在流血，好多，晕倒了")
    assert ward.count(FollowUp, FollowUp.kind == "check_back") == 3
    assert ward.count(OutboundMessage, OutboundMessage.guardian_id.is_not(None)) == 1


def test_what_only_tells_counts_as_told_and_never_as_answered(ward: Ward):
    (woman,) = [row for row in ward.rows(Patient) if row.name == people.XIAOLIN.name]
    (pregnancy,) = ward.rows(Pregnancy, Pregnancy.patient_id == woman.id)
    now = ward.clock.now()
    follow_up = FollowUp(
        pregnancy_id=pregnancy.id,
        patient_id=woman.id,
        key="routine:test",
        kind="lesson",
        scripts=["lesson_one"],
        due_on=now.date(),
        due_at=now,
        state="begun",
        created_at=now,
    )
    with ward.house.db.transaction() as session:
        session.add(follow_up)
    with ward.house.db.connection() as connection:
        ward.conversation.begin(connection, [Start(woman.id, ("lesson_one",), follow_up.id)], now)
    assert ward.rows(FollowUp)[0].state == "told"
    assert ward.count(Encounter) == 0


def test_a_child_who_follows_is_led_into_nothing_but_shown_to_the_reporter(ward: Ward):
    with ward.house.db.connection() as connection:
        connection.execute(update(Patient).values(status="protected"))
    followed = ward.hear(people.XIAOLIN, heard=Heard(HeardKind.FOLLOWED), event="follow")
    assert followed.text is None
    assert ward.count(Session) == 0
    assert ward.rows(Escalation)[0].urgency == "urgent"
    assert "120" in ward.hear(people.XIAOLIN, "流血了，好多，止不住").text


def test_a_wait_ends_only_when_she_has_been_silent_for_all_of_it(ward: Ward):
    ward.hear(people.XIAOLIN, "胎动")
    (session,) = ward.rows(Session)
    ward.clock.move(timedelta(minutes=1))
    with ward.house.db.connection() as connection:
        ward.conversation.expire(connection, [session.id], ward.clock.now())
    assert ward.count(Session, Session.ended_at.is_(None)) == 1
    ward.clock.move(timedelta(days=8))
    with ward.house.db.connection() as connection:
        ward.conversation.expire(connection, [session.id], ward.clock.now())
    assert ward.count(Session, Session.ended_at.is_(None)) == 0


def test_the_database_shows_no_name_no_number_and_no_sentence(ward: Ward, db: Database):
    ward.hear(people.XIAOLIN, "我叫小林，流血了，止不住")
    raw = _raw(db)
    for secret in ("小林", "止不住", people.XIAOLIN.phone, people.XIAOLIN.openid, people.XIAOLIN.guardian_phone):
        assert secret.encode() not in raw


def _raw(db: Database) -> bytes:
    """What somebody sees who opens the database: the files of SQLite, every column of PostgreSQL as bytes."""
    if db.is_sqlite:
        return b"".join(path.read_bytes() for path in Path(db.engine.url.database).parent.glob("yunban.db*"))
    with db.connection() as connection:
        tables = [f'SELECT t::text FROM "{name}" t' for name in metadata.tables]
        rows = [row for table in tables for row in connection.exec_driver_sql(table).scalars()]
    return "\n".join(rows).encode()


def tick(ward: Ward, later: timedelta) -> None:
    """The jobs run, once so much time has passed."""
    ward.clock.move(later)
    jobs = Jobs(ward.house, load_plans())
    for job in jobs.all:
        jobs.run(job, ward.clock.now())


def test_a_check_after_an_emergency_calls_a_nurse_although_it_took_the_place_of_another_dialog(ward: Ward):
    ward.hear(people.XIAOLIN, "胎动")
    ward.hear(people.XIAOLIN, "流血了，好多，止不住")
    tick(ward, timedelta(minutes=16))
    (check,) = ward.rows(FollowUp, FollowUp.state == "begun")
    assert ward.count(Session, Session.ended_at.is_(None), Session.follow_up_id == check.id) == 1
    tick(ward, timedelta(minutes=11))
    (ended,) = ward.rows(FollowUp, FollowUp.id == check.id)
    assert (ended.state, ended.closed_why) == ("missed", "no_answer")


def test_an_answer_to_what_she_was_asked_since_is_not_taken_for_a_wish_to_read(ward: Ward):
    announced(ward, "今天好吗？")
    ward.clock.move(timedelta(minutes=1))
    ward.hear(people.XIAOLIN, "胎动")
    ward.hear(people.XIAOLIN, "3")
    assert [row.code for row in ward.rows(Observation)] == ["fetal_movement"]
    assert ward.count(OutboundMessage, OutboundMessage.unseen) == 1


def test_yes_to_the_question_about_a_danger_is_heard_although_something_waits(ward: Ward):
    announced(ward, "今天好吗？")
    ward.clock.move(timedelta(minutes=1))
    ward.hear(people.XIAOLIN, "如果大出血怎么办")
    assert "120" in ward.hear(people.XIAOLIN, "是").text
    assert [row.urgency for row in ward.rows(Escalation)] == ["emergency"]


def test_who_wants_no_more_messages_gets_none_that_waited(ward: Ward):
    announced(ward, "今天好吗？")
    assert "今天好吗" not in ward.hear(people.XIAOLIN, "退订").text
    assert "今天好吗" not in (ward.hear(people.XIAOLIN, "您好").text or "")


@pytest.mark.parametrize("turns_to", ["退订", "胎动", "menu"])
def test_who_turns_away_from_the_question_about_a_danger_is_asked_by_a_human(ward: Ward, turns_to: str):
    ward.hear(people.XIAOLIN, "如果大出血怎么办")
    if turns_to == "menu":
        key = ward.house.library.menu.items[0].key
        ward.hear(people.XIAOLIN, heard=Heard(HeardKind.MENU, menu_key=key), event="click")
    else:
        ward.hear(people.XIAOLIN, turns_to)
    assert [row.urgency for row in ward.rows(Escalation)] == ["urgent"]


def test_a_guardian_who_wants_no_messages_does_not_end_her_dialog(ward: Ward):
    ward.hear(people.XIAOLIN, "胎动")
    his = Address(ChannelKind.SMS, people.XIAOLIN.guardian_phone)
    ward.hear_all([Inbound(his, "SM1", ward.clock.now(), Heard(HeardKind.TEXT, "退订"))])
    assert ward.count(Session, Session.ended_at.is_(None)) == 1
    assert ward.count(ContactPoint, ContactPoint.opted_out_at.is_not(None), ContactPoint.guardian_id.is_not(None)) == 1


@pytest.mark.parametrize("event", ["click", "scan", "follow", "unsubscribe"])
def test_no_event_takes_the_protection_of_a_minor_away(ward: Ward, event: str):
    with ward.house.db.connection() as connection:
        connection.execute(update(ContactPoint).values(status="protected"))
    ward.hear(people.XIAOLIN, heard=Heard(HeardKind.OTHER), event=event)
    assert {row.status for row in ward.rows(ContactPoint)} == {"protected"}


class Stumbling(dict):
    """Words of which reading any is a fault of ours, and the fault quotes them."""

    def get(self, key, default=None):
        raise ValueError(f"cannot read {key}")


def test_a_danger_sign_is_answered_although_the_dialog_fails_and_the_log_shows_none_of_it(ward: Ward, caplog):
    library = replace(ward.house.library, verbs=Stumbling())
    ward.conversation = Conversation(replace(ward.house, library=library))
    assert "120" in ward.hear(people.XIAOLIN, "流血了，好多，止不住").text
    assert ward.hear(people.AMEI, "嘟嘟噜啦啦").text
    assert sorted(row.urgency for row in ward.rows(Escalation)) == ["emergency", "soon"]
    assert "嘟嘟噜" not in caplog.text


def test_half_a_sign_of_an_emoji_loses_no_message(ward: Ward):
    assert "120" in ward.hear(people.XIAOLIN, "流血了，好多，止不住\ud83d").text
    assert ward.rows(InboundMessage)[0].content["text"] == "流血了，好多，止不住?"


def test_who_had_a_wechat_that_was_replaced_can_scan_her_card_with_it_again(ward: Ward):
    (woman,) = [row for row in ward.rows(Patient) if row.name == people.XIAOLIN.name]
    with ward.house.db.connection() as connection:
        bind_openid(connection, ward.house.keyring, woman.id, "openid-of-her-new-phone", ward.clock.now())
        code = invite(connection, ward.house.keyring, woman.id, ward.clock.now())
    ward.hear(people.XIAOLIN, "您好")
    ward.hear(people.XIAOLIN, heard=Heard(HeardKind.SCANNED), event="scan", scene=code)
    ward.hear(people.XIAOLIN, "您好")
    assert {row.patient_id for row in ward.rows(InboundMessage)} == {woman.id}


def chased_at(ward: Ward) -> datetime:
    (timer,) = ward.rows(Timer, Timer.kind == TimerKind.CHASE)
    return timer.due_at


def test_a_new_danger_sign_is_told_soon_although_everybody_was_called_long_ago(ward: Ward):
    ward.hear(people.XIAOLIN, "流血了，好多，止不住")
    for _ in range(60):
        tick(ward, timedelta(minutes=30))
    assert chased_at(ward) > ward.clock.now() + timedelta(hours=1)
    ward.hear(people.XIAOLIN, "又流血了，好多，止不住")
    due = chased_at(ward)
    assert due == ward.clock.now() + timedelta(minutes=10)
    ward.clock.move(timedelta(minutes=5))
    ward.hear(people.XIAOLIN, "还在流血，好多，止不住")
    assert chased_at(ward) == due


def test_two_danger_signs_of_one_moment_bring_one_set_of_check_ins(ward: Ward):
    ward.hear(people.XIAOLIN, "流血了")
    assert "120" in ward.hear(people.XIAOLIN, "抽搐了").text
    assert ward.count(FollowUp, FollowUp.kind == "check_back") == 3
    assert [row.urgency for row in ward.rows(Escalation)] == ["emergency"]


def test_a_message_of_a_kind_that_nobody_knew_of_reaches_a_nurse(ward: Ward):
    assert ward.hear(people.XIAOLIN, heard=Heard(HeardKind.OTHER)).text
    assert [row.urgency for row in ward.rows(Escalation)] == ["soon"]


def kept_of(ward: Ward, text: str) -> InboundMessage:
    (message,) = [row for row in ward.rows(InboundMessage) if row.content.get("text") == text]
    return message


def read_in(ward: Ward, text: str) -> list[tuple[str, str]]:
    """The sign and status of each finding that is kept beside a message."""
    return [(finding["sign"], finding["status"]) for finding in findings_in(kept_of(ward, text).findings)]


def level_of(ward: Ward, text: str) -> str | None:
    return kept_of(ward, text).level


def test_what_was_read_and_set_aside_is_kept_beside_her_message(ward: Ward):
    ward.hear(people.XIAOLIN, "没有出血，宝宝动得挺好")
    assert ("bleeding", "negated") in read_in(ward, "没有出血，宝宝动得挺好")
    ward.hear(people.AMEI, "如果破水了怎么办")
    assert {status for _, status in read_in(ward, "如果破水了怎么办")} == {"hypothetical"}
    assert level_of(ward, "如果破水了怎么办") is None


def test_a_sign_she_does_not_have_gives_her_message_no_level(ward: Ward):
    ward.hear(people.XIAOLIN, "有点头晕，没有出血")
    assert {status for _, status in read_in(ward, "有点头晕，没有出血")} == {"current", "negated"}
    assert level_of(ward, "有点头晕，没有出血") == "soon"


def test_what_she_can_care_for_herself_is_kept_too(ward: Ward):
    ward.hear(people.XIAOLIN, "有点孕吐")
    assert read_in(ward, "有点孕吐")
    assert (level_of(ward, "有点孕吐"), ward.count(Escalation)) == ("self_care", 0)


def test_what_is_read_while_a_nurse_has_her_is_kept(ward: Ward):
    ward.hear(people.XIAOLIN, "嘟嘟噜啦啦")
    with ward.house.db.connection() as connection:
        connection.execute(update(Escalation).values(status="assigned"))
    ward.hear(people.XIAOLIN, "有点头晕")
    assert ("dizzy", "current") in read_in(ward, "有点头晕")


def test_what_is_read_when_she_catches_up_or_goes_on_to_the_next_script_is_kept(ward: Ward):
    announced(ward, "今天好吗？")
    ward.hear(people.XIAOLIN, "没有出血")
    assert read_in(ward, "没有出血") == [("bleeding", "negated")]
    begin_two(ward, "talk_to_person", "fetal_movement")
    assert "宝宝" in ward.hear(people.XIAOLIN, "想问产检，没有破水").text
    assert {status for _, status in read_in(ward, "想问产检，没有破水")} == {"negated"}


def test_a_yes_about_a_danger_keeps_the_sign_it_was_about(ward: Ward):
    ward.hear(people.XIAOLIN, "如果大出血怎么办")
    ward.hear(people.XIAOLIN, "是")
    assert ("heavy_bleeding", "current") in read_in(ward, "是")
    assert level_of(ward, "是") == "emergency"


def test_what_was_measured_an_hour_ago_stands_beside_what_she_writes(ward: Ward):
    assert ward.hear(people.XIAOLIN, "血压165/112").text
    assert {row.urgency for row in ward.rows(Escalation)} == {"urgent"}
    ward.clock.move(timedelta(hours=1))
    ward.hear(people.XIAOLIN, "头疼")
    assert level_of(ward, "头疼") == "emergency"


def test_half_a_sign_in_each_of_two_messages_is_heard_as_one(ward: Ward):
    ward.hear(people.XIAOLIN, "头疼")
    ward.hear(people.XIAOLIN, "血压118/76")
    assert {row.urgency for row in ward.rows(Escalation)} == {"soon"}
    ward.clock.move(timedelta(hours=2))
    assert "120" in ward.hear(people.XIAOLIN, "看东西模糊").text
    assert {row.urgency for row in ward.rows(Escalation)} == {"emergency"}
