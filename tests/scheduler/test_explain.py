from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.clock import FixedClock
from bot.crypto import Keyring
from bot.db import Database
from bot.errors import NotFound
from bot.timers import Alarm, set_alarms
from models.follow_up import FollowUp
from models.values import TimerKind
from scheduler.explain import explain
from scheduler.plan_rules import Plans, load_plans
from scheduler.planning import Planner, plan_follow_ups
from tests import people


@pytest.fixture(scope="module")
def plans() -> Plans:
    return load_plans()


def test_what_would_be_due_is_told_with_rule_and_source_and_nothing_is_written(
    db: Database, keyring: Keyring, clock: FixedClock, plans: Plans
) -> None:
    with db.transaction() as session:
        people.enrol(session, keyring, people.XIAOLIN, clock.now())
        people.enrol(session, keyring, people.LIUMEI, clock.now())
    day = clock.now().date() + timedelta(days=3)
    told = list(explain(db, people.SHANGHAI, plans, day))
    assert "made-up-06" in {one.external_id for one in told}
    assert all(reason["rule"] and reason["source"] for one in told for reason in one.reasons)
    assert {one.state for one in told} == {"expected"}
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(FollowUp)) == 0


def test_one_woman_is_found_by_either_of_her_names(
    db: Database, keyring: Keyring, clock: FixedClock, plans: Plans
) -> None:
    with db.transaction() as session:
        woman = people.enrol(session, keyring, people.LIUMEI, clock.now())
        people.enrol(session, keyring, people.AMEI, clock.now())
    day = clock.now().date() + timedelta(days=3)
    for name in ("made-up-06", str(woman.patient.id)):
        assert {one.patient_id for one in explain(db, people.SHANGHAI, plans, day, name)} == {woman.patient.id}
    with pytest.raises(NotFound, match="nobody"):
        list(explain(db, people.SHANGHAI, plans, day, "nobody"))


def test_what_stands_in_the_records_is_told_once_with_its_state(
    db: Database, keyring: Keyring, clock: FixedClock, plans: Plans
) -> None:
    with db.transaction() as session:
        woman = people.enrol(session, keyring, people.LIUMEI, clock.now())
    day = clock.now().date() + timedelta(days=3)
    before = [(one.key, one.kind) for one in explain(db, people.SHANGHAI, plans, day)]
    with db.connection() as connection:
        set_alarms(connection, [Alarm(TimerKind.PLAN, woman.pregnancy.id, clock.now())])
        plan_follow_ups(connection, Planner(plans, people.SHANGHAI, clock.now()), 10)
    after = list(explain(db, people.SHANGHAI, plans, day))
    assert [(one.key, one.kind) for one in after] == before
    assert {one.state for one in after} == {"planned"}
