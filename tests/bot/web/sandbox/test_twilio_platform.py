"""The local Twilio seen from a server: what arrives at its addresses, and what a phone shows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from bot.web.sandbox.twilio_platform import TwilioPlatform
from bot.web.sandbox.twilio_server import TwilioServer
from tests import people
from tests.loopback import NOBODY, serve

SID = "AC" + "0" * 32
TOKEN = "made-up-token"
NUMBER = "+15550000001"
PHONE = people.XIAOLIN.guardian_phone
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"


@dataclass
class Service:
    """Keeps every form whose signature holds."""

    forms: list[dict[str, str]] = field(default_factory=list)
    answer: str = "<Response/>"

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        signature = request.headers["X-Twilio-Signature"]
        if not RequestValidator(TOKEN).validate(str(request.url), form, signature):
            return Response(status_code=403)
        self.forms.append(form)
        return Response(self.answer, media_type="text/xml")


def platform_for(clock, **given) -> TwilioPlatform:
    return TwilioPlatform(account_sid=SID, auth_token=TOKEN, number=NUMBER, clock=clock.now, receipt_delay=0, **given)


@pytest.fixture
async def stage(clock) -> AsyncIterator[tuple[TwilioPlatform, Service, str]]:
    service = Service()
    async with serve(service.app) as url:
        platform = platform_for(clock, webhook_url=f"{url}/sms/twilio")
        yield platform, service, url
        await platform.close()


@pytest.fixture
def client(clock):
    with TestClient(TwilioServer(platform_for(clock)).app) as client:
        client.auth = (SID, TOKEN)
        yield client


async def test_what_a_phone_says_arrives_signed_with_its_blank_fields(stage):
    platform, service, _ = stage
    assert await platform.phone_says(PHONE, "她肚子疼 + 100%")
    [form] = service.forms
    assert (form["From"], form["To"], form["Body"]) == (PHONE, NUMBER, "她肚子疼 + 100%")
    assert form["FromZip"] == ""
    assert form["MessageSid"] == form["SmsSid"]


async def test_the_platform_can_repeat_itself_with_the_same_id(stage):
    platform, service, _ = stage
    await platform.phone_says(PHONE, "好")
    await platform.push(platform.messages[-1])
    assert service.forms[0]["MessageSid"] == service.forms[1]["MessageSid"]


async def test_an_answer_in_twiml_lands_on_the_phone(stage):
    platform, service, _ = stage
    service.answer = "<Response><Message>收到</Message></Response>"
    await platform.phone_says(PHONE, "好")
    assert [(sms.direction, sms.body) for sms in platform.inbox(PHONE)] == [("inbound", "好"), ("outbound-api", "收到")]


async def test_an_answer_that_is_not_twiml_says_nothing(stage):
    platform, service, _ = stage
    service.answer = "success"
    assert await platform.phone_says(PHONE, "好")
    assert len(platform.inbox(PHONE)) == 1


async def test_each_step_of_a_delivery_is_reported(stage):
    platform, service, url = stage
    await platform.deliver(platform.accept(PHONE, "好", f"{url}/sms/twilio/status"))
    assert [form["MessageStatus"] for form in service.forms] == ["sent", "delivered"]


async def test_a_phone_that_cannot_be_reached_is_reported_with_its_code(stage):
    platform, service, url = stage
    platform.outcomes[PHONE] = 30003
    await platform.deliver(platform.accept(PHONE, "好", f"{url}/sms/twilio/status"))
    assert (service.forms[-1]["MessageStatus"], service.forms[-1]["ErrorCode"]) == ("undelivered", "30003")


async def test_a_server_that_does_not_run_loses_the_message_as_in_life(clock):
    platform = platform_for(clock, webhook_url=NOBODY)
    assert not await platform.phone_says(PHONE, "好")
    await platform.close()


@pytest.mark.parametrize("word", ["STOP", "stop ", "Quit"])
async def test_stop_and_start_are_kept_by_the_platform_and_told_to_a_service(stage, word):
    platform, service, _ = stage
    platform.messaging_service_sid = "MG" + "0" * 32
    await platform.phone_says(PHONE, word)
    assert platform.opted_out == {PHONE}
    await platform.phone_says(PHONE, "start")
    assert platform.opted_out == set()
    assert [form["OptOutType"] for form in service.forms] == ["STOP", "START"]


async def test_a_stop_within_a_sentence_is_no_opt_out(stage):
    platform, service, _ = stage
    await platform.phone_says(PHONE, "please stop")
    assert platform.opted_out == set()
    assert "OptOutType" not in service.forms[0]


def test_a_message_is_taken_and_kept_with_its_segments(client):
    answer = client.post(MESSAGES, data={"To": PHONE, "From": NUMBER, "Body": "孕" * 71})
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["num_segments"]) == ("queued", "2")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": NUMBER, "Body": "好"}, 21604),
        ({"To": PHONE, "From": NUMBER}, 21602),
        ({"To": PHONE, "Body": "好"}, 21603),
        ({"To": PHONE, "Body": "好", "MessagingServiceSid": "MG-unknown"}, 21603),
        ({"To": PHONE, "From": "+15559999999", "Body": "好"}, 21606),
        ({"To": PHONE, "From": "+15005550001", "Body": "好"}, 21212),
        ({"To": PHONE, "From": "+15005550007", "Body": "好"}, 21606),
        ({"To": PHONE, "From": "+15005550008", "Body": "好"}, 21611),
        ({"To": "13900000001", "From": NUMBER, "Body": "好"}, 21211),
        ({"To": "+15005550009", "From": NUMBER, "Body": "好"}, 21614),
        ({"To": PHONE, "From": NUMBER, "Body": "a" * 1601}, 21617),
    ],
)
def test_a_message_that_cannot_be_is_refused_with_twilios_code(client, form, code):
    answer = client.post(MESSAGES, data=form)
    assert answer.status_code >= 400
    assert answer.json()["code"] == code


def test_the_number_that_always_works_works(client):
    assert client.post(MESSAGES, data={"To": PHONE, "From": "+15005550006", "Body": "好"}).status_code == 201


def test_wrong_credentials_and_other_accounts_are_refused(client):
    assert client.get(MESSAGES.replace(SID, "AC-other")).status_code == 404
    client.auth = (SID, "wrong")
    answer = client.get(MESSAGES)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_messages_are_listed_newest_first_by_number_and_day(client):
    for to, body in ((PHONE, "一"), (PHONE, "二"), (people.AMEI.guardian_phone, "三")):
        client.post(MESSAGES, data={"To": to, "From": NUMBER, "Body": body})

    def listed(**asked) -> list[str]:
        return [message["body"] for message in client.get(MESSAGES, params=asked).json()["messages"]]

    assert listed(To=PHONE) == ["二", "一"]
    assert listed(To=PHONE, PageSize=1) == ["二"]
    assert listed(**{"To": PHONE, "DateSent>": "2026-03-02"}) == ["二", "一"]
    assert listed(**{"DateSent>": "2026-03-03"}) == []
    assert listed(**{"DateSent<": "2026-03-01"}) == []
    assert listed(DateSent="2026-03-02", From=NUMBER) == ["三", "二", "一"]


def test_a_message_that_still_waits_has_no_day_of_sending(clock):
    platform = platform_for(clock)
    assert platform.record(platform.accept(PHONE, "好", None))["date_sent"] is None
