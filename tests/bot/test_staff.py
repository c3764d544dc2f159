from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.audit import SYSTEM, verify
from bot.errors import Conflict, Invalid, NotFound
from bot.staff import (
    FAILURES_ALLOWED,
    LOCKED_FOR,
    Caller,
    Scope,
    add_staff,
    add_token,
    authenticate,
    check_token,
    revoke_token,
)
from models.audit import AuditEvent
from models.care_team import ApiToken, StaffMember
from models.values import StaffRole
from tests import people

PASSWORD = "made-up-password"


@pytest.fixture
def li(db, clock):
    with db.transaction() as session:
        people.hospital(session, clock.now(), code="mch")
        add_staff(session, "李护士", StaffRole.NURSE, facility="mch", password=PASSWORD, now=clock.now())
    return "李护士"


def fail_to_sign_in(db, name, clock, times):
    for _ in range(times):
        assert authenticate(db, name, "a wrong password", clock.now()) is None


def test_a_nurse_signs_in_with_her_name_and_password(db, li, clock):
    colleague = authenticate(db, li, PASSWORD, clock.now())
    assert (colleague.name, colleague.role, colleague.facility) == (li, StaffRole.NURSE, "县妇幼保健院")


@pytest.mark.parametrize(("name", "password"), [("李护士", "made-up-passwore"), ("李护士", ""), ("nobody", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(db, li, clock, name, password):
    assert authenticate(db, name, password, clock.now()) is None


def test_repeated_failures_lock_the_account_for_a_while_even_for_the_right_password(db, li, clock):
    fail_to_sign_in(db, li, clock, FAILURES_ALLOWED)
    assert authenticate(db, li, PASSWORD, clock.now()) is None
    clock.move(LOCKED_FOR - timedelta(seconds=1))
    assert authenticate(db, li, PASSWORD, clock.now()) is None
    clock.move(timedelta(seconds=1))
    assert authenticate(db, li, PASSWORD, clock.now()) is not None


def test_signing_in_forgives_earlier_slips(db, li, clock):
    for _ in range(2):
        fail_to_sign_in(db, li, clock, FAILURES_ALLOWED - 1)
        assert authenticate(db, li, PASSWORD, clock.now()) is not None


def test_somebody_who_left_cannot_sign_in(db, li, clock):
    with db.connection() as connection:
        connection.execute(text("UPDATE staff_member SET active = false"))
    assert authenticate(db, li, PASSWORD, clock.now()) is None


def test_sign_ins_and_refusals_are_audited_in_an_unbroken_chain(db, li, clock):
    fail_to_sign_in(db, li, clock, FAILURES_ALLOWED)
    with db.reading() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.number)).all()
        assert verify(session, SYSTEM) is None
    assert actions == ["staff.added", *["staff.sign_in_refused"] * FAILURES_ALLOWED, "staff.locked"]


def test_no_password_is_kept(db, li):
    with db.reading() as session:
        stored = session.scalars(select(StaffMember.password_hash)).one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    ("role", "facility", "password", "error", "line"),
    [
        (StaffRole.NURSE, "nowhere", PASSWORD, NotFound, "facility nowhere"),
        (StaffRole.NURSE, None, PASSWORD, Invalid, "needs a facility"),
        (StaffRole.ADMIN, None, "short", Invalid, "at least 10"),
    ],
)
def test_staff_who_cannot_be_added_are_refused_in_one_line(db, clock, role, facility, password, error, line):
    with pytest.raises(error, match=line), db.transaction() as session:
        add_staff(session, "周护士", role, facility=facility, password=password, now=clock.now())
    with db.reading() as session:
        assert session.scalars(select(StaffMember)).all() == []


def test_two_people_cannot_have_one_name(db, li, clock):
    with pytest.raises(Conflict, match="李护士"), db.transaction() as session:
        add_staff(session, li, StaffRole.COUNTY, facility=None, password=PASSWORD, now=clock.now())


def test_a_token_opens_with_its_scope_until_it_is_revoked(db, clock):
    with db.transaction() as session:
        token = add_token(session, "his", Scope.READ, clock.now())
    assert check_token(db, token, clock.now()) == Caller("his", Scope.READ)
    assert check_token(db, token[:-1], clock.now()) is None

    with db.transaction() as session:
        revoke_token(session, "his", clock.now())
    assert check_token(db, token, clock.now()) is None
    with pytest.raises(NotFound, match="his"), db.transaction() as session:
        revoke_token(session, "his", clock.now())


def test_only_the_hash_of_a_token_is_kept_and_its_use_is_noted_now_and_then(db, clock):
    with db.transaction() as session:
        token = add_token(session, "his", Scope.WRITE, clock.now())
    first = clock.now()
    for _ in range(3):
        check_token(db, token, clock.now())
        clock.move(timedelta(minutes=10))
    with db.reading() as session:
        row = session.scalars(select(ApiToken)).one()
    assert token not in str(vars(row))
    assert row.last_used_at == first
    with pytest.raises(Conflict, match="token his"), db.transaction() as session:
        add_token(session, "his", Scope.READ, clock.now())
