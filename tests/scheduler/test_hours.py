from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.hours import DAYTIME, MORNING, next_allowed, spread

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


def local(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (local(1, 0), local(1, 8)),
        (local(1, 7, 59, 59), local(1, 8)),
        (local(1, 8), local(1, 8)),
        (local(1, 12, 30), local(1, 12, 30)),
        (local(1, 20, 59, 59), local(1, 20, 59, 59)),
        (local(1, 21), local(2, 8)),
        (local(31, 23), local(31, 8) + timedelta(days=1)),
    ],
)
def test_nobody_is_written_to_between_21_and_8_oclock(at, allowed):
    assert next_allowed(at, SHANGHAI) == allowed
    assert next_allowed(at.astimezone(UTC), SHANGHAI).tzinfo is UTC


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
@pytest.mark.parametrize("tz", [SHANGHAI, NEW_YORK], ids=str)
def test_the_next_allowed_moment_is_allowed_and_less_than_a_night_away(tz, at):
    allowed = next_allowed(at, tz)
    assert DAYTIME[0] <= allowed.astimezone(tz).time() < DAYTIME[1]
    assert timedelta() <= allowed - at <= timedelta(hours=12)
    assert next_allowed(allowed, tz) == allowed


def test_the_clocks_going_forward_move_the_opening_with_them():
    evening = datetime(2026, 3, 7, 22, tzinfo=NEW_YORK)
    assert next_allowed(evening, NEW_YORK) == datetime(2026, 3, 8, 12, tzinfo=UTC)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        next_allowed(datetime(2026, 3, 1, 12), SHANGHAI)


def test_a_window_across_midnight_is_refused():
    with pytest.raises(ValueError, match="within one day"):
        next_allowed(local(1, 12), SHANGHAI, (time(21), time(8)))


def test_a_woman_is_written_to_at_the_same_time_of_every_day():
    first, second = (spread(date(2026, 3, day), "pregnancy-17", SHANGHAI) for day in (1, 2))
    assert second - first == timedelta(days=1)


def test_five_thousand_women_are_spread_over_the_morning():
    moments = [spread(date(2026, 3, 1), f"pregnancy-{n}", SHANGHAI) for n in range(5000)]
    assert all(MORNING[0] <= moment.astimezone(SHANGHAI).time() < MORNING[1] for moment in moments)
    assert max(moments.count(moment) for moment in set(moments[:500])) <= 8
    halves = sum(moment < local(1, 9, 30) for moment in moments)
    assert 2300 < halves < 2700
