"""What a script file may hold."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from dialogs.script import Ask, BeginLater, Condition, Script, Wording
from models.values import Language


def ask(**fields):
    return Ask.model_validate({"kind": "ask", "say": "？", "go": "next", **fields})


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "at least two choices"),
        ({"answer": "number", "record": "pulse"}, "needs min and max"),
        ({"answer": "scale", "record": "pain", "min": 10, "max": 0}, "min above max"),
        ({"answer": "text"}, "needs record or keep"),
        ({"answer": "text", "record": "a", "keep": "b"}, "record or keep, not both"),
        ({"answer": "phone", "record": "phone"}, "only keep"),
        ({"answer": "text", "keep": "a", "go": None}, "needs go"),
        ({"choices": [{"label": "一"}, {"label": "二"}], "record": "a"}, "belong to the choice"),
        ({"choices": [{"label": "一", "go": "a"}, {"label": "二"}], "go": None}, "needs go"),
    ],
)
def test_a_question_must_fit_its_answer(fields, complaint):
    with pytest.raises(ValidationError, match=complaint):
        ask(**fields)


@pytest.mark.parametrize(
    ("written", "meant"), [("15m", timedelta(minutes=15)), ("2h", timedelta(hours=2)), ("3d", timedelta(days=3))]
)
def test_a_while_is_written_as_people_write_it(written, meant):
    step = BeginLater.model_validate({"kind": "begin_later", "script": "a", "after": written, "go": "b"})
    assert step.after == meant


@pytest.mark.parametrize("written", ["soon", "0m", "-1h", "2 weeks"])
def test_a_while_that_is_none_is_refused(written):
    with pytest.raises(ValidationError):
        BeginLater.model_validate({"kind": "begin_later", "script": "a", "after": written, "go": "b"})


def test_a_condition_must_test_something():
    with pytest.raises(ValidationError, match="needs one of"):
        Condition.model_validate({"of": "week", "go": "a"})


def test_a_bare_string_is_chinese():
    assert Wording.model_validate("您好").root == {Language.ZH_CN: "您好"}


def test_a_wording_without_chinese_is_refused():
    with pytest.raises(ValidationError, match="zh-CN"):
        Wording.model_validate({"ko": "안녕하세요"})


def test_a_script_comes_back_from_json_as_it_was(library):
    for script in library.scripts.values():
        assert Script.model_validate_json(script.model_dump_json(by_alias=True)) == script
