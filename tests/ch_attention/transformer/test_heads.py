"""Attention of three arrays, several heads, and the masks of both."""

import numpy as np
import pytest

from ch_attention.attention_layers import Attention, QKVAttention
from ch_attention.scores import ScaledDotScore
from ch_attention.transformer.heads import (
    Append, Cut, MultiHeadAttention, SelfAttention, causal_mask, merge, split)
from common.functions import softmax
from common.gradient_check import check_gradients
from tests.helpers import assert_same, mask_of, normal, randomize

N, T, S, D, HEADS = 2, 3, 5, 6, 2
MASKS = {"none": None, "of places": mask_of([5, 2], S),
         "of pairs": np.arange(S) <= np.arange(T)[None, :, None] + np.array([0, 2])[:, None, None],
         "causal": np.tri(T, S, S - T, dtype=bool)[None]}

each_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)


@each_mask
def test_attention_of_hidden_states_is_its_case_with_equal_keys_and_values(mask, rng):
    hs, q, dc = normal(rng, N, S, D), normal(rng, N, T, D), normal(rng, N, T, D)
    one, three = Attention(ScaledDotScore()), QKVAttention(ScaledDotScore())
    assert_same(three.forward(q, hs, hs, mask), one.forward(hs, q, mask))
    assert_same(three.weights, one.weights)
    dhs, dq = one.backward(dc)
    dq_of_three, dkeys, dvalues = three.backward(dc)
    assert_same((dkeys + dvalues, dq_of_three), (dhs, dq), 1e-15)


@each_mask
def test_every_gradient_of_attention_of_three_arrays_is_right_with_values_of_another_size(
    mask, rng
):
    layer = QKVAttention(ScaledDotScore())
    errors = check_gradients(layer, normal(rng, N, T, 4), normal(rng, N, S, 4),
                             normal(rng, N, S, D), mask, rng=rng)
    assert set(errors) == {"q", "keys", "values"}


@each_mask
@pytest.mark.parametrize("heads", [HEADS, 4])  # 4: D is no multiple of it
def test_every_gradient_of_several_heads_is_right(mask, heads, rng):
    layer = randomize(MultiHeadAttention(D, heads, rng, np.float64), rng)
    xs, hs = normal(rng, N, T, D), normal(rng, N, S, D)
    errors = check_gradients(layer, xs, hs, mask, rng=rng)
    assert set(errors) == {"xs", "hs", *(f"param {name}" for name in layer.params)}


@pytest.mark.parametrize("mask", [None, mask_of([3, 1], T), causal_mask(T)],
                         ids=["none", "of places", "causal"])
@pytest.mark.parametrize("heads", [HEADS, 4])
def test_every_gradient_of_attention_to_oneself_is_right(mask, heads, rng):
    layer = randomize(SelfAttention(D, heads, rng, np.float64), rng)
    errors = check_gradients(layer, normal(rng, N, T, D), mask, rng=rng)
    assert set(errors) == {"xs", *(f"param {name}" for name in layer.params)}


