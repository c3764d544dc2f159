from itertools import pairwise, permutations

import pytest

from bot.channels.base import DeliveryState, Limits

ORDER = [
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
]


def test_a_delivery_state_only_moves_forward():
    for earlier, later in pairwise(ORDER):
        assert earlier.after(later) is later
        assert later.after(earlier) is later


@pytest.mark.parametrize("failure", [DeliveryState.FAILED, DeliveryState.UNDELIVERED])
def test_nothing_follows_a_failure(failure):
    assert failure.terminal
    assert all(failure.after(state) is failure for state in DeliveryState)
    assert all(state.after(failure) is failure for state in ORDER)


def test_reports_in_any_order_end_in_the_same_state():
    reports = [DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.UNDELIVERED]
    for order in permutations(reports):
        state = DeliveryState.QUEUED
        for report in order:
            state = state.after(report)
        assert state is DeliveryState.UNDELIVERED


def test_a_channel_says_from_whom_no_answer_comes_back():
    limits = Limits(pushes_free_text=True, segments=8, one_way=("+86",))
    assert not limits.can_answer("+8613900000001")
    assert limits.can_answer("+15550000002")
    assert Limits(pushes_free_text=True).can_answer("+8613900000001")
