"""What a test or a demonstration wants to go wrong next on a platform."""

import asyncio
from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mishap:
    """The platform refuses with `code` and does nothing, or its gateway answers `status` in its place."""

    code: int
    status: int | None = None


@dataclass(slots=True)
class Mishaps:
    """`delay` is how many seconds an answer is held back after the platform has acted."""

    delay: float = 0.0
    _next: deque[Mishap] = field(default_factory=deque)

    def fail_next(self, code: int, times: int = 1, *, status: int | None = None) -> None:
        self._next.extend([Mishap(code, status)] * times)

    def take(self) -> Mishap | None:
        return self._next.popleft() if self._next else None

    async def hold_back(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
