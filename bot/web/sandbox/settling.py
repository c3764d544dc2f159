"""The made-up county moves in: directory, staff and roster come by the services that real ones come by."""

from dataclasses import replace
from datetime import timedelta

from bot import directory, overview
from bot.house import House
from bot.invitations import invite
from bot.newborns import NewbornEntry
from bot.pregnancies import record_outcome
from bot.registration import check
from bot.registry import register
from bot.staff import add_staff
from bot.web.sandbox.cast import Cast, Woman
from models.values import OutcomeKind, StaffRole


def move_in(house: House, cast: Cast, passwords: dict[str, str]) -> None:
    """In one transaction, and once: dates are counted from the day of the first start."""
    now = house.clock.now()
    today = now.astimezone(house.settings.zone).date()
    with house.db.transaction() as session:
        if overview.women(session, today):
            return
        connection = session.connection()
        for code, entry in cast.facilities.items():
            directory.put(connection, code, replace(entry, verified_on=today), now)
        for member in cast.staff:
            place = None if member.role is StaffRole.ADMIN else cast.facility
            add_staff(session, member.name, member.role, facility=place, password=passwords[member.role], now=now)
        session.flush()
        rows = [woman.registration(today, facility=cast.facility, nurse=cast.nurse) for woman in cast.women]
        checked = [check(row, today) for row in rows]
        zone = house.settings.zone
        taken = register(connection, house.keyring, checked, source="roster", now=now, zone=zone)
        for woman, answer in zip(cast.women, taken, strict=True):
            if woman.ending is not None and answer.pregnancy_id is not None:
                ending = woman.ending
                child = NewbornEntry(birth_weight_g=ending.weight_g, high_risk=ending.high_risk)
                record_outcome(
                    connection,
                    answer.pregnancy_id,
                    ending.kind,
                    today - timedelta(days=ending.days),
                    newborns=[child] if ending.kind is OutcomeKind.LIVE_BIRTH else [],
                    by=cast.nurse,
                    now=now,
                )


def verify_directory(house: House, cast: Cast) -> None:
    """Somebody rings up all numbers again, or after three months they would no longer be shown."""
    now = house.clock.now()
    today = now.astimezone(house.settings.zone).date()
    with house.db.connection() as connection:
        for code, entry in cast.facilities.items():
            directory.put(connection, code, replace(entry, verified_on=today), now, only={"verified_on"})


def invitation(house: House, woman: Woman) -> str:
    """The code of a picture that she scans to join."""
    now = house.clock.now()
    with house.db.transaction() as session:
        line = overview.women(session, now.date())[woman.key]
        return invite(session.connection(), house.keyring, line.patient_id, now)
