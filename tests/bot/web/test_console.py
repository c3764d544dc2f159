"""What a nurse sees and does, read off the pages themselves."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from bot.reach import open_windows
from bot.web.console.pages import THREAD_PAGE
from bot.web.console.session import IDLE, LONGEST
from bot.worklist import sheet
from models.audit import AuditEvent
from models.conversation import InboundMessage, OutboundMessage
from models.person import ContactPoint
from models.values import Urgency
from tests.conftest import NOW
from tests.hospital import PASSWORD, Hospital
from tests.people import XIAOLIN, XIAOQIN


class Nurse:
    """A browser in which somebody is signed in."""

    def __init__(self, app, name: str) -> None:
        self.client = TestClient(app, follow_redirects=False)
        self.sign_in(name)

    def sign_in(self, name: str, password: str = PASSWORD):
        form = {"csrf": token_of(self.client.get("/console/login").text), "name": name, "password": password}
        return self.client.post("/console/login", data=form)

    def sees(self, path: str = "", status: int = 200) -> str:
        answer = self.client.get(f"/console{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    def does(self, path: str, **form: str):
        page = self.client.get("/console").text
        return self.client.post(f"/console{path}", data={"csrf": token_of(page)} | form)


def token_of(page: str) -> str:
    return re.search(r'name="csrf" value="([^"]+)"', page).group(1)


def text_of(page: str) -> str:
    """A page as it is read: no tags, single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def rows_of(page: str) -> list[str]:
    return [text_of(row) for row in re.findall(r'<li id="e-.*?</li>', page, re.DOTALL)]


@pytest.fixture
def li(app, hospital: Hospital) -> Nurse:
    return Nurse(app, "李护士")


@pytest.fixture
def zhou(app, hospital: Hospital) -> Nurse:
    return Nurse(app, "周护士")


