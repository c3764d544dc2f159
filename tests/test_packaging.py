"""What is built is whole: an installed Yunban works far from its checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRIAGE = ROOT / "dialogs" / "triage"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of commands of a fresh environment: the wheel is its own, what Yunban depends on is borrowed."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    packages = Path(run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    run(
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python),
        "install", "--no-deps", "--no-index", str(wheel),
    )  # fmt: skip
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python.parent


def test_the_wheel_holds_every_file_of_the_four_packages_and_nothing_else(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    listed = run("git", "ls-files", "-z", "bot", "dialogs", "scheduler", "models", cwd=ROOT).split("\0")
    assert packed >= {name for name in listed if name and (ROOT / name).exists()}
    assert {name.split("/")[0] for name in packed} == {"bot", "dialogs", "scheduler", "models"}


def test_the_installed_command_checks_its_dialogs_far_from_the_checkout(installed, tmp_path):
    run(str(installed / "yunban"), "dialogs", "check", cwd=tmp_path)
    where = run(str(installed / "python"), "-c", "import dialogs; print(dialogs.__file__)", cwd=tmp_path)
    assert str(ROOT) not in where


def test_the_installed_triage_knows_every_phrase_and_has_its_second_look(wheel, installed, tmp_path):
    packed = zipfile.ZipFile(wheel)
    for file in (*(TRIAGE / "phrases").glob("*.yaml"), TRIAGE / "second_look.json"):
        assert packed.read(file.relative_to(ROOT).as_posix()) == file.read_bytes()
    program = "from dialogs.library import Library; print(len(Library.load().rules.second_look.weights))"
    weights = json.loads((TRIAGE / "second_look.json").read_text(encoding="utf-8"))["weights"]
    assert run(str(installed / "python"), "-c", program, cwd=tmp_path).strip() == str(len(weights))
    for told in (
        "羊水破了",
        "头疼得要炸了，看东西发花",
        "不想活了",
        "宝宝叫不醒",
        "양수가 터졌어요",
        "my waters broke",
    ):
        judged = json.loads(run(str(installed / "yunban"), "triage", "--json", told, cwd=tmp_path))
        assert judged["level"] in {"urgent", "emergency"}, told


def test_the_installed_command_creates_a_database_far_from_the_checkout(installed, tmp_path):
    key = "bWFkZS11cC1rZXktZm9yLXRlc3RzLW9ubHktMDAwMDA="
    run(str(installed / "yunban"), "db", "upgrade", cwd=tmp_path, YUNBAN_DATA_KEY=key)
    assert (tmp_path / "data" / "yunban.db").exists()


def run(*command: str, cwd: Path | None = None, **settings: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
