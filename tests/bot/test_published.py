from sqlalchemy import select, update

from bot.published import open_library
from dialogs.library import Library
from models.conversation import ScriptVersion


def test_every_script_is_kept_as_it_was_published_once(db, clock):
    first = open_library(db, clock.now())
    open_library(db, clock.now())
    with db.reading() as session:
        kept = session.scalars(select(ScriptVersion)).all()
    assert {(row.script, row.version) for row in kept} == {(s.id, s.version) for s in first.scripts.values()}


def test_a_dialog_begun_with_an_earlier_version_finds_it_again(db, clock):
    script = next(iter(open_library(db, clock.now()).scripts.values()))
    other = script.model_dump(mode="json", by_alias=True) | {"version": script.version + 1}
    with db.transaction() as session:
        session.add(
            ScriptVersion(
                script=script.id,
                version=script.version + 1,
                digest="of another day",
                source=other,
                published_at=clock.now(),
            )
        )
    assert open_library(db, clock.now()).script(script.id, script.version + 1).steps == script.steps


def test_a_script_that_changed_without_a_new_version_is_told_and_the_file_counts(db, clock, caplog):
    script = next(iter(open_library(db, clock.now()).scripts))
    with db.connection() as connection:
        connection.execute(update(ScriptVersion).where(ScriptVersion.script == script).values(digest="another"))
    assert open_library(db, clock.now()).scripts[script] == Library.load().scripts[script]
    assert f"script {script} changed but kept version" in caplog.text


def test_a_version_that_nobody_can_read_any_more_does_not_stop_the_house(db, clock):
    with db.transaction() as session:
        session.add(ScriptVersion(script="gone", version=1, digest="-", source={"kind": "?"}, published_at=clock.now()))
    assert open_library(db, clock.now()).scripts.keys() == Library.load().scripts.keys()
