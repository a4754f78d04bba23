"""Masks of attention: one for each sentence, for each query, or for both."""

import numpy as np
import pytest

from ch_attention.attention_layers import Attention, AttentionWeight
from ch_attention.scores import SCORES, make_score
from common.gradient_check import check_gradients
from tests.helpers import assert_same, copied, mask_of, normal, randomize

N, S, T, H = 3, 5, 4, 2

SHAPES = [(N, S), (N, T, S), (1, T, S), (N, 1, S), (1, 1, S), (N, T, 1), (1, 1, 1)]


@pytest.fixture(params=SCORES)
def score(request, rng):
    return randomize(make_score(request.param, H, rng, np.float64), rng)


@pytest.fixture
def hs(rng):
    return normal(rng, N, S, H)


@pytest.fixture
def q(rng):
    return normal(rng, N, T, H)


def random_mask(rng, shape):
    """A mask in which about a third is False, and its (N, T, S) form."""
    mask = rng.random(shape) > 0.3
    mask.flat[0], mask.flat[-1] = mask.size == 1, True  # never all True unless it is one entry
    whole = mask[:, None] if mask.ndim == 2 else mask
    return mask, np.broadcast_to(whole, (N, T, S)).copy()


@pytest.mark.parametrize("layer_class", [AttentionWeight, Attention])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_gradient_is_right_with_a_mask_of_any_shape(layer_class, score, shape, hs, q, rng):
    layer = layer_class(score)
    errors = check_gradients(layer, hs, q, random_mask(rng, shape)[0], rng=rng)
    assert set(errors) == {"hs", "q"} | {f"param {name}" for name in layer.params}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_mask_counts_for_every_axis_that_it_lacks_or_has_only_once(score, shape, hs, q, rng):
    layer, dc = Attention(score), normal(rng, N, T, H)
    mask, whole = random_mask(rng, shape)
    both = []
    for given in (mask, whole):
        c = layer.forward(hs, q, given)
        both.append(copied((c, layer.weights, layer.backward(dc), layer.grads)))
    assert_same(both[0], both[1])
    weights = both[0][1]
    assert weights.shape == (N, T, S)
    assert (weights[~whole] == 0).all() and (weights[whole] > 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), whole.any(axis=-1), rtol=1e-12)


def test_each_query_is_answered_as_if_it_had_the_mask_to_itself(score, hs, q, rng):
    layer, mask = Attention(score), random_mask(rng, (N, T, S))[0]
    together = layer.forward(hs, q, mask)
    for t in range(T):
        alone = layer.forward(hs, q[:, t : t + 1].copy(), mask[:, t])
        assert_same(alone[:, 0], together[:, t], 1e-12)


def test_with_a_causal_mask_a_query_sees_its_own_place_and_what_is_before_it(score, hs, rng):
    """Self-attention: a change at a place changes no answer before it."""
    layer, mask = Attention(score), np.tril(np.ones((1, S, S), bool))
    c = layer.forward(hs, hs, mask)
    assert_same(c[:, 0], hs[:, 0], 1e-12)  # the first place sees nothing but itself
    for s in range(S):
        changed = hs.copy()
        changed[:, s] += 1
        other = layer.forward(changed, changed, mask)
        assert_same(other[:, :s], c[:, :s], 1e-12)
        assert (other[:, s] != c[:, s]).any()


def test_with_a_causal_mask_a_place_gets_gradients_from_its_own_place_and_behind(score, hs, rng):
    layer, mask = Attention(score), np.tril(np.ones((1, S, S), bool))
    layer.forward(hs, hs, mask)
    dc = normal(rng, N, S, H)
    dc[:, 2:] = 0
    dhs, dq = layer.backward(dc)
    assert (dhs[:, 2:] == 0).all() and (dq[:, 2:] == 0).all()
    assert (dhs[:, :2] != 0).any()


def test_a_query_that_may_see_nothing_gets_zeros_and_sends_no_gradient(score, hs, q, rng):
    layer, mask = Attention(score), np.ones((N, T, S), bool)
    mask[1, 2] = False
    c = layer.forward(hs, q, mask)
    dhs, dq = layer.backward(normal(rng, N, T, H))
    assert (c[1, 2] == 0).all() and (layer.weights[1, 2] == 0).all() and (dq[1, 2] == 0).all()
    assert (c[1, 1] != 0).all() and np.isfinite(dhs).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_mask_that_is_true_everywhere_changes_no_bit(score, shape, hs, q, rng):
    layer, dc = Attention(score), normal(rng, N, T, H)
    wanted = copied((layer.forward(hs, q), layer.backward(dc), layer.grads))
    got = layer.forward(hs, q, np.ones(shape, bool)), layer.backward(dc), layer.grads
    assert_same(got, wanted)


def test_a_mask_is_only_read(score, hs, q, rng):
    layer = Attention(score)
    mask = mask_of([5, 0, 3], S)
    kept = mask.copy()
    layer.forward(hs, q, mask)
    layer.backward(normal(rng, N, T, H))
    assert_same(mask, kept)


@pytest.mark.parametrize("mask, message", [
    (np.ones((N, T, S + 1), bool), r"expected shape \(3, 4, 5\), got \(3, 4, 6\)"),
    (np.ones((N, T + 1, S), bool), r"expected shape \(3, 4, 5\), got \(3, 5, 5\)"),
    (np.ones((N - 1, T, S), bool), r"expected shape \(3, 4, 5\), got \(2, 4, 5\)"),
    (np.ones((1, S, T), bool), r"expected shape \(1, 4, 5\), got \(1, 5, 4\)"),
    (np.ones((N, 0, S), bool), r"expected shape \(3, 4, 5\), got \(3, 0, 5\)"),
    (np.ones((T, S), bool), r"expected shape \(3, 5\), got \(4, 5\)"),
    (np.ones((1, S), bool), r"expected shape \(3, 5\), got \(1, 5\)"),
    (np.ones(S, bool), r"expected shape \(3, 5\), got \(5,\)"),
    (np.ones((1, N, T, S), bool), r"expected shape \(3, 5\), got \(1, 3, 4, 5\)"),
    (np.ones((N, T, S)), "expected dtype bool, got float64"),
    (np.ones((N, S), int), "expected dtype bool, got int64"),
    ([[True] * S] * N, "expected an array, got list"),
    ([[[True] * S] * T] * N, "expected an array, got list"),
])
def test_a_mask_that_does_not_fit_is_refused(mask, message, hs, q):
    with pytest.raises(ValueError, match=f"^mask: {message}"):
        Attention().forward(hs, q, mask)
