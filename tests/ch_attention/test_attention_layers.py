"""WeightSum, AttentionWeight, Attention and the four scores."""

import math
import re

import numpy as np
import pytest

from ch_attention.attention_layers import Attention, AttentionWeight, WeightSum
from ch_attention.scores import SCORES, make_score
from common.gradient_check import GradientError, check_gradients
from tests.helpers import LOUD, assert_same, copied, mask_of, normal, randomize

N, S, T, H = 3, 5, 4, 2


@pytest.fixture(params=SCORES)
def score(request, rng):
    return randomize(make_score(request.param, H, rng, np.float64), rng)


@pytest.fixture
def hs(rng):
    return normal(rng, N, S, H)


@pytest.fixture
def q(rng):
    return normal(rng, N, T, H)


@pytest.fixture
def mask():
    return mask_of([5, 0, 3], S)  # one sentence is all padding


def by_hand(name, params, h, q):
    """The score of one hidden state and one query, with loops over their numbers."""
    W, v = params.get("W"), params.get("v")
    if name in ("dot", "scaled"):
        dot = sum(a * b for a, b in zip(h, q, strict=True))
        return dot / math.sqrt(H) if name == "scaled" else dot
    if name == "general":
        return sum(h[i] * W[i, j] * q[j] for i in range(H) for j in range(H))
    both = [*h, *q]
    return sum(math.tanh(sum(both[i] * W[i, j] for i in range(2 * H))) * v[j] for j in range(H))


@pytest.mark.parametrize("name", SCORES)
def test_every_score_is_what_its_equation_says(name, hs, q, rng):
    score = randomize(make_score(name, H, rng, np.float64), rng)
    scores = score.forward(hs, q)
    wanted = [[[by_hand(name, score.params, hs[n, s], q[n, t]) for s in range(S)]
               for t in range(T)] for n in range(N)]
    assert_same(scores, np.array(wanted), 1e-12)


@pytest.mark.parametrize("steps", [1, T])
def test_every_gradient_of_a_score_is_right(score, hs, q, rng, steps):
    errors = check_gradients(score, hs, q[:, :steps].copy(), rng=rng)
    assert set(errors) == {"hs", "q"} | {f"param {name}" for name in score.params}


def test_every_gradient_of_the_weighted_sum_is_right(hs, rng):
    assert len(check_gradients(WeightSum(), hs, normal(rng, N, T, S), rng=rng)) == 2


@pytest.mark.parametrize("layer_class", [AttentionWeight, Attention])
@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
@pytest.mark.parametrize("steps", [1, T])
def test_every_gradient_of_attention_is_right(layer_class, score, hs, q, mask, rng, masked, steps):
    layer = layer_class(score)
    errors = check_gradients(layer, hs, q[:, :steps].copy(), mask if masked else None, rng=rng)
    assert {"hs", "q"} | {f"param {name}" for name in layer.params} == set(errors)


def test_a_branch_left_out_of_the_backward_pass_is_found(hs, q, rng):
    class OneBranch(Attention):
        def backward(self, dc):
            dhs, da = self.weight_sum.backward(dc)
            return dhs, self.attention_weight.backward(da)[1]

    with pytest.raises(GradientError, match="^wrong: hs\nright: q\n"):
        check_gradients(OneBranch(), hs, q, rng=rng)


@pytest.mark.parametrize("layer_class", [AttentionWeight, Attention])
def test_attention_asks_the_score_that_it_is_given(layer_class, score, hs, q):
    layer = layer_class(score)
    layer.forward(hs, q)
    weight = layer if layer_class is AttentionWeight else layer.attention_weight
    wanted = np.exp(score.forward(hs, q))
    assert weight.score is score
    assert_same(weight.a, wanted / wanted.sum(axis=-1, keepdims=True), 1e-12)


def test_there_are_no_weights_before_the_first_forward_pass():
    assert Attention().weights is None


def test_weights_are_shares_and_padding_gets_exactly_none(score, hs, q, mask):
    a = AttentionWeight(score).forward(hs, q, mask)
    assert a.shape == (N, T, S)
    assert (a >= 0).all()
    np.testing.assert_allclose(a.sum(axis=-1)[[0, 2]], 1, rtol=1e-12)
    assert (a[~np.broadcast_to(mask[:, None], a.shape)] == 0).all()  # sentence 1 among them


def test_what_stands_in_the_padding_does_not_matter(score, hs, q, mask, rng):
    layer, dc = Attention(score), normal(rng, N, T, H)
    c = layer.forward(hs, q, mask)
    gradients = layer.backward(dc)
    other = np.where(mask[..., None], hs, 1e4)
    assert_same(layer.forward(other, q, mask), c, 1e-12)
    other_gradients = layer.backward(dc)
    assert_same(other_gradients, gradients, 1e-12)
    assert (gradients[0][~mask] == 0).all()


def test_a_query_is_answered_alike_alone_and_among_others(score, hs, q, mask):
    layer = Attention(score)
    together = layer.forward(hs, q, mask)
    for t in range(T):
        assert_same(layer.forward(hs, q[:, t : t + 1].copy(), mask)[:, 0], together[:, t], 1e-12)
    for n in (0, 2):
        real = hs[n : n + 1, mask[n]]
        assert_same(layer.forward(real, q[n : n + 1]), together[n : n + 1], 1e-12)


