"""The local platform's server API, asked the way any program would ask it."""

import json
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from bot.web.sandbox.wechat_templates import Template, fits
from bot.web.sandbox.wechat_wire import Account
from tests import people

ACCOUNT = Account("wx-sandbox", "made-up-secret", token="AAAAA")
SHE = people.XIAOLIN.openid
CREDENTIALS = {"grant_type": "client_credential", "appid": "wx-sandbox", "secret": "made-up-secret"}


@pytest.fixture
def server(clock):
    templates = {"visit": Template("产检提醒", {"thing1": "项目"})}
    platform = WeChatPlatform(ACCOUNT, clock.now, templates=templates, receipt_delay=0)
    platform.add_follower(SHE).wrote(clock.now())
    return WeChatServer(platform)


@pytest.fixture
def client(server):
    with TestClient(server.app) as client:
        yield client


@pytest.fixture
def token(client):
    return client.post("/cgi-bin/stable_token", json=CREDENTIALS).json()["access_token"]


def ask(client, path, token, body) -> dict:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    answer = client.post(f"/cgi-bin/{path}?access_token={token}", content=content)
    assert answer.status_code == 200
    return answer.json()


def text(words: str) -> dict:
    return {"touser": SHE, "msgtype": "text", "text": {"content": words}}


def test_the_stable_token_stays_the_same_until_five_minutes_before_its_end(client, clock, token):
    clock.move(timedelta(minutes=114))
    again = client.post("/cgi-bin/stable_token", json=CREDENTIALS).json()
    assert (again["access_token"], again["expires_in"]) == (token, 360)
    clock.move(timedelta(minutes=1))
    assert client.post("/cgi-bin/stable_token", json=CREDENTIALS).json()["access_token"] != token
    assert ask(client, "message/custom/send", token, text("旧的还能用"))["errcode"] == 0


def test_the_old_token_address_works_beside_it(client, token):
    plain = client.get("/cgi-bin/token", params=CREDENTIALS).json()["access_token"]
    assert plain != token
    for known in (plain, token):
        assert ask(client, "message/custom/send", known, text("好"))["errcode"] == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"appid": "other"}, 40013), ({"secret": "other"}, 40125), ({"grant_type": "other"}, 40002)],
)
def test_wrong_credentials_are_told_apart(client, wrong, code):
    assert client.post("/cgi-bin/stable_token", json={**CREDENTIALS, **wrong}).json()["errcode"] == code
    assert client.get("/cgi-bin/token", params={**CREDENTIALS, **wrong}).json()["errcode"] == code


def test_a_token_is_missing_wrong_or_too_old(client, clock, token):
    assert ask(client, "message/custom/send", "", text("好"))["errcode"] == 41001
    assert ask(client, "message/custom/send", "made-up", text("好"))["errcode"] == 40001
    clock.move(timedelta(hours=2))
    assert ask(client, "message/custom/send", token, text("好"))["errcode"] == 42001


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", 47001),
        (b"[]", 47001),
        ({"touser": SHE, "msgtype": "text"}, 47001),
        ({**text("好"), "touser": "nobody"}, 40003),
        ({**text("好"), "msgtype": "wxcard"}, 48008),
        (text(""), 44004),
        (text("孕" * 683), 45002),
    ],
)
def test_a_message_that_cannot_be_is_refused_with_the_platforms_code(server, client, token, body, code):
    assert ask(client, "message/custom/send", token, body)["errcode"] == code
    assert server.platform.person(SHE).chat == []


def test_escaped_characters_are_shown_escaped(server, client, token):
    ask(client, "message/custom/send", token, json.dumps(text("好")).encode())
    assert server.platform.person(SHE).chat[0].text == r"\u597d"


def test_a_template_is_rendered_with_its_labels(server, client, token):
    body = {"touser": SHE, "template_id": "visit", "data": {"thing1": {"value": "第三次产检"}}}
    assert ask(client, "message/template/send", token, body)["msgid"] > 0
    assert server.platform.person(SHE).chat[0].text == "产检提醒\n项目 第三次产检"


def test_a_repeated_client_message_id_sends_again_only_after_ten_minutes(server, client, clock, token):
    body = {
        "touser": SHE,
        "template_id": "visit",
        "client_msg_id": "row-1",
        "data": {"thing1": {"value": "第三次产检"}},
    }
    first = ask(client, "message/template/send", token, body)["msgid"]
    assert ask(client, "message/template/send", token, body)["msgid"] == first
    clock.move(timedelta(minutes=10))
    assert ask(client, "message/template/send", token, body)["msgid"] != first
    assert len(server.platform.person(SHE).chat) == 2


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "一" * 20, "一" * 21),
        ("thing2", "请携带身份证", "两\n行"),
        ("time3", "2026年3月3日 09:00", "明天"),
        ("time4", "15:01", "15点"),
        ("date5", "2026-03-03", "三月"),
        ("number6", "32", "三十二"),
        ("phrase7", "已预约", "已经预约好了"),
        ("phone_number8", "0851-00000000", "一二三"),
        ("character_string9", "A-1", "号"),
        ("unheard10", "", "x"),
    ],
)
def test_each_class_of_field_has_its_form(name, good, bad):
    assert fits(name, good) == (name != "unheard10")
    assert not fits(name, bad)


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([{"name": "一"}] * 4, 40016),
        ([{"name": "报告我的症状"}], 40018),
        ([{"name": "更多", "sub_button": [{"name": "一"}] * 6}], 40023),
    ],
)
def test_a_menu_the_platform_would_not_show_is_refused(client, token, buttons, code):
    assert ask(client, "menu/create", token, {"button": buttons})["errcode"] == code


def test_a_scene_has_one_to_sixty_four_characters(client, token):
    for scene in ("", "x" * 65):
        body = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
        assert ask(client, "qrcode/create", token, body)["errcode"] == 40053


def test_it_fails_as_often_as_it_was_told_to(server, client, token):
    server.platform.mishaps.fail_next(45009, times=2)
    codes = [ask(client, "message/custom/send", token, text("好"))["errcode"] for _ in range(3)]
    assert codes == [45009, 45009, 0]
