"""The command as a shell sees it: status, one line on stderr, nothing half-done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.staff import Caller, Scope, authenticate, check_token
from models.care_team import StaffMember
from tests import people
from tests.conftest import DATA_KEY

ROOT = Path(__file__).parents[2]


@pytest.fixture
def yunban(tmp_path):
    """Run the command in an empty folder with nothing in its environment but what is given here."""

    def run(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "bot.cli", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **settings},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture
def house(yunban, tmp_path, keyring):
    """A migrated database with one facility, and the settings that lead to it."""
    settings = {"YUNBAN_DATA_KEY": DATA_KEY, "YUNBAN_DATABASE_URL": f"sqlite:///{tmp_path / 'yunban.db'}"}
    assert yunban("db", "upgrade", **settings).returncode == 0
    database = Database.open(settings["YUNBAN_DATABASE_URL"], keyring)
    yield settings, database
    database.close()


def assert_one_line(done, *words):
    assert done.returncode == 2, done.stdout
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("yunban: ")
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (["db", "upgrade"], {}, ["YUNBAN_DATA_KEY is not set"]),
        (["db", "upgrade"], {"YUNBAN_DATA_KEY": "short"}, ["YUNBAN_DATA_KEY"]),
        (["db", "upgrade"], {"YUNBAN_DATABSE_URL": "x"}, ["YUNBAN_DATABSE_URL", "did you mean YUNBAN_DATABASE_URL?"]),
        (
            ["db", "upgrade"],
            {"YUNBAN_DATA_KEY": DATA_KEY, "YUNBAN_DATABASE_URL": "postgresql://nurse:hush@127.0.0.1:1/yunban"},
            ["127.0.0.1:1/yunban"],
        ),
        (
            ["db", "upgrade"],
            {"YUNBAN_DATA_KEY": DATA_KEY, "YUNBAN_DATABASE_URL": "sqlite:////proc/nowhere/yunban.db"},
            ["/proc/nowhere"],
        ),
        (["token", "add", "his", "--scope", "read"], {"YUNBAN_DATA_KEY": DATA_KEY}, ["run `yunban db upgrade`"]),
        (["token", "add", "his", "--scope", "all"], {}, ["--scope"]),
        (["db", "restore", "nowhere.db"], {"YUNBAN_DATA_KEY": DATA_KEY}, ["nowhere.db"]),
        (["nonsense"], {}, ["nonsense"]),
        (["triage"], {}, ["TEXT"]),
    ],
)
def test_bad_input_is_one_line_that_names_the_place_and_exit_status_2(yunban, arguments, settings, words):
    done = yunban(*arguments, **settings)
    assert_one_line(done, *words)
    assert "hush" not in done.stderr


def test_settings_are_read_from_a_file_too(yunban, tmp_path):
    (tmp_path / ".env").write_text(f"YUNBAN_DATA_KEY={DATA_KEY}\n")
    assert yunban("db", "upgrade").stdout == "empty -> 0001\n"
    assert (tmp_path / "data" / "yunban.db").exists()


def test_a_nurse_who_was_added_can_sign_in(yunban, house, clock):
    settings, database = house
    with database.transaction() as session:
        people.hospital(session, clock.now(), code="mch")
    done = yunban(
        "staff", "add", "李护士", "--role", "nurse", "--facility", "mch", "--password-stdin",
        stdin="made-up-password\n", **settings,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "made-up-password" not in done.stdout
    assert authenticate(database, "李护士", "made-up-password", clock.now())


def test_a_password_that_is_made_up_is_printed_and_works(yunban, house, clock):
    settings, database = house
    done = yunban("staff", "add", "admin", "--role", "admin", **settings)
    assert authenticate(database, "admin", done.stdout.split()[-1], clock.now())


def test_staff_of_a_facility_that_is_not_in_the_directory_is_refused_and_not_added(yunban, house):
    settings, database = house
    assert_one_line(yunban("staff", "add", "李护士", "--role", "nurse", "--facility", "x", **settings), "facility x")
    with database.reading() as session:
        assert session.scalars(select(StaffMember)).all() == []


def test_a_token_is_printed_once_and_opens_until_it_is_revoked(yunban, house, clock):
    settings, database = house
    token = yunban("token", "add", "his", "--scope", "write", **settings).stdout.strip()
    assert check_token(database, token, clock.now()) == Caller("his", Scope.WRITE)
    assert_one_line(yunban("token", "add", "his", "--scope", "read", **settings), "token his")
    assert yunban("token", "revoke", "his", **settings).returncode == 0
    assert check_token(database, token, clock.now()) is None


def test_a_database_is_copied_and_put_back(yunban, house, tmp_path):
    settings, _ = house
    assert yunban("db", "backup", "copy.db", **settings).returncode == 0
    assert_one_line(yunban("db", "restore", "copy.db", **settings), "--overwrite")
    assert yunban("db", "restore", "copy.db", "--overwrite", **settings).returncode == 0


def test_help_needs_no_settings(yunban):
    done = yunban("--help")
    assert done.returncode == 0
    assert "triage" in done.stdout
