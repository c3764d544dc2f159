import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, String, inspect, select, text

from bot import migrate
from bot.db import Database
from bot.errors import Invalid
from models.metadata import metadata
from models.person import ContactPoint
from tests import people


@pytest.fixture
def empty(empty_database_url, keyring):
    database = Database.open(empty_database_url, keyring)
    yield database
    database.close()


@pytest.mark.parametrize("start", [None, *migrate.revisions()])
def test_from_every_revision_the_newest_is_reached_and_equals_the_models(empty, start):
    if start is not None:
        migrate.upgrade(empty, start)
    assert migrate.revision(empty) == start

    migrate.upgrade(empty)

    assert migrate.is_current(empty)
    with empty.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_index_over_some_rows_is_migrated_with_its_condition(empty):
    migrate.upgrade(empty)
    dialect = empty.engine.dialect.name
    inspector = inspect(empty.engine)
    migrated = {
        index["name"]
        for table in metadata.tables
        for index in inspector.get_indexes(table)
        if f"{dialect}_where" in index.get("dialect_options", {})
    }
    modelled = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options[dialect]["where"] is not None
    }
    assert migrated == modelled
    assert modelled


def test_upgrading_twice_changes_nothing(empty):
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    assert migrate.is_current(empty)


def test_a_migrated_database_takes_a_woman_and_gives_her_back(empty, keyring, clock):
    migrate.upgrade(empty)
    with empty.transaction() as session:
        people.enrol(session, keyring, people.WANGFANG, clock.now())
    with empty.reading() as session:
        assert people.WANGFANG.openid in session.scalars(select(ContactPoint.address)).all()


def test_altering_a_table_that_others_refer_to_keeps_every_row(empty, keyring, clock):
    migrate.upgrade(empty)
    with empty.transaction() as session:
        people.enrol(session, keyring, people.XIAOLIN, clock.now())

    with migrate.migrating(empty) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("patient", recreate="auto") as batch:
            batch.alter_column("language", type_=String(16), existing_type=String(8), existing_nullable=False)
            batch.add_column(Column("nickname", String(8)))

    with empty.reading() as session:
        assert len(session.scalars(select(ContactPoint.address)).all()) == 3
        if empty.is_sqlite:
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty):
    def fail_half_way():
        with migrate.migrating(empty) as connection:
            connection.execute(text("CREATE TABLE half_done (id INTEGER)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert inspect(empty.engine).get_table_names() == []


def test_a_database_of_a_newer_version_is_refused_in_one_line(empty):
    migrate.upgrade(empty)
    with empty.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Invalid, match="revision 9999"):
        migrate.upgrade(empty)