def test_the_context_is_the_weighted_mean_of_the_hidden_states(score, hs, q):
    layer = Attention(score)
    c = layer.forward(hs, q)
    assert_same(c, np.einsum("nts,nsh->nth", layer.weights, hs), 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_give_hard_attention_without_a_warning(dtype):
    hs = np.array([[[100.0], [-100.0], [100.0]]], dtype)
    q = np.array([[[100.0]]], dtype)  # scores 10000, -10000, 10000
    layer = Attention()
    with np.errstate(**LOUD):
        c = layer.forward(hs, q, np.array([[True, True, False]]))
        gradients = layer.backward(np.ones_like(c))
    assert layer.weights.tolist() == [[[1, 0, 0]]]
    assert all(np.isfinite(d).all() and d.dtype == dtype for d in gradients)


def test_backward_twice_gives_the_same_and_leaves_everything_alone(score, hs, q, mask, rng):
    layer, dc = Attention(score), normal(rng, N, T, H)
    layer.forward(hs, q, mask)
    given = copied((hs, q, mask, dc, layer.weights, layer.params))
    first = copied((layer.backward(dc), layer.grads))
    assert_same((layer.backward(dc), layer.grads), first)
    assert_same((hs, q, mask, dc, layer.weights, layer.params), given)


def test_a_result_is_not_overwritten_by_the_next(score, hs, q, rng):
    layer = Attention(score)
    c, weights = layer.forward(hs, q), layer.weights
    gradients = layer.backward(normal(rng, N, T, H))
    kept = copied((c, weights, gradients))
    layer.forward(normal(rng, N, S, H), normal(rng, N, T, H))
    layer.backward(normal(rng, N, T, H))
    assert_same((c, weights, gradients), kept)


def test_hidden_states_may_be_strided(score, hs, q):
    layer = Attention(score)
    strided = np.asfortranarray(hs)
    assert not strided.flags.c_contiguous
    assert_same(layer.forward(strided, q), layer.forward(hs, q), 1e-12)


HS, Q, A = np.ones((2, 3, 4)), np.ones((2, 5, 4)), np.ones((2, 5, 3))


@pytest.mark.parametrize("inputs, message", [
    ((HS[0], Q), "hs: expected shape"),
    ((HS.tolist(), Q), "hs: expected an array, got list"),
    ((HS.astype(int), Q), "hs: expected a float dtype, got int64"),
    ((HS, Q[:1]), r"q: expected shape \(2, T, M\), got \(1, 5, 4\)"),
    ((HS, Q[..., :2]), r"q: expected shape \(2, T, 4\), got \(2, 5, 2\)"),
    ((HS, Q.astype(np.float32)), "q: expected dtype float64, got float32"),
    ((HS, Q, np.ones((2, 5), bool)), r"mask: expected shape \(2, 3\), got \(2, 5\)"),
    ((HS, Q, np.ones((2, 3))), "mask: expected dtype bool, got float64"),
])
def test_attention_refuses_a_wrong_input_by_name(inputs, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Attention().forward(*inputs)


@pytest.mark.parametrize("name", ["general", "concat"])
def test_a_score_with_weights_refuses_hidden_states_of_another_size_or_dtype(name, rng):
    for size, dtype, message in ((3, np.float64, r"shape \(N, S, 3\), got \(2, 3, 4\)"),
                                 (4, np.float32, "dtype float32, got float64")):
        with pytest.raises(ValueError, match=f"^hs: expected {message}"):
            make_score(name, size, rng, dtype).forward(HS, Q)


@pytest.mark.parametrize("inputs, message", [
    ((HS[0], A), "hs: expected shape"),
    ((HS, A[..., :2]), r"a: expected shape \(2, T, 3\), got \(2, 5, 2\)"),
    ((HS, A.astype(np.float32)), "a: expected dtype float64, got float32"),
])
def test_the_weighted_sum_refuses_a_wrong_input_by_name(inputs, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        WeightSum().forward(*inputs)


def test_a_wrong_gradient_is_refused_by_name():
    layer = Attention()
    layer.forward(HS, Q)
    with pytest.raises(ValueError, match=r"^dc: expected shape \(2, 5, 4\), got \(2, 3, 4\)"):
        layer.backward(HS)
    with pytest.raises(ValueError, match=r"^da: expected shape \(2, 5, 3\), got \(2, 5, 4\)"):
        layer.attention_weight.backward(Q)


def test_an_unknown_score_is_refused(rng):
    for name in ("cosine", None, ["dot"]):
        message = f"score: expected one of dot, scaled, general, concat, got {name!r}"
        with pytest.raises(ValueError, match=re.escape(message)):
            make_score(name, H, rng)


def test_the_parts_and_their_parameters_have_the_names_of_the_docstrings(rng):
    score = make_score("concat", H, rng)
    attention = Attention(score)
    assert set(attention.params) == {"attention_weight.score.W", "attention_weight.score.v"}
    assert attention.parts == {"attention_weight": attention.attention_weight,
                               "weight_sum": attention.weight_sum}
    assert attention.attention_weight.parts == {"score": score}
