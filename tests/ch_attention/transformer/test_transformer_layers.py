"""Positions, feed-forward, residuals, and the layers of encoder and decoder."""

import numpy as np
import pytest

from ch_attention.transformer import layers
from ch_attention.transformer.heads import MultiHeadAttention, causal_mask
from ch_attention.transformer.layers import (
    NORMS, POSITIONS, FeedForward, Relu, Residual, Sum, sinusoids)
from ch_attention.transformer.stack import DecoderLayer, EncoderLayer
from common.gradient_check import check_gradients
from common.layers import LayerNorm
from tests.helpers import assert_same, mask_of, normal, randomize

N, T, S, D, H = 2, 3, 4, 6, 5


def test_a_sinusoid_has_the_numbers_of_the_formula():
    P = sinusoids(0, 4, 6, np.float64)
    assert P[0].tolist() == [0, 1, 0, 1, 0, 1]
    np.testing.assert_allclose(P[3, :2], [np.sin(3), np.cos(3)])
    np.testing.assert_allclose(P[3, 4:], [np.sin(3 / 10000 ** (4 / 6)),
                                          np.cos(3 / 10000 ** (4 / 6))])
    assert_same(sinusoids(2, 2, 6, np.float64), P[2:])
    assert_same(sinusoids(0, 4, 5, np.float64)[:, 0], P[:, 0])
    assert sinusoids(0, 4, 5).shape == (4, 5) and sinusoids(0, 4, 5).dtype == np.float32


def test_the_same_linear_map_leads_from_any_position_to_the_one_k_behind():
    P = sinusoids(0, 40, 8, np.float64)
    step, *_ = np.linalg.lstsq(P[:20], P[3:23], rcond=None)  # k = 3
    np.testing.assert_allclose(P[20:37] @ step, P[23:40], atol=1e-10)


@pytest.mark.parametrize("kind", POSITIONS)
@pytest.mark.parametrize("first", [0, 2])
def test_every_gradient_of_a_positional_encoding_is_right(kind, first, rng, monkeypatch):
    monkeypatch.setattr(layers, "LENGTH", 4)  # with first = 2 two tokens share the last row
    layer = POSITIONS[kind](D, rng, np.float64)
    errors = check_gradients(layer, normal(rng, N, T, D), first, rng=rng)
    assert set(errors) == {"x", *(f"param {name}" for name in layer.params)}


@pytest.mark.parametrize("kind", POSITIONS)
def test_positions_read_one_by_one_are_those_of_the_whole(kind, rng):
    layer, x = POSITIONS[kind](D, rng, np.float64), normal(rng, N, T, D)
    whole = layer.forward(x)
    assert (whole == x).all() == (kind == "none")
    for t in range(T):
        assert_same(layer.forward(x[:, t : t + 1], t), whole[:, t : t + 1])


@pytest.mark.parametrize("kind", POSITIONS)
def test_an_encoding_refuses_by_name_what_does_not_fit(kind, rng):
    layer = POSITIONS[kind](D, rng, np.float64)
    with pytest.raises(ValueError, match=r"^x: expected shape \(N, T, 6\), got \(2, 3, 5\)"):
        layer.forward(normal(rng, N, T, D - 1))
    layer.forward(normal(rng, N, T, D))
    with pytest.raises(ValueError, match=r"^dy: expected shape \(2, 3, 6\), got \(3, 3, 6\)"):
        layer.backward(normal(rng, N + 1, T, D))


def test_learnt_positions_are_a_hundred_rows_and_later_ones_share_the_last(rng):
    layer = POSITIONS["learnt"](D, rng, np.float64)
    table, x = layer.params["table"], normal(rng, N, 4, D)
    assert table.shape == (100, D)
    assert_same(layer.forward(x, 97), x + table[[97, 98, 99, 99]])


@pytest.mark.parametrize("make", [
    lambda rng: FeedForward(D, H, rng, np.float64), lambda rng: Relu(),
    lambda rng: Residual(FeedForward(D, H, rng, np.float64), D, "pre", 0.0, rng, np.float64),
    lambda rng: Residual(FeedForward(D, H, rng, np.float64), D, "post", 0.0, rng, np.float64)])
def test_every_gradient_of_a_layer_of_one_array_is_right(make, rng):
    layer = randomize(make(rng), rng)
    errors = check_gradients(layer, normal(rng, N, T, D), rng=rng)
    assert set(errors) == {"x", *(f"param {name}" for name in layer.params)}


@pytest.mark.parametrize("norm", NORMS)
def test_a_residual_drops_of_the_layer_and_nothing_of_what_goes_by(norm, rng):
    layer = Residual(FeedForward(D, H, rng, np.float64), D, norm, 1 - 1e-12, rng, np.float64)
    layer.set_training(True)
    x = normal(rng, N, T, D)
    wanted = x if norm == "pre" else LayerNorm(D, dtype=np.float64).forward(x)
    assert_same(layer.forward(x), wanted)


def test_the_gradient_passes_a_residual_before_a_norm_untouched(rng):
    layer = Residual(FeedForward(D, H, rng, np.float64), D, "pre", 0.0, rng, np.float64)
    layer.params["sublayer.outer.W"][...] = 0  # a layer that says nothing
    dy = normal(rng, N, T, D)
    x = normal(rng, N, T, D)
    assert_same(layer.forward(x), x)
    assert_same(layer.backward(dy), dy)


