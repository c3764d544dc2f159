import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text, update

from bot.channels.base import Found, Limits, Outgoing, Route, Sent, Unfound
from bot.channels.memory import MemoryChannel
from bot.claims import LEASE
from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.errors import ChannelDown, OutcomeUnknown, Unreachable
from bot.house import House
from bot.messages import PASSIVE_GRACE, compose, queue
from bot.outbox import Outbox
from bot.roads import DOUBT_PAUSE, HALT, TRIES
from bot.settings import Settings
from dialogs.effects import Purpose
from dialogs.library import Library
from models.base import new_id
from models.conversation import DeliveryAttempt, OutboundMessage
from models.escalation import Escalation
from models.person import Consent, ContactPoint, Patient
from models.timer import Timer
from models.values import ChannelKind, ConsentKind
from tests import people
from tests.workers import FileChannel, deliver_all, house_with

ROOT = Path(__file__).parents[2]

WECHAT = Limits(pushes_free_text=False, text_bytes=2000)
SMS = Limits(pushes_free_text=True, segments=8)

NOT_FOLLOWING = Unreachable("wechat 43004", "not_following", mark="unsubscribed")
BUSY = ChannelDown("wechat -1", "busy")
WRONG_SECRET = ChannelDown("wechat 40125", "wrong_app_secret", halt=True)
NO_ANSWER = OutcomeUnknown("wechat TimeoutError", "no_clear_answer")


class Forgetful(MemoryChannel):
    """A platform that keeps no record of what it was given."""

    async def find(self, message: Outgoing, since: datetime) -> Found:
        return Unfound.UNKNOWABLE


class Killed(BaseException):
    """Nobody catches this: the process is gone."""


class Deadly(MemoryChannel):
    """Kills the worker when it is used for the first time, before or after the message has left."""

    def __init__(self, *, arrives: bool) -> None:
        super().__init__(ChannelKind.SMS, SMS)
        self.arrives = arrives
        self.alive = True

    async def send(self, message: Outgoing) -> Sent:
        if self.alive and not self.arrives:
            self.alive = False
            raise Killed
        sent = await super().send(message)
        if self.alive:
            self.alive = False
            raise Killed
        return sent


@dataclass
class Office:
    """A house with an outbox, one woman, and everything that a test wants to look at."""

    house: House
    clock: FixedClock
    woman: people.Woman
    wechat: MemoryChannel
    sms: MemoryChannel

    async def deliver(self) -> None:
        outbox = Outbox(self.house, rng=Random(1))
        while await outbox.deliver_due():
            pass

    def say(self, purpose: Purpose = Purpose.QUESTION, text: str = "今天感觉怎么样？", **more: Any) -> UUID:
        point = more.pop("point", self.woman.wechat)
        message = compose(
            patient_id=self.woman.patient.id,
            channel=ChannelKind(point.channel),
            text=text,
            purpose=purpose,
            now=self.clock.now(),
            contact_point_id=point.id,
            guardian_id=point.guardian_id,
            **more,
        )
        with self.house.db.connection() as connection:
            queue(connection, [message], self.clock.now())
        return message["id"]

    def message(self, message_id: UUID) -> OutboundMessage:
        with self.house.db.reading() as session:
            return session.get_one(OutboundMessage, message_id)

    def fallback_of(self, message_id: UUID) -> OutboundMessage | None:
        with self.house.db.reading() as session:
            return session.scalar(select(OutboundMessage).where(OutboundMessage.fallback_of == message_id))

    def tries(self, message_id: UUID) -> list[DeliveryAttempt]:
        with self.house.db.reading() as session:
            query = select(DeliveryAttempt).where(DeliveryAttempt.message_id == message_id)
            return list(session.scalars(query.order_by(DeliveryAttempt.number)))

    def alarms(self) -> int:
        with self.house.db.reading() as session:
            return session.scalar(select(func.count()).select_from(Timer).where(Timer.kind == "send")) or 0

    def called(self) -> Escalation | None:
        with self.house.db.reading() as session:
            return session.scalar(select(Escalation))

    def set_point(self, point: ContactPoint, **values: Any) -> None:
        with self.house.db.connection() as connection:
            connection.execute(update(ContactPoint).where(ContactPoint.id == point.id).values(values))

    def point(self, point: ContactPoint) -> ContactPoint:
        with self.house.db.reading() as session:
            return session.get_one(ContactPoint, point.id)

    def open_window(self, left: int = 5) -> None:
        self.set_point(self.woman.wechat, window_trigger="message", window_opened_at=self.clock.now(), window_left=left)

    def withdraw(self, kind: ConsentKind) -> None:
        row = {"id": new_id(), "patient_id": self.woman.patient.id, "kind": kind, "granted": False}
        row |= {"wording_version": 1, "given_at": self.clock.now() + timedelta(seconds=1), "source": "test"}
        with self.house.db.connection() as connection:
            connection.execute(insert(Consent), [row])


