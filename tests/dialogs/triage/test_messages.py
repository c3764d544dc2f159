"""What women write, and how fast somebody must act: `messages/*.txt`, a line `level | where | text`.

`where` as in `conftest.context`. The files grew with the phrases; the corpus was written apart from them.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dialogs.triage.finding import Judgement

MESSAGES = Path(__file__).parent / "messages"


def messages() -> Iterator[tuple[str, ...]]:
    for file in sorted(MESSAGES.glob("*.txt")):
        for line in file.read_text("utf-8").splitlines():
            if not line.startswith("#"):
                yield tuple(cell.strip() for cell in line.split("|", 2))


@pytest.mark.parametrize(("level", "where", "text"), list(messages()))
def test_messages_are_judged_as_a_midwife_would(
    say: Callable[..., Judgement], level: str, where: str, text: str
) -> None:
    """`urgent/emergency` accepts either."""
    assert (say(text, where).level or "none") in level.split("/")
