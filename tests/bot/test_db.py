import sqlite3
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from bot.db import Database
from bot.errors import DatabaseUnreachable, SettingsError
from models.care_team import StaffMember
from models.conversation import InboundMessage
from models.metadata import metadata
from models.person import ContactPoint, Guardian, Patient
from tests import people


def test_a_whole_cast_is_stored_and_read_back_in_clear_words(db, keyring, clock):
    with db.transaction() as session:
        facility = people.hospital(session, clock.now())
        nurse = people.nurse(session, clock.now(), facility)
        for story in people.CAST:
            people.enrol(session, keyring, story, clock.now(), facility=facility, nurse=nurse)

    with db.reading() as session:
        names = set(session.scalars(select(Patient.name)))
        guardians = session.scalars(select(Guardian.name)).all()
        found = session.scalars(
            select(Patient)
            .join(ContactPoint)
            .where(ContactPoint.address_hash == keyring.lookup_hash("sms", people.AMEI.phone))
        ).one()
    assert names == {story.name for story in people.CAST}
    assert len(guardians) == sum(story.guardian is not None for story in people.CAST)
    assert found.name == people.AMEI.name


def test_the_database_shows_no_name_no_number_and_no_sentence(tmp_path, db, keyring, clock):
    sentence = "我今天头有点晕"
    with db.transaction() as session:
        woman = people.enrol(session, keyring, people.XIAOLIN, clock.now())
        session.add(
            InboundMessage(
                channel="wechat",
                external_id="1",
                patient_id=woman.patient.id,
                kind="text",
                content={"text": sentence},
                findings=[],
                received_at=clock.now(),
            )
        )

    with db.reading() as session:
        rows = [row for table in metadata.tables for row in session.execute(text(f'SELECT * FROM "{table}"'))]
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    stored += b"".join(path.read_bytes() for path in tmp_path.glob("yunban.db*"))
    assert b"made-up-01" in stored
    secrets = [people.XIAOLIN.name, people.XIAOLIN.phone, people.XIAOLIN.openid, people.XIAOLIN.guardian, sentence]
    assert not [secret for secret in secrets if secret.encode() in stored]


def test_a_time_without_zone_is_refused_and_one_with_a_zone_comes_back_in_utc(db, clock):
    naive = datetime(2026, 3, 2, 10, 0)
    with pytest.raises(StatementError, match="without zone"), db.transaction() as session:
        session.add(StaffMember(name="周护士", role="nurse", created_at=naive))

    with db.transaction() as session:
        session.add(StaffMember(name="周护士", role="nurse", created_at=naive.replace(tzinfo=people.SHANGHAI)))
    with db.reading() as session:
        assert session.scalars(select(StaffMember.created_at)).one().isoformat() == "2026-03-02T02:00:00+00:00"


def test_a_transaction_that_fails_leaves_nothing_behind(db, clock):
    def stumble_after_the_first_row():
        with db.transaction() as session:
            people.nurse(session, clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble_after_the_first_row()
    with db.reading() as session:
        assert session.scalars(select(StaffMember)).all() == []


def test_a_writer_on_sqlite_takes_the_lock_before_its_first_statement(tmp_path, keyring):
    database = Database.open(f"sqlite:///{tmp_path / 'yunban.db'}", keyring)
    other = sqlite3.connect(tmp_path / "yunban.db", timeout=0, isolation_level=None)
    with database.connection(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        other.execute("BEGIN IMMEDIATE")
    other.close()
    database.close()


def test_sqlite_syncs_each_commit_and_checks_references(tmp_path, keyring):
    database = Database.open(f"sqlite:///{tmp_path / 'yunban.db'}", keyring)
    with database.reading() as session:
        found = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in ("synchronous", "foreign_keys")}
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    database.close()
    assert found == {"synchronous": 2, "foreign_keys": 1}


def test_an_unreachable_server_is_one_line_that_names_it_without_its_password(keyring):
    database = Database.open("postgresql://nurse:hush@127.0.0.1:1/yunban", keyring)
    with pytest.raises(DatabaseUnreachable) as caught:
        database.check()
    database.close()
    line = str(caught.value)
    assert "127.0.0.1:1/yunban" in line
    assert "hush" not in line
    assert "\n" not in line


def test_a_schema_that_is_not_there_is_one_line(empty_database_url, keyring):
    missing = empty_database_url.partition("?")[0] + "?options=-csearch_path%3Dnowhere"
    if missing.startswith("sqlite"):
        return
    database = Database.open(missing, keyring)
    with pytest.raises(DatabaseUnreachable, match="no schema of its search_path"):
        database.check()
    database.close()


@pytest.mark.parametrize("url", ["mysql://127.0.0.1/yunban", "not an address", "oracle://x"])
def test_an_address_of_another_kind_is_refused_by_the_name_of_its_setting(url, keyring):
    with pytest.raises(SettingsError, match="YUNBAN_DATABASE_URL"):
        Database.open(url, keyring)
