"""One aiohttp session a platform, made inside the running loop, whose failures are our own errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.errors import ChannelDown, OutcomeUnknown, SendError

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5, sock_read=15)
CONNECTIONS = 200

NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""Raised before the first byte of a request leaves; after any other error the platform may have acted on it."""

FAILURES = (aiohttp.ClientError, TimeoutError, OSError)
"""All that a request of aiohttp can raise over the network's doings."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Http:
    def __init__(self, platform: str, *, timeout: aiohttp.ClientTimeout = TIMEOUT) -> None:
        self.platform = platform
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        repeatable: bool,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once. `repeatable` says that asking again does no harm, so that no answer is no answer, not a doubt."""
        try:
            async with self._open().request(
                method, url, params=params, data=data, headers=headers, allow_redirects=False
            ) as response:
                return Answer(response.status, response.content_type, await response.read())
        except FAILURES as failure:
            # Not chained: aiohttp's texts carry the address, and with it tokens and phone numbers.
            raise self._error(failure, repeatable=repeatable) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def unclear(self, what: str, *, repeatable: bool) -> SendError:
        """The error for an answer that does not say whether the platform acted."""
        kind = ChannelDown if repeatable else OutcomeUnknown
        return kind(f"{self.platform} {what}", "no_clear_answer")

    def _error(self, failure: Exception, *, repeatable: bool) -> SendError:
        if isinstance(failure, NEVER_SENT):
            wrong_address = isinstance(failure, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError))
            return ChannelDown(f"{self.platform} {type(failure).__name__}", "not_connected", halt=wrong_address)
        return self.unclear(type(failure).__name__, repeatable=repeatable)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session
