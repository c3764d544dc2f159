"""A card as a camera and a printer see it."""

from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
import segno
from playwright.sync_api import Page, expect
from sqlalchemy import update

from bot import qr
from bot.channels.wechat import WeChatChannel
from bot.channels.wechat_api import WeChatApi
from bot.house import House
from bot.reception import Reception
from bot.spool import Spool
from bot.web.app import create_app
from bot.web.sandbox.wechat_platform import WeChatPlatform
from bot.web.sandbox.wechat_server import WeChatServer
from models.person import ContactPoint
from models.values import ChannelKind, Language
from tests import people
from tests.accounts import ACCOUNT
from tests.browser.conftest import served
from tests.browser.test_console import DESKTOP, PHONE, signed_in
from tests.conftest import NOW
from tests.people import GestationalAge, Story

pytestmark = pytest.mark.browser

MODULES = """async (svg) => {
  const picture = new Image();
  picture.src = "data:image/svg+xml," + encodeURIComponent(svg);
  await picture.decode();
  const side = Number(svg.match(/viewBox="0 0 (\\d+)/)[1]), scale = 8;
  const canvas = Object.assign(document.createElement("canvas"), { width: side * scale, height: side * scale });
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const at = (x, y) => context.getImageData((x + 0.5) * scale, (y + 0.5) * scale, 1, 1).data[0] < 128;
  return [...Array(side).keys()].map((y) => [...Array(side).keys()].map((x) => at(x, y)));
}"""
"""Whether each module is dark, once the browser has painted it."""


@pytest.fixture
def wechat(clock) -> Iterator[tuple[WeChatPlatform, str]]:
    platform = WeChatPlatform(ACCOUNT, clock.now)
    with served(WeChatServer(platform).app) as url:
        yield platform, url


@pytest.fixture
def house(db, settings, clock, keyring, library, wechat) -> House:
    api = WeChatApi(app_id=ACCOUNT.app_id, app_secret=ACCOUNT.app_secret, clock=clock, api_url=wechat[1])
    return House(settings, clock, keyring, db, library, {ChannelKind.WECHAT: WeChatChannel(api, clock)})


@pytest.fixture
def app(house, hospital, bell, tmp_path):
    @asynccontextmanager
    async def closing():
        yield
        await house.channels[ChannelKind.WECHAT].close()

    return create_app(house, Reception(house, Spool(tmp_path / "spool", house.keyring)), bell, closing)


@pytest.fixture
def nobody_on_wechat(hospital):
    with hospital.db.transaction() as session:
        session.execute(update(ContactPoint).where(ContactPoint.channel == "wechat").values(status="replaced"))


@pytest.fixture
def page(browser, address, nobody_on_wechat) -> Iterator[Page]:
    page = signed_in(browser, address, DESKTOP)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
    yield page
    page.close()
    assert broken == []


def test_the_card_of_a_woman_can_be_scanned(page, address, hospital, wechat):
    page.goto(f"{address}/console/patients/{hospital.women['阿美']}")
    page.get_by_role("button", name="邀请扫码").click()
    expect(page.get_by_role("heading", name="阿美 0002")).to_be_visible()
    picture = page.get_by_role("img", name="阿美")
    box = picture.bounding_box()
    assert box["width"] == pytest.approx(box["height"])
    assert box["width"] > 250
    ((ticket, _),) = wechat[0].scenes.items()
    meant = segno.make_qr(f"http://weixin.qq.com/q/{ticket}", error="m").matrix_iter(border=qr.QUIET_ZONE)
    seen = page.evaluate(MODULES, picture.locator("svg").evaluate("svg => svg.outerHTML"))
    assert seen == [[bool(module) for module in row] for row in meant]


def test_a_card_is_black_on_white_on_a_dark_screen_too(browser, address, hospital, nobody_on_wechat):
    page = signed_in(browser, address, DESKTOP)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}/console/patients/{hospital.women['阿美']}")
    page.get_by_role("button", name="邀请扫码").click()
    card = page.locator(".cards li")
    painted = card.evaluate("e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]")
    assert painted == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    page.close()


def test_the_button_prints_the_card_and_nothing_else(page, address, hospital):
    page.goto(f"{address}/console/patients/{hospital.women['阿美']}")
    page.get_by_role("button", name="邀请扫码").click()
    expect(page.get_by_role("img", name="阿美")).to_be_visible()
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("button", name="打印").click()
    expect(page).to_have_title("printed")
    page.emulate_media(media="print")
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_text("请告诉她")).to_be_hidden()
    expect(page.get_by_role("heading", name="阿美")).to_be_visible()
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1


def test_a_sheet_prints_six_on_a_page_in_three_languages(page, address, hospital):
    with hospital.db.transaction() as session:
        for number in range(20, 32):
            language = (Language.KO, Language.EN, Language.ZH_CN)[number % 3]
            story = Story(f"女{number}", number, GestationalAge.of(20), language=language)
            people.enrol(session, hospital.house.keyring, story, NOW)
        session.execute(update(ContactPoint).where(ContactPoint.channel == "wechat").values(status="replaced"))
    page.get_by_role("link", name="邀请扫码").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(16)
    page.get_by_role("button", name="全选或全不选").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_role("button", name="全选或全不选").click()
    page.get_by_role("button", name="生成所选的卡").click()
    expect(page.locator(".cards li")).to_have_count(16)
    page.emulate_media(media="print")
    too_full = "e => e.scrollHeight > e.clientHeight + 1"
    assert not any(card.evaluate(too_full) for card in page.locator(".cards li").all())
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 3  # six on each


@pytest.mark.parametrize("number", [1, 2])
def test_a_phone_shows_cards_without_scrolling_sideways(browser, address, hospital, nobody_on_wechat, number):
    page = signed_in(browser, address, PHONE)
    page.goto(f"{address}/console/invitations")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for box in page.get_by_role("checkbox").all()[number:]:
        box.uncheck()
    page.get_by_role("button", name="生成所选的卡").click()
    expect(page.locator(".cards li")).to_have_count(number)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.close()
