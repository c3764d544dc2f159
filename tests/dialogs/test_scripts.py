"""What holds of every script that is shipped, whoever writes the next one."""

import re
from importlib.resources import files

import pytest

from dialogs import script as kinds
from dialogs.library import Library
from models.values import Language
from scheduler.plan_rules import load_plans

WECHAT_BYTES = 2000
NEVER = {
    "infection": r"感染|传染|乙肝|梅毒|艾滋|阳性|감염|infect",
    "diagnosis": r"抑郁|先兆子痫|子痫|糖尿病|高血压病|前置胎盘|早产儿|우울증|depress(?!ed or hopeless)|diabet",
    "colour of her own": r"您是?[绿黄橙红紫]色?|风险等级|高危",
    "sex of the child": r"男孩|女孩|儿子|女儿|性别|boy|girl",
    "comfort before anybody has looked": r"放心|没事的|别担心|不用担心|괜찮을 거|don't worry",
    "promise of a time": r"护士(会)?马上|马上联系您|分钟内联系|will call you",
    "test as a condition": r"先做核酸|凭核酸|无核酸",
    "drug or dose": r"毫克|阿司匹林|布洛芬|对乙酰|降压药|胰岛素|\bmg\b",
}
"""What no woman may read in a script (B7, I4, R43). The lesson about colours teaches them in general."""

SPEAK_THREE_LANGUAGES = {"enrolment", "emergency_contacts", "symptom_report", "after_emergency", "lesson_one"}
GREET = {"common_check", "postpartum_check", "daily_check", "after_emergency", "enrolment"}


def texts(library: Library):
    for script in library.scripts.values():
        for path, wording in script.wordings():
            for language, text in wording.root.items():
                yield script.id, ".".join(map(str, path)), language, text


@pytest.mark.parametrize("what", NEVER)
def test_no_woman_reads_of(what, library):
    found = [
        (script, path) for script, path, _, text in texts(library) if re.search(NEVER[what], text, flags=re.IGNORECASE)
    ]
    assert found == []


def test_no_text_names_a_number_that_has_hours_or_an_area_by_hand(library):
    lines = ((line, text) for by_line in library.texts.values() for line, text in by_line.items())
    told = [*lines, *((f"{script}.{path}", text) for script, path, _, text in texts(library))]
    assert [place for place, text in told if re.search(r"12356|12345|12320|12338|12110\d", text)] == []


def test_every_text_fits_into_one_message_of_wechat(library):
    assert [place for *place, text in texts(library) if len(text.encode()) > WECHAT_BYTES] == []


def test_what_may_save_her_is_there_in_three_languages(library):
    reached, ahead = set[str](), set(SPEAK_THREE_LANGUAGES)
    while ahead:
        name = ahead.pop()
        reached.add(name)
        steps = library.scripts[name].steps.values()
        ahead |= {step.script for step in steps if isinstance(step, kinds.Call)} - reached
    assert [name for name in sorted(reached) if set(library.scripts[name].languages) != set(Language)] == []


def test_only_the_first_part_of_a_contact_greets(library):
    greeting = {script for script, _, language, text in texts(library) if language == "zh-CN" and "您好" in text}
    assert greeting <= GREET


def test_what_only_tells_asks_nothing(library):
    for name in ("emergency_contacts", "lesson_one", "visit_reminder"):
        assert not any(isinstance(step, kinds.Ask) for step in library.scripts[name].steps.values()), name


def test_every_script_that_is_planned_exists(library):
    assert load_plans().script_ids() <= library.scripts.keys()


def test_every_script_names_its_sources_and_marks(library):
    for script in library.scripts:
        text = (files("dialogs") / "scripts" / f"{script}.yaml").read_text(encoding="utf-8")
        head = text.split("\nid:")[0]
        assert "docs/sources.md" in head, script
        assert re.search(r"\bMarks?:", head), script