Open = Callable[..., Office]


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture
def office(db: Database, settings: Settings, clock: FixedClock, keyring: Keyring, library: Library) -> Open:
    def open_office(
        story: people.Story = people.XIAOLIN,
        wechat: MemoryChannel | None = None,
        sms: MemoryChannel | None = None,
        template: str | None = None,
    ) -> Office:
        with db.transaction() as session:
            woman = people.enrol(session, keyring, story, clock.now())
        wechat = wechat or MemoryChannel(ChannelKind.WECHAT, WECHAT)
        sms = sms or MemoryChannel(ChannelKind.SMS, SMS)
        ours = settings.model_copy(update={"wechat_template_id": template})
        house = House(ours, clock, keyring, db, library, {ChannelKind.WECHAT: wechat, ChannelKind.SMS: sms})
        return Office(house, clock, woman, wechat, sms)

    return open_office


async def test_a_message_leaves_once_and_leaves_its_traces(office: Open) -> None:
    home = office()
    home.open_window()
    said = home.say()
    await home.deliver()
    message = home.message(said)
    assert (message.state, message.route, message.attempts) == ("sent", Route.CUSTOMER_SERVICE, 1)
    assert [sent.to for sent in home.wechat.sent] == [people.XIAOLIN.openid]
    assert [(one.outcome, one.finished_at is not None) for one in home.tries(said)] == [("sent", True)]
    assert home.alarms() == 0


async def test_each_customer_service_message_is_taken_from_the_allowance_and_the_rest_goes_another_way(
    office: Open,
) -> None:
    home = office(template="made-up-template")
    home.open_window(left=1)
    home.say(text="第一句")
    home.say(text="第二句")
    await home.deliver()
    assert [sent.route for sent in home.wechat.sent] == [Route.CUSTOMER_SERVICE, Route.TEMPLATE]
    assert home.point(home.woman.wechat).window_left == 0


async def test_a_template_announces_and_shows_nothing_of_what_it_is_about(office: Open) -> None:
    home = office(people.XIAOQIN, template="made-up-template")
    home.say(text="今天的血压是多少？")
    await home.deliver()
    (sent,) = home.wechat.sent
    assert sent.template is not None
    assert all("血压" not in value for value in sent.template.fields.values())
    assert len(sent.template.fields["thing1"]) <= 20


async def test_a_closed_window_without_a_template_announces_by_sms_once_a_day(office: Open) -> None:
    home = office()
    first, second = home.say(text="今天的血压是多少？"), home.say(text="头痛吗？")
    await home.deliver()
    assert [home.message(said).state for said in (first, second)] == ["failed", "failed"]
    (sms,) = home.sms.sent
    assert sms.to == people.XIAOLIN.phone
    assert "血压" not in sms.text


async def test_a_safety_line_goes_by_sms_word_for_word_and_says_why(office: Open) -> None:
    home = office(template="made-up-template")
    said = home.say(Purpose.SAFETY, "请马上拨打120。")
    await home.deliver()
    assert [sms.text for sms in home.sms.sent] == ["请马上拨打120。"]
    again = home.fallback_of(said)
    assert again is not None
    assert (again.state, again.reason) == ("sent", "wechat: window_closed")
    assert home.called() is None


async def test_a_safety_line_that_has_no_road_calls_a_nurse(office: Open) -> None:
    home = office()
    home.withdraw(ConsentKind.SMS)
    said = home.say(Purpose.SAFETY, "请马上拨打120。")
    await home.deliver()
    assert home.message(said).state == "failed"
    called = home.called()
    assert called is not None
    assert called.urgency == "urgent"