@pytest.mark.parametrize("norm", ["Pre", None, ["pre"]])
def test_a_norm_that_does_not_exist_is_refused(norm, rng):
    with pytest.raises(ValueError, match="^norm: expected one of pre, post, got "):
        Residual(Relu(), D, norm, 0.0, rng)


@pytest.mark.parametrize("norm", NORMS)
def test_every_gradient_of_an_encoder_layer_is_right(norm, rng):
    layer = randomize(EncoderLayer(D, H, rng, heads=2, norm=norm, dtype=np.float64), rng)
    errors = check_gradients(layer, normal(rng, N, S, D), mask_of([4, 2], S), rng=rng)
    assert set(errors) == {"x", *(f"param {name}" for name in layer.params)}


@pytest.mark.parametrize("norm", NORMS)
def test_every_gradient_of_a_decoder_layer_is_right(norm, rng):
    layer = randomize(DecoderLayer(D, H, rng, heads=2, norm=norm, dtype=np.float64), rng)
    errors = check_gradients(layer, normal(rng, N, T, D), normal(rng, N, S, D), causal_mask(T),
                             mask_of([4, 2], S), rng=rng)
    assert set(errors) == {"y", "hs", *(f"param {name}" for name in layer.params)}


def test_what_a_layer_takes_besides_x_passes_through_a_residual_and_its_gradient_comes_back(rng):
    inner = MultiHeadAttention(D, 2, rng, np.float64)
    layer = randomize(Residual(inner, D, "post", 0.0, rng, np.float64), rng)
    x, hs = normal(rng, N, T, D), normal(rng, N, S, D)
    layer.forward(x, hs, mask_of([4, 2], S))
    dx, dhs = layer.backward(normal(rng, N, T, D))
    assert (dx.shape, dhs.shape) == (x.shape, hs.shape)
    assert not dhs[1, 2:].any() and dhs[1, :2].all()


def test_encoder_and_decoder_layers_have_these_parts_and_weights_of_these_sizes(rng):
    norm = {"g": (D,), "b": (D,)}
    parts = {
        "self_attention": norm_and("norm", norm) | {
            "sublayer.query_key_value.W": (D, 3 * D), "sublayer.query_key_value.b": (3 * D,),
            "sublayer.output.W": (D, D), "sublayer.output.b": (D,)},
        "cross_attention": norm_and("norm", norm) | {
            "sublayer.query.W": (D, D), "sublayer.query.b": (D,),
            "sublayer.key_value.W": (D, 2 * D), "sublayer.key_value.b": (2 * D,),
            "sublayer.output.W": (D, D), "sublayer.output.b": (D,)},
        "feed_forward": norm_and("norm", norm) | {
            "sublayer.inner.W": (D, H), "sublayer.inner.b": (H,),
            "sublayer.outer.W": (H, D), "sublayer.outer.b": (D,)}}
    wanted = {name: norm_and(name, shapes) for name, shapes in parts.items()}
    for layer_class, names in ((DecoderLayer, list(parts)),
                               (EncoderLayer, ["self_attention", "feed_forward"])):
        layer = layer_class(D, H, rng, heads=2)
        assert list(layer.parts) == names
        assert {name: param.shape for name, param in layer.params.items()} == {
            key: shape for name in names for key, shape in wanted[name].items()}
        assert all(list(part.parts) == ["norm", "sublayer", "dropout", "sum"] and part.pre
                   for part in layer.parts.values())


def norm_and(prefix, shapes):
    """The shapes under names that begin with a prefix."""
    return {f"{prefix}.{name}": shape for name, shape in shapes.items()}


def test_a_decoder_layer_that_reads_token_by_token_gives_what_it_gives_at_once(rng):
    layer = randomize(DecoderLayer(D, H, rng, heads=2, dtype=np.float64), rng)
    y, hs = normal(rng, N, T, D), normal(rng, N, S, D)
    wanted, before = layer.forward(y, hs, causal_mask(T)), (None, None)
    for t in range(T):
        assert_same(layer.forward(y[:, t : t + 1], hs, causal_mask(1, t), None, before),
                    wanted[:, t : t + 1], 1e-12)
        before = layer.after


@pytest.mark.parametrize("layer, arrays, message", [
    (Relu(), [np.ones(3, int)], "x: expected a float dtype, got int64"),
    (Sum(), [np.ones((2, 3)), np.ones((2, 1))], r"added: expected shape \(2, 3\), got \(2, 1\)")])
def test_arrays_that_a_small_layer_cannot_take_are_refused_by_name(layer, arrays, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        layer.forward(*arrays)


def test_a_rectifier_at_zero_passes_no_gradient():
    layer = Relu()
    layer.forward(np.array([-1.0, 0.0, 2.0]))
    assert layer.backward(np.ones(3)).tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="^dh: expected shape"):
        layer.backward(np.ones(2))


def test_each_gradient_of_a_residual_with_dropout_is_right(rng):
    draws = np.random.default_rng(4)
    layer = randomize(Residual(FeedForward(D, H, rng, np.float64), D, "pre", 0.4, draws,
                               np.float64), rng)
    layer.set_training(True)
    start = draws.bit_generator.state

    def same_draws():
        draws.bit_generator.state = start

    check_gradients(layer, normal(rng, N, T, D), rng=rng, before_forward=same_draws)
