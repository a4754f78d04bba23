"""The location score: positions have scores, whatever stands there."""

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.papers.location import LocationScore
from ch_attention.papers.luong import LUONG_SCORES
from common.gradient_check import check_gradients
from tests.helpers import assert_same, mask_of, normal, randomize

N, T, H, M, KNOWN = 3, 4, 2, 5, 6


@pytest.fixture
def score(rng):
    return randomize(LocationScore(M, KNOWN, rng, np.float64), rng)


@pytest.mark.parametrize("S", [1, KNOWN - 1, KNOWN, KNOWN + 2])
@pytest.mark.parametrize("T", [1, T])
def test_every_gradient_is_right_with_sources_shorter_and_longer_than_the_weights(score, S, T, rng):
    errors = check_gradients(Attention(score), normal(rng, N, S, H), normal(rng, N, T, M),
                             mask_of([S, 1, (S + 1) // 2], S), rng=rng)
    assert set(errors) == {"hs", "q", "param attention_weight.score.W"}


def test_scores_are_the_first_columns_of_the_product_and_no_hidden_state_changes_them(score, rng):
    q = normal(rng, N, T, M)
    scores = score.forward(normal(rng, N, 4, H), q)
    assert_same(scores, (q @ score.params["W"])[..., :4], 1e-13)
    assert_same(score.forward(normal(rng, N, 4, H), q), scores)
    dhs, _ = score.backward(normal(rng, N, T, 4))
    assert_same(dhs, np.zeros((N, 4, H)))
    assert (score.grads["W"][:, 4:] == 0).all()


def test_a_gradient_of_unused_columns_is_zero_also_after_a_longer_source(score, rng):
    for S in (KNOWN, 2):
        score.forward(normal(rng, N, S, H), normal(rng, N, T, M))
        score.backward(normal(rng, N, T, S))
    assert score.grads["W"][:, :2].all() and not score.grads["W"][:, 2:].any()


@pytest.mark.parametrize("mask", [None, mask_of([8, 2, 7], 8)])
def test_positions_behind_the_last_column_get_a_weight_of_exactly_zero(score, mask, rng):
    attention = Attention(score)
    attention.forward(normal(rng, N, 8, H), 100 * normal(rng, N, T, M), mask)
    assert (attention.weights[..., KNOWN:] == 0).all()
    np.testing.assert_allclose(attention.weights.sum(axis=-1), 1, rtol=1e-14)


def test_the_four_scores_of_the_paper_are_those_three_of_the_chapter_and_this_one(rng):
    assert list(LUONG_SCORES) == ["dot", "general", "concat", "location"]
    score = LUONG_SCORES["location"](M, rng, np.float32)
    assert (score.params["W"].shape, score.dtype) == ((M, 50), np.float32)


@pytest.mark.parametrize("name, shapes", [("hs", [(N, H), (N, T, M)]),
                                          ("q", [(N, 4, H), (N, T, M + 1)])])
def test_arguments_that_do_not_fit_are_refused_by_name(score, name, shapes):
    with pytest.raises(ValueError, match=f"^{name}: expected shape"):
        score.forward(*(np.zeros(shape) for shape in shapes))
