"""A nurse's work in a real browser: the queue that moves by itself, the keys, the phone."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from bot.bell import QUEUE
from models.conversation import InboundMessage, OutboundMessage
from models.values import Urgency
from tests.hospital import PASSWORD
from tests.people import XIAOLIN

pytestmark = pytest.mark.browser

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


def signed_in(browser: Browser, address: str, size: dict[str, int], name: str = "李护士") -> Page:
    page = browser.new_page(viewport=size)
    page.goto(f"{address}/console")
    page.get_by_label("姓名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="求助队列")).to_be_visible()
    return page


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = signed_in(browser, address, DESKTOP)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
    yield page
    page.close()
    assert broken == []


def test_an_emergency_appears_by_itself_and_is_announced(page, hospital, bell):
    expect(page.get_by_text("现在没有待处理的求助")).to_be_visible()
    hospital.calls("阿美", Urgency.EMERGENCY, "危险信号：眼前发黑")
    bell.ring(QUEUE)
    expect(page.get_by_role("link", name="阿美")).to_be_visible(timeout=2000)
    expect(page.get_by_role("alert")).to_have_text("阿美，危险信号：眼前发黑")
    expect(page).to_have_title("(1) 求助队列 · 孕伴")
    expect(page.get_by_role("status")).to_have_text("待处理1位，其中危急1位")


def test_the_queue_moves_even_when_no_bell_rings(page, hospital):
    hospital.calls("小林")
    expect(page.get_by_role("link", name="小林")).to_be_visible(timeout=8000)


def test_what_a_colleague_takes_is_seen_to_be_taken(page, browser, address, hospital):
    hospital.calls("小林")
    other = signed_in(browser, address, DESKTOP, "周护士")
    other.get_by_role("button", name="接手 小林").click()
    other.close()
    expect(page.get_by_text("周护士 在处理")).to_be_visible(timeout=8000)
    expect(page.get_by_role("button", name="接手 小林")).to_have_count(0)


def test_from_the_queue_to_the_resolution_without_a_mouse(page, hospital):
    hospital.calls("阿美", Urgency.EMERGENCY)
    hospital.calls("小林")
    page.reload()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="阿美")).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="小林")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="小林")).to_be_visible()
    expect(page.get_by_text("我在处理")).to_be_visible()

    page.keyboard.press("r")
    expect(page.get_by_label("回复小林")).to_be_focused()
    page.keyboard.type("您现在感觉怎么样？")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .out.nurse p")).to_have_text("您现在感觉怎么样？")

    page.keyboard.press("e")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="已指导，继续观察")).to_be_checked()
    page.get_by_label("说明（可不填）").focus()
    page.keyboard.type("胎动已恢复")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("没有待处理的求助")).to_be_visible()
    page.keyboard.press("q")
    expect(page.get_by_role("link", name="阿美")).to_be_visible()
    expect(page.get_by_role("link", name="小林")).to_have_count(0)
    with hospital.db.reading() as session:
        assert [message.content for message in session.scalars(select(OutboundMessage))] == ["您现在感觉怎么样？"]


def test_the_focus_stays_where_it_was_when_the_queue_moves(page, hospital, bell):
    hospital.calls("小林")
    page.reload()
    page.keyboard.press("j")
    hospital.calls("阿美", Urgency.EMERGENCY)
    bell.ring(QUEUE)
    expect(page.get_by_role("link", name="阿美")).to_be_visible()
    expect(page.get_by_role("link", name="小林")).to_be_focused()


def test_what_she_answers_appears_while_the_nurse_types(page, address, hospital):
    hospital.calls("小林")
    page.goto(f"{address}/console/patients/{hospital.women['小林']}")
    page.keyboard.press("r")
    page.keyboard.type("请问")
    with hospital.db.transaction() as session:
        session.add(
            InboundMessage(
                channel="wechat",
                external_id="m:1",
                patient_id=hospital.women["小林"],
                kind="text",
                content={"text": "刚才又动了"},
                findings=[],
                received_at=hospital.house.clock.now(),
            )
        )
    expect(page.get_by_text("刚才又动了")).to_be_visible(timeout=8000)
    expect(page.get_by_label("回复小林")).to_have_value("请问")
    page.reload()
    expect(page.get_by_label("回复小林")).to_have_value("请问")


READ = "早上下面出血了好多，止不住，头不疼。<b>我妈以前也这样</b>"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_nurse_sees_beside_a_message_which_words_made_it_urgent_and_by_which_rule(browser, address, hospital, size):
    hospital.hears(XIAOLIN, "有点头晕，没有出血")
    hospital.hears(XIAOLIN, READ)
    page = signed_in(browser, address, size)
    page.goto(f"{address}/console/patients/{hospital.women['小林']}")
    calm, grave = page.locator("#thread .in").all()
    expect(grave.locator("p")).to_have_text(READ)
    expect(grave.locator("mark.emergency").first).to_contain_text("出血")
    expect(grave.locator(".findings .emergency").first).to_have_text(
        re.compile(r"大量出血\s+现在有 · 危急 · 规则\sM1a")
    )
    expect(calm.locator(".findings .negated")).to_have_text(re.compile(r"出血\s+说没有 · 紧急 · 规则\sM1c"))

    def loudness(part):
        return part.evaluate("e => [getComputedStyle(e).fontWeight, getComputedStyle(e).backgroundColor]")

    assert loudness(calm.locator("mark.negated")) == [loudness(calm.locator("p"))[0], "rgba(0, 0, 0, 0)"]
    assert loudness(grave.locator("mark.emergency").first) != loudness(calm.locator("mark.negated"))
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    page.close()


def test_the_reason_at_the_top_leads_to_her_words(page, address, hospital):
    hospital.hears(XIAOLIN, READ)
    for _ in range(8):
        hospital.house.clock.move(timedelta(minutes=1))
        hospital.hears(XIAOLIN, "谢谢")
    page.goto(f"{address}/console/patients/{hospital.women['小林']}")
    expect(page.locator("mark.emergency").first).not_to_be_in_viewport()
    page.locator(".escalation .findings a").click()
    expect(page.locator("mark.emergency").first).to_be_in_viewport()


def test_a_lost_line_is_told_instead_of_looking_calm(browser, address, hospital):
    page = signed_in(browser, address, DESKTOP)
    page.context.set_offline(True)
    page.evaluate("htmx.trigger('#queue', 'sse:queue')")
    expect(page.get_by_text("连接中断，正在重连")).to_be_visible()
    page.close()


@pytest.mark.parametrize("path", ["", "/patients/{woman}", "/patients?q=小", "/login"])
def test_a_phone_never_scrolls_sideways(browser, address, hospital, path):
    hospital.calls("小林", Urgency.EMERGENCY, "危险信号：" + "一天没动了、" * 12)
    hospital.calls("阿美")
    page = signed_in(browser, address, PHONE)
    page.goto(f"{address}/console{path.format(woman=hospital.women['小林'])}")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    small = page.evaluate(
        "[...document.querySelectorAll('button, .button, .views a')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 40).map(e => e.textContent.trim())"
    )
    assert small == []
    page.close()
