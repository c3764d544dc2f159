import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import migrate
from bot.backup import backup, restore
from bot.db import Database
from bot.errors import Conflict, Invalid, NotFound
from models.person import Patient
from tests import people


@pytest.fixture
def house_db(tmp_path, keyring, clock):
    database = Database.open(f"sqlite:///{tmp_path / 'yunban.db'}", keyring)
    migrate.upgrade(database)
    with database.transaction() as session:
        people.enrol(session, keyring, people.XIAOLIN, clock.now())
    yield database
    database.close()


def names(database):
    with database.reading() as session:
        return session.scalars(select(Patient.name)).all()


def test_a_copy_taken_while_somebody_writes_holds_what_was_committed(house_db, keyring, clock, tmp_path):
    with house_db.transaction() as session:
        people.enrol(session, keyring, people.AMEI, clock.now())
        backup(house_db, tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]

    copy = Database.open(f"sqlite:///{tmp_path / 'copy.db'}", keyring)
    assert names(copy) == [people.XIAOLIN.name]
    copy.close()


def test_a_restored_copy_brings_back_what_was_lost(house_db, keyring, clock, tmp_path):
    backup(house_db, tmp_path / "copy.db")
    with house_db.transaction() as session:
        people.enrol(session, keyring, people.AMEI, clock.now())

    with pytest.raises(Conflict, match="--overwrite"):
        restore(house_db, tmp_path / "copy.db")
    assert len(names(house_db)) == 2

    restore(house_db, tmp_path / "copy.db", overwrite=True)
    assert names(house_db) == [people.XIAOLIN.name]


def test_a_copy_is_restored_where_no_database_was(house_db, keyring, tmp_path):
    backup(house_db, tmp_path / "copy.db")
    elsewhere = Database.open(f"sqlite:///{tmp_path / 'new' / 'yunban.db'}", keyring)
    restore(elsewhere, tmp_path / "copy.db")
    assert names(elsewhere) == [people.XIAOLIN.name]
    elsewhere.close()


def test_a_backup_never_replaces_a_file_unasked(house_db, tmp_path):
    (tmp_path / "copy.db").write_text("the copy of last night")
    with pytest.raises(Conflict, match=r"copy\.db"):
        backup(house_db, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "the copy of last night"


def test_nothing_is_restored_while_somebody_writes(house_db, tmp_path):
    backup(house_db, tmp_path / "copy.db")
    writer = sqlite3.connect(tmp_path / "yunban.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(Conflict, match="another process"):
        restore(house_db, tmp_path / "copy.db", overwrite=True)
    writer.close()
    assert names(house_db) == [people.XIAOLIN.name]


def damage(file: Path):
    content = bytearray(file.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    file.write_bytes(content)


def truncate(file: Path):
    file.write_text("姓名,手机号\n")


def empty(file: Path):
    file.unlink()
    sqlite3.connect(file).close()


def come_from_the_future(file: Path):
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


@pytest.mark.parametrize("spoil", [damage, truncate, empty, come_from_the_future])
def test_a_copy_that_is_not_whole_is_refused_by_name_and_nothing_changes(house_db, tmp_path, spoil):
    file = tmp_path / "copy.db"
    backup(house_db, file)
    spoil(file)
    with pytest.raises(Invalid, match=r"copy\.db"):
        restore(house_db, file, overwrite=True)
    assert names(house_db) == [people.XIAOLIN.name]


@pytest.mark.parametrize("spoil", [damage, truncate])
def test_a_copy_is_put_back_over_a_database_that_is_damaged(house_db, tmp_path, spoil):
    backup(house_db, tmp_path / "copy.db")
    house_db.close()
    spoil(tmp_path / "yunban.db")
    damaged = (tmp_path / "yunban.db").read_bytes()
    restore(house_db, tmp_path / "copy.db", overwrite=True)
    assert names(house_db) == [people.XIAOLIN.name]
    assert (tmp_path / "yunban.db.damaged").read_bytes() == damaged


def test_a_file_that_is_missing_is_named(house_db, tmp_path):
    with pytest.raises(NotFound, match=r"nowhere\.db"):
        restore(house_db, tmp_path / "nowhere.db", overwrite=True)


def test_on_postgresql_the_right_tool_is_named(keyring, tmp_path):
    database = Database.open("postgresql://127.0.0.1:1/yunban", keyring)
    with pytest.raises(Invalid, match="pg_dump"):
        backup(database, tmp_path / "copy.db")
    with pytest.raises(Invalid, match="pg_restore"):
        restore(database, tmp_path / "copy.db")
    database.close()
