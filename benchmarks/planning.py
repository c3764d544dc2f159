"""What it costs to plan for 5,000 women whose plans are due, in rosters of 10,000, 100,000 and 1,000,000."""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, text

from benchmarks.databases import DATA_KEY, postgres_schema
from benchmarks.pairs import measure
from bot.crypto import Keyring
from bot.db import Database
from bot.timers import Alarm, set_alarms
from dialogs.audience import Switch
from dialogs.library import Library
from models.follow_up import FollowUp
from models.metadata import metadata
from models.timer import Timer
from models.values import ROUTINE_RANK, TimerKind
from scheduler.plan_rules import load_plans
from scheduler.planning import Planner, plan_follow_ups

NOW = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
DUE, BATCH = 5_000, 1_000
OFFSET = 1_000_000_000
SIZES = (10_000, 100_000, 1_000_000)
FLOOR = {"SQLite": 1.5, "PostgreSQL": 2.4}


@dataclass(frozen=True)
class Made:
    """How one database makes rows out of the numbers `n(i)`."""

    numbers: str
    uuid: Callable[[str], str]
    day: str
    moment: str
    no: str


SQLITE = Made(
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {size} - 1) ",
    "printf('%032x', {})".format,
    "date('2026-03-03', '+' || (i % 250) || ' days')",
    "strftime('%Y-%m-%d %H:%M:%S.000000', '2026-03-03', '+' || (i % 20000) || ' minutes')",
    "0",
)
POSTGRESQL = Made(
    "WITH n AS (SELECT i FROM generate_series(0, {size} - 1) AS i) ",
    "lpad(to_hex({}), 32, '0')::uuid".format,
    "DATE '2026-03-03' + i % 250",
    "TIMESTAMPTZ '2026-03-03 00:00Z' + i % 20000 * INTERVAL '1 minute'",
    "false",
)


class Roster:
    """So many women, each with an alarm that has the plan looked at on some day to come."""

    def __init__(self, url: str, size: int) -> None:
        self.db = Database.open(url, Keyring.read(DATA_KEY))
        self.size = size
        plans = load_plans(lessons=Library.load().lessons.values(), switches=frozenset(Switch))
        self._planner = Planner(plans, SHANGHAI, NOW)
        self._random = Random(size)
        with self.db.connection() as connection:
            metadata.create_all(connection)
        self._fill()
        with self.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("ANALYZE" if self.db.is_sqlite else "VACUUM ANALYZE"))

    def _fill(self) -> None:
        """In the database's own arithmetic: a million rows one by one would take longer than what is measured."""
        made = SQLITE if self.db.is_sqlite else POSTGRESQL
        shared = "created_at, updated_at"
        times = "'2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000'"
        woman, pregnancy = made.uuid("i"), made.uuid(f"i + {OFFSET}")
        with self.db.connection() as connection:
            for statement in (
                (
                    f"INSERT INTO patient (id, status, language, unread_misses, {shared}) "
                    f"SELECT {woman}, 'registered', 'zh-CN', 0, {times} FROM n"
                ),
                (
                    "INSERT INTO pregnancy (id, patient_id, due_date, due_date_method, status, admitted, conditions, "
                    "risk_colour, infectious, declined_termination, high_risk_postpartum, enrolled_on, "
                    f"{shared}) SELECT {pregnancy}, {woman}, {made.day}, 'ultrasound', 'ongoing', {made.no}, '[]', "
                    f"'green', {made.no}, {made.no}, {made.no}, '2026-02-03', {times} FROM n"
                ),
                (
                    "INSERT INTO timer (kind, urgency, due_at, subject_id, lease_until) "
                    f"SELECT 'plan', {ROUTINE_RANK}, {made.moment}, {pregnancy}, '2000-01-01 00:00:00.000000' FROM n"
                ),
            ):
                connection.execute(text(made.numbers.format(size=self.size) + statement))

    def cost(self) -> float:
        """Seconds to plan for 5,000 women from all over the roster, none of whom has anything planned yet."""
        due = [UUID(int=OFFSET + number) for number in self._random.sample(range(self.size), DUE)]
        with self.db.connection() as connection:
            connection.execute(delete(FollowUp))
            connection.execute(delete(Timer).where(Timer.kind == TimerKind.BEGIN))
            set_alarms(connection, [Alarm(TimerKind.PLAN, pregnancy, NOW) for pregnancy in due])
        if not self.db.is_sqlite:
            with self.db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.execute(text("CHECKPOINT"))
        started, planned = time.perf_counter(), 0
        while True:
            with self.db.connection() as connection:
                number = plan_follow_ups(connection, self._planner, BATCH)
            if not number:
                break
            planned += number
        took = time.perf_counter() - started
        assert planned == DUE, planned
        return took

    def written(self) -> int:
        with self.db.reading() as session:
            return session.scalar(select(func.count()).select_from(FollowUp)) or 0


def compare(name: str, urls: Callable[[int], str]) -> None:
    rosters = {size: Roster(urls(size), size) for size in SIZES}
    small = rosters[SIZES[0]]
    for size in SIZES[1:]:
        pairs = measure(rosters[size].cost, small.cost)
        middle = sorted(pairs.ours)[len(pairs.ours) // 2]
        print(
            f"{name}: {DUE} due of {size:,}: {DUE / middle:.0f} plans/s ({rosters[size].written()} contacts written); "
            f"cost beside {SIZES[0]:,}: median {pairs.median:.2f}, worst {max(pairs.ratios):.2f} "
            f"(floor at 1,000,000: {FLOOR[name]})",
            flush=True,
        )
    for roster in rosters.values():
        roster.db.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        compare("SQLite", lambda size: f"sqlite:///{folder}/{size}.db")
    server_url = os.environ.get("YUNBAN_TEST_POSTGRES_URL")
    if server_url is None:
        print("PostgreSQL: skipped, YUNBAN_TEST_POSTGRES_URL is not set")
        return
    with ExitStack() as schemas:
        compare("PostgreSQL", lambda _size: schemas.enter_context(postgres_schema(server_url)))


if __name__ == "__main__":
    main()
