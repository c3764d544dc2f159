from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.audit import SYSTEM, record, verify
from models.audit import AuditEvent

ACTIONS = ["patient.viewed", "escalation.claimed", "escalation.resolved", "patient.viewed"]


@pytest.fixture
def chain(db, clock):
    with db.transaction() as session:
        for number, action in enumerate(ACTIONS):
            at = clock.now() + timedelta(minutes=number, microseconds=7)
            record(session, "one woman", "李护士", action, {"restricted": True, "codes": ["a", "b"]}, at)
            record(session, SYSTEM, "李护士", "staff.signed_in", {}, at)
    return "one woman"


def first_broken(db, chain):
    with db.reading() as session:
        return verify(session, chain)


def tamper(db, statement):
    with db.connection() as connection:
        assert connection.execute(text(statement)).rowcount == 1


def test_an_untouched_chain_is_whole_and_chains_do_not_mix(db, chain):
    assert first_broken(db, chain) is None
    assert first_broken(db, SYSTEM) is None
    assert first_broken(db, "nobody") is None
    with db.reading() as session:
        lines = session.scalars(select(AuditEvent).where(AuditEvent.chain == chain).order_by(AuditEvent.number)).all()
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert [line.action for line in lines] == ACTIONS


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE audit_event SET actor = '周护士' WHERE chain = 'one woman' AND number = 2", 2),
        ("UPDATE audit_event SET action = 'nothing' WHERE chain = 'one woman' AND number = 4", 4),
        ("DELETE FROM audit_event WHERE chain = 'one woman' AND number = 1", 1),
        ("DELETE FROM audit_event WHERE chain = 'one woman' AND number = 3", 3),
        ("UPDATE audit_event SET chain = 'one woman', number = 5 WHERE chain = 'system' AND number = 1", 5),
    ],
)
def test_a_line_that_was_altered_removed_or_moved_is_found(db, chain, change, broken):
    tamper(db, change)
    assert first_broken(db, chain) == broken


def test_a_detail_that_was_swapped_or_overwritten_is_found(db, chain):
    tamper(
        db,
        "UPDATE audit_event SET detail = (SELECT detail FROM audit_event WHERE chain = 'system' AND number = 1)"
        " WHERE chain = 'one woman' AND number = 3",
    )
    assert first_broken(db, chain) == 3
    with db.connection() as connection:
        connection.execute(
            text("UPDATE audit_event SET detail = :bytes WHERE chain = 'one woman' AND number = 2"), {"bytes": b"gone"}
        )
    assert first_broken(db, chain) == 2


def test_a_line_belongs_to_its_transaction(db, chain, clock):
    def fail():
        with db.transaction() as session:
            record(session, chain, "李护士", "escalation.resolved", {}, clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with db.reading() as session:
        assert len(session.scalars(select(AuditEvent.id).where(AuditEvent.chain == chain)).all()) == len(ACTIONS)


def test_many_who_write_to_one_chain_at_once_leave_it_whole(db, clock):
    def look(_):
        with db.transaction() as session:
            record(session, "one woman", "李护士", "patient.viewed", {}, clock.now())

    with ThreadPoolExecutor(8) as nurses:
        list(nurses.map(look, range(24)))
    assert first_broken(db, "one woman") is None
    with db.reading() as session:
        assert len(session.scalars(select(AuditEvent.id)).all()) == 24
