"""A platform's access token, shared by all processes through one sealed row."""

import asyncio

from sqlalchemy import select

from bot.channels.wechat_token import AccessToken
from bot.crypto import Keyring
from bot.db import Database, insert
from models.care_team import PlatformToken

PLACE = "platform_token.sealed"


class SharedToken:
    """The TokenStore of a house: its name is the platform's and the account's, `wechat:<app id>`."""

    def __init__(self, db: Database, keyring: Keyring, name: str) -> None:
        self._db = db
        self._keyring = keyring
        self._name = name

    async def load(self) -> AccessToken | None:
        return await asyncio.to_thread(self._load)

    async def store(self, token: AccessToken) -> None:
        await asyncio.to_thread(self._store, token)

    def _load(self) -> AccessToken | None:
        with self._db.reading() as session:
            row = session.execute(
                select(PlatformToken.sealed, PlatformToken.expires_at).where(PlatformToken.name == self._name)
            ).one_or_none()
        return row and AccessToken(self._keyring.open(row.sealed, PLACE), row.expires_at)

    def _store(self, token: AccessToken) -> None:
        values = {"sealed": self._keyring.seal(token.value, PLACE), "expires_at": token.expires_at}
        with self._db.connection() as connection:
            statement = insert(connection, PlatformToken).values(name=self._name, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
