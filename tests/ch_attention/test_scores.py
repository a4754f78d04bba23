"""Scores between keys and queries of different sizes, and what a score refuses."""

import math

import numpy as np
import pytest

from ch_attention.attention_layers import Attention, AttentionWeight
from ch_attention.scores import (
    SCORES, ConcatScore, DotScore, GeneralScore, ScaledDotScore, make_score,
)
from common.gradient_check import check_gradients
from tests.helpers import assert_same, copied, mask_of, normal, randomize

N, S, T, H, M = 3, 5, 4, 2, 6


@pytest.fixture(params=[GeneralScore, ConcatScore])
def score_class(request):
    return request.param


@pytest.fixture(params=[(H, M), (M, H)], ids=["longer queries", "longer keys"])
def sizes(request):
    return request.param


@pytest.fixture
def score(score_class, sizes, rng):
    return randomize(score_class(*sizes, rng, np.float64), rng)


@pytest.fixture
def hs(sizes, rng):
    return normal(rng, N, S, sizes[0])


@pytest.fixture
def q(sizes, rng):
    return normal(rng, N, T, sizes[1])


def test_parameters_have_the_shapes_of_the_docstring(rng):
    assert GeneralScore(H, M, rng).params["W"].shape == (H, M)
    params = ConcatScore(H, M, rng).params
    assert {name: param.shape for name, param in params.items()} == {"W": (H + M, M), "v": (M,)}


def test_keys_and_queries_may_differ_in_size_where_a_matrix_stands_between(score, hs, q):
    W = score.params["W"]
    if isinstance(score, GeneralScore):
        wanted = np.einsum("nsh,hm,ntm->nts", hs, W, q)
    else:
        pairs = np.empty((N, T, S, len(W)))  # [h_s ; q_t]
        pairs[..., : hs.shape[2]] = hs[:, None]
        pairs[..., hs.shape[2] :] = q[:, :, None]
        wanted = np.tanh(pairs @ W) @ score.params["v"]
    assert_same(score.forward(hs, q), wanted, 1e-12)


@pytest.mark.parametrize("steps", [1, T])
def test_every_gradient_is_right_for_keys_and_queries_of_different_sizes(score, hs, q, rng, steps):
    errors = check_gradients(score, hs, q[:, :steps].copy(), rng=rng)
    assert set(errors) == {"hs", "q"} | {f"param {name}" for name in score.params}


@pytest.mark.parametrize("layer_class", [AttentionWeight, Attention])
@pytest.mark.parametrize("mask", [None, mask_of([5, 0, 3], S)], ids=["no mask", "mask"])
def test_every_gradient_of_attention_is_right_for_different_sizes(
    layer_class, score, hs, q, mask, rng
):
    layer = layer_class(score)
    errors = check_gradients(layer, hs, q, mask, rng=rng)
    assert set(errors) == {"hs", "q"} | {f"param {name}" for name in layer.params}


def test_a_context_has_the_size_of_the_keys_whatever_that_of_the_queries(score, hs, q):
    assert Attention(score).forward(hs, q).shape == (N, T, hs.shape[2])


@pytest.mark.parametrize("change, message", [
    (lambda hs, q: (hs[..., 1:], q), "hs: expected shape"),
    (lambda hs, q: (hs, q[..., 1:]), "q: expected shape"),
    (lambda hs, q: (q, hs), "hs: expected shape"),
    (lambda hs, q: (hs, q[1:]), "q: expected shape"),
    (lambda hs, q: (hs.astype(np.float32), q), "hs: expected dtype float64, got float32"),
    (lambda hs, q: (hs, q.astype(np.float32)), "q: expected dtype float64, got float32"),
    (lambda hs, q: (hs, q.tolist()), "q: expected an array, got list"),
])
def test_a_score_with_weights_refuses_other_sizes_than_those_of_its_matrix(
    score, hs, q, change, message
):
    with pytest.raises(ValueError, match=f"^{message}"):
        score.forward(*change(hs, q))


@pytest.mark.parametrize("score_class", [DotScore, ScaledDotScore])
def test_a_dot_product_refuses_keys_and_queries_of_different_sizes(score_class, hs, q):
    message = rf"^q: expected shape \(3, T, {hs.shape[2]}\), got \(3, 4, {q.shape[2]}\)$"
    for layer in (score_class(), Attention(score_class())):
        with pytest.raises(ValueError, match=message):
            layer.forward(hs, q)


def test_a_new_score_starts_with_weights_of_the_size_that_keeps_what_goes_through(rng):
    W = GeneralScore(400, 300, rng).params["W"]
    assert W.std() == pytest.approx(1 / math.sqrt(400), rel=0.02)
    params = ConcatScore(100, 300, rng).params
    assert params["W"].std() == pytest.approx(1 / math.sqrt(400), rel=0.02)
    assert params["v"].std() == pytest.approx(1 / math.sqrt(300), rel=0.2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SCORES)
def test_everything_that_a_score_gives_has_the_dtype_of_what_it_got(name, dtype, rng):
    score = make_score(name, H, rng, dtype)
    hs, q = normal(rng, N, S, H).astype(dtype), normal(rng, N, T, H).astype(dtype)
    scores = score.forward(hs, q)
    results = (scores, *score.backward(scores), *score.params.values(), *score.grads.values())
    assert {array.dtype for array in results} == {np.dtype(dtype)}


def test_a_score_is_float32_unless_told_otherwise(rng):
    for score in (GeneralScore(H, M, rng), ConcatScore(H, M, rng), make_score("general", H, rng)):
        assert score.dtype == np.float32


def test_backward_twice_gives_the_same_and_writes_into_nothing(score, hs, q, rng):
    dscores = normal(rng, N, T, S)
    score.forward(hs, q)
    given = copied((hs, q, dscores, score.params))
    first = copied((score.backward(dscores), score.grads))
    assert_same((score.backward(dscores), score.grads), first)
    assert_same((hs, q, dscores, score.params), given)
