"""The access token of an official account: one fetch for all who wait, renewed early, replaced once when refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeGuard

from bot.clock import Clock
from bot.errors import ChannelDown

RENEW_BEFORE: Final = timedelta(seconds=300)
"""The platform gives out the next token five minutes before the last one ends; both work in between."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    value: str = field(repr=False)
    expires_at: datetime


class TokenStore(Protocol):
    """Where processes share a token. Losing it costs one call to the platform."""

    async def load(self) -> AccessToken | None: ...

    async def store(self, token: AccessToken) -> None: ...


class MemoryTokenStore:
    def __init__(self) -> None:
        self._token: AccessToken | None = None

    async def load(self) -> AccessToken | None:
        return self._token

    async def store(self, token: AccessToken) -> None:
        self._token = token


class TokenSource:
    def __init__(self, fetch: Callable[[], Awaitable[AccessToken]], store: TokenStore, clock: Clock) -> None:
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._held: AccessToken | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> AccessToken:
        held = self._held
        return held if self._usable(held) else await self._next(None)

    async def replacing(self, refused: AccessToken) -> AccessToken:
        """Another token than the one the platform has refused. Raises ChannelDown when it insists on the same."""
        token = await self._next(refused)
        if token.value == refused.value:
            raise ChannelDown("wechat token", "refused_and_given_again", halt=True)
        return token

    async def _next(self, refused: AccessToken | None) -> AccessToken:
        async with self._lock:
            for known in (self._held, await self._store.load()):
                if self._usable(known, refused):
                    self._held = known
                    return known
            self._held = await self._fetch()
            await self._store.store(self._held)
            return self._held

    def _usable(self, token: AccessToken | None, refused: AccessToken | None = None) -> TypeGuard[AccessToken]:
        if token is None or (refused is not None and token.value == refused.value):
            return False
        return self._clock.now() + RENEW_BEFORE < token.expires_at
