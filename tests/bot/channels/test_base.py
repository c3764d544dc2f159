from itertools import pairwise, permutations

import pytest

from bot.channels.base import DeliveryState

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
