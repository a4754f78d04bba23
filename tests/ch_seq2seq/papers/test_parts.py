"""The papers' gated unit and the maxout layer, each by itself."""

import numpy as np
import pytest

from ch_seq2seq.papers.gru import ChoGRU, TimeChoGRU
from ch_seq2seq.papers.maxout import Maxout
from common.cells import GRU
from common.gradient_check import check_gradients
from tests.helpers import assert_same, mask_of, normal, randomize

N, D, H = 3, 2, 4


def test_every_gradient_of_a_step_is_right(rng):
    cell = randomize(ChoGRU(D, H, rng, np.float64), rng)
    errors = check_gradients(cell, normal(rng, N, D), normal(rng, N, H), rng=rng)
    assert set(errors) == {"x", "h_prev", "param Wx", "param Wh", "param b"}


@pytest.mark.parametrize("lengths", [[1, 1, 1], [5, 2, 0], [5, 5, 5]])
def test_every_gradient_of_a_sequence_is_right(lengths, rng):
    layer, T = randomize(TimeChoGRU(D, H, rng, np.float64), rng), max(lengths)
    check_gradients(layer, normal(rng, N, T, D), (normal(rng, N, H),), mask_of(lengths, T), rng=rng)


def test_a_sequence_is_one_step_after_the_other(rng):
    layer = randomize(TimeChoGRU(D, H, rng, np.float64), rng)
    xs, h = normal(rng, N, 5, D), normal(rng, N, H)
    hs, (last,) = layer.forward(xs, (h,))
    for t in range(5):
        h = layer.cell.forward(xs[:, t], h)
        assert_same(hs[:, t], h, 1e-14)
    assert_same(last, h, 1e-14)


@pytest.mark.parametrize("bias, same", [(40.0, True), (0.0, False)])
def test_only_with_its_reset_gate_wide_open_is_it_the_other_gru(bias, same, rng):
    cell, other = (randomize(kind(D, H, rng, np.float64), rng) for kind in (ChoGRU, GRU))
    for name in ("Wx", "Wh", "b"):
        other.params[name][...] = cell.params[name]
    other.params["bh"][...] = 0
    for layer in (cell, other):
        layer.params["b"][:H] = bias
    x, h = normal(rng, N, D), normal(rng, N, H)
    difference = np.abs(cell.forward(x, h) - other.forward(x, h)).max()
    assert (difference < 1e-12) == same


def test_a_closed_reset_gate_forgets_and_an_open_update_gate_keeps(rng):
    cell = randomize(ChoGRU(D, H, rng, np.float64), rng)
    x, h = normal(rng, N, D), normal(rng, N, H)
    b = cell.params["b"]
    b[:H], b[H : 2 * H] = -800, -800  # r = 0, z = 0
    assert_same(cell.forward(x, h), np.tanh(cell.project(x)[:, 2 * H :]), 1e-14)
    b[H : 2 * H] = 800  # z = 1
    assert_same(cell.forward(x, h), h, 1e-14)


@pytest.mark.parametrize("shape", [(N,), (N, 1), (N, 5)])
def test_every_gradient_of_maxout_is_right(shape, rng):
    layer = randomize(Maxout(D, H, rng, np.float64), rng)
    assert layer.forward(normal(rng, *shape, D)).shape == (*shape, H)
    errors = check_gradients(layer, normal(rng, *shape, D), rng=rng)
    assert set(errors) == {"x", "param affine.W", "param affine.b"}


def test_of_two_neighbours_the_larger_comes_out_and_alone_gets_the_gradient(rng):
    layer = Maxout(4, 2, rng, np.float64)
    layer.affine.params["W"][...] = np.eye(4)
    assert layer.forward(np.array([[1.0, 3, -2, -5]])).tolist() == [[3, -2]]
    assert layer.backward(np.array([[7.0, 9]])).tolist() == [[0, 7, 9, 0]]
    layer.forward(np.zeros((1, 4)))
    assert layer.backward(np.array([[7.0, 9]])).tolist() == [[7, 0, 9, 0]]  # one of two equals


def test_a_gradient_of_another_shape_is_refused(rng):
    layer = Maxout(D, H, rng)
    layer.forward(np.zeros((N, D), np.float32))
    with pytest.raises(ValueError, match=r"dy: expected shape \(3, 4\), got \(3, 8\)"):
        layer.backward(np.zeros((N, 2 * H), np.float32))
