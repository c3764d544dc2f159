"""Everything the house can say, read once; what is wrong is named with its place."""

import shutil
from pathlib import Path

import pytest

from dialogs.library import Library, LibraryError, UnknownScriptError
from dialogs.lines import Line, Reason
from dialogs.script import FACTS, Wording
from dialogs.source import Source
from dialogs.template import template
from models.values import Language

HOUSE = Path(__file__).parent / "house"


def copy_of_the_house(folder: Path) -> Path:
    for file in HOUSE.glob("*.yaml"):
        shutil.copy(file, folder)
    return folder


class TestAText:
    def test_says_a_known_fact(self, house):
        assert house.fill("{nurse|护士}您好", Language.ZH_CN, {"nurse": "王护士"}) == "王护士您好"

    @pytest.mark.parametrize("facts", [{}, {"nurse": ""}])
    def test_says_its_own_alternative_for_an_unknown_one(self, house, facts):
        assert house.fill("{nurse|我们的护士}您好", Language.ZH_CN, facts) == "我们的护士您好"

    @pytest.mark.parametrize("language", list(Language))
    @pytest.mark.parametrize("fact", sorted(FACTS - {"name"}))
    def test_never_has_a_gap_where_it_names_no_alternative(self, house, fact, language):
        assert house.fill(f"<{{{fact}}}>", language, {}) not in {"<>", f"<{{{fact}}}>"}

    def test_falls_back_to_chinese(self, house):
        assert house.wording(Reason.MEDIA, Language.KO, {}) == house.wording(Reason.MEDIA, Language.ZH_CN, {})
        assert house.say(Wording({Language.ZH_CN: "您好"}), Language.EN, {}) == "您好"

    def test_exists_for_every_line_that_code_speaks(self, house):
        for line in Line:
            for language in Language:
                assert house.wording(line, language, {})

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"ga": "33周+2"}, "说清孕33周+2、地址。"),
            ({"postpartum_day": "3"}, "说清产后3天、地址。"),
            ({"ga": "33周+2", "postpartum_day": "3"}, "说清孕33周+2、地址。"),
            ({"ga": ""}, "说清孕几周、地址。"),
        ],
    )
    def test_says_the_first_way_whose_facts_are_known(self, house, facts, said):
        text = "说清{?孕{ga}|产后{postpartum_day}天|孕几周}、地址。"
        assert house.fill(text, Language.ZH_CN, facts) == said

    @pytest.mark.parametrize("facts", [{}, {"facility": "县医院"}, {"emergency_phone": "0439-0000001"}])
    def test_drops_what_hangs_on_an_unknown_fact(self, house, facts):
        assert house.fill("拨打120。{?{facility}急诊：{emergency_phone}}", Language.ZH_CN, facts) == "拨打120。"

    def test_an_alternative_makes_a_place_known_inside_a_way_too(self, house):
        assert house.fill("{?{nurse|护士}：{nurse_phone|总机}|没有}", Language.ZH_CN, {}) == "护士：总机"

    @pytest.mark.parametrize(
        "text", ["{", "}", "{Name}", "{a b}", "{{name}}", "{?}", "{?孕{ga}", "{?孕{Ga}}", "{?{a|{b}}}"]
    )
    def test_with_a_stray_brace_is_refused(self, text):
        with pytest.raises(ValueError, match="brace"):
            template(text)


class TestLoading:
    def test_names_a_missing_script_of_the_menu(self, tmp_path):
        copy_of_the_house(tmp_path)
        (tmp_path / "hello.yaml").unlink()
        with pytest.raises(LibraryError, match=r"menu.yaml:1: enrolment: no script 'hello'"):
            Library.load(tmp_path, menu=tmp_path / "menu.yaml")

    def test_names_a_folder_that_is_not_utf8(self, tmp_path):
        copy_of_the_house(tmp_path)
        (tmp_path / "visit.yaml").write_bytes(b"\xff\xfe")
        with pytest.raises(LibraryError, match=r"scripts/visit.yaml:1: cannot be read"):
            Library.load(tmp_path, menu=tmp_path / "menu.yaml")

    def test_names_a_question_that_triage_never_asks(self, tmp_path):
        copy_of_the_house(tmp_path)
        menu = tmp_path / "menu.yaml"
        menu.write_text(menu.read_text(encoding="utf-8").replace("ask_push", "ask_pusj"), encoding="utf-8")
        with pytest.raises(LibraryError, match=r"worse\.ask_pusj: is no question of triage"):
            Library.load(tmp_path, menu=menu)

    def test_counts_what_else_is_wrong(self, tmp_path):
        copy_of_the_house(tmp_path)
        for name in ("unknown_step", "unknown_fact"):
            shutil.copy(HOUSE.parent / "broken" / f"{name}.yaml", tmp_path)
        with pytest.raises(LibraryError, match="and 1 more") as raised:
            Library.load(tmp_path, menu=tmp_path / "menu.yaml")
        assert len(raised.value.problems) == 2

    def test_leaves_out_former_versions_that_no_schema_reads_any_more(self):
        library = Library.load(HOUSE, earlier=[{"id": "visit", "version": 1, "poem": "…"}], menu=HOUSE / "menu.yaml")
        with pytest.raises(UnknownScriptError, match="visit version 1"):
            library.script("visit", 1)

    def test_gives_the_current_version_unless_asked_for_another(self, house):
        assert house.script("visit").version == 2
        assert house.script("visit", 2) is house.script("visit")
        with pytest.raises(UnknownScriptError):
            house.script("visit", 3)

    def test_gives_what_nobody_can_change(self, house):
        with pytest.raises(TypeError):
            house.scripts["visit"] = None
        with pytest.raises(AttributeError):
            house.menu = None
        with pytest.raises(ValueError, match="frozen"):
            house.script("visit").version = 3


class TestYaml:
    def test_keeps_words_that_yaml_would_take_for_something_else(self):
        data = Source.parse("[no, yes, on, off, 2026-11-30, 0439, 12:30, 'true']", "words").data
        assert data == ["no", "yes", "on", "off", "2026-11-30", "0439", "12:30", "true"]

    def test_knows_numbers_truth_and_nothing(self):
        assert Source.parse("[1, -2, 0, 1.5, true, false, null]", "values").data == [1, -2, 0, 1.5, True, False, None]

    def test_finds_the_line_of_a_path(self):
        problem = Source.parse("a:\n  - b: 1\n    c: 2\n", "f.yaml").problem(["a", 0, "c"], "is wrong")
        assert str(problem) == "f.yaml:3: a.0.c: is wrong"

    def test_an_empty_file_is_no_script(self, tmp_path):
        copy_of_the_house(tmp_path)
        (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
        with pytest.raises(LibraryError, match=r"scripts/empty\.yaml:1"):
            Library.load(tmp_path, menu=tmp_path / "menu.yaml")
