"""The demonstration as a visitor lives it: everything over HTTP, in the process that `yunban demo` starts."""

import json
import re
import subprocess
from datetime import datetime
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from bot.staff import Scope, add_token
from tests.conftest import NOW
from tests.demos import FOLDER, command, eventually, running


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture(scope="module")
def token(demo):
    with demo.database() as (database, _), database.transaction() as session:
        return add_token(session, "test", Scope.READ, NOW)


def queue(demo, token):
    said = demo.get("/api/v1/escalations?status=open&limit=100", Authorization=f"Bearer {token}")
    return json.loads(said)["items"]


def test_a_danger_sign_brings_120_a_nurse_and_her_husband(demo, token):
    demo.act("women/02/say", text="流血了，好多，止不住")
    assert "120" in demo.words("chat", "02").rpartition("流血了，好多，止不住")[2]
    assert "emergency" in {escalation["urgency"] for escalation in queue(demo, token)}
    console = demo.get("/console", demo.nurse())
    assert "阿美" in console
    assert "危急" in console
    eventually(lambda: "情况紧急" in demo.words("sms", "02"))
    assert "流血" not in demo.words("sms", "02")


def test_women_have_enrolled_over_wechat_and_their_guardians_are_known_once(demo):
    chat = demo.words("chat", "03")
    assert "愿意参加吗" in chat
    assert "紧急联系方式" in chat
    assert demo.words("sms", "03").count("小军") == 1


def test_everybody_whose_sign_in_is_printed_can_sign_in(demo):
    passwords = demo.passwords()
    assert list(passwords) == ["李护士", "赵主任", "管理员"]
    for name, password in passwords.items():
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        csrf = re.search(r'name="csrf" value="([^"]+)"', demo.get("/console/login", browser))[1]
        form = urlencode({"name": name, "password": password, "csrf": csrf}).encode()
        with browser.open(f"{demo.address}/console/login", form) as answer:
            assert name in answer.read().decode()


def test_the_way_into_the_console_works_once(demo):
    way = re.search(r'src="(/sandbox/nurse/[^"]+)"', demo.get("/sandbox/"))[1]
    first, second = (build_opener(HTTPCookieProcessor(CookieJar())) for _ in range(2))
    assert "求助队列" in demo.get(way, first)
    assert "密码" in demo.get(way, second)


def test_who_has_not_scanned_her_invitation_can(demo):
    assert "还没有关注" in demo.words("chat", "16")
    assert demo.act("women/16/say", text="你好") == 409
    demo.act("women/16/scan")
    demo.act("women/16/say", text="登记")
    assert "愿意参加吗" in demo.words("chat", "16")
    demo.act("women/16/unfollow")
    assert "还没有关注" in demo.words("chat", "16")


def test_the_menu_comes_from_the_platform_and_answers(demo):
    page = demo.get("/sandbox/")
    assert 'data-tap="emergency_contacts"' in page
    before = demo.words("chat", "19").count("120")
    demo.act("women/19/tap", text="emergency_contacts")
    eventually(lambda: demo.words("chat", "19").count("120") > before)
    assert "点了菜单" in demo.words("chat", "19")


def test_photos_and_voices_reach_a_nurse(demo, token):
    before = len(queue(demo, token))
    demo.act("women/20/photo")
    demo.act("women/20/voice")
    media = re.search(r'src="(/sandbox/media/[^"]+)"', demo.part("chat", "20"))[1]
    with build_opener().open(demo.address + media) as picture:
        assert picture.headers.get_content_type() == "image/jpeg"
    assert len(queue(demo, token)) > before


def test_women_who_answer_spare_the_nurse_their_silence(demo):
    demo.act("answering", on=True)
    happened = counts(demo.move("day"))
    demo.act("answering", on=False)
    assert happened["回答"] >= 5
    assert happened["告诉家属"] == 0


def test_a_week_of_silence_climbs_the_ladder(demo):
    before = clock(demo)
    said = demo.move("week")
    assert (clock(demo) - before).days == 7
    happened = counts(said)
    assert happened["随访"] > 30
    assert happened["告诉家属"] > 5
    assert happened["转护士"] > 5


def test_the_clock_is_moved_by_one_at_a_time_and_stands_still_when_told(demo):
    assert demo.act("clock", move="weeks") == 202
    assert demo.act("clock", move="hour") == 409
    before = clock(demo)
    demo.act("clock/stop")
    eventually(lambda: 'data-moving="no"' in demo.part("clock"))
    assert (clock(demo) - before).days < 28
    assert demo.act("clock", move="year") == 422


def test_no_other_page_can_act_for_the_visitor(demo):
    with pytest.raises(Exception, match="403"):
        build_opener().open(f"{demo.address}/sandbox/women/01/unfollow", b"{}")


def test_a_second_start_keeps_chats_of_the_service_the_clock_and_the_sign_ins(tmp_path):
    with running(tmp_path) as demo:
        passwords = demo.passwords()
        demo.act("women/01/say", text="肚子疼得厉害")
        demo.move("hours")
        before = clock(demo)
    with running(tmp_path) as demo:
        assert demo.passwords() == passwords
        assert clock(demo) >= before
        assert "小林" in demo.get("/console", demo.nurse())
        assert "还没有关注" not in demo.words("chat", "01")
        keys = set((tmp_path / FOLDER / "keys.env").read_text().split())
    with running(tmp_path, "--reset") as demo:
        assert not keys & set((tmp_path / FOLDER / "keys.env").read_text().split())
        assert clock(demo) < before


def test_only_the_demonstration_has_a_sandbox_and_lets_the_console_stand_in_a_frame(demo, client):
    assert client.get("/sandbox/").status_code == 404
    assert client.get("/console/login").headers["X-Frame-Options"] == "DENY"
    with build_opener().open(f"{demo.address}/console/login") as answer:
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_port_that_is_taken_is_one_line_and_nothing_is_made(tmp_path, demo):
    port = int(demo.address.rpartition(":")[2])
    done = subprocess.run(**command(tmp_path, port), capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"yunban: port {port} is taken: stop what uses it, or give another with --port\n"
    assert not (tmp_path / FOLDER).exists()


def clock(demo):
    return datetime.fromisoformat(re.search(r'datetime="([^"]+)"', demo.part("clock"))[1])


def counts(said):
    return {name: int(number) for name, number in re.findall(r"(随访|回答|告诉家属|转护士) (\d+)", said)}
