"""Central differences, and how far two gradients are apart."""

import numpy as np
import pytest

from common.functions import log_softmax, softmax
from common.gradient_check import numerical_gradient, relative_error
from tests.helpers import normal


def test_the_numerical_gradient_of_a_known_function_is_right_and_leaves_x_alone(rng):
    x = normal(rng, 2, 3, 4)
    kept = x.copy()
    gradient = numerical_gradient(lambda: float((x**3).sum()), x)
    np.testing.assert_allclose(gradient, 3 * kept**2, rtol=1e-7, atol=1e-9)
    assert (x == kept).all()


def test_the_numerical_gradient_is_wrong_by_the_square_of_its_step_where_the_curve_bends():
    x = np.zeros(1)  # of x^3 the central difference is 3 x^2 + eps^2
    assert numerical_gradient(lambda: x[0] ** 3, x)[0] == pytest.approx(1e-10, rel=1e-6)
    assert numerical_gradient(lambda: x[0] ** 3, x, eps=1e-3)[0] == pytest.approx(1e-6, rel=1e-6)


def test_the_numerical_gradient_of_the_loss_is_softmax_minus_one(rng):
    x = normal(rng, 6)
    gradient = numerical_gradient(lambda: -log_softmax(x)[2], x)
    assert relative_error(gradient, softmax(x) - np.eye(6)[2]) < 1e-9


@pytest.mark.parametrize(
    "a, b, wanted",
    [([1.0, 2.0], [1.0, 2.5], 0.2), ([0.0], [0.0], 0), ([0.0, 3.0], [0.0, 0.0], 1), ([], [], 0),
     ([-2.0, 0.5], [1.0, 0.5], 1.5), ([-0.1], [-0.2], 0.5)],
)
def test_the_relative_error_is_relative_to_the_largest_entry(a, b, wanted):
    assert relative_error(np.array(a), np.array(b)) == pytest.approx(wanted)
    assert relative_error(np.array(b), np.array(a)) == pytest.approx(wanted)


def test_below_the_floor_the_relative_error_is_relative_to_the_floor():
    a, b = np.array([0.1, -0.2]), np.array([0.1, 0.2])
    assert relative_error(a, b, floor=0.8) == pytest.approx(0.5)
    assert relative_error(a, b, floor=0.1) == pytest.approx(2)
    assert relative_error(np.zeros(0), np.zeros(0), floor=0.8) == 0


def test_a_difference_that_is_no_number_is_no_small_error():
    a, b = np.array([1.0, np.nan]), np.array([1.0, 2.0])
    assert np.isnan(relative_error(a, b, floor=3.0)) and np.isnan(relative_error(b, a))