async def test_a_nurse_hears_of_an_undelivered_question_only_when_it_was_for_the_focus_group(
    office: Open, db: Database
) -> None:
    for story, expected in ((people.XIAOLIN, None), (people.AMEI, "soon")):
        home = office(story)
        home.withdraw(ConsentKind.SMS)
        home.say()
        await home.deliver()
        called = home.called()
        assert (called and called.urgency) == expected


async def test_a_passing_failure_is_tried_again_later_and_not_at_once(office: Open) -> None:
    home = office()
    home.open_window()
    said = home.say()
    home.wechat.fail(BUSY)
    await home.deliver()
    assert (home.message(said).state, home.wechat.sent) == ("queued", [])
    home.clock.move(timedelta(minutes=1))
    await home.deliver()
    assert home.message(said).state == "sent"
    assert [one.outcome for one in home.tries(said)] == ["passing", "sent"]


async def test_what_fails_again_and_again_changes_the_channel(office: Open) -> None:
    home = office()
    home.open_window(left=5)
    said = home.say()
    home.wechat.fail(*[BUSY] * TRIES)
    for _ in range(TRIES):
        await home.deliver()
        home.clock.move(timedelta(minutes=11))
    assert home.message(said).state == "failed"
    assert len(home.tries(said)) == TRIES
    assert len(home.sms.sent) == 1


async def test_the_platforms_own_pause_is_kept(office: Open) -> None:
    home = office()
    home.open_window()
    said = home.say()
    home.wechat.fail(ChannelDown("wechat 45011", "too_fast", retry_after=timedelta(minutes=3)))
    await home.deliver()
    home.clock.move(timedelta(minutes=2, seconds=59))
    await home.deliver()
    assert home.message(said).state == "queued"
    home.clock.move(timedelta(seconds=1))
    await home.deliver()
    assert home.message(said).state == "sent"


async def test_a_final_refusal_marks_the_address_and_nothing_more_is_tried_there(office: Open) -> None:
    home = office()
    home.open_window()
    said = home.say()
    home.wechat.fail(NOT_FOLLOWING)
    await home.deliver()
    assert home.point(home.woman.wechat).status == "unsubscribed"
    assert home.message(said).reason == "not_following"
    later = home.say(text="下一个问题")
    await home.deliver()
    assert home.message(later).reason == "unsubscribed"
    assert home.wechat.sent == []


async def test_a_window_that_the_platform_calls_closed_is_closed_for_us_too(office: Open) -> None:
    home = office(template="made-up-template")
    home.open_window()
    said = home.say()
    home.wechat.fail(Unreachable("wechat 45015", "window_closed", mark="window_closed"))
    await home.deliver()
    assert [sent.route for sent in home.wechat.sent] == [Route.TEMPLATE]
    assert home.message(said).state == "sent"
    assert home.point(home.woman.wechat).window_left == 0


async def test_a_wrong_payload_is_wrong_everywhere(office: Open) -> None:
    home = office()
    home.open_window()
    said = home.say()
    home.wechat.fail(Unreachable("wechat 45002", "too_long", switch=False))
    await home.deliver()
    assert home.message(said).state == "failed"
    assert home.fallback_of(said) is None


async def test_while_a_channel_is_halted_routine_waits_and_safety_takes_another_road(office: Open) -> None:
    home = office()
    home.open_window()
    outbox = Outbox(home.house, rng=Random(1))
    first = home.say()
    home.wechat.fail(WRONG_SECRET)
    await outbox.deliver_due()
    question, warning = home.say(text="另一个问题"), home.say(Purpose.SAFETY, "请马上拨打120。")
    while await outbox.deliver_due():
        pass
    assert home.wechat.sent == []
    assert [sms.text for sms in home.sms.sent] == ["请马上拨打120。"]
    assert home.message(warning).reason == "channel_halted"
    home.clock.move(HALT)
    await outbox.deliver_due()
    assert {home.message(first).state, home.message(question).state} == {"sent"}


