"""Each broken script names the finding it must bring in its first line."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dialogs import lint
from dialogs.library import Library
from models.values import Language

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))


@pytest.mark.parametrize("broken", BROKEN, ids=lambda file: file.stem)
def test_a_broken_script_is_named_with_file_line_and_path(broken, tmp_path):
    for file in (HERE / "house").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    shutil.copy(broken, tmp_path)

    found = [str(problem) for problem in lint.check(tmp_path, menu=tmp_path / "menu.yaml")]

    assert found == [broken.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")]


def test_the_shipped_scripts_have_no_findings():
    assert [str(problem) for problem in lint.check()] == []


def test_the_services_own_lines_are_read_too(house):
    chinese = {**house.texts[Language.ZH_CN], "noted": "好的，您放心。"}
    library = replace(house, texts={**house.texts, Language.ZH_CN: chinese})

    assert [str(problem) for problem in lint.findings(library)] == [
        "wording/zh-CN:1: noted: '放心' reassures before anybody has looked"
    ]


def recorded_now(library: Library) -> str:
    return lint.digests(library.scripts.values(), library)


class TestDigests:
    """`visit` is recorded as given, the other scripts of the house as they are."""

    @pytest.fixture
    def recorded(self, house, tmp_path):
        def record(visit: str) -> Library:
            others = [line for line in recorded_now(house).splitlines() if not line.startswith("visit:")]
            for file in (HERE / "house").glob("*.yaml"):
                shutil.copy(file, tmp_path)
            (tmp_path / "digests.yaml").write_text("\n".join([*others, visit]), encoding="utf-8")
            return Library.load(tmp_path, menu=tmp_path / "menu.yaml")

        return record

    def found(self, library):
        return [str(problem) for problem in lint.findings(library)]

    def test_a_recorded_script_that_stays_the_same_is_no_finding(self, house, recorded):
        assert self.found(recorded(f"visit: {{version: 2, digest: {house.script('visit').digest()}}}")) == []

    def test_changed_wording_needs_a_new_version(self, recorded):
        library = recorded("visit: {version: 2, digest: of-other-words}")

        assert self.found(library) == ["scripts/visit.yaml:2: version: the content changed, but not the version"]

    def test_a_version_never_goes_back(self, recorded):
        library = recorded("visit: {version: 9, digest: any}")

        assert self.found(library) == ["scripts/visit.yaml:2: version: version 9 was released already"]

    @pytest.mark.parametrize("visit", ["", "visit: {version: 1, digest: of-other-words}"])
    def test_a_new_version_is_to_be_recorded(self, house, recorded, visit):
        library = recorded(visit)

        assert "version 2 is not recorded" in self.found(library)[0]
        assert recorded_now(library) == recorded_now(house)

    def test_recording_again_does_not_hide_a_change_without_a_new_version(self, recorded):
        library = recorded("visit: {version: 2, digest: of-other-words}")

        assert "visit: {version: 2, digest: of-other-words}" in recorded_now(library)

    def test_drafts_need_no_record(self, house):
        assert lint.findings(house) == ()

    def test_the_digest_follows_the_content_and_not_the_version(self, house):
        visit = house.script("visit")

        assert visit.model_copy(update={"version": 5}).digest() == visit.digest()
        assert visit.model_copy(update={"tries": 5}).digest() != visit.digest()


def test_problems_of_one_file_are_all_told(tmp_path):
    for file in (HERE / "house").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    for name in ("unknown_step", "unknown_fact"):
        shutil.copy(HERE / "broken" / f"{name}.yaml", tmp_path)

    found = lint.check(tmp_path, menu=tmp_path / "menu.yaml")

    assert {problem.file for problem in found} == {"scripts/unknown_step.yaml", "scripts/unknown_fact.yaml"}
    assert all(replace(problem, line=1) for problem in found)
