"""How people type: each `read_*` turns a message into a typed value, or None when it cannot be sure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

SYSTOLIC = (60, 260)
DIASTOLIC = (30, 160)
TEMPERATURE = (34.0, 43.0)
"""Hard bounds of what a person can have (WHO SMART ANC data dictionary; the lower end of diastolic is ours)."""

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "幺": 1, "〡": 1}
_DIGIT = "[" + "".join(_DIGITS) + "]"
_NUMERAL_RUN = re.compile(f"(?:{_DIGIT}|[十百千])+")
_NUMERAL = re.compile(
    rf"(?:(?P<k>{_DIGIT})千)?(?:(?P<h>{_DIGIT}?)百)?"
    rf"(?:(?P<t>[零〇]?{_DIGIT}?)十(?P<u>{_DIGIT}(?!十))?|[零〇](?P<z>{_DIGIT})|(?P<d>{_DIGIT}))?"
)
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")

_TAIL = re.compile(r"(?:谢谢|[了吧呢啊呀哦噢喔哈啦哒哟嘛的滴呐哪~～!！。.,，、…;；?？\s]|요)+$")
_HEAD = re.compile(r"^(?:[\s,，。、~]|我们|我|感觉|觉得|应该|好像|就是|今天|现在|目前|医生|护士|选择|选)+")
_LONGEST_ANSWER = 40
_REPEATED = re.compile(r"(.+?)\1+")

_SAY_YES = """
是 是的 嗯 恩 嗯哪 嗯呐 对 对的 好 好的 行 成 中 可以 有 有点 有一点 同意 愿意 要 需要 确定 确认 当然 没错
系 要得 已经 可 是我 是本人 就是我 shi shide en enen dui hao haode you ok okay okey yes y yep yeah sure ✅ 👌 👍 ✔ √
네 예 응 있어 있어요 있습니다 맞아 맞아요 그래 그래요 좋아요 동의 동의해요
"""
_SAY_NO = """
不 不是 否 没 没有 木有 米有 么有 冇 无 不要 不用 不行 不对 不可以 不同意 不愿意 不需要
还没 还没有 暂时没有 都没有 都没 一个都没有 没得 唔系 不系 从来没有 不是我 不是本人
bu bushi mei meiyou no n nope none not ❌ ✖ ✘ ×
아니 아니요 아니오 아뇨 없어 없어요 없습니다 싫어요
"""
_ORDINAL = re.compile(r"(?:第|选项|no\.?)?\s*(\d{1,2})\s*(?:个|项|号|条|번)?")
_LETTERS = "abcdefghij"
_NUMBERED = re.compile(r"(\d{1,2}|[a-j])[\s.、,:：)）-]+(.+)")


def normalise(text: str) -> str:
    """One spelling for full-width, circled, key-cap and capital forms, without invisible characters."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip().lower()


@lru_cache(maxsize=64)  # one message is looked at from many sides
def key(text: str) -> str:
    """What two messages that say the same share: no punctuation or particles at the end, repetitions said once."""
    said = normalise(text)
    if len(said) > _LONGEST_ANSWER:
        return said
    bare = _TAIL.sub("", said) or said
    if bare.isdigit():
        return bare
    repeated = _REPEATED.fullmatch(bare)
    return repeated[1] if repeated else bare


def bare(text: str) -> str:
    """`key` without the words people put before an answer: 我今天感觉, 应该是."""
    return _HEAD.sub("", key(text))


def arabic(text: str) -> str:
    """Chinese numerals as digits: 一百五九十五 → 150 95, 三十八度五 → 38度5, 一三九 → 139."""
    return _NUMERAL_RUN.sub(lambda run: _numerals(run[0]), text)


def _numerals(run: str) -> str:
    if not set(run) & set("十百千"):
        return "".join(str(_DIGITS[c]) for c in run)
    return " ".join(str(_value(m)) for m in _NUMERAL.finditer(run) if m[0])


