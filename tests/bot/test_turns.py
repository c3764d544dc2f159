"""The writer: what waits shares a commit, a bad turn is told alone, nothing is dropped while the database is away."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from bot.turns import MAX_BATCH, Writer


class Desk:
    """A stand-in for the database's end of the writer: keeps each batch and can be told to fail."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = threading.Event()
        self.open.set()
        self.away = 0

    def work(self, items: Sequence[str]) -> list[str]:
        self.open.wait(5)
        if self.away:
            self.away -= 1
            raise OperationalError("SELECT", {}, Exception("gone"))
        if any(item.startswith("bad") for item in items):
            raise ValueError("refused")
        self.batches.append(list(items))
        return [item.upper() for item in items]


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def writer(desk):
    writer = Writer(desk.work)
    writer.start()
    yield writer
    desk.open.set()
    writer.stop()


async def submit_while_closed(desk, writer, items):
    """Let everything pile up behind the first, so that the rest must share batches."""
    desk.open.clear()
    futures = [writer.submit("first", "first")]
    await asyncio.sleep(0.05)
    futures += [writer.submit(item, key) for item, key in items]
    desk.open.set()
    return await asyncio.gather(*futures, return_exceptions=True)


async def test_what_waits_shares_one_batch(desk, writer):
    answers = await submit_while_closed(desk, writer, [("a", 1), ("b", 2), ("c", 3)])
    assert answers == ["FIRST", "A", "B", "C"]
    assert desk.batches == [["first"], ["a", "b", "c"]]


async def test_no_batch_is_larger_than_the_limit(desk, writer):
    await submit_while_closed(desk, writer, [(str(n), n) for n in range(2 * MAX_BATCH + 1)])
    assert [len(batch) for batch in desk.batches] == [1, MAX_BATCH, MAX_BATCH, 1]


async def test_two_messages_of_one_woman_keep_their_order_and_never_share_a_batch(desk, writer):
    await submit_while_closed(desk, writer, [("hers 1", "x"), ("hers 2", "x"), ("other", "y"), ("hers 3", "x")])
    assert desk.batches[1:] == [["hers 1", "other"], ["hers 2"], ["hers 3"]]


async def test_a_turn_that_fails_is_told_alone(desk, writer):
    answers = await submit_while_closed(desk, writer, [("a", 1), ("bad", 2), ("c", 3)])
    assert answers[:2] == ["FIRST", "A"]
    assert isinstance(answers[2], ValueError)
    assert answers[3] == "C"


async def test_nothing_is_dropped_while_the_database_does_not_answer(desk, writer):
    desk.away = 3
    assert await asyncio.wait_for(writer.submit("a", 1), 5) == "A"


async def test_what_waits_at_the_end_is_finished_first(desk):
    writer = Writer(desk.work)
    futures = [writer.submit(str(n), n) for n in range(3)]
    writer.start()
    await asyncio.to_thread(writer.stop)
    assert await asyncio.gather(*futures) == ["0", "1", "2"]
