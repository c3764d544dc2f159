"""The way people type, with the near-misses that must stay unread."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs import answers

TODAY = date(2026, 11, 23)  # a Monday
YES = """
是 是的 是啊 嗯 嗯嗯 嗯嗯嗯 恩 对 对的 对对对 好 好的 好滴 好呀 行 可以 有 有的 有啊 有一点 同意 我同意 OK ok。 Yes y
네 예 응 있어요 👍 👍🏻 ✅ shi shide 嗯呐 是,谢谢 今天有 是我 好像有 应该是的
"""
NO = """
不 不是 不是的 没 没有 没有啊 没有的 没有没有 木有 冇 无 还没 还没有 不要 不用 不用了 不同意 我不同意 都没有 No n
아니요 아뇨 없어요 ❌ 今天没有 没有,谢谢 现在没有 不是我 meiyou
"""
NEITHER = "不是没有 有没有 是不是 没问题 没事 嗯,没有 有出血 没有出血 不知道 不好 好疼 是谁 好不好 1 。。。 也许 不一定"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("150/95", (150, 95)),
        ("150-95", (150, 95)),
        ("150 95", (150, 95)),
        ("１５０／９５", (150, 95)),
        ("150，95", (150, 95)),
        ("120.80", (120, 80)),
        ("150/95mmHg", (150, 95)),
        ("血压150/95", (150, 95)),
        ("高压150低压95", (150, 95)),
        ("低压95 高压150", (150, 95)),
        ("收缩压是150，舒张压是95", (150, 95)),
        ("一百五九十五", (150, 95)),
        ("一百五十九十五", (150, 95)),
        ("一百五，九十五", (150, 95)),
        ("一百二八十", (120, 80)),
        ("一百二十八十", (120, 80)),
        ("高压一百四十五低压九十", (145, 90)),
        ("一百零五 七十", (105, 70)),
        ("一百六 一百一", (160, 110)),
        ("95/150", (150, 95)),
        ("15095", (150, 95)),
        ("160110", (160, 110)),
        ("早上130/85，晚上142/92", (142, 92)),
        ("2026-11-23 150/95", (150, 95)),
        ("150/95 心率88", (150, 95)),
        ("수축기 150 이완기 95", (150, 95)),
        ("150", None),
        ("高压150", None),
        ("15/9", None),
        ("350/95", None),
        ("95/95", None),
        ("没量", None),
        ("13900000001", None),
        ("", None),
    ],
)
def test_a_blood_pressure_is_read_in_every_way_it_is_typed(typed, expected):
    assert answers.read_blood_pressure(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("38.5", 38.5),
        ("３８.５", 38.5),
        ("38。5", 38.5),
        ("38,5", 38.5),
        ("38度5", 38.5),
        ("38度", 38.0),
        ("38度半", 38.5),
        ("38.5℃", 38.5),
        ("38.5度", 38.5),
        ("385", 38.5),
        ("38 5", 38.5),
        ("三十八度五", 38.5),
        ("三十八度半", 38.5),
        ("三十八点五", 38.5),
        ("三八度五", 38.5),
        ("体温36.8，正常", 36.8),
        ("早上37.2下午38.1", 38.1),
        ("37周，38.5", 38.5),
        ("烧到39了", 39.0),
        ("36.75", 36.75),
        ("不发烧", None),
        ("37周", None),
        ("45", None),
        ("20", None),
        ("150/95", None),
        ("3850", None),
        ("孕39周3天", None),
    ],
)
def test_a_temperature_is_read_in_every_way_it_is_typed(typed, expected):
    assert answers.read_temperature(typed) == expected


def test_a_newborn_may_be_colder_than_her_mother():
    assert answers.read_temperature("32度", 30, 43) == 32.0
    assert answers.read_temperature("32度") is None


@pytest.mark.parametrize(
    ("typed", "unit", "expected"),
    [
        ("60", "kg", 60),
        ("60公斤", "kg", 60),
        ("120斤", "kg", 60),
        ("六十五公斤", "kg", 65),
        ("60.5kg", "kg", 60.5),
        ("一百二十斤", "kg", 60),
        ("大概60吧", "kg", 60),
        ("八次", None, 8),
        ("8", None, 8),
        ("十二", None, 12),
        ("二十", None, 20),
        ("两次", None, 2),
        ("60或61", "kg", None),
        ("60-65", "kg", None),
        ("十几次", None, None),
        ("几次", None, None),
        ("-5", None, None),
        ("900", "kg", None),
        ("没称", "kg", None),
        ("108mg/dl", "mmol/L", 6),
    ],
)
def test_a_number_is_read_with_its_unit(typed, unit, expected):
    assert answers.read_number(typed, 1, 200, unit) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("3", 3), ("三", 3), ("3分", 3), ("3️⃣", 3), ("③", 3), ("2.5", None), ("6", None), ("0", None), ("还行", None)],
)
def test_a_scale_takes_whole_steps_within_its_ends(typed, expected):
    assert answers.read_scale(typed, 1, 5) == expected


@pytest.mark.parametrize(
    "typed",
    YES.split(),
)
def test_a_yes_is_heard(typed):
    assert answers.read_yes_no(typed) is True


@pytest.mark.parametrize(
    "typed",
    NO.split(),
)
def test_a_no_is_heard(typed):
    assert answers.read_yes_no(typed) is False


@pytest.mark.parametrize(
    "typed",
    NEITHER.split(),
)
def test_what_is_neither_yes_nor_no_is_not_guessed(typed):
    assert answers.read_yes_no(typed) is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2", 1),
        ("２", 1),
        ("二", 1),
        ("两", 1),
        ("②", 1),
        ("2️⃣", 1),
        ("第二个", 1),
        ("第2个", 1),
        ("选2", 1),
        ("选择 2", 1),
        ("我选二", 1),
        ("2。", 1),
        ("B", 1),
        ("b", 1),
        ("2号", 1),
        ("0", None),
        ("4", None),
        ("D", None),
        ("22", None),
        ("2天", None),
        ("12", None),
        ("1和2", None),
        ("", None),
    ],
)
def test_a_numbered_line_is_chosen_in_every_way_people_point(typed, expected):
    assert answers.read_ordinal(typed, 3) == expected


WORDS = {"和平时差不多": 0, "正常": 0, "明显变少或没有": 1, "变少": 1}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("和平时差不多", 0),
        ("今天和平时差不多吧", 0),
        ("正常", 0),
        ("正常的。", 0),
        ("我感觉正常", 0),
        ("变少了", 1),
        ("2 明显变少或没有", 1),
        ("2、变少了", 1),
        ("1", 0),
        ("不正常", None),
        ("没变少", None),
        ("2 正常", None),
        ("正常吗", None),
        ("嗯嗯", None),
    ],
)
def test_a_choice_is_known_by_number_label_or_other_word(typed, expected):
    assert answers.read_choice(typed, WORDS, 2) == expected


def test_a_number_does_not_choose_where_the_lines_have_none():
    assert answers.read_choice("1", WORDS, 2, numbered=False) is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("今天", "2026-11-23"),
        ("明天", "2026-11-24"),
        ("后天下午", "2026-11-25"),
        ("大后天", "2026-11-26"),
        ("昨天", "2026-11-22"),
        ("大前天", "2026-11-20"),
        ("下周三", "2026-12-02"),
        ("这周三", "2026-11-25"),
        ("周三", "2026-11-25"),
        ("星期天", "2026-11-22"),
        ("下下周一", "2026-12-07"),
        ("上周五", "2026-11-20"),
        ("下个礼拜二", "2026-12-01"),
        ("11月30号", "2026-11-30"),
        ("11月30日", "2026-11-30"),
        ("十一月三十号", "2026-11-30"),
        ("2026-11-30", "2026-11-30"),
        ("2026年11月30日", "2026-11-30"),
        ("2026/11/30", "2026-11-30"),
        ("2026.11.30", "2026-11-30"),
        ("２０２６－１１－３０", "2026-11-30"),
        ("20261130", "2026-11-30"),
        ("26-11-30", "2026-11-30"),
        ("11-30", "2026-11-30"),
        ("11/30", "2026-11-30"),
        ("11.30", "2026-11-30"),
        ("二〇二六年十一月三十日", "2026-11-30"),
        ("30号", "2026-11-30"),
        ("下个月5号", "2026-12-05"),
        ("上个月5号", "2026-10-05"),
        ("2月3号", "2027-02-03"),
        ("三天前", "2026-11-20"),
        ("两周后", "2026-12-07"),
        ("11월 30일", "2026-11-30"),
        ("내일", "2026-11-24"),
        ("tomorrow", "2026-11-24"),
        ("预产期是2027年3月8号", "2027-03-08"),
        ("11月31号", None),
        ("13月1号", None),
        ("2020-01-01", None),
        ("正月初三", None),
        ("农历十月初八", None),
        ("11月30号或者12月1号", None),
        ("不记得了", None),
        ("32周", None),
        ("下周", None),
        ("", None),
    ],
)
def test_a_day_is_read_in_every_way_it_is_typed(typed, expected):
    read = answers.read_date(typed, TODAY, TODAY - timedelta(days=120), TODAY + timedelta(days=200))
    assert (read and read.isoformat()) == expected


def test_a_month_and_day_without_a_year_lies_between_the_bounds():
    def past(typed):
        return answers.read_date(typed, TODAY, TODAY - timedelta(days=300), TODAY)

    assert past("12月25号") is None
    assert past("3月1号") == date(2026, 3, 1)
    assert past("周三") == date(2026, 11, 18)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("13900000001", "+8613900000001"),
        ("139 0000 0001", "+8613900000001"),
        ("139-0000-0001", "+8613900000001"),
        ("+86 139 0000 0001", "+8613900000001"),
        ("0086 13900000001", "+8613900000001"),
        ("8613900000001", "+8613900000001"),
        ("１３９０００００００１", "+8613900000001"),
        ("一三九零零零零零零零一", "+8613900000001"),
        ("幺三九零零零零零零零幺", "+8613900000001"),
        ("我的电话是13900000001。", "+8613900000001"),
        ("0439-0000001", "+864390000001"),
        ("+82 10-0000-0001", "+821000000001"),
        ("1390000000", None),
        ("139000000012", None),
        ("22062119900101000X", None),
        ("13900000001或13900000002", None),
        ("12900000001", None),
        ("120", None),
        ("没有", None),
    ],
)
def test_a_phone_number_is_read_with_spaces_and_country_code(typed, expected):
    assert answers.read_phone(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("三十八", "38"),
        ("十", "10"),
        ("一百", "100"),
        ("一千二", "1200"),
        ("一千二百", "1200"),
        ("百五", "150"),
        ("二十", "20"),
        ("一百一十二", "112"),
        ("一百零五", "105"),
        ("不出血", "不出血"),
    ],
)
def test_chinese_numerals_become_digits(typed, expected):
    assert answers.arabic(typed) == expected


@pytest.mark.parametrize("size", [10_000])
def test_a_very_long_message_is_read_in_no_time(size):
    for read in (answers.read_blood_pressure, answers.read_temperature, answers.read_yes_no, answers.read_phone):
        assert read("嗯" * size) in {None, True}
        assert read("1 " * size) is None


@settings(max_examples=300)
@given(st.text(max_size=40) | st.text("一二三十百千零半0123456789.-/度年月日号周下上个第+ ,，", max_size=24))
def test_no_message_is_an_error(typed):
    answers.read_yes_no(typed)
    answers.read_ordinal(typed, 4)
    answers.read_choice(typed, WORDS, 2)
    answers.read_blood_pressure(typed)
    answers.read_temperature(typed)
    answers.read_number(typed, 0, 300, "kg")
    answers.read_scale(typed, 0, 10)
    answers.read_date(typed, TODAY, TODAY - timedelta(days=300), TODAY + timedelta(days=300))
    answers.read_phone(typed)