def _value(numeral: re.Match[str]) -> int:
    """A digit straight after 百 or 千 counts the next smaller unit: 一百五 is 150, 一千二 is 1200."""
    thousands, hundreds, tens, units, after_zero, last = numeral.group("k", "h", "t", "u", "z", "d")
    value = 1000 * _DIGITS[thousands] if thousands else 0
    if hundreds is not None:
        value += 100 * _DIGITS.get(hundreds, 1)
    if tens is not None:
        value += 10 * _DIGITS.get(tens[-1:], 1) + (_DIGITS[units] if units else 0)
    if after_zero:
        value += _DIGITS[after_zero]
    if last:
        value += _DIGITS[last] * (10 if hundreds is not None else 100 if thousands else 1)
    return value


_YES = frozenset(key(word) for word in _SAY_YES.split())
_NO = frozenset(key(word) for word in _SAY_NO.split())


def read_yes_no(text: str) -> bool | None:
    for said in (key(text), bare(text)):
        if said in _YES:
            return True
        if said in _NO:
            return False
    return None


def read_ordinal(text: str, count: int) -> int | None:
    """Which of `count` numbered lines is meant, from 0: 2, 二, 第二个, 2️⃣, B."""
    said = bare(text)
    if len(said) == 1 and said in _LETTERS[:count]:
        return _LETTERS.index(said)
    match = _ORDINAL.fullmatch(arabic(said))
    return int(match[1]) - 1 if match and 1 <= int(match[1]) <= count else None


def read_choice(text: str, words: Mapping[str, int], count: int, *, numbered: bool = True) -> int | None:
    """The index of the offered answer that is meant; `words` maps the `key` of each label and synonym to it."""
    for said in (key(text), bare(text)):
        if said in words:
            return words[said]
    if not numbered:
        return None
    chosen = read_ordinal(text, count)
    copied = _NUMBERED.fullmatch(key(text))
    if chosen is None and copied and words.get(copied[2]) == (index := read_ordinal(copied[1], count)):
        return index
    return chosen


class BloodPressure(NamedTuple):
    """In mmHg."""

    systolic: int
    diastolic: int


_HIGH = re.compile(r"(?:高压|收缩压|上压|수축기|high|systolic)\D{0,4}(\d{2,3})(?!\d)")
_LOW = re.compile(r"(?:低压|舒张压|下压|이완기|low|diastolic)\D{0,4}(\d{2,3})(?!\d)")
_PAIR = re.compile(r"(?<![\d.])(\d{2,3})(?:mmhg)?[\s/\\|\-–—~,，。.、;:比和到]{1,3}(\d{2,3})(?![\d])")
_GLUED = re.compile(r"(?<!\d)(1\d\d|2[0-5]\d)(1[0-5]\d|[3-9]\d)(?!\d)")


def read_blood_pressure(text: str) -> BloodPressure | None:
    """Numbers the wrong way round are put right; of several readings the highest counts."""
    said = arabic(normalise(text))
    high, low = _HIGH.search(said), _LOW.search(said)
    pairs = [(high[1], low[1])] if high and low else _PAIR.findall(said) or _GLUED.findall(said)
    readings = (BloodPressure(max(int(a), int(b)), min(int(a), int(b))) for a, b in pairs)
    return max((reading for reading in readings if _possible(reading)), default=None)


def _possible(reading: BloodPressure) -> bool:
    return (
        SYSTOLIC[0] <= reading.systolic <= SYSTOLIC[1]
        and DIASTOLIC[0] <= reading.diastolic <= DIASTOLIC[1]
        and reading.systolic > reading.diastolic
    )


_DEGREES = re.compile(
    r"(?<![\d.])(?P<whole>[2-4]\d)(?:(?:度|[.。,，点])\s*(?P<tenths>\d{1,2}|半)|\s(?P<loose>\d))?(?![\d.]|[周天岁号月日个次]|小时|分钟)"
    r"|(?<![\d.])(?P<glued>[34]\d\d)(?![\d.])"
)


def read_temperature(text: str, low: float = TEMPERATURE[0], high: float = TEMPERATURE[1]) -> float | None:
    """Degrees Celsius; 385 is 38.5. Of several readings the highest counts."""
    said = arabic(normalise(text))
    readings = (_degrees(match) for match in _DEGREES.finditer(said))
    return max((reading for reading in readings if low <= reading <= high), default=None)


