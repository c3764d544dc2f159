"""Cards, made with the local WeChat platform: what is on one leads a woman to her own record."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.cards import make_cards
from bot.errors import ChannelDown
from bot.house import House
from bot.invitations import VALID_FOR, bind
from bot.invitees import chosen
from dialogs.library import Library
from models.audit import AuditEvent
from models.person import ContactPoint, Invitation
from models.values import ChannelKind
from tests import people
from tests.accounts import official_account
from tests.conftest import NOW
from tests.people import AMEI, XIAOLIN


@pytest.fixture
async def account(clock):
    async with official_account(clock) as account:
        yield account


@pytest.fixture
def house(db, settings, clock, keyring, account):
    return House(settings, clock, keyring, db, Library.load(), {ChannelKind.WECHAT: account[1]})


@pytest.fixture
def women(house):
    with house.db.transaction() as session:
        ids = [people.enrol(session, house.keyring, story, NOW).patient.id for story in (XIAOLIN, AMEI)]
        session.execute(update(ContactPoint).where(ContactPoint.channel == "wechat").values(status="replaced"))
    with house.db.reading() as session:
        return chosen(session, ids, None, NOW)


async def test_a_card_holds_the_way_to_the_account_and_binds_who_scans_it(house, women, account):
    cards = await make_cards(house, women, "李护士")
    assert [card.woman.name for card in cards] == ["小林", "阿美"]
    scenes = {f"http://weixin.qq.com/q/{ticket}": scene for ticket, scene in account[0].scenes.items()}
    assert {card.url: card.code for card in cards} == scenes
    with house.db.connection() as connection:
        for card in cards:
            openid = f"openid-of-{card.woman.name}"
            assert bind(connection, house.keyring, card.code, openid, NOW) == card.woman.patient_id


async def test_a_card_says_when_it_runs_out_and_runs_out_then(house, women, clock):
    (card,) = await make_cards(house, women[:1], "李护士")
    assert card.expires_at == NOW + VALID_FOR == NOW + timedelta(days=30)
    with house.db.reading() as session:
        assert session.scalar(select(Invitation.expires_at)) == card.expires_at


async def test_every_card_is_audited_with_the_name_of_who_made_it_and_without_its_code(house, women):
    cards = await make_cards(house, women, "李护士")
    with house.db.reading() as session:
        lines = session.scalars(select(AuditEvent)).all()
    assert {(line.chain, line.actor, line.action) for line in lines} == {
        (str(woman.patient_id), "李护士", "patient.invited") for woman in women
    }
    assert not any(card.code in str(line.detail) for card in cards for line in lines)


async def test_neither_code_nor_address_stands_in_a_repr(house, women):
    (card,) = await make_cards(house, women[:1], "李护士")
    assert card.code not in repr(card)
    assert card.url not in repr(card)


async def test_what_the_platform_refuses_is_told_as_its_own_error(house, women, account):
    account[0].mishaps.fail_next(45009)
    with pytest.raises(ChannelDown, match="wechat 45009: quota_of_the_day"):
        await make_cards(house, women, "李护士")
    assert len(await make_cards(house, women, "李护士")) == 2


async def test_a_house_without_an_account_makes_no_codes_at_all(db, settings, clock, keyring, women):
    house = House(settings, clock, keyring, db, Library.load())
    with pytest.raises(ChannelDown, match="wechat: no_account"):
        await make_cards(house, women, "李护士")
    with db.reading() as session:
        assert session.scalar(select(Invitation.id)) is None
