"""The textbook LSTM: its gradients are right, and the fast layer equals it."""

import numpy as np
import pytest

from common.cells import LSTM
from common.gradient_check import check_gradients
from common.plain_lstm import PlainLSTM, PlainTimeLSTM
from common.time_layers import TimeLSTM
from tests.helpers import assert_same, copied, normal, random_state, randomize

N, T, D, H = 3, 4, 5, 2


@pytest.fixture
def plain(rng):
    return randomize(PlainTimeLSTM(D, H, rng, np.float64), rng)


def test_every_gradient_of_one_step_is_right(rng):
    layer = randomize(PlainLSTM(D, H, rng, np.float64), rng)
    check_gradients(layer, normal(rng, N, D), *random_state("lstm", rng, N, H), rng=rng)


@pytest.mark.parametrize("length", [1, T])
def test_every_gradient_of_a_sequence_is_right(plain, rng, length):
    check_gradients(plain, normal(rng, N, length, D), random_state("lstm", rng, N, H), rng=rng)


@pytest.mark.parametrize("given", [True, False], ids=["with a state", "from zero"])
def test_the_time_layer_equals_the_plain_one(plain, rng, given):
    fast = TimeLSTM(D, H, rng, np.float64)
    for name, param in fast.params.items():
        param[...] = plain.params[f"cell.{name}"]
    xs, dhs = normal(rng, N, T, D), normal(rng, N, T, H)
    state = random_state("lstm", rng, N, H) if given else None
    dstate = random_state("lstm", rng, N, H) if given else None
    got = fast.forward(xs, state), fast.backward(dhs, dstate)
    assert_same(got, (plain.forward(xs, state), plain.backward(dhs, dstate)), 1e-12)
    assert_same({f"cell.{name}": g for name, g in fast.grads.items()}, plain.grads, 1e-12)


def test_both_start_with_the_same_weights():
    plain, fast = (make(D, H, np.random.default_rng(1)) for make in (PlainTimeLSTM, LSTM))
    assert_same({f"cell.{name}": param for name, param in fast.params.items()}, plain.params)


def test_backward_twice_gives_the_same(plain, rng):
    plain.forward(normal(rng, N, T, D))
    dhs = normal(rng, N, T, H)
    first = plain.backward(dhs), copied(plain.grads)
    assert_same((plain.backward(dhs), plain.grads), first)
