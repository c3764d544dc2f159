import base64
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.audit import SYSTEM, record
from bot.clock import FixedClock, SystemClock
from bot.doctor import examine
from models.care_team import Facility
from tests import people
from tests.conftest import DATA_KEY

SECRETS = {"YUNBAN_SECRET_KEY": "made-up-secret", "YUNBAN_DATA_KEY": DATA_KEY, "YUNBAN_WECHAT_APP_ID": "wx01"}
NOBODY_LISTENS = {"YUNBAN_WECHAT_API_URL": "http://127.0.0.1:1", "YUNBAN_WECHAT_MODE": "plain"}
WECHAT = {"YUNBAN_WECHAT_APP_SECRET": "made-up", "YUNBAN_WECHAT_TOKEN": "made-up", **NOBODY_LISTENS}


@pytest.fixture
def clock():
    """Now, because the clock of a server of PostgreSQL is compared with it."""
    return FixedClock(SystemClock().now())


@pytest.fixture
def settle(db, clock):
    """A house whose directory was verified today."""
    with db.transaction() as session:
        people.hospital(session, clock.now(), code="mch")
        record(session, SYSTEM, "command line", "staff.added", {}, clock.now())


@pytest.fixture
def examined(db, database_url, clock, tmp_path):
    async def examined(**settings):
        environ = {"YUNBAN_DATABASE_URL": database_url, **settings}
        return {sign.name: sign async for sign in examine(environ, clock, tmp_path / ".env")}

    return examined


async def test_each_thing_is_looked_at_and_a_wechat_that_does_not_answer_is_found(settle, examined):
    signs = await examined(**SECRETS, **WECHAT)
    assert {name for name, sign in signs.items() if not sign.healthy} == {"wechat"}
    assert list(signs) == ["settings", "dialogs", "database", "migrations", "data key", "clock", "directory", "wechat"]
    assert not [sign for sign in signs.values() if "\n" in sign.line]


async def test_what_is_missing_is_named_and_the_rest_is_looked_at_all_the_same(settle, examined):
    signs = await examined(YUNBAN_DATA_KEY=DATA_KEY)
    assert signs["settings"].line == "YUNBAN_SECRET_KEY is not set"
    assert signs["directory"].healthy
    assert "wechat" not in signs


async def test_an_unknown_setting_ends_the_examination(examined):
    signs = await examined(YUNBAN_SECRETKEY="x")
    assert list(signs) == ["settings"]
    assert "did you mean YUNBAN_SECRET_KEY?" in signs["settings"].line


async def test_a_database_that_was_not_migrated_is_not_fit(empty_database_url, examined):
    signs = await examined(YUNBAN_DATA_KEY=DATA_KEY, YUNBAN_DATABASE_URL=empty_database_url)
    assert "yunban db upgrade" in signs["migrations"].line
    assert "directory" not in signs


async def test_an_unreachable_database_is_one_line(examined):
    signs = await examined(YUNBAN_DATA_KEY=DATA_KEY, YUNBAN_DATABASE_URL="postgresql://nurse:hush@127.0.0.1:1/none")
    assert not signs["database"].healthy
    assert "hush" not in signs["database"].line


async def test_numbers_that_nobody_verified_for_long_are_named(db, settle, clock, examined):
    with db.connection() as connection:
        connection.execute(update(Facility).values(verified_on=clock.now().date() - timedelta(days=91)))
    assert "mch" in (await examined(YUNBAN_DATA_KEY=DATA_KEY))["directory"].line


async def test_an_empty_directory_is_not_fit(examined):
    assert "facility import" in (await examined(YUNBAN_DATA_KEY=DATA_KEY))["directory"].line


@pytest.mark.parametrize(
    ("wrong", "sign"),
    [
        ({"YUNBAN_DATA_KEY": "too short"}, "database"),
        ({"YUNBAN_DATABASE_URL": "mysql://127.0.0.1/yunban"}, "database"),
        ({"YUNBAN_WECHAT_MODE": "secure", "YUNBAN_WECHAT_AES_KEY": "too short"}, "settings"),
    ],
)
async def test_a_setting_that_is_there_and_cannot_be_used_is_named(examined, wrong, sign):
    found = (await examined(**{**SECRETS, **WECHAT, **wrong}))[sign]
    assert not found.healthy
    assert any(name in found.line for name in wrong)


async def test_a_key_that_is_not_the_one_of_the_records_is_found(db, settle, clock, examined, keyring):
    with db.transaction() as session:
        people.enrol(session, keyring, people.XIAOLIN, clock.now())
    assert (await examined(YUNBAN_DATA_KEY=DATA_KEY))["data key"].healthy
    another = base64.b64encode(b"another key than that of records").decode()
    assert not (await examined(YUNBAN_DATA_KEY=another))["data key"].healthy


async def test_a_clock_that_went_back_is_noticed(db, settle, clock, examined):
    clock.at -= timedelta(days=1)
    assert not (await examined(YUNBAN_DATA_KEY=DATA_KEY))["clock"].healthy
