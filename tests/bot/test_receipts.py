from collections.abc import Callable
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select, update

from bot.channels.base import DeliveryState, Limits, Receipt
from bot.channels.memory import MemoryChannel
from bot.channels.sms_twilio import receipt
from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.house import House
from bot.messages import compose, queue
from bot.outbox import Outbox
from bot.receipts import Receipts, Report
from bot.settings import Settings
from dialogs.effects import Purpose
from dialogs.library import Library
from models.conversation import DeliveryAttempt, OutboundMessage
from models.escalation import Escalation
from models.person import ContactPoint
from models.values import ChannelKind
from tests import people

DELIVERED = Receipt(DeliveryState.DELIVERED)
SENT = Receipt(DeliveryState.SENT)


class Desk:
    """A house that has sent one message, and what the platform says of it."""

    def __init__(self, house: House, woman: people.Woman, clock: FixedClock, sms: MemoryChannel) -> None:
        self.house, self.woman, self.clock, self.sms = house, woman, clock, sms

    async def send(self, purpose: Purpose = Purpose.QUESTION, point: ContactPoint | None = None) -> UUID:
        point = point or self.woman.sms
        now = self.clock.now()
        message = compose(
            patient_id=self.woman.patient.id,
            channel=ChannelKind(point.channel),
            text="今天感觉怎么样？",
            purpose=purpose,
            now=now,
            contact_point_id=point.id,
        )
        with self.house.db.connection() as connection:
            queue(connection, [message], now)
        await self.deliver()
        return message["id"]

    async def deliver(self) -> None:
        outbox = Outbox(self.house, rng=Random(1))
        while await outbox.deliver_due():
            pass

    def report(self, *receipts: Receipt, name: str = "memory-1", channel: ChannelKind = ChannelKind.SMS) -> list[str]:
        reports = [Report(channel, name, one) for one in receipts]
        return Receipts(self.house, Random(1)).record(reports, self.clock.now())

    def message(self, message_id: UUID) -> OutboundMessage:
        with self.house.db.reading() as session:
            return session.get_one(OutboundMessage, message_id)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture
def desk(
    db: Database, settings: Settings, clock: FixedClock, keyring: Keyring, library: Library
) -> Callable[..., Desk]:
    def open_desk(story: people.Story = people.XIAOLIN) -> Desk:
        with db.transaction() as session:
            woman = people.enrol(session, keyring, story, clock.now())
        with db.connection() as connection:
            connection.execute(
                update(ContactPoint)
                .where(ContactPoint.id == woman.wechat.id)
                .values(window_trigger="message", window_opened_at=clock.now(), window_left=5)
            )
        wechat = MemoryChannel(ChannelKind.WECHAT, Limits(pushes_free_text=False, text_bytes=2000))
        sms = MemoryChannel(ChannelKind.SMS, Limits(pushes_free_text=True, segments=8))
        channels = {ChannelKind.WECHAT: wechat, ChannelKind.SMS: sms}
        return Desk(House(settings, clock, keyring, db, library, channels), woman, clock, sms)

    return open_desk


async def test_a_delivered_message_keeps_the_proof(desk: Callable[..., Desk]) -> None:
    home = desk()
    said = await home.send(Purpose.EMERGENCY_CONTACTS)
    home.clock.move(timedelta(seconds=40))
    assert home.report(DELIVERED) == []
    message = home.message(said)
    assert (message.state, message.delivered_at) == ("delivered", home.clock.now())
    with home.house.db.reading() as session:
        assert session.scalar(select(DeliveryAttempt.outcome)) == "delivered"


@pytest.mark.parametrize("order", [(SENT, DELIVERED), (DELIVERED, SENT), (DELIVERED, DELIVERED, SENT)])
async def test_receipts_may_come_in_any_order_and_twice(desk: Callable[..., Desk], order: tuple[Receipt, ...]) -> None:
    home = desk()
    said = await home.send()
    for one in order:
        home.report(one)
    assert home.message(said).state == "delivered"
    again = await home.send()
    home.report(*order, name="memory-2")
    assert home.message(again).state == "delivered"


async def test_nothing_follows_a_failure(desk: Callable[..., Desk]) -> None:
    home = desk()
    said = await home.send()
    home.report(receipt("undelivered", 30005))
    home.report(DELIVERED)
    assert home.message(said).state == "undelivered"


async def test_a_number_that_does_not_exist_is_marked_and_the_message_goes_another_way_once(
    desk: Callable[..., Desk],
) -> None:
    home = desk()
    said = await home.send()
    for _ in range(2):
        home.report(receipt("undelivered", 30005))
    await home.deliver()
    with home.house.db.reading() as session:
        assert session.get_one(ContactPoint, home.woman.sms.id).status == "bad_number"
        others = session.scalars(select(OutboundMessage).where(OutboundMessage.fallback_of == said)).all()
    assert [(one.channel, one.state) for one in others] == [("wechat", "sent")]


async def test_a_phone_that_is_switched_off_is_tried_again_later(desk: Callable[..., Desk]) -> None:
    home = desk()
    said = await home.send()
    home.report(receipt("undelivered", 30003))
    assert home.message(said).state == "queued"
    await home.deliver()
    assert len(home.sms.sent) == 1
    home.clock.move(timedelta(minutes=45))
    await home.deliver()
    assert len(home.sms.sent) == 2
    assert home.message(said).state == "sent"


async def test_the_receipt_of_an_earlier_try_says_nothing_about_the_next(desk: Callable[..., Desk]) -> None:
    home = desk()
    said = await home.send()
    home.report(receipt("undelivered", 30003))
    home.clock.move(timedelta(minutes=45))
    await home.deliver()
    assert home.report(receipt("undelivered", 30003)) == ["memory-1"]
    assert home.message(said).state == "sent"


async def test_a_safety_line_that_did_not_arrive_brings_a_nurse_when_there_is_no_other_way(
    desk: Callable[..., Desk],
) -> None:
    home = desk()
    with home.house.db.connection() as connection:
        connection.execute(update(ContactPoint).where(ContactPoint.channel == "wechat").values(status="unsubscribed"))
    await home.send(Purpose.SAFETY)
    home.report(receipt("undelivered", 30005))
    with home.house.db.reading() as session:
        assert session.scalar(select(Escalation.urgency)) == "urgent"


async def test_a_name_that_no_message_has_is_given_back(desk: Callable[..., Desk]) -> None:
    home = desk()
    await home.send()
    assert home.report(DELIVERED, name="somebody-elses") == ["somebody-elses"]
    assert home.report(DELIVERED, channel=ChannelKind.WECHAT) == ["memory-1"]
