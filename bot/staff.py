"""Who may come in: staff with passwords, other systems with tokens. Only hashes of both are kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.audit import SYSTEM, record
from bot.care_team import Colleague, colleague
from bot.db import Database
from bot.errors import Conflict, Invalid, NotFound
from models.care_team import ApiToken, Facility, StaffMember
from models.values import StaffRole

LONGEST_NAME: Final = 64
SHORTEST_PASSWORD: Final = 10
FAILURES_ALLOWED: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
USE_NOTED_EVERY: Final = timedelta(hours=1)
"""`last_used_at` of a token is a hint for tidying up: it need not cost a write on each call."""


class Scope(StrEnum):
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Caller:
    """Another system that showed its token."""

    name: str
    scope: Scope


def add_staff(
    session: Session, name: str, role: StaffRole, *, facility: str | None, password: str, now: datetime
) -> StaffMember:
    """`facility` is a code of the directory; only county and admin, who see everyone, do without."""
    _check_name(name)
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(f"the password needs at least {SHORTEST_PASSWORD} characters")
    if facility is None and role in {StaffRole.NURSE, StaffRole.SUPERVISOR}:
        raise Invalid(f"{role.value} {name}: needs a facility")
    member = StaffMember(
        name=name,
        role=role,
        facility_id=facility and session.scalar(select(Facility.id).where(Facility.code == facility)),
        password_hash=PasswordHasher().hash(password),
        created_at=now,
    )
    if facility is not None and member.facility_id is None:
        raise NotFound(f"facility {facility}: not in the directory, see `yunban facility import`")
    _insert(session, member, f"staff member {name}")
    record(session, SYSTEM, "command line", "staff.added", {"staff_id": str(member.id), "role": role}, now)
    return member


def authenticate(db: Database, name: str, password: str, now: datetime) -> Colleague | None:
    """None for a wrong name, a wrong password or a locked account alike, and after the same time for each.

    Takes about 50 ms of a processor on purpose, outside any transaction.
    """
    decoy = _decoy()
    with db.reading() as session:
        row = session.execute(
            select(
                StaffMember.id, StaffMember.password_hash, StaffMember.failed_sign_ins, StaffMember.locked_until
            ).where(StaffMember.name == name, StaffMember.active.is_(True))
        ).one_or_none()
    matches = _matches(row.password_hash or decoy if row else decoy, password)
    if row is None or (row.locked_until is not None and row.locked_until > now):
        return None
    with db.transaction() as session:
        if not matches:
            _note_failure(session, row.id, name, now)
            return None
        if row.failed_sign_ins:
            session.execute(
                update(StaffMember).where(StaffMember.id == row.id).values(failed_sign_ins=0, locked_until=None)
            )
        record(session, SYSTEM, name, "staff.signed_in", {}, now)
        return colleague(session, row.id)


def add_token(session: Session, name: str, scope: Scope, now: datetime) -> str:
    """The token itself, which nobody can read again."""
    _check_name(name)
    token = f"yb_{secrets.token_urlsafe(32)}"
    row = ApiToken(name=name, token_hash=_token_hash(token), scope=scope, created_at=now)
    _insert(session, row, f"token {name}")
    record(session, SYSTEM, "command line", "token.added", {"name": name, "scope": scope}, now)
    return token


def check_token(db: Database, token: str, now: datetime) -> Caller | None:
    with db.reading() as session:
        row = session.execute(
            select(ApiToken.id, ApiToken.name, ApiToken.scope, ApiToken.last_used_at).where(
                ApiToken.token_hash == _token_hash(token), ApiToken.revoked_at.is_(None)
            )
        ).one_or_none()
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at >= USE_NOTED_EVERY:
        with db.transaction() as session:
            session.execute(update(ApiToken).where(ApiToken.id == row.id).values(last_used_at=now))
    return Caller(row.name, Scope(row.scope))


def revoke_token(session: Session, name: str, now: datetime) -> None:
    revoked = session.execute(
        update(ApiToken)
        .where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    )
    if revoked.one_or_none() is None:
        raise NotFound(f"token {name}: there is none, or it is revoked already")
    record(session, SYSTEM, "command line", "token.revoked", {"name": name}, now)


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise Invalid(f"name {name!r}: must have 1 to {LONGEST_NAME} characters, without blanks around them")


def _insert(session: Session, row: StaffMember | ApiToken, called: str) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(f"{called}: there is one of this name already") from None


def _note_failure(session: Session, staff_id: UUID, name: str, now: datetime) -> None:
    failures = session.execute(
        update(StaffMember)
        .where(StaffMember.id == staff_id)
        .values(failed_sign_ins=StaffMember.failed_sign_ins + 1)
        .returning(StaffMember.failed_sign_ins)
    ).scalar_one()
    record(session, SYSTEM, name, "staff.sign_in_refused", {"failures": failures}, now)
    if failures >= FAILURES_ALLOWED:
        session.execute(
            update(StaffMember)
            .where(StaffMember.id == staff_id)
            .values(failed_sign_ins=0, locked_until=now + LOCKED_FOR)
        )
        record(session, SYSTEM, name, "staff.locked", {}, now)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(password_hash, password)
    except VerifyMismatchError:
        return False


@cache
def _decoy() -> str:
    """What the password of an unknown name is compared with, so that it takes as long as a known one's."""
    return PasswordHasher().hash(secrets.token_urlsafe())


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
