from datetime import timedelta

from sqlalchemy import select

from bot.channels.wechat_token import AccessToken
from bot.platform_tokens import SharedToken
from models.care_team import PlatformToken


async def test_a_token_stored_by_one_process_is_found_by_another_until_it_is_replaced(db, keyring, clock):
    one, other = SharedToken(db, keyring, "wechat:made-up"), SharedToken(db, keyring, "wechat:made-up")
    assert await one.load() is None
    for value in ("first-token", "second-token"):
        await one.store(AccessToken(value, clock.now() + timedelta(hours=2)))
        assert await other.load() == AccessToken(value, clock.now() + timedelta(hours=2))
    assert await SharedToken(db, keyring, "wechat:another").load() is None


async def test_the_database_shows_no_token(db, keyring, clock):
    await SharedToken(db, keyring, "wechat:made-up").store(AccessToken("first-token", clock.now()))
    with db.reading() as session:
        assert b"first-token" not in session.scalars(select(PlatformToken.sealed)).one()
