"""The gradient check finds out which gradient is that of which argument of forward."""

import numpy as np
import pytest

from common.contract import Layer
from common.gradient_check import GradientError, check_gradients
from common.time_layers import TimeGRU, TimeLSTM
from tests.helpers import normal, random_state, randomize

N, T, D, H = 2, 3, 4, 5


class Product(Layer):
    """y = a^2 * b."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * a * b

    def backward(self, dy):
        return 2 * dy * self.a * self.b, dy * self.a**2


class WrongProduct(Product):
    """Wrong for each argument, and right in their sum."""

    def backward(self, dy):
        da, db = super().backward(dy)
        return da + db, np.zeros_like(db)


def test_an_array_that_is_given_twice_counts_as_two_arguments(rng):
    x = normal(rng, N, D)
    assert set(check_gradients(Product(), x, x, rng=rng)) == {"a", "b"}
    with pytest.raises(GradientError, match="^wrong: (a, b|b, a)\nright: nothing\n"):
        check_gradients(WrongProduct(), x, x, rng=rng)


def test_arguments_that_share_memory_count_as_two(rng):
    x = normal(rng, N, D)
    check_gradients(Product(), x[:, :-1], x[:, 1:], rng=rng)
    with pytest.raises(GradientError, match="^wrong: (a, b|b, a)\nright: nothing\n"):
        check_gradients(WrongProduct(), x[:, :-1], x[:, 1:], rng=rng)


def test_an_array_that_is_given_twice_within_a_state_counts_as_two(rng):
    h = normal(rng, N, H)
    layer = randomize(TimeLSTM(D, H, rng, np.float64), rng)
    errors = check_gradients(layer, normal(rng, N, T, D), (h, h), rng=rng)
    assert {"xs", "state[0]", "state[1]"} < set(errors)


class StateFirst(Layer):
    """A Time layer whose state is the first argument, its input the second, a mask the third."""

    def __init__(self, layer):
        super().__init__()
        self.layer = self.add_part("layer", layer)

    def forward(self, state, xs, mask=None):
        return self.layer.forward(xs, state, mask)

    def backward(self, dhs, dstate):
        dxs, dstate0 = self.layer.backward(dhs, dstate)
        return dstate0, dxs


class OnlyItsInput(StateFirst):
    """Gives no gradient to a state, which is always left out."""

    def backward(self, dhs, dstate):
        return super().backward(dhs, dstate)[1]


class InputWrong(StateFirst):
    def backward(self, dhs, dstate):
        dstate0, dxs = super().backward(dhs, dstate)
        return dstate0, dxs * 1.001


@pytest.fixture(params=[TimeLSTM, TimeGRU])
def time_layer(request, rng):
    """Layers with two arrays and with one in their state; xs could be taken for a state of one."""
    return randomize(request.param(D, H, rng, np.float64), rng)


@pytest.mark.parametrize("wrapper", [StateFirst, OnlyItsInput])
def test_a_leading_none_may_have_a_gradient_or_not(wrapper, time_layer, rng):
    errors = check_gradients(wrapper(time_layer), None, normal(rng, N, T, D), rng=rng)
    assert "xs" in errors and not any("state" in name for name in errors)
    with pytest.raises(GradientError, match="wrong: xs\n"):
        check_gradients(InputWrong(time_layer), None, normal(rng, N, T, D), rng=rng)


def test_a_none_behind_the_arrays_may_have_a_gradient_or_not(time_layer, rng):
    assert "xs" in check_gradients(time_layer, normal(rng, N, T, D), None, rng=rng)
    assert "xs" in check_gradients(time_layer, normal(rng, N, T, D), None, None, rng=rng)


def test_a_state_that_is_given_needs_its_gradient(rng):
    layer = randomize(TimeLSTM(D, H, rng, np.float64), rng)
    with pytest.raises(GradientError, match="backward returned 1 gradients for 3 float inputs: "
                                            r"state\[0\], state\[1\], xs"):
        check_gradients(OnlyItsInput(layer), random_state("lstm", rng, N, H),
                        normal(rng, N, T, D), None, rng=rng)


def test_gradients_that_could_be_of_either_side_are_refused_and_a_value_helps(time_layer, rng):
    xs, mask = normal(rng, N, T, D), np.ones((N, T), bool)
    with pytest.raises(GradientError, match="StateFirst.backward returned . gradients, and it is "
                                            "open which is that of xs: a None stands before"):
        check_gradients(StateFirst(time_layer), None, xs, None, rng=rng)
    assert "xs" in check_gradients(StateFirst(time_layer), None, xs, mask, rng=rng)
    # Without a gradient to spare nothing is open.
    assert "xs" in check_gradients(OnlyItsInput(time_layer), None, xs, None, rng=rng)


class Sum(Layer):
    """y = a + 2 b + 3 c, where b and c may be left out and have a gradient all the same."""

    def forward(self, a, b, c):
        return a + 2 * (0 if b is None else b) + 3 * (0 if c is None else c)

    def backward(self, dy):
        return dy.copy(), 2 * dy, 3 * dy


def test_a_none_between_two_arrays_is_passed_over(rng):
    x = normal(rng, N, D)
    assert set(check_gradients(Sum(), x, None, x, rng=rng)) == {"a", "c"}
    assert len(check_gradients(Sum(), x, x, x, rng=rng)) == 3


def test_a_none_behind_two_arrays_leaves_open_nothing(rng):
    x = normal(rng, N, D)
    assert set(check_gradients(Sum(), x, x, None, rng=rng)) == {"a", "b"}


def test_gradients_without_an_argument_are_refused(rng):
    class TooMany(Product):
        def backward(self, dy):
            return *super().backward(dy), dy

    with pytest.raises(GradientError, match="returned 3 gradients for 2 float inputs: a, b"):
        check_gradients(TooMany(), normal(rng, D), normal(rng, D), rng=rng)


def test_the_arguments_themselves_are_never_written_to(rng):
    x = normal(rng, N, D)
    x.flags.writeable = False
    check_gradients(Product(), x, x, rng=rng)
