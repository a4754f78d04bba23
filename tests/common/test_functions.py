"""Sigmoid, softmax and log_softmax: known values, extremes, masks, and the gradient."""

import math

import numpy as np
import pytest

from common.functions import log_softmax, sigmoid, softmax, softmax_backward
from common.gradient_check import numerical_gradient, relative_error
from tests.helpers import LOUD, normal

FLOATS = [np.float32, np.float64]
HIGH = 1e4


@pytest.fixture(autouse=True)
def loud():
    with np.errstate(**LOUD):
        yield


def test_sigmoid_has_its_known_values():
    x = np.log([1, 3, 1 / 3, 999])
    np.testing.assert_allclose(sigmoid(x), [0.5, 0.75, 0.25, 0.999], rtol=1e-14)


def test_softmax_turns_logarithms_into_shares():
    x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    np.testing.assert_allclose(softmax(x), [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]])


def test_softmax_does_not_change_when_all_scores_are_shifted(rng):
    x = normal(rng, 2, 3, 4)
    np.testing.assert_allclose(softmax(x + 700), softmax(x), rtol=1e-12)


def test_log_softmax_is_the_logarithm_of_softmax(rng):
    x = 3 * normal(rng, 2, 3, 4)
    np.testing.assert_allclose(np.exp(log_softmax(x)), softmax(x), rtol=1e-13)


def test_log_softmax_keeps_what_softmax_rounds_to_zero():
    assert log_softmax(np.array([HIGH, -HIGH])).tolist() == [0, -2 * HIGH]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "function, wanted",
    [
        (sigmoid, [0, 0.5, 1]),
        (softmax, [0, 0, 1]),
        (log_softmax, [-2 * HIGH, -HIGH, 0]),
        (lambda x: softmax(x, np.array([True, True, False])), [0, 1, 0]),
    ],
    ids=["sigmoid", "softmax", "log_softmax", "masked softmax"],
)
def test_extreme_inputs_give_the_limits_without_a_warning_and_keep_the_dtype(
    function, wanted, dtype
):
    x = np.array([-HIGH, 0, HIGH], dtype)
    y = function(x)
    assert y.dtype == dtype
    assert y.tolist() == wanted
    assert x.tolist() == [-HIGH, 0, HIGH]  # the input is left as it was


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_masked_score_of_any_size_gets_exactly_zero(dtype):
    x = np.array([[HIGH, -HIGH, HIGH, -HIGH], [-HIGH, 1.0, HIGH, math.log(3) + 1]], dtype)
    mask = np.array([[False, True, False, True], [False, True, False, True]])
    y = softmax(x, mask)
    assert y.dtype == dtype
    assert (y[~mask] == 0).all()
    np.testing.assert_allclose(y[mask], [0.5, 0.5, 0.25, 0.75], rtol=1e-6)


@pytest.mark.parametrize("score", [-HIGH, 0.0, HIGH])
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_row_in_which_nothing_counts_is_all_zeros(dtype, score):
    y = softmax(np.full((2, 3), score, dtype), np.array([[False] * 3, [True] * 3]))
    assert y.dtype == dtype
    assert y[0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(y[1], 1 / 3, rtol=1e-6)


def test_masked_softmax_is_the_softmax_of_the_scores_that_count(rng):
    x, mask = normal(rng, 5), np.array([True, False, True, True, False])
    np.testing.assert_allclose(softmax(x, mask)[mask], softmax(x[mask]), rtol=1e-13)


def test_a_mask_is_broadcast_over_the_scores(rng):
    x, mask = normal(rng, 2, 3, 4), np.array([[True] * 4, [True, True, False, False]])
    y = softmax(x, mask[:, None, :])
    np.testing.assert_allclose(y[0], softmax(x[0]), rtol=1e-13)
    np.testing.assert_allclose(y[1, :, :2], softmax(x[1, :, :2]), rtol=1e-13)
    assert (y[1, :, 2:] == 0).all()


@pytest.mark.parametrize("masked", [False, True])
def test_softmax_backward_is_the_gradient_of_softmax(rng, masked):
    x, dy = normal(rng, 2, 3, 4), normal(rng, 2, 3, 4)
    mask = rng.random((2, 3, 4)) < 0.6 if masked else None
    kept = dy.copy()
    dx = softmax_backward(dy, softmax(x, mask))
    wanted = numerical_gradient(lambda: float((softmax(x, mask) * dy).sum()), x)
    assert relative_error(dx, wanted) < 1e-8
    assert (dy == kept).all()
    if masked:
        assert not mask.all() and (dx[~mask] == 0).all()