async def test_what_comes_too_late_is_not_said_any_more(office: Open) -> None:
    home = office()
    home.open_window()
    said = home.say(expires_at=home.clock.now() + timedelta(hours=1))
    home.clock.move(timedelta(hours=2))
    await home.deliver()
    assert (home.message(said).state, home.message(said).reason) == ("cancelled", "expired")
    assert (home.wechat.sent, home.sms.sent, home.alarms()) == ([], [], 0)


async def test_after_opting_out_she_is_only_answered_about_danger_and_never_by_sms(office: Open) -> None:
    home = office()
    home.open_window()
    for point in (home.woman.wechat, home.woman.sms):
        home.set_point(point, opted_out_at=home.clock.now())
    home.say(text="今天感觉怎么样？")
    home.say(Purpose.SAFETY, "请马上拨打120。")
    home.say(Purpose.SAFETY, "请马上拨打120。", point=home.woman.sms)
    await home.deliver()
    assert [sent.text for sent in home.wechat.sent] == ["请马上拨打120。"]
    assert home.sms.sent == []


async def test_a_high_risk_woman_who_wants_no_sms_is_phoned(office: Open) -> None:
    home = office(people.AMEI)
    home.set_point(home.woman.wechat, status="unsubscribed")
    home.say(point=home.woman.sms)
    home.sms.fail(Unreachable("twilio 21610", "opted_out", mark="opted_out"))
    await home.deliver()
    assert home.point(home.woman.sms).opted_out_at is not None
    assert home.called() is not None


async def test_an_answer_that_the_webhook_did_not_carry_leaves_by_another_route(office: Open) -> None:
    home = office()
    home.open_window()
    said = home.say(Purpose.REPLY, state="answering")
    await home.deliver()
    assert home.wechat.sent == []
    home.clock.move(PASSIVE_GRACE)
    await home.deliver()
    assert (home.message(said).state, home.message(said).route) == ("sent", Route.CUSTOMER_SERVICE)


async def test_one_womans_messages_keep_their_order_even_when_the_first_has_to_wait(office: Open) -> None:
    home = office()
    home.open_window()
    for number in range(3):
        home.say(Purpose.REPLY, f"第{number}句", position=number)
    home.wechat.fail(BUSY)
    await home.deliver()
    assert home.wechat.sent == []
    home.clock.move(timedelta(minutes=1))
    await home.deliver()
    assert [sent.text for sent in home.wechat.sent] == ["第0句", "第1句", "第2句"]


async def test_safety_is_claimed_before_routine(office: Open) -> None:
    home = office()
    for number in range(5):
        home.say(Purpose.NOTICE, f"通知{number}", point=home.woman.sms)
    home.say(Purpose.SAFETY, "请马上拨打120。", point=home.woman.sms)
    await Outbox(home.house).deliver_due(limit=1)
    assert [sms.text for sms in home.sms.sent] == ["请马上拨打120。"]


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_doubtful_sending_is_looked_up_and_arrives_exactly_once(office: Open, *, arrives: bool) -> None:
    home = office()
    said = home.say(point=home.woman.sms)
    home.sms.fail(NO_ANSWER, arrives=arrives)
    await home.deliver()
    assert home.message(said).state == "sending"
    home.clock.move(DOUBT_PAUSE)
    await home.deliver()
    assert home.message(said).state == "sent"
    assert len(home.sms.sent) == 1


async def test_where_nobody_can_know_a_question_is_not_said_twice_and_stays_visible(office: Open) -> None:
    home = office(wechat=Forgetful(ChannelKind.WECHAT, WECHAT))
    home.open_window()
    said = home.say()
    home.wechat.fail(NO_ANSWER)
    await home.deliver()
    home.clock.move(DOUBT_PAUSE)
    await home.deliver()
    assert home.message(said).state == "unknown"
    assert (home.wechat.sent, home.sms.sent, home.alarms()) == ([], [], 0)


async def test_where_nobody_can_know_a_safety_line_is_said_again_elsewhere_and_a_nurse_is_told(office: Open) -> None:
    home = office(wechat=Forgetful(ChannelKind.WECHAT, WECHAT))
    home.open_window()
    said = home.say(Purpose.SAFETY, "请马上拨打120。")
    home.wechat.fail(NO_ANSWER)
    await home.deliver()
    home.clock.move(DOUBT_PAUSE)
    await home.deliver()
    assert home.message(said).state == "unknown"
    assert [sms.text for sms in home.sms.sent] == ["请马上拨打120。"]
    assert home.called() is not None


