"""Rules of the whole house, read from its source: what no linter knows."""

import ast
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
import dialogs
import models
import scheduler

ROOT = Path(__file__).parents[1]
PACKAGES = (models, dialogs, bot, scheduler)
SOURCES = sorted(path for package in PACKAGES for path in Path(package.__path__[0]).rglob("*.py"))
CHINESE_SENTENCE = re.compile(r"[\u4e00-\u9fff]{4,}")
SPEAKS_CHINESE = {"dialogs/answers.py", "dialogs/triage/lexicon.py"}
"""Words for parsing, not wording."""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(kind) -> Iterator[tuple[str, ast.AST]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kind):
                yield named(path), node


def test_only_the_clock_asks_the_machine_for_the_time():
    asking = {
        place
        for place, call in nodes(ast.Call)
        if re.search(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)$", ast.unparse(call.func))
    }
    assert asking == {"bot/clock.py"}


def test_wording_is_data_and_never_stands_in_python():
    everything = list(nodes(ast.expr | ast.Expr))
    docstrings = {statement.value for _, statement in everything if isinstance(statement, ast.Expr)}
    sentences = [
        f"{place}:{node.lineno} {node.value}"
        for place, node in everything
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in docstrings
        and place not in SPEAKS_CHINESE
        and CHINESE_SENTENCE.search(node.value)
    ]
    assert sentences == []


def test_packages_do_nothing_when_they_are_imported():
    for package in PACKAGES:
        body = ast.parse(Path(package.__file__).read_text(encoding="utf-8")).body
        assert [type(node) for node in body] == [ast.Expr], (
            f"{package.__name__}/__init__.py holds more than a docstring"
        )


def test_every_module_imports_with_an_empty_environment_and_no_network(tmp_path):
    modules = sorted(
        found.name for package in PACKAGES for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    )
    program = f"""
import importlib, socket, sys
def refuse(*_arguments, **_named):
    raise SystemExit("a module opened a connection when it was imported")
socket.socket.connect = socket.create_connection = refuse
for name in {modules!r}:
    importlib.import_module(name)
"""
    done = run_python(program, tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["dialogs.engine", "dialogs.respond", "scheduler.planner", "models.values"])
def test_pure_code_brings_no_database_and_no_server_along(module, tmp_path):
    impure = ("sqlalchemy", "fastapi", "starlette", "wechatpy", "twilio", "apscheduler", "aiohttp", "bot")
    program = f"import sys, {module}; print([name for name in {impure!r} if name in sys.modules])"
    done = run_python(program, tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def run_python(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
