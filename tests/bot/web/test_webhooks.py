"""Receipts at the doors of the platforms, while the database is held by somebody."""

import base64
import hashlib
import hmac
import time
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from starlette.testclient import TestClient

from bot.bell import Bell
from bot.messages import compose, queue
from bot.reception import Reception
from bot.spool import Spool
from bot.web.app import create_app
from dialogs.effects import Purpose
from models.conversation import OutboundMessage
from models.person import ContactPoint
from models.values import ChannelKind
from tests import people
from tests.conftest import NOW

PUBLIC = "https://yunban.example"
DOORS = {
    "wechat_app_id": "wx01",
    "wechat_token": "made-up",
    "wechat_mode": "plain",
    "twilio_auth_token": "made-up",
    "public_url": PUBLIC,
}
PATIENCE = 0.3


@pytest.fixture
def doors(house, hospital, tmp_path):
    """A browserless client inside one running loop, so that what goes on after an answer may go on."""
    there = replace(house, settings=house.settings.model_copy(update=DOORS))
    reception = Reception(there, Spool(tmp_path / "spool", house.keyring), deadline=PATIENCE)
    reception.start()
    with TestClient(create_app(there, reception, Bell())) as client:
        yield client
    reception.stop()


@pytest.fixture
def sent(hospital):
    """A message that left for each platform, by the platform's own name for it."""
    with hospital.db.transaction() as session:
        points = session.scalars(
            select(ContactPoint).where(ContactPoint.patient_id == hospital.women[people.XIAOLIN.name])
        )
        messages = {
            ChannelKind(point.channel): compose(
                patient_id=hospital.women[people.XIAOLIN.name],
                channel=ChannelKind(point.channel),
                text="今天感觉怎么样？",
                purpose=Purpose.QUESTION,
                now=NOW,
                contact_point_id=point.id,
            )
            for point in points
            if point.guardian_id is None
        }
        queue(session.connection(), list(messages.values()), NOW)
        for channel, message in messages.items():
            named = {"state": "sent", "provider_id": f"name-{channel.value}"}
            session.execute(update(OutboundMessage).where(OutboundMessage.id == message["id"]).values(**named))
    return {channel: message["id"] for channel, message in messages.items()}


def template_finished(client: TestClient):
    body = (
        "<xml><ToUserName>gh_clinic</ToUserName>"
        f"<FromUserName>{people.XIAOLIN.openid}</FromUserName><CreateTime>{int(NOW.timestamp())}</CreateTime>"
        "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>name-wechat</MsgID>"
        "<Status>success</Status></xml>"
    )
    signed = {"timestamp": "1", "nonce": "2"}
    signed["signature"] = hashlib.sha1("".join(sorted(["made-up", "1", "2"])).encode()).hexdigest()
    return client.post("/wechat", params=signed, content=body)


def sms_delivered(client: TestClient):
    form = {"MessageSid": "name-sms", "MessageStatus": "delivered"}
    signed = f"{PUBLIC}/sms/twilio/status" + "".join(f"{name}{form[name]}" for name in sorted(form))
    signature = base64.b64encode(hmac.new(b"made-up", signed.encode(), hashlib.sha1).digest()).decode()
    return client.post("/sms/twilio/status", data=form, headers={"X-Twilio-Signature": signature})


@pytest.mark.parametrize(
    ("report", "channel", "status"),
    [(template_finished, ChannelKind.WECHAT, 200), (sms_delivered, ChannelKind.SMS, 204)],
)
def test_a_receipt_is_answered_in_time_and_noted_once_the_database_is_free(
    doors, hospital, sent, report, channel, status
):
    with hospital.db.connection() as held:
        if not hospital.db.is_sqlite:
            held.execute(text("LOCK TABLE outbound_message, inbound_message IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        assert report(doors).status_code == status
        assert time.monotonic() - began < 4
    deadline = time.monotonic() + 10
    while _state(hospital, sent[channel]) != "delivered":
        assert time.monotonic() < deadline, _state(hospital, sent[channel])
        time.sleep(0.05)


def _state(hospital, message: UUID) -> str | None:
    with hospital.db.reading() as session:
        return session.scalar(select(OutboundMessage.state).where(OutboundMessage.id == message))


def forged_in_wechat(client: TestClient):
    body = (
        "<xml><ToUserName>gh_clinic</ToUserName>"
        f"<FromUserName>{people.XIAOLIN.openid}</FromUserName><CreateTime>{int(NOW.timestamp())}</CreateTime>"
        "<MsgType>text</MsgType><Content>退订</Content><MsgId>1</MsgId></xml>"
    )
    return client.post("/wechat", params={"timestamp": "1", "nonce": "2", "signature": "0" * 40}, content=body)


def forged_by_sms(client: TestClient):
    form = {"MessageSid": "SM1", "From": people.XIAOLIN.phone, "Body": "退订"}
    return client.post("/sms/twilio", data=form, headers={"X-Twilio-Signature": "made-up"})


@pytest.mark.parametrize("forged", [forged_in_wechat, forged_by_sms])
def test_what_no_platform_has_signed_is_refused_and_opts_nobody_out(doors, hospital, forged):
    assert forged(doors).status_code == 403
    with hospital.db.reading() as session:
        assert session.scalars(select(ContactPoint.id).where(ContactPoint.opted_out_at.is_not(None))).all() == []
