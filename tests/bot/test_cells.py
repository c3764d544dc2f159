"""What one cell means, however it was typed."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import cells

NOV_23 = date(2026, 11, 23)
CELLS = st.one_of(
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@pytest.mark.parametrize(
    "cell",
    [
        NOV_23,
        datetime(2026, 11, 23, 8, 30),
        46349,
        46349.0,
        46349.75,
        "46349",
        "2026-11-23",
        "2026/11/23",
        "2026.11.23",
        "2026年11月23日",
        "2026 年 11 月 23 日",
        "２０２６－１１－２３",
        "20261123",
        20261123.0,
        "2026-11-23 00:00:00",
        "2026-11-23T08:00:00+08:00",
        "'2026-11-23",
        " 2026-11-23\n",
    ],
)
def test_a_day_is_read_however_it_is_written(cell):
    assert cells.day(cell) == NOV_23


@pytest.mark.parametrize(
    "cell", ["2026-02-30", "2026-13-01", "20261301", "23.11.26", "26.3.5", "soon", "", True, 7, 1e9, time(8), "0"]
)
def test_what_is_no_day_is_not_guessed(cell):
    with pytest.raises(ValueError, match="is"):
        cells.day(cell)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (13900000001.0, "13900000001"),
        ("１３９ 0000\u3000０００１", "139 0000 0001"),
        ("'=1+1", "=1+1"),
        ("\ufeff小 林\t", "小 林"),
        (1.5, "1.5"),
        (True, "1"),
        (timedelta(hours=1), "1:00:00"),
    ],
)
def test_text_is_what_one_would_read_aloud(cell, text):
    assert cells.text(cell) == text


def test_a_long_number_in_a_numeric_cell_has_lost_its_end():
    with pytest.raises(ValueError, match="lost its last digits"):
        cells.text(110105194912310021.0)


@pytest.mark.parametrize(("cell", "number"), [("1次", 1), (2.0, 2), ("G2P1", 2), ("０", 0)])
def test_a_whole_number_is_found(cell, number):
    assert cells.whole(cell, 20) == number


@given(CELLS, st.sampled_from([cells.text, cells.day, lambda cell: cells.whole(cell, 20)]))
def test_no_cell_raises_anything_but_a_value_error(cell, reader):
    with suppress(ValueError):
        reader(cell)
