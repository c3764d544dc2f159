"""One message as the answer to one question."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from dialogs import answers
from dialogs.effects import Record, Value
from dialogs.script import AnswerType, Ask, Choice
from dialogs.snapshot import Heard, HeardKind

_UNITS = {AnswerType.BLOOD_PRESSURE: "mmHg", AnswerType.TEMPERATURE: "°C"}
_PICTURES = {HeardKind.IMAGE, HeardKind.VIDEO, HeardKind.VOICE}


@dataclass(frozen=True, slots=True)
class Answer:
    """Either one of the choices or a typed value."""

    choice: Choice | None = None
    value: Value = None


def read(ask: Ask, heard: Heard, today: date) -> Answer | None:
    """None when the message does not answer the question."""
    if not heard.text:
        shown = ask.answer is AnswerType.PHOTO and heard.kind in _PICTURES and heard.media
        return Answer(value=heard.media) if shown else None
    chosen = _choice(ask, heard.text)
    if chosen is not None:
        return Answer(choice=ask.choices[chosen])
    value = None if ask.answer.is_menu else _value(ask, heard.text, today)
    return None if value is None else Answer(value=value)


def readings_in(text: str) -> tuple[Record, ...]:
    """Blood pressure and temperature that she sends unasked, or in answer to a question of triage."""
    found = []
    pressure = answers.read_blood_pressure(text)
    if pressure:
        found.append(Record("blood_pressure", dict(pressure._asdict()), _UNITS[AnswerType.BLOOD_PRESSURE], text))
    if answers.speaks_of_temperature(text):
        degrees = answers.read_temperature(text)
        code = "newborn_temperature" if answers.speaks_of_baby(text) else "temperature"
        if degrees is not None:
            found.append(Record(code, degrees, _UNITS[AnswerType.TEMPERATURE], text))
    return tuple(found)


def unit(ask: Ask) -> str | None:
    return ask.unit or _UNITS.get(ask.answer)


def _choice(ask: Ask, text: str) -> int | None:
    if not ask.choices:
        return None
    chosen = answers.read_choice(text, ask.words, len(ask.choices), numbered=ask.answer.is_menu)
    if chosen is None and ask.answer is AnswerType.YES_NO:
        agreed = answers.read_yes_no(text)
        return None if agreed is None else int(not agreed)
    return chosen


def _value(ask: Ask, text: str, today: date) -> Value:
    typed = _Typed(ask, text, today, ask.min or 0, ask.max or 0)
    return _READ[ask.answer](typed) if ask.answer in _READ else None


class _Typed(NamedTuple):
    ask: Ask
    text: str
    today: date
    low: float
    high: float


def _number(typed: _Typed) -> Value:
    value = answers.read_number(typed.text, typed.low, typed.high, typed.ask.unit)
    return int(value) if value is not None and value == int(value) else value


def _temperature(typed: _Typed) -> Value:
    bounded = typed.ask.min is not None and typed.ask.max is not None
    return answers.read_temperature(typed.text, *((typed.low, typed.high) if bounded else answers.TEMPERATURE))


def _blood_pressure(typed: _Typed) -> Value:
    reading = answers.read_blood_pressure(typed.text)
    return None if reading is None else dict(reading._asdict())


def _date(typed: _Typed) -> Value:
    earliest, latest = (typed.today + timedelta(days=days) for days in (typed.low, typed.high))
    day = answers.read_date(typed.text, typed.today, earliest, latest)
    return None if day is None else day.isoformat()


_READ: dict[AnswerType, Callable[[_Typed], Value]] = {
    AnswerType.NUMBER: _number,
    AnswerType.SCALE: lambda typed: answers.read_scale(typed.text, int(typed.low), int(typed.high)),
    AnswerType.TEMPERATURE: _temperature,
    AnswerType.BLOOD_PRESSURE: _blood_pressure,
    AnswerType.DATE: _date,
    AnswerType.PHONE: lambda typed: answers.read_phone(typed.text),
    AnswerType.TEXT: lambda typed: typed.text.strip() or None,
}
