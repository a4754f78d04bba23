"""Shares of teacher forcing by step."""

import math

import pytest

from common.forcing import (DECAYS, ConstantShare, ExponentialDecay, InverseSigmoidDecay,
                            LinearDecay, Switch, make_share)

TOTALS = [1, 2, 7, 1000, 2110]


def whole_run(share, total):
    return [share(step) for step in range(total)]


@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("name", DECAYS)
def test_a_share_never_rises_and_stays_between_0_and_1(name, total):
    shares = whole_run(make_share(name, total), total)
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)


def test_each_decay_has_a_name_for_the_command_line():
    assert list(DECAYS.items()) == [
        ("linear", LinearDecay), ("exponential", ExponentialDecay),
        ("inverse-sigmoid", InverseSigmoidDecay), ("switch", Switch),
    ]


@pytest.mark.parametrize("share", [0, 0.25, 1.0])
def test_a_number_is_the_same_share_at_every_step(share):
    assert whole_run(make_share(share, 5), 5) == [share] * 5


def test_the_linear_share_falls_by_the_same_amount_at_every_step_to_0():
    assert whole_run(LinearDecay(4), 6) == [1, 0.75, 0.5, 0.25, 0, 0]


def test_the_exponential_share_keeps_the_same_part_at_every_step_and_ends_at_a_hundredth():
    share = ExponentialDecay(50)
    assert share(0) == 1 and share(50) == pytest.approx(0.01)
    assert all(share(step + 1) / share(step) == pytest.approx(share(1)) for step in range(50))


@pytest.mark.parametrize("total", TOTALS)
def test_the_inverse_sigmoid_share_is_a_half_in_the_middle_and_symmetric_around_it(total):
    share = InverseSigmoidDecay(total)
    assert share(total / 2) == pytest.approx(0.5, abs=1e-12)
    assert share(0) + share(total) == pytest.approx(1)
    # Equation of the paper, with the k that makes it so.
    assert share.k >= 1
    assert share(1) == pytest.approx(share.k / (share.k + math.exp(1 / share.k)))


def test_the_inverse_sigmoid_share_of_a_long_run_begins_near_1_and_ends_near_0():
    share = InverseSigmoidDecay(2000)
    assert share(0) > 0.99 and share(2000) < 0.01


@pytest.mark.parametrize("total, forced", [(1, 1), (4, 2), (5, 3)])
def test_the_switch_is_on_in_the_first_half_and_off_in_the_second(total, forced):
    assert whole_run(Switch(total), total) == [1] * forced + [0] * (total - forced)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_outside_0_to_1_is_refused(share):
    with pytest.raises(ValueError, match="expected 0 <= share <= 1"):
        ConstantShare(share)


@pytest.mark.parametrize("name", DECAYS)
def test_a_run_without_steps_has_no_share(name):
    with pytest.raises(ValueError, match="total: expected at least 1, got 0"):
        make_share(name, 0)
