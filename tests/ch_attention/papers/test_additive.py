"""The attention of one step: the additive score, its gradients, many steps with the same keys."""

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.papers.additive import AdditiveAttention
from ch_attention.scores import ConcatScore
from common.gradient_check import check_gradients
from tests.helpers import assert_same, mask_of, normal, randomize

N, S, H, M = 3, 5, 2, 4
MASKS = {"none": None, "padded": mask_of([5, 2, 1], S), "all real": mask_of([5, 5, 5], S)}

each_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)


@pytest.fixture
def layer(rng):
    return randomize(AdditiveAttention(H, M, rng, np.float64), rng)


@each_mask
@pytest.mark.parametrize("S", [1, S])
def test_every_gradient_of_one_look_is_right(layer, mask, S, rng):
    errors = check_gradients(layer, normal(rng, N, S, H), normal(rng, N, M),
                             None if mask is None else mask[:, :S], rng=rng)
    assert set(errors) == {"hs", "q", "param Wa", "param Ua", "param va"}


@each_mask
def test_it_is_the_concat_score_for_one_query(layer, mask, rng):
    score = ConcatScore(H, M, rng, np.float64)
    score.params["W"][...] = np.concatenate([layer.params["Ua"], layer.params["Wa"]])
    score.params["v"][...] = layer.params["va"]
    attention, dc = Attention(score), normal(rng, N, H)
    hs, q = normal(rng, N, S, H), normal(rng, N, M)
    assert_same(layer.forward(hs, q, mask), attention.forward(hs, q[:, None], mask)[:, 0], 1e-13)
    dhs, dq = layer.backward(dc)
    wanted_dhs, wanted_dq = attention.backward(dc[:, None])
    assert_same((dhs, dq), (wanted_dhs, wanted_dq[:, 0]), 1e-13)
    assert_same(layer.grads["va"], score.grads["v"], 1e-13)
    assert_same(np.concatenate([layer.grads["Ua"], layer.grads["Wa"]]), score.grads["W"], 1e-13)


def test_masked_positions_get_no_weight_and_the_others_share_the_one(layer, rng):
    hs, mask = normal(rng, N, S, H), MASKS["padded"]
    c, a, _ = layer.step(normal(rng, N, M), layer.project(hs, mask), hs, mask)
    assert (a[~mask] == 0).all()
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-14)
    assert_same(c[2], hs[2, 0], 1e-14)  # where one is left, it is what is seen


@pytest.mark.parametrize("name, arguments", [
    ("hs", lambda hs, q, mask: (hs[..., 1:], q, mask)),
    ("q", lambda hs, q, mask: (hs, q[:1], mask)),
    ("mask", lambda hs, q, mask: (hs, q, mask[:, 1:]))])
def test_arguments_that_do_not_fit_are_refused_by_name(layer, name, arguments, rng):
    given = normal(rng, N, S, H), normal(rng, N, M), MASKS["padded"]
    with pytest.raises(ValueError, match=f"^{name}: expected shape"):
        layer.forward(*arguments(*given))
    layer.forward(*given)
    with pytest.raises(ValueError, match="^dc: expected shape"):
        layer.backward(np.zeros((N, M)))