def _degrees(match: re.Match[str]) -> float:
    if match["glued"]:
        return int(match["glued"]) / 10
    tenths = match["tenths"] or match["loose"] or "0"
    return float(f"{match['whole']}.{'5' if tenths == '半' else tenths}")


def speaks_of_temperature(text: str) -> bool:
    return bool(re.search(r"体温|发烧|发热|烧到|[3-4]\d[.度]|°c|체온|열이", normalise(text)))


def speaks_of_baby(text: str) -> bool:
    return bool(re.search(r"宝宝|孩子|娃|婴|宝贝|아기|baby", normalise(text)))


_NUMBER = re.compile(r"(?<![\d.])(\d+(?:[.点]\d+)?)\s*([^\W\d_]*/?[^\W\d_]*)")
_VAGUE = re.compile(r"[几多来]|\d\s*[-~到或至]\s*\d|半")
_CONVERSIONS: dict[str, dict[str, float]] = {
    "kg": {"斤": 0.5, "公斤": 1, "kg": 1, "千克": 1, "g": 0.001, "克": 0.001},
    "g": {"斤": 500, "公斤": 1000, "kg": 1000, "千克": 1000, "两": 50, "g": 1, "克": 1},
    "mmol/L": {"mmol/l": 1, "mmol": 1, "mg/dl": 1 / 18, "mg": 1 / 18},
    "mg/dL": {"mg/dl": 1, "mg": 1, "μmol/l": 1 / 17.1, "umol/l": 1 / 17.1, "μmol": 1 / 17.1, "umol": 1 / 17.1},
    "cm": {"cm": 1, "厘米": 1, "公分": 1, "米": 100, "m": 100},
}


def read_number(text: str, low: float, high: float, unit: str | None = None) -> float | None:
    """The one number of the message, in `unit` whatever unit was typed. Two numbers, or a vague one (十几): None."""
    said = arabic(normalise(text)).replace("。", ".")
    found = _NUMBER.findall(said)
    if len(found) != 1 or _VAGUE.search(said) or "-" in said:
        return None
    digits, typed = found[0]
    factor = _CONVERSIONS.get(unit or "", {}).get(typed, 1.0)
    value = round(float(digits.replace("点", ".")) * factor, 2)
    return value if low <= value <= high else None


def read_scale(text: str, low: int, high: int) -> int | None:
    value = read_number(text, low, high)
    return int(value) if value is not None and value == int(value) else None


_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:\+?86|0086)?0?([1-9]\d{1,2}\d{7,8})")
_FOREIGN = re.compile(r"\+(?!86)([1-9]\d{7,14})")
_PHONE_LIKE = re.compile(r"[+\d][\d\s()\-–]{6,}\d")


def read_phone(text: str) -> str | None:
    """In E.164 form; mainland China is meant where no country is given."""
    candidates = {re.sub(r"[^\d+]", "", found) for found in _PHONE_LIKE.findall(arabic(normalise(text)))}
    if len(candidates) != 1:
        return None
    number = candidates.pop()
    if mobile := _MOBILE.fullmatch(number):
        return f"+86{mobile[1]}"
    if foreign := _FOREIGN.fullmatch(number):
        return f"+{foreign[1]}"
    landline = _LANDLINE.fullmatch(number) if re.match(r"0[1-9]|\+?86|0086", number) else None
    return f"+86{landline[1]}" if landline and not landline[1].startswith("1" * 2) else None


