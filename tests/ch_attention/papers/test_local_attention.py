"""Local attention: the window, the predicted position, the Gaussian, and their gradients."""

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.papers.local_attention import REACH, Position, PredictiveAttention, window
from ch_attention.scores import GeneralScore
from common.gradient_check import check_gradients
from tests.helpers import assert_same, mask_of, normal, randomize

N, T, S, H, M = 3, 4, 7, 2, 5
MASKS = {"none": None, "padded": mask_of([7, 1, 4], S)}

each_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)


def predictive(rng, reach):
    score = GeneralScore(H, M, rng, np.float64)
    return randomize(PredictiveAttention(score, M, rng, reach, np.float64), rng)


@pytest.mark.parametrize("p, reach, inside", [
    (3, 1, [2, 3, 4]), (1, 2, [1, 2, 3]), (6, 2, [4, 5, 6]), (9, 2, []), (8, 2, [6]),
    (3, 9, [1, 2, 3, 4, 5, 6]), (3.5, 1, [3, 4]),
    (3.25, 1, [3, 4]), (0.0, 1, [1]), (6.0, 1, [5, 6]),
])
def test_a_window_holds_the_real_positions_within_its_reach_counted_from_1(p, reach, inside):
    mask = mask_of([6], S)
    got = window(np.array([[p]]), S, reach, mask)
    assert got.shape == (1, 1, S)
    assert (np.flatnonzero(got[0, 0]) + 1).tolist() == inside
    assert (window(np.array([[p]]), S, reach) & mask[:, None] == got).all()


def test_the_reach_is_that_of_the_paper_if_none_is_given(rng):
    assert REACH == 10 == PredictiveAttention(None, M, rng).attention_weight.reach
    assert window(np.array([[20]]), 40).sum() == 21


@pytest.mark.parametrize("T", [1, T])
def test_every_gradient_of_the_position_is_right_and_it_lies_within_the_sentence(T, rng):
    layer = randomize(Position(M, rng, np.float64), rng)
    lengths = np.array([7, 1, 4])
    errors = check_gradients(layer, normal(rng, N, T, M), lengths, rng=rng)
    assert set(errors) == {"q", "param Wp", "param vp"}
    p = layer.forward(9 * normal(rng, N, T, M), lengths)
    assert (p > 0).all() and (p < lengths[:, None]).all()


def test_arguments_and_gradients_that_do_not_fit_are_refused_by_name(rng):
    with pytest.raises(ValueError, match="^q: expected shape"):
        Position(M, rng, np.float64).forward(normal(rng, N, M), np.full(N, S))
    layer = predictive(rng, 2)
    layer.forward(normal(rng, N, S, H), normal(rng, N, T, M))
    with pytest.raises(ValueError, match="^da: expected shape"):
        layer.attention_weight.backward(np.zeros((N, 1, S)))


def test_predictive_attention_has_the_parts_of_attention_and_has_not_looked_yet(rng):
    layer = predictive(rng, 2)
    assert list(layer.parts) == list(Attention().parts) == ["attention_weight", "weight_sum"]
    assert layer.weights is None


@each_mask
@pytest.mark.parametrize("T, S, reach", [(1, 1, 1), (1, 7, 3), (4, 7, 1), (4, 7, 10)])
def test_every_gradient_of_predictive_attention_is_right(mask, T, S, reach, rng):
    layer = predictive(rng, reach)
    errors = check_gradients(layer, normal(rng, N, S, H), normal(rng, N, T, M),
                             None if mask is None else mask[:, :S], rng=rng)
    assert set(errors) == {"hs", "q", *(f"param {name}" for name in layer.params)}
    assert set(layer.params) == {
        f"attention_weight.{name}" for name in ("score.W", "position.Wp", "position.vp")}


@each_mask
@pytest.mark.parametrize("reach", [1, 3])
def test_outside_the_window_weights_are_exactly_zero_and_inside_they_are_not(mask, reach, rng):
    layer = predictive(rng, reach)
    layer.forward(normal(rng, N, S, H), normal(rng, N, T, M), mask)
    inside = window(layer.attention_weight.p, S, reach, mask)
    assert (layer.weights[~inside] == 0).all() and (layer.weights[inside] > 0).all()
    assert inside.any(axis=-1).all() and not inside.all(axis=-1).all()


@each_mask
def test_the_weights_are_those_of_a_softmax_over_the_window_times_the_gaussian(mask, rng):
    layer, hs, q = predictive(rng, 3), normal(rng, N, S, H), normal(rng, N, T, M)
    layer.forward(hs, q, mask)
    plain = Attention(layer.attention_weight.score)
    plain.forward(hs, q, window(layer.attention_weight.p, S, 3, mask))
    for n in range(N):
        for t in range(T):
            for s in range(1, S + 1):
                gaussian = np.exp(-(s - layer.attention_weight.p[n, t]) ** 2 / (2 * 1.5 ** 2))
                wanted = plain.weights[n, t, s - 1] * gaussian
                assert layer.weights[n, t, s - 1] == pytest.approx(wanted, rel=1e-12)
    assert (layer.weights.sum(axis=-1) < 1).all()


def test_padding_and_other_sentences_change_nothing(rng):
    layer, mask = predictive(rng, 2), MASKS["padded"]
    hs, q = normal(rng, N, S, H), normal(rng, N, T, M)
    c = layer.forward(hs, q, mask)
    for n, length in enumerate(mask.sum(axis=1)):
        assert_same(layer.forward(hs[n : n + 1, :length], q[n : n + 1]), c[n : n + 1], 1e-12)


def test_a_window_behind_the_end_of_the_sentence_sees_nothing(rng):
    attention, hs, q = Attention(), normal(rng, 1, S, H), normal(rng, 1, 1, H)
    c = attention.forward(hs, q, window(np.array([[S + 3]]), S, 2))
    assert not c.any() and not attention.weights.any()
    dhs, dq = attention.backward(np.ones_like(c))
    assert not dhs.any() and not dq.any()
