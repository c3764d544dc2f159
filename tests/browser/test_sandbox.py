"""The sandbox in a real browser, as somebody sees it who has never seen it before."""

import time

import pytest
from playwright.sync_api import expect

from tests.demos import running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def open_page(browser, demo):
    """Open the sandbox on a screen of this size; nothing on it may break."""
    pages, broken = [], []

    def open_page(width, height):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda line: broken.append(line.text) if _is_ours(line) else None)
        page.goto(f"{demo.address}/sandbox/")
        expect(page.locator("#clock time[data-ready=yes]")).to_be_visible()
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert broken == []


def _is_ours(line):
    """The console in its frame has tests of its own."""
    return line.type == "error" and "/sandbox/" in line.location["url"]


def test_a_danger_sign_becomes_an_escalation_within_a_minute_of_opening_the_page(open_page):
    began = time.monotonic()
    page = open_page(1280, 800)
    page.get_by_role("button", name="流血了，好多，止不住").click()
    expect(page.locator("#chat .theirs").last).to_contain_text("120", timeout=10_000)
    console = page.frame_locator("#console")
    expect(console.get_by_role("link", name="小林")).to_be_visible(timeout=10_000)
    expect(page.locator("#sms")).to_contain_text("请马上给她打电话", timeout=10_000)
    console.get_by_role("button", name="接手").click()
    expect(page.locator("#who")).to_contain_text("护士已接手", timeout=10_000)
    assert time.monotonic() - began < 60


def test_moving_the_clock_shows_what_happened_and_leaves_the_nurse_at_her_desk(open_page):
    page = open_page(1440, 900)
    before = page.locator("#clock time").get_attribute("datetime")
    page.get_by_role("button", name="+1 天").click()
    expect(page.locator("#clock")).to_contain_text("走完了", timeout=120_000)
    assert page.locator("#clock time").get_attribute("datetime")[:10] > before[:10]
    console = page.frame_locator("#console")
    expect(console.get_by_role("heading", name="求助队列")).to_be_visible()
    console.get_by_role("link", name="全部").click()
    expect(console.get_by_text("李护士")).to_be_visible()


def test_another_woman_speaks_her_own_language(open_page):
    page = open_page(1280, 800)
    page.get_by_text("换一位").click()
    page.get_by_role("button", name="영희").click()
    expect(page.locator("#who")).to_contain_text("영희")
    page.locator("#hand .danger").click()
    expect(page.locator("#chat .theirs").last).to_contain_text("120", timeout=10_000)


def test_a_phone_shows_everything_below_one_another(open_page):
    page = open_page(390, 844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("替她打字").fill("没有出血，就是有点累")
    page.get_by_role("button", name="发送").first.click()
    expect(page.locator("#chat .mine").last).to_contain_text("就是有点累")
    for name in ("她的微信", "短信", "护士工作台"):
        page.get_by_role("heading", name=name).scroll_into_view_if_needed()
        expect(page.get_by_role("heading", name=name)).to_be_in_viewport()
