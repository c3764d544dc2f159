from sqlalchemy import select, update

from bot.published import load_library
from dialogs.library import Library
from models.conversation import ScriptVersion


def test_every_script_is_kept_as_it_was_published_once(db, clock):
    first = load_library(db, clock)
    load_library(db, clock)
    with db.reading() as session:
        kept = session.scalars(select(ScriptVersion)).all()
    assert {(row.script, row.version) for row in kept} == {(s.id, s.version) for s in first.scripts.values()}


def test_a_dialog_begun_with_an_earlier_version_finds_it_again(db, clock):
    script = next(iter(load_library(db, clock).scripts.values()))
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
    assert load_library(db, clock).script(script.id, script.version + 1).steps == script.steps


def test_a_script_that_changed_without_a_new_version_is_told_and_the_file_counts(db, clock, caplog):
    script = next(iter(load_library(db, clock).scripts))
    with db.connection() as connection:
        connection.execute(update(ScriptVersion).where(ScriptVersion.script == script).values(digest="another"))
    assert load_library(db, clock).scripts[script] == Library.load().scripts[script]
    assert f"script {script} was changed without a new version number" in caplog.text


def test_a_version_that_nobody_can_read_any_more_does_not_stop_the_house(db, clock):
    with db.transaction() as session:
        session.add(ScriptVersion(script="gone", version=1, digest="-", source={"kind": "?"}, published_at=clock.now()))
    assert load_library(db, clock).scripts.keys() == Library.load().scripts.keys()
