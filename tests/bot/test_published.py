"""Scripts that were ever live stay at hand, so that a dialog begun with one can end with it."""

from sqlalchemy import insert, select

from bot.published import load_library
from models.conversation import ScriptVersion


def test_every_shipped_script_is_published_once(db, clock):
    load_library(db, clock)
    library = load_library(db, clock)
    with db.reading() as session:
        published = session.scalars(select(ScriptVersion.script)).all()
    assert sorted(published) == sorted(library.scripts)


def test_a_version_that_is_shipped_no_more_can_still_be_continued(db, clock):
    current = load_library(db, clock).script("fetal_movement")
    former = current.model_copy(update={"version": 77, "title": "以前的胎动询问"})
    row = {
        "script": former.id,
        "version": former.version,
        "digest": former.digest(),
        "source": former.model_dump(mode="json", by_alias=True),
        "published_at": clock.now(),
    }
    with db.connection() as connection:
        connection.execute(insert(ScriptVersion), [row])
    library = load_library(db, clock)
    assert library.script("fetal_movement", 77).title == "以前的胎动询问"
    assert library.script("fetal_movement").version == current.version


def test_words_changed_behind_a_version_are_noticed(db, clock, caplog):
    load_library(db, clock)
    with db.connection() as connection:
        connection.execute(
            ScriptVersion.__table__.update().where(ScriptVersion.script == "mood").values(digest="other")
        )
    load_library(db, clock)
    assert "mood was changed without a new version number" in caplog.text
