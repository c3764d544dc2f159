"""What she told lately and what was measured reaches the snapshot, on both databases: hers, in time, and no more."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, insert, text

from bot import snapshots
from bot.recent import MOST_MESSAGES, MOST_OBSERVATIONS, recent
from dialogs.triage.finding import Told
from models.conversation import InboundMessage
from models.record import Observation
from tests import people
from tests.conftest import NOW
from tests.people import AMEI, SHANGHAI, XIAOLIN

HOUR = timedelta(hours=1)
MANY = 2_000
"""So many rows of a woman that to read them all would show."""


class Ward:
    def __init__(self, db, keyring) -> None:
        self.db = db
        with db.transaction() as session:
            self.women = [people.enrol(session, keyring, story, NOW).patient.id for story in (XIAOLIN, AMEI)]
        self.xiaolin, self.amei = self.women

    def tells(self, patient, *told: str, hours_ago: float = 1) -> None:
        column = {"findings": [], "told": [{"name": name, "about": "mother", "value": None} for name in told]}
        with self.db.transaction() as session:
            session.add(
                InboundMessage(
                    channel="wechat",
                    external_id=str(uuid4()),
                    patient_id=patient,
                    kind="text",
                    content={"text": "…"},
                    findings=column if told else None,
                    received_at=NOW - hours_ago * HOUR,
                )
            )

    def measures(self, patient, code: str, value, hours_ago: float = 1) -> None:
        at = NOW - hours_ago * HOUR
        with self.db.transaction() as session:
            session.add(Observation(patient_id=patient, code=code, value=value, observed_at=at, recorded_at=at))

    def had_long_histories(self, last: timedelta, apart: timedelta) -> None:
        """And the database knows it: PostgreSQL plans by what it has counted."""
        days = [(patient, NOW - last - number * apart) for patient in self.women for number in range(MANY)]
        told = {"findings": [], "told": []}
        shared = {"channel": "wechat", "kind": "text", "content": {"text": "…"}, "findings": told}
        messages = [
            shared | {"external_id": str(uuid4()), "patient_id": patient, "received_at": at} for patient, at in days
        ]
        readings = [
            {"patient_id": patient, "code": "pulse", "value": 80, "observed_at": at, "recorded_at": at}
            for patient, at in days
        ]
        with self.db.connection() as connection:
            connection.execute(insert(InboundMessage), messages)
            connection.execute(insert(Observation), readings)
            connection.execute(text("ANALYZE"))

    def recent(self, patient) -> tuple[Told, ...]:
        with self.db.connection() as connection:
            known = snapshots.take(connection, self.women, NOW, SHANGHAI)
        return known[patient].snapshot.context.recent

    def names(self, patient) -> list[str]:
        return [told.name for told in self.recent(patient)]


@pytest.fixture
def ward(db, keyring) -> Ward:
    return Ward(db, keyring)


def test_an_earlier_message_and_yesterdays_pressure_stand_beside_what_she_writes_now(ward):
    ward.tells(ward.xiaolin, "headache", hours_ago=2)
    ward.measures(ward.xiaolin, "blood_pressure", {"systolic": 150, "diastolic": 95}, hours_ago=24)
    assert ward.recent(ward.xiaolin) == (
        Told("headache", "mother", None, 2.0),
        Told("systolic", "mother", 150.0, 24.0),
        Told("diastolic", "mother", 95.0, 24.0),
    )


def test_what_others_tell_is_not_hers(ward):
    ward.tells(ward.amei, "headache")
    ward.measures(ward.amei, "temperature", 38.5)
    assert ward.names(ward.xiaolin) == []
    assert ward.names(ward.amei) == ["headache", "temperature"]


@pytest.mark.parametrize(("hours_ago", "counts"), [(0, True), (24, True), (24.1, False)])
def test_her_words_count_for_a_day(ward, hours_ago, counts):
    ward.tells(ward.xiaolin, "headache", hours_ago=hours_ago)
    assert ward.names(ward.xiaolin) == ["headache"] * counts


@pytest.mark.parametrize(
    ("code", "hours_ago", "counts"),
    [
        ("temperature", 72, True),
        ("temperature", 72.1, False),
        ("weight", 168, True),
        ("newborn_weight", 168, True),
        ("weight", 168.1, False),
    ],
)
def test_a_reading_counts_for_three_days_and_a_weight_for_a_week(ward, code, hours_ago, counts):
    ward.measures(ward.xiaolin, code, 38.5, hours_ago=hours_ago)
    assert ward.names(ward.xiaolin) == [code] * counts


@pytest.mark.parametrize(
    ("code", "name", "about"),
    [
        ("newborn_temperature", "temperature", "baby"),
        ("bilirubin", "bilirubin", "baby"),
        ("wet_nappies", "wet_nappies", "baby"),
        ("heart_rate", "pulse", "mother"),
        ("fetal_movement_count", "movements_2h", "mother"),
    ],
)
def test_a_number_goes_by_the_name_that_rules_know_and_is_hers_or_the_babys(ward, code, name, about):
    ward.measures(ward.xiaolin, code, 4)
    assert ward.recent(ward.xiaolin) == (Told(name, about, 4.0, 1.0),)


@pytest.mark.parametrize("value", ["reduced", True, None, {"side": "left"}])
def test_an_answer_that_is_no_number_tells_nothing_here(ward, value):
    ward.measures(ward.xiaolin, "fetal_movement", value)
    assert ward.names(ward.xiaolin) == []


def test_a_clock_that_runs_ahead_measures_now(ward):
    ward.measures(ward.xiaolin, "pulse", 96, hours_ago=-0.1)
    assert ward.recent(ward.xiaolin) == (Told("pulse", "mother", 96.0, 0.0),)


def test_who_writes_without_end_is_read_as_far_as_her_newest_messages(ward):
    ward.tells(ward.xiaolin, "bleeding", hours_ago=3)
    for _ in range(MOST_MESSAGES - 1):
        ward.tells(ward.xiaolin, hours_ago=2)
    assert ward.names(ward.xiaolin) == ["bleeding"]
    ward.tells(ward.xiaolin, "headache", hours_ago=1)
    assert ward.names(ward.xiaolin) == ["headache"]


def test_a_device_that_measures_without_end_is_read_as_far_as_its_newest_readings(ward):
    for number in range(MOST_OBSERVATIONS + 5):
        ward.measures(ward.xiaolin, "pulse", 60 + number, hours_ago=number / 10)
    values = [told.value for told in ward.recent(ward.xiaolin)]
    assert values == [60.0 + number for number in range(MOST_OBSERVATIONS)]


@pytest.fixture
def asked(db) -> Iterator[list[tuple[str, Any]]]:
    """The statements that the database was asked so far, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, *_):
        statements.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_batch_costs_two_statements_and_nobody_none(ward, asked):
    ward.tells(ward.xiaolin, "headache")
    for patients, expected in ((ward.women, 2), ([], 0)):
        with ward.db.connection() as connection:
            asked.clear()
            recent(connection, patients, NOW)
            assert len(asked) == expected


def test_however_long_their_histories_are_no_table_is_read_through(ward, asked):
    ward.had_long_histories(200 * HOUR, HOUR)
    explain = "EXPLAIN QUERY PLAN" if ward.db.is_sqlite else "EXPLAIN"
    with ward.db.connection() as connection:
        asked.clear()
        recent(connection, ward.women, NOW)
        plans = [connection.exec_driver_sql(f"{explain} {question}", given) for question, given in tuple(asked)]
        lines = [row[-1] for plan in plans for row in plan]
    through = re.compile(r"(SCAN|Seq Scan on) (inbound_message|observation)")
    assert [line for line in lines if through.search(line)] == []


def test_of_a_flood_only_the_end_is_looked_up(ward):
    if not ward.db.is_sqlite:
        pytest.skip("only SQLite counts the steps of a statement")
    ward.had_long_histories(0 * HOUR, HOUR / 100)
    steps: list[int] = []
    with ward.db.connection() as connection:
        driver = connection.connection.driver_connection
        driver.set_progress_handler(lambda: steps.append(1), 1)
        recent(connection, [ward.xiaolin], NOW)
        driver.set_progress_handler(None, 0)
    assert len(steps) < 2 * MANY