async def test_a_fault_in_an_adapter_stops_neither_the_batch_nor_tells_the_log_what_was_said(
    office: Open, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(MemoryChannel):
        async def send(self, message: Outgoing) -> Sent:
            if "坏" in message.text:
                raise KeyError(message.text)
            return await super().send(message)

    home = office(sms=Broken(ChannelKind.SMS, SMS))
    home.say(text="坏消息", point=home.woman.sms)
    home.say(text="好消息", point=home.woman.guardian_sms)
    await home.deliver()
    assert [sms.text for sms in home.sms.sent] == ["好消息"]
    assert "KeyError" in caplog.text
    assert "坏" not in caplog.text


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_worker_that_dies_while_sending_loses_nothing_and_doubles_nothing(
    office: Open, *, arrives: bool
) -> None:
    home = office(sms=Deadly(arrives=arrives))
    said = [home.say(text=f"第{number}句", point=home.woman.sms, position=number) for number in range(3)]
    with pytest.raises(Killed):
        await home.deliver()
    assert home.message(said[0]).state == "sending"
    await home.deliver()
    assert len(home.sms.sent) == int(arrives)
    home.clock.move(LEASE)
    await home.deliver()
    assert sorted(sms.text for sms in home.sms.sent) == ["第0句", "第1句", "第2句"]
    assert {home.message(one).state for one in said} == {"sent"}


@pytest.mark.parametrize("when", ["before", "arrives"])
async def test_a_process_killed_while_sending_loses_nothing_and_doubles_nothing(
    database_url: str, db: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path, when: str
) -> None:
    post = tmp_path / "post"
    post.touch()
    waiting = _fill(db, keyring, clock, 300)
    worker = _start(database_url, post, "150", when)
    worker.communicate(timeout=60)
    assert worker.returncode == -9
    assert 0 < len(post.read_text().split()) < 300
    clock.move(LEASE)
    survivor = house_with(database_url, FileChannel(post), clock.now())
    assert await deliver_all(survivor) > 0
    survivor.db.close()
    assert Counter(post.read_text().split()) == Counter(map(str, waiting))


def test_three_workers_share_twenty_thousand_messages_and_send_each_once(
    database_url: str, db: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    post = tmp_path / "post"
    post.touch()
    waiting = _fill(db, keyring, clock, 20_000)
    workers = [_start(database_url, post) for _ in range(3)]
    shares = [int(worker.communicate(timeout=120)[0]) for worker in workers]
    assert Counter(post.read_text().split()) == Counter(map(str, waiting))
    assert sum(shares) == 20_000
    with db.reading() as session:
        states = session.execute(select(OutboundMessage.state, func.count()).group_by(OutboundMessage.state)).all()
    assert states == [("sent", 20_000)]
    if not db.is_sqlite:
        with db.connection() as connection:  # row by row, as after every test, so many would take a minute
            connection.execute(text("TRUNCATE patient CASCADE"))


def _start(url: str, post: Path, *rest: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.workers", url, str(post), *rest]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _fill(db: Database, keyring: Keyring, clock: FixedClock, number: int) -> Iterator[UUID]:
    """Queue a message each to so many women."""
    now = clock.now()
    women = [new_id() for _ in range(number)]
    points = {woman: new_id() for woman in women}
    with db.connection() as connection:
        connection.execute(
            insert(Patient),
            [{"id": woman, "status": "registered", "created_at": now, "updated_at": now} for woman in women],
        )
        connection.execute(
            insert(ContactPoint),
            [
                {"id": points[woman], "patient_id": woman, "channel": "sms", "created_at": now}
                | {"address": "+8613900000001", "address_hash": woman.hex}
                for woman in women
            ],
        )
        messages = [
            compose(
                patient_id=woman,
                channel=ChannelKind.SMS,
                text="您好",
                purpose=Purpose.NOTICE,
                now=now,
                contact_point_id=points[woman],
            )
            for woman in women
        ]
        queue(connection, messages, now)
    return [message["id"] for message in messages]
