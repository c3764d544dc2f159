"""Template messages as the platform checks them: every field has a class, every class a form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FORMS: Final = {
    "thing": r".{1,20}",
    "number": r"\d{1,32}(\.\d{1,10})?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"\W{1,5}",
    "character_string": r"[\x20-\x7e]{1,32}",
    "time": r"(\d{4}(-|\u5e74)\d{1,2}(-|\u6708)\d{1,2}\u65e5?( \d{1,2}:\d{2}(:\d{2})?)?|\d{1,2}:\d{2}(:\d{2})?)",
    "date": r"\d{4}(-|\u5e74)\d{1,2}(-|\u6708)\d{1,2}\u65e5?( \d{1,2}:\d{2})?",
    "amount": r".?\d{1,10}(\.\d{1,2})?.?",
    "phone_number": r"[\d+()\- ]{1,17}",
    "car_number": r".{1,8}",
    "name": r".{1,10}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "const": r".{1,20}",
}


@dataclass(frozen=True, slots=True)
class Template:
    """`fields` maps the platform's names (thing1, time2) to the labels she reads, in order."""

    title: str
    fields: Mapping[str, str]

    def bad_field(self, values: Mapping[str, str]) -> str | None:
        return next((name for name in self.fields if not fits(name, values.get(name, ""))), None)

    def render(self, values: Mapping[str, str]) -> str:
        return "\n".join([self.title, *(f"{label} {values[name]}" for name, label in self.fields.items())])


def fits(name: str, value: str) -> bool:
    form = FORMS.get(name.rstrip("0123456789"))
    return form is not None and re.fullmatch(form, value) is not None
