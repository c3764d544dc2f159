"""A nurse reads words: what scripts record, rules find and the house does all have one."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.channels.base import DeliveryState
from bot.desk import Outcome
from bot.web.console.render import _reading, _why, word
from dialogs.effects import Purpose
from dialogs.library import Library
from dialogs.triage.finding import FindingStatus
from models.values import ChannelKind, DueDateMethod, Language, RiskColour, StaffRole, Urgency
from scheduler.care import DueKind


def recorded(step: Any) -> Iterator[tuple[str, Any]]:
    """What a step of a script writes down: code and value, None where she types it."""
    if isinstance(step, dict):
        record = step.get("record")
        if isinstance(record, dict) and "kind" not in record:  # what has a kind is a step that goes by this name
            yield from record.items()
        elif isinstance(record, str):
            yield record, None
        yield from ((name, None) for name in ("kind" in step and step.get("sum")) or {})
        for part in step.values():
            yield from recorded(part)
    elif isinstance(step, list | tuple):
        for part in step:
            yield from recorded(part)


def test_whatever_a_script_records_has_a_word(library: Library):
    said = {pair for script in library.scripts.values() for pair in recorded(script.model_dump())}
    codes = {code for code, _ in said}
    values = {value for _, value in said if isinstance(value, str | bool)}
    assert [code for code in sorted(codes) if word("observation", code) == code] == []
    assert [value for value in sorted(map(str, values)) if word("value", value) == value] == []


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("urgency", Urgency),
        ("colour", RiskColour),
        ("role", StaffRole),
        ("outcome", Outcome),
        ("purpose", Purpose),
        ("channel", ChannelKind),
        ("delivery", DeliveryState),
        ("language", Language),
        ("due_date_method", DueDateMethod),
        ("finding_status", FindingStatus),
        ("follow_up_kind", DueKind),
    ],
)
def test_every_code_of_the_house_has_a_word(kind, codes):
    assert [code for code in codes if word(kind, code) == str(code)] == []


def test_a_code_without_a_word_is_shown_and_not_hidden():
    assert word("observation", "brand_new") == "brand_new"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"systolic": 150, "diastolic": 95}, "150/95"),
        (36.6, "36.6"),
        (38.0, "38"),
        (True, "True"),
        ({"pulse": 80}, "脉搏 80"),
    ],
)
def test_values_read_as_a_nurse_writes_them(value, read):
    assert _reading(value) == read


def test_a_message_that_took_another_road_names_the_first_one():
    assert _why("wechat: window_closed") == "微信 微信48小时内没有互动"
    assert _why("bad_number") == "号码有误"