def test_nobody_sees_a_page_without_signing_in(client, hospital):
    for path in ("", "/queue", "/events", "/patients?q=x", f"/patients/{hospital.women['小林']}"):
        answer = client.get(f"/console{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


def test_a_wrong_password_is_told_and_the_name_kept(app, hospital):
    nurse = Nurse(app, "李护士")
    nurse.does("/sign-out")
    answer = nurse.sign_in("李护士", "wrong")
    assert answer.status_code == 401
    assert "姓名或密码不对" in answer.text
    assert 'value="李护士"' in answer.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    cookie = client.get("/console/login").headers["set-cookie"]
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/console" in cookie


def test_signing_out_ends_the_session(li):
    li.does("/sign-out")
    li.sees("", status=303)


def test_a_form_that_is_not_ours_does_nothing(li, hospital):
    escalation = hospital.calls("小林")
    answer = li.client.post(f"/console/escalations/{escalation}/assignment", data={"csrf": "made-up"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    with hospital.db.reading() as session:
        assert sheet(session, escalation).status == "open"


def test_an_open_queue_keeps_her_signed_in_and_a_closed_one_does_not(li, hospital):
    for _ in range(3):
        hospital.house.clock.move(IDLE - timedelta(minutes=1))
        li.sees("/queue")
    hospital.house.clock.move(IDLE + timedelta(minutes=1))
    li.sees("", status=303)


def test_nobody_stays_signed_in_for_longer_than_a_long_shift(li, hospital):
    passed = timedelta(0)
    while passed <= LONGEST:
        status = li.client.get("/console/queue").status_code
        hospital.house.clock.move(IDLE / 2)
        passed += IDLE / 2
    assert status == 200
    hospital.house.clock.move(timedelta(minutes=1))
    li.sees("/queue", status=303)


def test_a_queue_that_loses_its_nurse_goes_to_the_sign_in_page_instead_of_looking_calm(li, hospital):
    hospital.house.clock.move(IDLE + timedelta(minutes=1))
    answer = li.client.get("/console/queue", headers={"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == "/console/login?expired=1"
    assert "已退出登录" in li.sees("/login?expired=1")


def test_the_queue_stands_by_urgency_with_weeks_colour_reason_and_time_left(li, hospital):
    hospital.calls("王芳", Urgency.SOON, "她说：奶涨得疼")
    hospital.calls("阿美", Urgency.EMERGENCY, "危险信号：眼前发黑")
    page = li.sees()
    first, second = rows_of(page)
    assert first == "危急 还剩 10分钟 阿美 孕30周+0 橙色 县妇幼保健院 危险信号：眼前发黑 接手"
    assert second == "尽快 还剩 24小时 王芳 产后3天 绿色 县妇幼保健院 她说：奶涨得疼 接手"
    assert 'data-summary="待处理2位，其中危急1位"' in page


def test_a_due_time_that_has_passed_is_said_in_words(li, hospital):
    hospital.calls("阿美", Urgency.EMERGENCY)
    hospital.house.clock.move(timedelta(minutes=13))
    assert "超时 3分钟" in rows_of(li.sees())[0]


def test_an_empty_queue_says_so(li):
    assert "现在没有待处理的求助" in li.sees()


def test_a_nurse_of_another_hospital_sees_nothing_of_hers(app, hospital):
    hospital.calls("小林")
    wu = Nurse(app, "吴护士")
    assert rows_of(wu.sees()) == []
    assert "没有找到" in wu.sees(f"/patients/{hospital.women['小林']}", status=404)
    assert "没有找到" in text_of(wu.sees("/patients?q=小林"))


def test_claiming_shows_her_as_mine_and_as_taken_to_others(li, zhou, hospital):
    escalation = hospital.calls("小林")
    answer = li.does(f"/escalations/{escalation}/assignment")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/patients/{hospital.women['小林']}")
    assert "我在处理" in rows_of(li.sees())[0]
    assert "李护士 在处理" in rows_of(zhou.sees())[0]
    refused = zhou.does(f"/escalations/{escalation}/assignment")
    assert refused.status_code == 409
    assert "可能已由同事接手" in refused.text


def test_a_reply_is_sent_once_however_often_the_button_is_pressed(li, hospital):
    escalation = hospital.calls("小林")
    for _ in range(2):
        li.does(f"/escalations/{escalation}/replies", text="您现在感觉怎么样？", key="k1")
    with hospital.db.reading() as session:
        assert [message.content for message in session.scalars(select(OutboundMessage))] == ["您现在感觉怎么样？"]
    assert "您现在感觉怎么样？ 李护士" in text_of(li.sees(f"/patients/{hospital.women['小林']}"))


def test_a_reply_that_comes_too_late_is_not_lost(li, zhou, hospital):
    escalation = hospital.calls("小林")
    zhou.does(f"/escalations/{escalation}/assignment")
    refused = li.does(f"/escalations/{escalation}/replies", text="写了很久的回复", key="k1")
    assert refused.status_code == 409
    zhou.does(f"/escalations/{escalation}/release")
    refused = li.does(f"/escalations/{escalation}/replies", text="   ", key="k2")
    assert refused.status_code == 422
    assert "请写下内容" in refused.text


def test_resolving_asks_for_a_result_keeps_the_note_and_empties_the_queue(li, hospital):
    escalation = hospital.calls("小林")
    without = li.does(f"/escalations/{escalation}/resolution", note="她已经出发")
    assert without.status_code == 422
    assert "请选择处理结果" in without.text
    assert "她已经出发" in without.text
    li.does(f"/escalations/{escalation}/resolution", outcome="sent_to_hospital", note="她已经出发")
    assert rows_of(li.sees()) == []
    page = text_of(li.sees(f"/patients/{hospital.women['小林']}"))
    assert "没有待处理的求助" in page
    assert "处理完毕 · 李护士：已转往医院（她已经出发）" in page


def test_handing_over_offers_colleagues_who_may_see_her(li, zhou, hospital):
    escalation = hospital.calls("小林")
    li.does(f"/escalations/{escalation}/assignment")
    page = li.sees(f"/patients/{hospital.women['小林']}")
    assert re.findall(r'<option value="([^"]+)"', page) == ["周护士", "赵主任"]
    assert li.does(f"/escalations/{escalation}/assignment", to="吴护士").status_code == 422
    li.does(f"/escalations/{escalation}/assignment", to="周护士")
    assert "我在处理" in rows_of(zhou.sees())[0]


def test_her_page_shows_why_she_is_here(li, hospital):
    hospital.calls("小林")
    page = text_of(li.sees(f"/patients/{hospital.women['小林']}"))
    assert "小林 孕32周+0" in page
    assert "责任护士 李护士" in page
    assert "不动了 胎动减少或消失 现在有 · 紧急 · 规则&nbsp;M12a" in page
    assert "+8613900000001" in page
    assert "丈夫 阿强" in page


def test_every_look_at_a_woman_is_audited(li, hospital):
    li.sees(f"/patients/{hospital.women['小琴']}")
    with hospital.db.reading() as session:
        line = session.scalars(select(AuditEvent).where(AuditEvent.chain == str(hospital.women["小琴"]))).one()
    assert (line.actor, line.action, line.detail) == ("李护士", "patient.viewed", {"restricted": ["infectious"]})


def test_a_thread_that_refreshes_itself_is_one_look_an_hour(li, hospital):
    def looks() -> int:
        with hospital.db.reading() as session:
            chain = AuditEvent.chain == str(hospital.women["小琴"])
            return session.scalar(select(func.count()).select_from(AuditEvent).where(chain))

    thread = f"/patients/{hospital.women['小琴']}/thread"
    for _ in range(3):
        li.sees(thread)
    assert looks() == 1
    for _ in range(3):
        hospital.house.clock.move(timedelta(minutes=25))
        li.sees(thread)
    assert looks() == 2


def test_infection_is_shown_to_her_own_nurse_and_the_supervisor_alone(app, li, zhou, hospital):
    path = f"/patients/{hospital.women['小琴']}"
    assert "传染病专案" in li.sees(path)
    assert "传染病" not in zhou.sees(path)
    assert "传染病专案" in Nurse(app, "赵主任").sees(path)


def test_what_she_writes_appears_in_the_thread_and_cannot_become_markup(li, hospital):
    with hospital.db.transaction() as session:
        session.add(
            InboundMessage(
                channel="wechat",
                external_id="m:1",
                patient_id=hospital.women["小林"],
                kind="text",
                content={"text": "<script>alert(1)</script>肚子疼"},
                findings=[],
                received_at=NOW,
            )
        )
    page = li.sees(f"/patients/{hospital.women['小林']}/thread")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;肚子疼" in page
    assert "<script>alert" not in page


DIZZY = "早上<b>头晕</b>了一下，没有出血"


def messages_of(page: str) -> list[str]:
    """The messages she wrote, each with what stands beside it, as markup."""
    return re.findall(r'<li id="m-.*?</small>', page, re.DOTALL)


def test_a_nurse_sees_beside_a_message_what_was_read_in_it_and_why(li, hospital):
    hospital.hears(XIAOLIN, DIZZY)
    (message,) = messages_of(li.sees(f"/patients/{hospital.women['小林']}/thread"))
    assert '<mark class="current soon">头晕</mark>' in message
    assert re.search(r'<li class="current soon"><b>头晕</b>\s+<span.*?>现在有 · 尽快 · 规则&nbsp;M8z</span>', message)
    assert re.search(r'<li class="negated urgent"><b>出血</b>\s+<span.*?>说没有 · 紧急 · 规则&nbsp;M1c</span>', message)


def test_marks_leave_her_words_whole_and_harmless(li, hospital):
    hospital.hears(XIAOLIN, DIZZY)
    (message,) = messages_of(li.sees(f"/patients/{hospital.women['小林']}/thread"))
    (words,) = re.findall(r"<p>(.*?)</p>", message, re.DOTALL)
    assert unescape(re.sub(r"</?mark[^>]*>", "", words)) == DIZZY
    assert "<b>" not in words


def test_why_she_was_called_is_shown_once_and_pointed_to_from_the_top(li, hospital):
    hospital.hears(XIAOLIN, "流血了，好多，止不住")
    page = li.sees(f"/patients/{hospital.women['小林']}")
    (pointer,) = re.findall(r'href="#(m-[0-9a-f-]+)"', page)
    assert f'id="{pointer}"' in page
    assert page.count("规则&nbsp;M1a") == 1


def test_why_she_was_called_stays_in_sight_when_her_message_has_left_the_page(li, hospital):
    hospital.hears(XIAOLIN, "流血了，好多，止不住")
    for _ in range(THREAD_PAGE):
        hospital.house.clock.move(timedelta(minutes=1))
        hospital.hears(XIAOLIN, "谢谢")
    page = li.sees(f"/patients/{hospital.women['小林']}")
    assert 'href="#m-' not in page
    assert page.count("规则&nbsp;M1a") == 1


def test_what_only_a_dialog_or_an_earlier_message_said_is_quoted(li, hospital):
    hospital.hears(XIAOLIN, "如果大出血怎么办")
    hospital.hears(XIAOLIN, "是")
    (_, answer) = messages_of(li.sees(f"/patients/{hospital.women['小林']}/thread"))
    assert re.search(r'<li class="current emergency"><q>大出血</q> <b>大量出血</b>', answer)
    assert "<mark" not in answer


def test_what_was_read_of_an_infection_is_shown_to_those_alone_who_may_know_of_it(app, li, zhou, hospital):
    hospital.hears(XIAOQIN, "咳嗽，有点头晕")
    for path in (f"/patients/{hospital.women['小琴']}", f"/patients/{hospital.women['小琴']}/thread"):
        assert "规则&nbsp;M30" in li.sees(path)
        assert '<mark class="current soon">咳嗽</mark>' in li.sees(path)
        hidden = zhou.sees(path)
        assert "M30" not in hidden
        assert "规则&nbsp;M8z" in hidden
        assert "<mark" not in hidden.partition("，有点")[0].rpartition("<p>")[2]


def test_the_nurse_is_told_how_her_reply_will_travel(li, hospital):
    hospital.calls("小林")
    path = f"/patients/{hospital.women['小林']}"
    assert "48小时内没有互动" in li.sees(path)
    with hospital.db.connection() as connection:
        point = connection.scalar(
            select(ContactPoint.id).where(
                ContactPoint.patient_id == hospital.women["小林"], ContactPoint.channel == "wechat"
            )
        )
        open_windows(connection, [point], NOW)
    assert "可以直接发到她的微信" in li.sees(path)


@pytest.mark.parametrize("words", ["小林", "13900000001", "139 0000 0001", "+86 139-0000-0001", "13800000001"])
def test_a_woman_is_found_by_name_or_by_her_or_her_guardians_phone(li, hospital, words):
    answer = li.client.get("/console/patients", params={"q": words})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/console/patients/{hospital.women['小林']}")


def test_a_search_with_several_hits_lists_them(li, hospital):
    page = text_of(li.sees("/patients?q=小"))
    assert "小林 孕32周+0" in page
    assert "小琴 孕24周+0" in page


def test_pages_are_not_kept_by_the_browser_and_load_nothing_from_elsewhere(li, hospital):
    answer = li.client.get(f"/console/patients/{hospital.women['小林']}")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    for path in re.findall(r'(?:src|href)="(/console/static/[^"]+)"', answer.text):
        assert li.client.get(path).status_code == 200, path
