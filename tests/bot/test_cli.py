"""The command as a shell sees it: status, one line on stderr, nothing half-done."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clock import SystemClock
from bot.db import Database
from bot.sheets import read_sheets
from bot.staff import Caller, Scope, authenticate, check_token
from models.care_team import StaffMember
from tests import people
from tests.bot.channels.benches import ACCOUNT, running_wechat
from tests.conftest import DATA_KEY
from tests.loopback import NOBODY

ROOT = Path(__file__).parents[2]
DUE = date.today() + timedelta(days=100)
WECHAT = {
    "YUNBAN_SECRET_KEY": "made-up",
    "YUNBAN_WECHAT_APP_ID": "wx01",
    "YUNBAN_WECHAT_APP_SECRET": "made-up",
    "YUNBAN_WECHAT_TOKEN": "made-up",
    "YUNBAN_WECHAT_MODE": "plain",
    "YUNBAN_WECHAT_API_URL": NOBODY,
}
"""The settings of an official account whose platform does not answer."""


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
        (["token", "add", "his"], {}, ["--scope", "read, write"]),
        (["db", "restore", "nowhere.db"], {"YUNBAN_DATA_KEY": DATA_KEY}, ["nowhere.db"]),
        (["nonsense"], {}, ["nonsense"]),
        (["triage"], {}, ["TEXT"]),
    ],
)
def test_bad_input_is_one_line_that_names_the_place_and_exit_status_2(yunban, arguments, settings, words):
    done = yunban(*arguments, **settings)
    assert_one_line(done, *words)
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('{"id": 1, "text": "头晕"}\n{"id": 2, "text": }\n', ["stdin, line 2"]),
        ('{"id": 1}\n', ["stdin, line 1", "text"]),
        ('\n{"id": 1, "text": "头晕", "context": {"gestational_week": -3}}\n', ["line 2", "context.gestational_week"]),
        ('{"id": 1, "text": "头晕", "lang": "fr"}\n', ["line 1", "lang"]),
    ],
)
def test_a_line_that_is_no_question_is_named_and_ends_the_answers(yunban, lines, words):
    done = yunban("triage", "--jsonl", stdin=lines)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in words)


def test_questions_are_answered_line_by_line_in_the_promised_form(yunban):
    questions = [
        {"id": "a", "text": "出血很多，止不住", "context": {"gestational_week": 33.5, "colour of her coat": "red"}},
        {"id": 2, "text": "谢谢护士", "lang": "zh", "context": {}},
        {"id": "4", "text": "谢谢", "context": None},
        {"id": "三", "text": "감사합니다", "lang": "ko"},
    ]
    done = yunban("triage", "--jsonl", stdin="\n\n".join(map(json.dumps, questions)))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", 2, "4", "三"], done.stderr
    assert all(set(answer) == {"id", "level", "findings", "ask", "reply"} for answer in answers)
    bleeding = answers[0]
    assert bleeding["level"] == "emergency"
    assert "120" in bleeding["reply"]
    assert {"rule", "sign", "level", "evidence", "status"} == set(bleeding["findings"][0])
    assert answers[1]["level"] == "none"


def test_one_judgement_is_readable_and_needs_neither_settings_nor_a_database(yunban, tmp_path):
    done = yunban("triage", "--week", "33", "出血很多，止不住", YUNBAN_DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("emergency\n")
    assert json.loads(yunban("triage", "--json", "谢谢护士").stdout)["level"] == "none"
    assert list(tmp_path.iterdir()) == []


def test_a_judgement_is_read_with_rule_source_words_reply_and_questions(yunban):
    done = yunban("triage", "--postpartum-day", "3", "--condition", "remote", "恶露有臭味，没有发烧")
    assert done.returncode == 0, done.stderr
    level, *findings = done.stdout.partition("\nreply\n")[0].strip().split("\n\n")
    assert level == "emergency"  # urgent, and far from help
    rule, evidence, source = findings[0].splitlines()
    assert re.fullmatch(r"M\w+ +emergency, current: foul_lochia 恶露有异味", rule)
    assert evidence.strip().startswith("evidence: 恶露")
    assert re.fullmatch(r" +source: .+ \(mark (V|V2|R|P)\)", source)
    assert any(", negated: " in finding and "发烧" in finding for finding in findings)
    assert "120" in done.stdout.partition("\nreply\n")[2]
    assert "\nask\n  " in yunban("triage", "--week", "33", "流血了").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--week", "33", "--postpartum-day", "3"], ["--week", "--postpartum-day", "--newborn-day"]),
        (["--week", "33", "--newborn-day", "0"], ["--week", "--newborn-day"]),
        (["--week", "99"], ["--week", "99"]),
        (["--week", "soon"], ["--week", "soon"]),
        (["--postpartum-day", "-1"], ["--postpartum-day", "-1"]),
        (["--newborn-day", "1.5"], ["--newborn-day", "1.5"]),
        (["--condition", "hart"], ["--condition", "'hart'", "hypertension", "remote"]),
        (["--lang", "fr"], ["lang", "'fr'"]),
    ],
)
def test_what_is_known_of_her_and_cannot_be_is_named_and_nothing_is_judged(yunban, arguments, words):
    assert_one_line(yunban("triage", *arguments, "流血了"), *words)


def test_lines_bring_their_own_context_and_no_option_does(yunban):
    assert_one_line(yunban("triage", "--jsonl", "--week", "33", stdin='{"text": "流血了"}\n'), "--jsonl")


def test_a_condition_of_hers_raises_what_it_makes_dangerous(yunban):
    levels = [
        json.loads(yunban("triage", "--json", "--week", "33", *condition, "流血了").stdout)["level"]
        for condition in ([], ["--condition", "hypertension", "--condition", "remote"])
    ]
    assert levels == ["urgent", "emergency"]


def test_the_rules_are_printed_as_they_stand_in_the_clinical_safety_file(yunban):
    done = yunban("dialogs", "rules", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.stdout == (ROOT / "docs" / "clinical-safety" / "rules.md").read_text(encoding="utf-8")


def test_scripts_are_checked_listed_and_drawn(yunban):
    assert yunban("dialogs", "check").returncode == 0
    assert "fetal_movement" in yunban("dialogs", "list").stdout
    assert yunban("dialogs", "graph", "fetal_movement").stdout.startswith("flowchart TD\n")
    assert_one_line(yunban("dialogs", "graph", "fetal_movemnt"), "did you mean fetal_movement?")


def test_a_script_with_a_dead_reference_is_refused_by_place(yunban, tmp_path):
    script = (ROOT / "dialogs" / "scripts" / "fetal_movement.yaml").read_text(encoding="utf-8")
    (tmp_path / "fetal_movement.yaml").write_text(script.replace("start: ", "start: nowhere_"), encoding="utf-8")
    done = yunban("dialogs", "check", ".")
    assert done.returncode == 2
    assert "fetal_movement.yaml" in done.stderr
    assert "nowhere_" in done.stderr


def test_a_talk_in_the_terminal_becomes_a_transcript(yunban, tmp_path):
    done = yunban(
        "dialogs", "play", "fetal_movement", "--as", "name=小林 week=32", "--save", "talk.txt", stdin="嗯嗯\n"
    )
    assert done.returncode == 0, done.stderr
    transcript = (tmp_path / "talk.txt").read_text(encoding="utf-8")
    assert "孕妇: 嗯嗯" in transcript
    assert "机器人: 今天宝宝的活动" in transcript
    assert_one_line(yunban("dialogs", "play", "fetal_movement", "--as", "shoe=41"), "--as", "shoe=41")


def test_a_worker_that_finds_nothing_due_ends(yunban, house):
    settings, _ = house
    channel = {"YUNBAN_WECHAT_APP_ID": "wx1", "YUNBAN_WECHAT_APP_SECRET": "s", "YUNBAN_WECHAT_TOKEN": "t"}
    done = yunban("work", "--once", YUNBAN_WECHAT_MODE="plain", **channel, **settings)
    assert (done.returncode, done.stdout) == (0, "0 done\n"), done.stderr
    assert_one_line(yunban("work", "--once", **settings), "no channel")


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


@pytest.mark.parametrize("name", ["", "  ", " 李护士", "长" * 65])
def test_a_name_nobody_can_type_or_store_is_refused(yunban, house, name):
    settings, _ = house
    assert_one_line(yunban("staff", "add", name, "--role", "admin", **settings), "name", "1 to 64 characters")
    assert_one_line(yunban("token", "add", name, "--scope", "read", **settings), "name", "1 to 64 characters")


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


def test_a_file_that_is_no_database_is_named(yunban, tmp_path):
    (tmp_path / "notes.db").write_text("not a database\n" * 100)
    done = yunban("db", "upgrade", YUNBAN_DATA_KEY=DATA_KEY, YUNBAN_DATABASE_URL="sqlite:///notes.db")
    assert_one_line(done, "sqlite:///notes.db", "not a database")


def test_the_doctor_looks_at_everything_and_fails_with_what_would_fail(yunban, house):
    settings, _ = house
    settings |= WECHAT
    done = yunban("doctor", **settings)
    assert (done.returncode, done.stderr) == (1, "")
    found = {name: state for state, name, _ in (line.split(maxsplit=2) for line in done.stdout.splitlines())}
    assert found["settings"] == found["dialogs"] == found["database"] == found["migrations"] == found["clock"] == "ok"
    assert found["directory"] == found["wechat"] == "FAILS"


async def test_the_doctor_is_content_with_a_house_that_works(yunban, house, clock):
    settings, database = house
    with database.transaction() as session:
        people.hospital(session, SystemClock().now(), code="mch")
    async with running_wechat(clock) as (_, url):
        settings |= WECHAT | {"YUNBAN_WECHAT_API_URL": url}
        settings |= {"YUNBAN_WECHAT_APP_ID": ACCOUNT.app_id, "YUNBAN_WECHAT_APP_SECRET": ACCOUNT.app_secret}
        done = await asyncio.to_thread(yunban, "doctor", **settings)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_named_before_anything_starts(yunban, house, command):
    settings, _ = house
    settings |= WECHAT
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert_one_line(yunban(command, "--port", str(port), **settings), f"port {port} is taken")


def test_an_address_of_another_machine_is_named(yunban, house):
    settings, _ = house
    settings |= WECHAT
    assert_one_line(yunban("serve", "--host", "192.0.2.1", **settings), "--host 192.0.2.1")


def test_help_needs_no_settings(yunban):
    done = yunban("--help")
    assert done.returncode == 0
    assert "triage" in done.stdout


def test_a_roster_comes_in_from_a_file_and_goes_out_again(yunban, house, tmp_path):
    settings, _ = house
    (tmp_path / "roster.csv").write_text(
        f"姓名,手机号,预产期,颜色,建册机构\n小林,13900000001,{DUE},绿,county-mch\n阿美,12,{DUE},橙,\n",
        encoding="gb18030",
    )
    dry = yunban("roster", "import", "roster.csv", "--dry-run", **settings)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "roster.csv: row 3, 手机号: not a phone number\n" in dry.stdout
    assert dry.stdout.endswith("dry run, nothing written: 1 new, 0 updated, 0 unchanged, 1 refused\n")
    assert yunban("roster", "import", "roster.csv", **settings).stdout.endswith(
        "1 new, 0 updated, 0 unchanged, 1 refused\n"
    )
    assert yunban("roster", "import", "roster.csv", **settings).stdout.endswith(
        "0 new, 0 updated, 1 unchanged, 1 refused\n"
    )
    assert yunban("roster", "export", "out.xlsx", **settings).stdout == "out.xlsx: 1 women\n"
    assert yunban("roster", "import", "out.xlsx", **settings).stdout.endswith(
        "0 new, 0 updated, 1 unchanged, 0 refused\n"
    )


async def test_cards_for_the_whole_roster_are_written_into_one_file(yunban, house, clock, tmp_path):
    settings, _ = house
    (tmp_path / "roster.csv").write_text(f"姓名,手机号,预产期\n小林,13900000001,{DUE}\n阿美,13900000002,{DUE}\n")
    assert yunban("roster", "import", "roster.csv", **settings).returncode == 0
    assert_one_line(yunban("roster", "invitations", "cards.xlsx", **settings), "no channel")
    async with running_wechat(clock) as (server, url):
        settings |= {"YUNBAN_WECHAT_APP_ID": ACCOUNT.app_id, "YUNBAN_WECHAT_APP_SECRET": ACCOUNT.app_secret}
        settings |= {"YUNBAN_WECHAT_TOKEN": ACCOUNT.token, "YUNBAN_WECHAT_MODE": "plain", "YUNBAN_WECHAT_API_URL": url}
        done = await asyncio.to_thread(yunban, "roster", "invitations", "cards.xlsx", **settings)
        assert (done.returncode, done.stdout, done.stderr) == (0, "cards.xlsx: 2 women\n", "")
        codes = set(server.platform.scenes.values())
        server.platform.mishaps.fail_next(48001)
        refused = await asyncio.to_thread(yunban, "roster", "invitations", "again.xlsx", **settings)
    assert_one_line(refused, "wechat 48001: not_permitted")
    ((_, lines),) = read_sheets(tmp_path / "cards.xlsx")
    assert {line.cells[3] for line in lines[1:]} == codes
    assert not (tmp_path / "again.xlsx").exists()


@pytest.mark.parametrize("command", ["roster", "facility"])
def test_a_file_with_the_wrong_columns_is_one_line(yunban, house, tmp_path, command):
    (tmp_path / "wrong.csv").write_text("鞋码,颜色\n38,绿\n", encoding="utf-8")
    assert_one_line(yunban(command, "import", "wrong.csv", **house[0]), "wrong.csv")
    assert_one_line(yunban(command, "import", "gone.xlsx", **house[0]), "gone.xlsx", "no such file")


def test_a_file_of_which_no_row_can_be_taken_is_a_failure(yunban, house, tmp_path):
    (tmp_path / "bad.csv").write_text(f"姓名,手机号,预产期\n小林,12,{DUE}\n", encoding="utf-8")
    done = yunban("roster", "import", "bad.csv", **house[0])
    assert (done.returncode, done.stdout.splitlines()[0]) == (2, "bad.csv: row 2, 手机号: not a phone number")


def test_a_template_needs_no_database(yunban, tmp_path):
    assert yunban("roster", "template", "empty.xlsx").returncode == 0
    assert (tmp_path / "empty.xlsx").stat().st_size > 0
    assert_one_line(yunban("roster", "template", "empty.pdf"), "empty.pdf", ".xlsx")


def test_the_directory_comes_in_from_a_file(yunban, house, tmp_path):
    (tmp_path / "places.csv").write_text(
        "编码,名称,急诊电话,核实日期\nmch,县妇幼保健院,010-00000002,2026-11-01\n", encoding="utf-8"
    )
    done = yunban("facility", "import", "places.csv", **house[0])
    assert (done.returncode, done.stdout) == (0, "places.csv: 1 new, 0 updated, 0 unchanged, 0 refused\n")
