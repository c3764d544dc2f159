"""The workbook of cards: one line for each woman without WeChat, with a picture that can be printed."""

import zipfile

import pytest
from sqlalchemy import select, update

from bot import qr
from bot.card_file import write_cards
from bot.cards import AT_ONCE
from bot.errors import ChannelDown, Invalid, NotFound
from bot.house import House
from bot.invitations import bind
from bot.sheets import read_sheets
from dialogs.library import Library
from models.person import ContactPoint, Patient
from models.values import ChannelKind, GestationalAge
from tests import people
from tests.accounts import official_account
from tests.conftest import NOW
from tests.people import AMEI, XIAOLIN, Story


@pytest.fixture
async def account(clock):
    async with official_account(clock) as account:
        yield account


@pytest.fixture
def house(db, settings, clock, keyring, account):
    house = House(settings, clock, keyring, db, Library.load(), {ChannelKind.WECHAT: account[1]})
    with db.transaction() as session:
        here = people.hospital(session, NOW)
        people.enrol(session, keyring, XIAOLIN, NOW, facility=here, nurse=people.nurse(session, NOW, here))
        people.enrol(session, keyring, AMEI, NOW, facility=people.hospital(session, NOW, code="far-away"))
        session.execute(update(ContactPoint).where(ContactPoint.channel == "wechat").values(status="replaced"))
    return house


async def test_each_line_has_her_name_her_code_and_a_picture_of_it(house, account, tmp_path):
    path = tmp_path / "cards.xlsx"
    assert await write_cards(house, path) == 2
    ((name, lines),) = read_sheets(path)
    assert name == "邀请扫码"
    heading, *rows = [list(line.cells) for line in lines]
    assert heading == ["姓名", "手机号后四位", "责任护士", "邀请码", "有效期至", "二维码"]
    assert [row[:3] for row in rows] == [["小林", "0001", "李护士"], ["阿美", "0002", ""]]
    assert rows[0][4] == "2026-04-01 10:00"
    urls = {scene: f"http://weixin.qq.com/q/{ticket}" for ticket, scene in account[0].scenes.items()}
    with zipfile.ZipFile(path) as packed:
        pictures = [packed.read(f"xl/media/image{number}.png") for number in (1, 2)]
        assert packed.testzip() is None
    assert pictures == [qr.png(urls[row[3]]) for row in rows]
    with house.db.connection() as connection:
        amei = bind(connection, house.keyring, rows[1][3], "openid-new", NOW)
        assert connection.scalar(select(Patient.external_id).where(Patient.id == amei)) == "made-up-02"


async def test_one_facility_alone_can_be_asked_for(house, tmp_path):
    path = tmp_path / "cards.xlsx"
    assert await write_cards(house, path, "far-away") == 1
    ((_, lines),) = read_sheets(path)
    assert lines[1].cells[0] == "阿美"
    with pytest.raises(NotFound, match="no facility nowhere"):
        await write_cards(house, path, "nowhere")


async def test_more_than_one_batch_comes_whole(house, account, tmp_path):
    with house.db.transaction() as session:
        for number in range(10, 10 + AT_ONCE):
            people.enrol(session, house.keyring, Story(f"女{number}", number, GestationalAge.of(12)), NOW)
        session.execute(update(ContactPoint).where(ContactPoint.channel == "wechat").values(status="replaced"))
    assert await write_cards(house, tmp_path / "cards.xlsx") == AT_ONCE + 2
    assert len(account[0].scenes) == AT_ONCE + 2


async def test_nothing_is_asked_of_the_platform_for_a_file_that_cannot_be_written(house, account, tmp_path):
    with pytest.raises(Invalid, match=r"cards.csv: cannot be written, use .xlsx"):
        await write_cards(house, tmp_path / "cards.csv")
    assert account[0].scenes == {}


async def test_when_the_platform_refuses_there_is_no_file(house, account, tmp_path):
    account[0].mishaps.fail_next(40164)
    with pytest.raises(ChannelDown, match="address_not_allowed"):
        await write_cards(house, tmp_path / "cards.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []
