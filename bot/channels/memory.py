"""A channel that keeps what it is given: for tests, and wherever no platform is meant to be asked."""

from collections import deque
from datetime import datetime

from bot.channels.base import DeliveryState, Found, Limits, Outgoing, Sent, Unfound
from bot.errors import SendError
from models.values import ChannelKind


class MemoryChannel:
    """`sent` holds every message that arrived, in order. Failures are told in advance with `fail`."""

    def __init__(self, kind: ChannelKind = ChannelKind.WECHAT, limits: Limits | None = None) -> None:
        self.kind = kind
        self.limits = limits or Limits(pushes_free_text=True, text_bytes=2000)
        self.sent: list[Outgoing] = []
        self.closed = False
        self._failures: deque[tuple[SendError, bool]] = deque()

    def fail(self, *errors: SendError, arrives: bool = False) -> None:
        """The next sendings raise these, one each; `arrives` lets the message through all the same."""
        self._failures.extend((error, arrives) for error in errors)

    async def send(self, message: Outgoing) -> Sent:
        error, arrives = self._failures.popleft() if self._failures else (None, True)
        if arrives:
            self.sent.append(message)
        if error is not None:
            raise error
        return self._receipt(len(self.sent))

    async def find(self, message: Outgoing, since: datetime) -> Found:  # noqa: ARG002 - everything is kept
        for number, sent in enumerate(self.sent, start=1):
            if sent.id == message.id:
                return self._receipt(number)
        return Unfound.RESEND

    async def check(self) -> str:
        return f"{self.kind}: kept in memory, nothing leaves"

    async def close(self) -> None:
        self.closed = True

    def _receipt(self, number: int) -> Sent:
        return Sent(f"memory-{number}", DeliveryState.SENT)
