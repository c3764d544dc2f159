"""What a roster or another system says of one woman, and whether it can be true: pure, the same for every door."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import phonenumbers

from models.values import PREGNANCY_DAYS, DueDateMethod, Language, RiskColour, due_date_from_lmp

HOME_REGION, HOME_CODE = "CN", 86
DUE_DATE_PAST, DUE_DATE_AHEAD = timedelta(days=60), timedelta(days=300)
"""How far a due date may lie from today: a birth that nobody recorded, a pregnancy that has just begun."""

DUE_DATE_SLACK = timedelta(days=21)
"""A due date farther from last period + 280 days than this was probably mistyped (a scan moves it less)."""

PROTECTED_AGE = 14
"""Below it nobody is followed up: the institution's designated reporter is called (I2)."""

OLDEST, YOUNGEST = 60, 8
LONGEST_RELATION = 16
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK_DIGITS = "10X98765432"
_ID_CARD = re.compile(r"\d{17}[\dX]")
_PASSPORT = re.compile(r"[A-Z]{1,3}\d{6,10}")
_TEXT_LIMITS = {
    "facility": 128,
    "external_id": 64,
    "name": 64,
    "wechat_openid": 64,
    "address": 256,
    "infectious_code": 64,
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is wrong or doubtful, and the field it is about. It never quotes what was written."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class GuardianEntry:
    name: str | None = None
    relation: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """One woman as somebody wrote her down. None means that nothing was said, and never erases what is known.

    `facility` is a code or a name of the directory, `responsible_nurse` the name of a member of staff. `due_date`
    counts as stated unless `due_date_method` says how it was found. Without `risk_colour` she has not been graded.
    """

    name: str | None = None
    phone: str | None = None
    external_id: str | None = None
    national_id: str | None = None
    birth_date: date | None = None
    address: str | None = None
    language: Language | None = None
    wechat_openid: str | None = None
    guardian: GuardianEntry | None = None
    facility: str | None = None
    responsible_nurse: str | None = None
    last_period: date | None = None
    due_date: date | None = None
    due_date_method: DueDateMethod | None = None
    risk_colour: RiskColour | None = None
    infectious: bool | None = None
    infectious_code: str | None = None
    assessed_on: date | None = None
    reasons: tuple[str, ...] = ()
    conditions: tuple[str, ...] | None = None
    parity: int | None = None

    @property
    def expected_on(self) -> date | None:
        """The due date, counted from the last period where nobody stated one."""
        if self.due_date is not None or self.last_period is None:
            return self.due_date
        return due_date_from_lmp(self.last_period)

    @property
    def expected_by(self) -> DueDateMethod:
        if self.due_date is None:
            return DueDateMethod.LMP
        return self.due_date_method or DueDateMethod.STATED

    def is_protected(self, today: date) -> bool:
        return self.birth_date is not None and _age(self.birth_date, today) < PROTECTED_AGE


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """A registration in the form in which it is stored. With a problem nothing of it may be written."""

    registration: Registration
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()


def phone_number(text: str) -> str:
    """Read 139 0000 0001, +86 139…, 0086139… or full-width digits as E.164. Raises ValueError."""
    text = unicodedata.normalize("NFKC", text)
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number") from None
    # Abroad the numbering plans known here may lag behind; at home a number that is not in the plan is a slip.
    is_real = phonenumbers.is_valid_number if number.country_code == HOME_CODE else phonenumbers.is_possible_number
    if number.extension or not is_real(number):
        raise ValueError("not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def identity_number(text: str) -> str:
    """Read a resident's number of 18 characters, its check digit proved, or a passport number. Raises ValueError."""
    number = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if _PASSPORT.fullmatch(number):
        return number
    if not _ID_CARD.fullmatch(number):
        raise ValueError("not an identity number of 18 characters")
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    if _ID_CHECK_DIGITS[total % 11] != number[-1]:
        raise ValueError("the check digit of the identity number is wrong")
    born_on(number)
    return number


def born_on(number: str) -> date | None:
    """The birth date inside a resident's number; None for a passport. Raises ValueError for a day that never was."""
    if not _ID_CARD.fullmatch(number):
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueError("the identity number holds a birth date that never was") from None


def check(given: Registration, today: date) -> Checked:
    """Bring every value into its stored form and say what cannot be true; `today` is the area's own day."""
    problems: list[Remark] = []
    warnings: list[Remark] = []
    cleaned = _cleaned(given, problems, warnings)
    unread = {problem.field for problem in problems}
    problems += [problem for problem in _problems(cleaned, today) if problem.field not in unread]
    if not problems:
        warnings += _doubts(given, cleaned, today)
    return Checked(cleaned, tuple(problems), tuple(warnings))


def _cleaned(given: Registration, problems: list[Remark], warnings: list[Remark]) -> Registration:
    phone = _read(phone_number, given.phone, "phone", problems)
    number = _read(identity_number, given.national_id, "national_id", problems)
    return replace(
        given,
        name=_tidy(given.name),
        phone=phone,
        external_id=_tidy(given.external_id),
        national_id=number,
        birth_date=(born_on(number) if number else None) or given.birth_date,
        address=_tidy(given.address),
        guardian=_guardian(given.guardian, phone, warnings),
        facility=_tidy(given.facility),
        responsible_nurse=_tidy(given.responsible_nurse),
    )


def _guardian(given: GuardianEntry | None, hers: str | None, warnings: list[Remark]) -> GuardianEntry | None:
    if given is None:
        return None
    # A guardian's wrong number must not cost the woman her place in the roster.
    phone = _read(phone_number, given.phone, "guardian_phone", warnings)
    if phone is not None and phone == hers:
        warnings.append(Remark("guardian_phone", "the guardian has the woman's own number: it is kept as hers alone"))
        phone = None
    relation = _tidy(given.relation)
    if relation is not None and len(relation) > LONGEST_RELATION:
        warnings.append(Remark("guardian_relation", "is too long: family is used"))
        relation = None
    entry = GuardianEntry(_tidy(given.name), relation, phone)
    return entry if entry != GuardianEntry() else None


def _problems(woman: Registration, today: date) -> Iterator[Remark]:
    if woman.name is None:
        yield Remark("name", "is missing")
    if woman.phone is None and woman.external_id is None and woman.national_id is None:
        yield Remark("phone", "is missing, and nothing else is given to find her by")
    if woman.birth_date is not None and not YOUNGEST <= _age(woman.birth_date, today) <= OLDEST:
        yield Remark("birth_date", f"makes her younger than {YOUNGEST} or older than {OLDEST}")
    if woman.last_period is not None and woman.last_period > today:
        yield Remark("last_period", "lies in the future")
    expected = woman.expected_on
    if expected is None:
        yield Remark("due_date", "is missing, and so is the last period")
    elif not today - DUE_DATE_PAST <= expected <= today + DUE_DATE_AHEAD:
        yield Remark(
            "last_period" if woman.due_date is None else "due_date",
            f"puts the birth outside of the {DUE_DATE_PAST.days} days before today and {DUE_DATE_AHEAD.days} after",
        )
    for name, limit in _TEXT_LIMITS.items():
        if len(getattr(woman, name) or "") > limit:
            yield Remark(name, f"is longer than {limit} characters")


def _doubts(given: Registration, woman: Registration, today: date) -> Iterator[Remark]:
    if woman.phone is None:
        yield Remark("phone", "is missing: she can be reached by WeChat alone")
    if given.birth_date not in (None, woman.birth_date):
        yield Remark("birth_date", "differs from the identity number, which counts")
    if woman.last_period is not None and woman.due_date is not None:
        length = woman.due_date - woman.last_period
        if abs(length - timedelta(days=PREGNANCY_DAYS)) > DUE_DATE_SLACK:
            yield Remark("due_date", f"lies {length.days} days after the last period, about {PREGNANCY_DAYS} expected")
    if woman.risk_colour is None and not woman.is_protected(today):
        yield Remark("risk_colour", "is missing: she is cared for as green until a doctor grades her")
    graded_high = woman.risk_colour in {RiskColour.ORANGE, RiskColour.RED} or woman.infectious
    if graded_high and woman.responsible_nurse is None:
        yield Remark("responsible_nurse", "is missing, and a woman of her grade needs a named person (R33)")


def _read(reader: Callable[[str], str], text: str | None, field: str, remarks: list[Remark]) -> str | None:
    if not (text or "").strip():
        return None
    try:
        return reader(text or "")
    except ValueError as error:
        remarks.append(Remark(field, str(error)))
        return None


def _tidy(text: str | None) -> str | None:
    """Full-width forms, control signs and runs of blanks as one writes them by hand; nothing for an empty text."""
    folded = unicodedata.normalize("NFKC", text or "")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in folded).split()) or None


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