def test_several_heads_are_as_many_attentions_with_columns_of_their_own(rng):
    layer = randomize(MultiHeadAttention(D, HEADS, rng, np.float64), rng)
    xs, hs, p = normal(rng, N, T, D), normal(rng, N, S, D), layer.params
    y = layer.forward(xs, hs)
    q = xs @ p["query.W"] + p["query.b"]
    keys, values = np.split(hs @ p["key_value.W"] + p["key_value.b"], 2, axis=-1)
    seen = []
    for j in range(HEADS):
        mine = slice(j * D // HEADS, (j + 1) * D // HEADS)
        a = softmax(q[..., mine] @ keys[..., mine].transpose(0, 2, 1) / np.sqrt(D / HEADS))
        np.testing.assert_allclose(layer.weights[:, j], a, rtol=1e-12)
        seen.append(a @ values[..., mine])
    wanted = np.concatenate(seen, axis=-1) @ p["output.W"] + p["output.b"]
    np.testing.assert_allclose(y, wanted, rtol=1e-12, atol=1e-12)


def test_to_oneself_is_to_another_with_the_same_weights_side_by_side(rng):
    oneself = randomize(SelfAttention(D, HEADS, rng, np.float64), rng)
    other = MultiHeadAttention(D, HEADS, rng, np.float64)
    for name in ("W", "b"):
        q, kv = np.split(oneself.params[f"query_key_value.{name}"], [D], axis=-1)
        other.params[f"query.{name}"][...], other.params[f"key_value.{name}"][...] = q, kv
        other.params[f"output.{name}"][...] = oneself.params[f"output.{name}"]
    xs, mask = normal(rng, N, T, D), mask_of([3, 1], T)
    assert_same(oneself.forward(xs, mask), other.forward(xs, xs, mask), 1e-12)


def test_the_bias_of_the_keys_changes_nothing_and_has_no_gradient(rng):
    layer = randomize(MultiHeadAttention(D, HEADS, rng, np.float64), rng)
    xs, hs = normal(rng, N, T, D), normal(rng, N, S, D)
    y = layer.forward(xs, hs)
    layer.backward(normal(rng, N, T, D))
    assert np.abs(layer.grads["key_value.b"][:D]).max() < 1e-14
    assert np.abs(layer.grads["key_value.b"][D:]).min() > 1e-2  # that of the values has one
    layer.params["key_value.b"][:D] += normal(rng, D)
    assert_same(layer.forward(xs, hs), y, 1e-13)


def test_what_is_split_into_heads_comes_together_again(rng):
    x = normal(rng, N, T, 3 * 8)
    parts = split(x, 4, blocks=3)
    assert parts.shape == (3, N, 4, T, 2)
    np.testing.assert_array_equal(parts[1][1, 2], x[1, :, 8 + 4 : 8 + 6])  # sentence 1, head 2
    assert_same(merge(parts), x)


def test_every_gradient_of_what_is_appended_is_right(rng):
    new, earlier = (N, HEADS, 1, 3), (N, HEADS, 4, 3)
    errors = check_gradients(Append(), *(normal(rng, *shape) for shape in (
        new, new, earlier, earlier)), rng=rng)
    assert set(errors) == {"keys", "values", "before_keys", "before_values"}


def test_tokens_read_one_by_one_see_what_they_see_together(rng):
    layer = randomize(SelfAttention(D, HEADS, rng, np.float64), rng)
    xs = normal(rng, N, 4, D)
    wanted = layer.forward(xs, causal_mask(4))
    weights, before = layer.weights, None
    for t in range(4):
        y = layer.forward(xs[:, t : t + 1], causal_mask(1, t), before)
        before = layer.after
        assert_same((y[:, 0], layer.weights[:, :, 0]),
                    (wanted[:, t], weights[:, :, t, : t + 1]), 1e-13)
    assert [array.shape for array in before] == [(N, HEADS, 4, D // HEADS)] * 2


def test_a_source_that_is_kept_gives_what_it_gives_anew(rng):
    layer = randomize(MultiHeadAttention(D, HEADS, rng, np.float64), rng)
    xs, hs, mask = normal(rng, N, T, D), normal(rng, N, S, D), mask_of([5, 2], S)
    wanted = layer.forward(xs, hs, mask)
    layer.key_value.params["W"][...] = np.nan  # not used again
    assert_same(layer.forward(xs, hs, mask, layer.after), wanted)


def test_a_causal_mask_shows_each_token_what_came_before_it_and_itself():
    np.testing.assert_array_equal(causal_mask(3)[0], [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    np.testing.assert_array_equal(causal_mask(2, 2)[0], [[1, 1, 1, 0], [1, 1, 1, 1]])


def test_more_heads_than_fit_have_a_column_each_and_as_many_weights_as_equal_shares_need(rng):
    assert MultiHeadAttention(3, 4, rng).params["query.W"].shape == (3, 4)
    assert MultiHeadAttention(10, 4, rng).params["query.W"].shape == (10, 12)  # d_k is 3, not 2
    count = {heads: sum(p.size for p in MultiHeadAttention(D, heads, rng).params.values())
             for heads in (1, 2, 3, 6)}
    assert set(count.values()) == {4 * (D * D + D)}  # however many there are


@pytest.mark.parametrize("heads", [0, -1, 2.0, "2", None])
def test_a_number_of_heads_that_is_none_is_refused(heads, rng):
    with pytest.raises(ValueError, match="^heads: expected a number of at least 1, got "):
        MultiHeadAttention(D, heads, rng)


@pytest.mark.parametrize("shapes, message", [
    (((N, T, D + 1), (N, S, D)), r"xs: expected shape \(N, T, 6\), got \(2, 3, 7\)"),
    (((N, T, D), (N + 1, S, D)), r"hs: expected shape \(2, S, 6\), got \(3, 5, 6\)"),
    (((N, T, D), (N, D)), r"hs: expected shape \(2, S, 6\), got \(2, 6\)"),
    (((N, T, D + 1),), r"xs: expected shape \(N, T, 6\), got \(2, 3, 7\)")])
def test_arrays_that_do_not_fit_are_refused_by_name(shapes, message, rng):
    layer_class = MultiHeadAttention if len(shapes) == 2 else SelfAttention
    layer = layer_class(D, HEADS, rng, np.float64)
    with pytest.raises(ValueError, match=f"^{message}"):
        layer.forward(*(normal(rng, *shape) for shape in shapes))


def test_what_is_cut_must_have_the_columns_of_all_blocks(rng):
    with pytest.raises(ValueError, match=r"^y: expected shape \(N, T, 12\), got \(2, 3, 6\)"):
        Cut(("keys", "values"), HEADS, D).forward(normal(rng, N, T, D))


def test_a_mask_of_one_sentence_is_that_of_each_of_its_heads(rng):
    layer = randomize(MultiHeadAttention(D, HEADS, rng, np.float64), rng)
    layer.forward(normal(rng, 1, T, D), normal(rng, 1, S, D), mask_of([3], S))
    assert layer.weights.shape == (1, HEADS, T, S)
    assert not layer.weights[..., 3:].any() and layer.weights[..., :3].all()


@pytest.mark.parametrize("mask, message", [
    ([[True] * S] * N, "mask: expected an array, got list"),
    (np.ones((3, S), bool), r"mask: expected shape \(2, 5\), got \(3, 5\)"),
    (np.ones((N, T, S + 1), bool), r"mask: expected shape \(2, 3, 5\), got \(2, 3, 6\)")])
def test_a_mask_that_does_not_fit_is_refused_in_the_sizes_of_the_caller(mask, message, rng):
    layer = MultiHeadAttention(D, HEADS, rng, np.float64)
    with pytest.raises(ValueError, match=f"^{message}$"):
        layer.forward(normal(rng, N, T, D), normal(rng, N, S, D), mask)


@pytest.mark.parametrize("layer_class", [MultiHeadAttention, SelfAttention])
def test_nothing_goes_back_through_what_was_kept(layer_class, rng):
    layer = layer_class(D, HEADS, rng, np.float64)
    xs = normal(rng, N, T, D)
    arrays = (xs, xs) if layer_class is MultiHeadAttention else (xs,)
    layer.forward(*arrays)
    layer.forward(*arrays, before=layer.after)
    with pytest.raises(ValueError, match="^before: no gradient goes back through"):
        layer.backward(normal(rng, N, T, D))
    layer.forward(*arrays)
    layer.backward(normal(rng, N, T, D))


@pytest.mark.parametrize("change, message", [
    (lambda kept: kept[:1], r"before: expected a tuple \(keys, values\), got tuple of 1"),
    (lambda kept: (kept[0], kept[1][:1]),
     r"before values: expected shape \(2, 2, \S[^)]*, 3\), got \(1, 2, 3, 3\)"),
    (lambda kept: tuple(array.astype(np.float32) for array in kept),
     "before keys: expected dtype float64, got float32")])
@pytest.mark.parametrize("layer_class", [MultiHeadAttention, SelfAttention])
def test_what_was_kept_must_be_of_these_sentences(layer_class, change, message, rng):
    layer = layer_class(D, HEADS, rng, np.float64)
    xs = normal(rng, N, T, D)
    arrays = (xs, xs) if layer_class is MultiHeadAttention else (xs,)
    layer.forward(*arrays)
    with pytest.raises(ValueError, match=f"^{message}$"):
        layer.forward(*arrays, before=change(layer.after))


def test_as_many_values_as_keys_must_have_been_kept(rng):
    layer = SelfAttention(D, HEADS, rng, np.float64)
    layer.forward(normal(rng, N, T, D))
    keys, values = layer.after
    with pytest.raises(ValueError, match=r"before values: expected shape \(2, 2, 3, 3\), got"):
        layer.forward(normal(rng, N, 1, D), before=(keys, values[:, :, 1:]))


def test_the_source_that_was_kept_must_be_as_long_as_the_one_that_is_given(rng):
    layer = MultiHeadAttention(D, HEADS, rng, np.float64)
    xs, hs = normal(rng, N, T, D), normal(rng, N, S, D)
    layer.forward(xs, hs)
    with pytest.raises(ValueError, match=r"before keys: expected shape \(2, 2, 4, 3\), got"):
        layer.forward(xs, hs[:, 1:], before=layer.after)


def test_there_are_no_weights_before_any_look(rng):
    assert SelfAttention(D, HEADS, rng).weights is None
