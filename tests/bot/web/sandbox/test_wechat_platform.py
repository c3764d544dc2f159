"""The local platform seen from a server: what arrives at its address, and what the woman sees of its answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
import xmltodict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from bot.web.sandbox.wechat_platform import DEADLINE, WeChatPlatform
from bot.web.sandbox.wechat_wire import Account, sign
from tests import people
from tests.loopback import NOBODY, serve

ACCOUNT = Account("wx-sandbox", "made-up-secret", token="AAAAA", aes_key="A" * 43)
SHE = people.XIAOLIN.openid


@dataclass
class Service:
    """Stands where our server will stand: keeps what arrives, answers with the next of `answers`."""

    account: Account
    heard: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    status: int = 200
    slow: float = 0.0

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/wechat", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        query = dict(request.query_params)
        check_signature(self.account.token, query["signature"], query["timestamp"], query["nonce"])
        if request.method == "GET":
            return PlainTextResponse(query["echostr"])
        body = xmltodict.parse(await request.body())["xml"]
        self.bodies.append(body)
        self.queries.append(query)
        self.heard.append(self._open(query, body))
        await asyncio.sleep(self.slow)
        return Response(self.answers.pop(0) if self.answers else "success", status_code=self.status)

    def _open(self, query: dict[str, str], body: dict[str, str]) -> dict[str, str]:
        if self.account.mode == "plain":
            return body
        plain = self.crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        return xmltodict.parse(plain)["xml"]

    @property
    def crypto(self) -> WeChatCrypto:
        return WeChatCrypto(self.account.token, self.account.aes_key, self.account.app_id)

    def reply(self, text: str, *, sealed: bool = False, to: str = SHE) -> None:
        said = (
            f"<xml><ToUserName><![CDATA[{to}]]></ToUserName>"
            f"<FromUserName><![CDATA[{self.account.original_id}]]></FromUserName><CreateTime>1</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>"
        )
        self.answers.append(self.crypto.encrypt_message(said, "nonce", "1714112445") if sealed else said)


@dataclass
class Stage:
    platform: WeChatPlatform
    service: Service

    @property
    def seen(self) -> list[tuple[str, str]]:
        return [(bubble.road, bubble.text or bubble.kind) for bubble in self.platform.person(SHE).chat]


@asynccontextmanager
async def staged(account: Account, now: Callable[[], datetime], deadline: float) -> AsyncIterator[Stage]:
    service = Service(account)
    async with serve(service.app) as url:
        platform = WeChatPlatform(account, now, webhook_url=url + "/wechat", deadline=deadline, receipt_delay=0)
        platform.add_follower(SHE)
        yield Stage(platform, service)
        await platform.close()


@pytest.fixture
async def stage(request, clock) -> AsyncIterator[Stage]:
    """As patient as WeChat: a machine that is busy for a moment must not be asked twice."""
    async with staged(replace(ACCOUNT, mode=getattr(request, "param", "plain")), clock.now, DEADLINE) as stage:
        yield stage


@pytest.fixture
async def impatient(clock) -> AsyncIterator[Stage]:
    async with staged(ACCOUNT, clock.now, deadline=0.5) as stage:
        yield stage


in_every_mode = pytest.mark.parametrize("stage", ["plain", "compatible", "secure"], indirect=True)


@in_every_mode
async def test_her_words_arrive_signed_and_the_answer_stands_in_her_chat(stage):
    stage.service.reply("收到", sealed=stage.service.account.mode != "plain")
    assert await stage.platform.user_says(SHE, "头疼 ]]> <b>") == "收到"
    [heard] = stage.service.heard
    assert (heard["MsgType"], heard["Content"], heard["FromUserName"]) == ("text", "头疼 ]]> <b>", SHE)
    assert stage.seen == [("hers", "头疼 ]]> <b>"), ("passive", "收到")]


@pytest.mark.parametrize("stage", ["secure"], indirect=True)
async def test_in_secure_mode_nothing_is_readable_on_the_way(stage):
    await stage.platform.user_says(SHE, "头疼")
    assert set(stage.service.bodies[0]) == {"ToUserName", "Encrypt"}
    assert stage.service.queries[0]["encrypt_type"] == "aes"


@pytest.mark.parametrize("stage", ["compatible"], indirect=True)
async def test_in_compatible_mode_both_forms_are_there_and_a_plain_answer_will_do(stage):
    stage.service.reply("收到")
    await stage.platform.user_says(SHE, "头疼")
    assert stage.service.bodies[0]["Content"] == "头疼"
    assert "Encrypt" in stage.service.bodies[0]
    assert stage.seen[-1] == ("passive", "收到")


@pytest.mark.parametrize("stage", ["secure"], indirect=True)
async def test_in_secure_mode_a_readable_answer_is_not_shown(stage):
    stage.service.reply("收到")
    assert await stage.platform.user_says(SHE, "头疼") is None
    assert stage.seen[-1] == ("notice", "service_unavailable")


@pytest.mark.parametrize("answer", ["", "success"])
async def test_a_server_that_has_nothing_to_say_leaves_no_trace(stage, answer):
    stage.service.answers.append(answer)
    await stage.platform.user_says(SHE, "好")
    assert stage.seen == [("hers", "好")]


@pytest.mark.parametrize("answer", ['{"reply": "收到"}', "<xml/>", "<xml><MsgType>text</MsgType></xml>"])
async def test_an_answer_that_is_no_reply_gives_her_the_notice_and_no_second_try(stage, answer):
    stage.service.answers.append(answer)
    await stage.platform.user_says(SHE, "好")
    assert stage.seen[-1] == ("notice", "service_unavailable")
    assert len(stage.service.heard) == 1


async def test_an_answer_for_somebody_else_is_not_shown(stage):
    stage.service.reply("收到", to="another")
    await stage.platform.user_says(SHE, "好")
    assert stage.seen[-1] == ("notice", "service_unavailable")


async def test_a_reply_that_is_too_long_is_not_shown(stage):
    stage.service.reply("孕" * 683)
    await stage.platform.user_says(SHE, "好")
    assert stage.seen[-1] == ("notice", "service_unavailable")


async def test_a_slow_server_is_asked_four_times_with_the_same_id_and_then_she_is_told(impatient):
    impatient.service.slow = 0.8
    await impatient.platform.user_says(SHE, "好")
    assert len(impatient.service.heard) == 4
    assert len({heard["MsgId"] for heard in impatient.service.heard}) == 1
    assert impatient.seen[-1] == ("notice", "service_unavailable")


async def test_a_server_that_comes_back_between_two_tries_answers_the_second(impatient):
    impatient.service.status = 503
    waiting = asyncio.create_task(impatient.platform.user_says(SHE, "好"))
    while not impatient.service.heard:  # noqa: ASYNC110 - the service is a plain list
        await asyncio.sleep(0.01)
    impatient.service.status = 200
    impatient.service.reply("收到")
    assert await waiting == "收到"
    assert len(impatient.service.heard) == 2


async def test_a_server_that_does_not_run_is_a_notice_for_her(clock):
    platform = WeChatPlatform(ACCOUNT, clock.now, webhook_url=NOBODY, deadline=0.01)
    platform.add_follower(SHE)
    await platform.user_says(SHE, "好")
    assert platform.person(SHE).chat[-1].kind == "service_unavailable"
    assert not await platform.verify_url()
    await platform.close()


async def test_the_platform_can_repeat_itself(stage):
    await stage.platform.user_says(SHE, "好")
    await stage.platform.push(stage.platform.pushed[-1])
    first, second = stage.service.heard
    assert first["MsgId"] == second["MsgId"]


async def test_two_messages_have_two_ids_whatever_the_clock_says(stage):
    await stage.platform.user_says(SHE, "好")
    await stage.platform.user_says(SHE, "好")
    first, second = stage.service.heard
    assert first["CreateTime"] == second["CreateTime"]
    assert first["MsgId"] != second["MsgId"]


async def test_following_through_a_picture_tells_its_scene_and_so_does_scanning_later(stage):
    await stage.platform.follow("new", scene="made-up-token")
    await stage.platform.scan("new", "made-up-token")
    followed, scanned = stage.service.heard
    assert (followed["Event"], followed["EventKey"]) == ("subscribe", "qrscene_made-up-token")
    assert (scanned["Event"], scanned["EventKey"]) == ("SCAN", "made-up-token")
    assert "MsgId" not in followed


async def test_scanning_before_following_is_following(stage):
    await stage.platform.scan("new", "made-up-token")
    assert stage.service.heard[0]["Event"] == "subscribe"


async def test_every_event_and_type_we_listen_to_can_be_made(stage):
    await stage.platform.follow("new")
    await stage.platform.tap(SHE, "symptoms")
    await stage.platform.send_image(SHE, b"picture")
    await stage.platform.send_voice(SHE, b"sound", recognition="肚子疼")
    await stage.platform.send(SHE, "location", {"Location_X": "26.5", "Location_Y": "106.7", "Scale": 15, "Label": ""})
    await stage.platform.unfollow(SHE)
    heard = stage.service.heard
    assert [h.get("Event") or h["MsgType"] for h in heard] == [
        "subscribe",
        "CLICK",
        "image",
        "voice",
        "location",
        "unsubscribe",
    ]
    assert heard[1]["EventKey"] == "symptoms"
    assert stage.platform.media[heard[2]["MediaId"]].body == b"picture"
    assert heard[3]["Recognition"] == "肚子疼"


async def test_one_who_left_can_neither_write_nor_read(stage):
    stage.service.reply("再见")
    await stage.platform.unfollow(SHE)
    assert stage.seen == []
    with pytest.raises(ValueError, match="follower"):
        await stage.platform.user_says(SHE, "还在吗")


async def test_the_fate_of_a_template_message_is_an_event_without_a_notice(stage):
    stage.platform.person(SHE).template_status = "failed:user block"
    stage.service.answers.append("not for her")
    await stage.platform.finish_template(SHE, 200163836)
    [heard] = stage.service.heard
    assert heard["Event"] == "TEMPLATESENDJOBFINISH"
    assert (heard["MsgID"], heard["Status"]) == ("200163836", "failed:user block")
    assert stage.seen == []


async def test_an_address_is_verified_by_its_echo(stage):
    assert await stage.platform.verify_url()


def test_the_signature_is_the_one_of_the_platforms_own_example():
    assert sign("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


async def test_an_account_without_a_server_keeps_what_she_says(clock):
    platform = WeChatPlatform(ACCOUNT, clock.now)
    platform.add_follower(SHE)
    assert await platform.user_says(SHE, "好") is None
    assert len(platform.person(SHE).chat) == 1


@pytest.mark.parametrize(("trigger", "allowed"), [("message", 5), ("tap", 3), ("both", 5)])
def test_allowances_do_not_add_up(clock, trigger, allowed):
    person = WeChatPlatform(ACCOUNT, clock.now).add_follower(SHE)
    if trigger != "tap":
        person.wrote(clock.now())
    if trigger != "message":
        person.touched(clock.now())
    codes = [person.spend(clock.now()) for _ in range(allowed + 1)]
    assert codes == [0] * allowed + [45047]


def test_the_window_closes_by_itself(clock):
    person = WeChatPlatform(ACCOUNT, clock.now).add_follower(SHE)
    person.touched(clock.now())
    clock.move(timedelta(minutes=1))
    assert person.spend(clock.now()) == 45015