_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6} | {str(i + 1): i for i in range(7)}
_RELATIVE = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨晚": -1,
    "昨日": -1,
    "今天": 0,
    "今日": 0,
    "今早": 0,
    "今晚": 0,
    "大后天": 3,
    "后天": 2,
    "明天": 1,
    "明日": 1,
    "明早": 1,
    "today": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "오늘": 0,
    "내일": 1,
    "어제": -1,
    "모레": 2,
}
_RELATIVE_DAY = re.compile("|".join(sorted(_RELATIVE, key=len, reverse=True)))
_WEEKDAY = re.compile(r"(上上|下下|上个?|下个?|这个?|本)?(?:周|星期|礼拜)([一二三四五六日天1-7])(?!\d)")
_WEEK_OFFSET = {"上上": -2, "上": -1, "上个": -1, "这": 0, "这个": 0, "本": 0, "下": 1, "下个": 1, "下下": 2}
_DAYS_AWAY = re.compile(r"(?<!\d)(\d{1,3})\s*(天|周|个?星期)(?:之|以)?(前|后)")
_FULL_DATE = re.compile(r"(?<!\d)(20\d\d|\d\d)\s*[年년\-/.]\s*(\d{1,2})\s*[月월\-/.]\s*(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)([01]\d)([0-3]\d)(?!\d)")
_MONTH_DAY = re.compile(r"(?<![\d年\-/.])(\d{1,2})\s*(?:[月월]|[\-/.](?=\s*\d))\s*(\d{1,2})(?![\d.])")
_DAY_OF_MONTH = re.compile(r"(?:(上个?月|下个?月|这个?月|本月)|(?<![\d月월]))(\d{1,2})\s*[号日](?!\d)")
_LUNAR = re.compile("农历|阴历|初[一二三四五六七八九十]|正月|腊月|闰")


def read_date(text: str, today: date, earliest: date, latest: date) -> date | None:
    """The one day that is meant. Where a year or week is left open, the nearest day between the bounds is taken."""
    said = normalise(text)
    if _LUNAR.search(said):
        return None
    readings = [
        {day for day in meanings if earliest <= day <= latest} for meanings in _date_readings(said, arabic(said), today)
    ]
    chosen = {min(days, key=lambda day: (abs(day - today), day < today)) for days in readings if days}
    return chosen.pop() if len(chosen) == 1 and all(readings) else None


def _date_readings(said: str, counted: str, today: date) -> list[Sequence[date]]:
    """Each mention of a day, as the days it may mean. The first kind of mention found is the one meant."""
    kinds: list[list[Sequence[date]]] = [
        [_dates([(_year(y), int(m), int(d))]) for y, m, d in _FULL_DATE.findall(counted) + _COMPACT.findall(counted)],
        [_dates((today.year + n, int(m), int(d)) for n in (-1, 0, 1)) for m, d in _MONTH_DAY.findall(counted)],
        [_days_of_month(which, int(d), today) for which, d in _DAY_OF_MONTH.findall(counted)],
        [_weekdays(which, _WEEKDAYS[day], today) for which, day in _WEEKDAY.findall(said)],
        [_away(int(n), unit, way, today) for n, unit, way in _DAYS_AWAY.findall(counted)],
        [[today + timedelta(days=_RELATIVE[word])] for word in _RELATIVE_DAY.findall(said)],
    ]
    return next((mentions for mentions in kinds if mentions), [])


def _year(typed: str) -> int:
    return int(typed) if len(typed) == 4 else 2000 + int(typed)


def _dates(parts: Iterable[tuple[int, int, int]]) -> list[date]:
    days = []
    for year, month, day in parts:
        try:
            days.append(date(year, month, day))
        except ValueError:
            continue
    return days


def _days_of_month(which: str, day: int, today: date) -> list[date]:
    offsets = {"上": [-1], "下": [1], "这": [0], "本": [0]}.get(which[:1], [-1, 0, 1])
    months = [divmod(today.year * 12 + today.month - 1 + offset, 12) for offset in offsets]
    return _dates((year, month + 1, day) for year, month in months)


def _weekdays(which: str, weekday: int, today: date) -> list[date]:
    monday = today - timedelta(days=today.weekday())
    weeks = [_WEEK_OFFSET[which]] if which else [-1, 0, 1]
    return [monday + timedelta(days=7 * week + weekday) for week in weeks]


def _away(count: int, unit: str, way: str, today: date) -> list[date]:
    days = count * (1 if unit == "天" else 7)
    return [today + timedelta(days=days if way == "后" else -days)]
