"""The Transformer as a whole: what sees what, the kept keys and values, options, what is shown."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from ch_attention.train_date import RECIPE
from ch_attention.transformer.layers import PositionalEncoding, sinusoids
from ch_attention.transformer.stack import OPTIONS
from ch_attention.transformer.transformer import (
    TransformerDecoder, TransformerEncoder, TransformerSeq2Seq)
from common.contract import PAD, SOS
from common.decoding import beam_search, greedy, take_rows
from common.gradient_check import check_gradients
from common.layers import Dropout
from common.tools.checkpoint import load_checkpoint, save_checkpoint
from common.tools.finding import layers_of
from common.tools.recipe import Recipe, make_trainer
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary
from tests.helpers import assert_same, copied, encoded, random_pairs, randomize

D, H, HEADS, LAYERS = 4, 3, 2, 2


def model_of(rng, **options):
    options = {"heads": str(HEADS), "layers": LAYERS, "dtype": np.float64, **options}
    return randomize(TransformerSeq2Seq(8, 7, D, H, np.random.default_rng(0), **options), rng)


@pytest.fixture
def batch(rng):
    """Three padded sentences; S = 5, T = 5."""
    return random_pairs(rng, 8, 7, sources=[2, 5, 3], targets=[4, 2, 3])


class Anew:
    """A decoder that keeps nothing: each step reads all that was written so far from the start."""

    def __init__(self, decoder):
        self.decoder = decoder

    def step(self, ids, state):
        written, started = state
        written = np.concatenate([written, ids[:, None]], axis=1)
        logits, _ = self.decoder.advance(written, started)
        return logits[:, -1], (written, started)

    @property
    def weights(self):
        return self.decoder.weights


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_every_gradient_of_two_layers_is_right_and_that_of_the_bias_of_keys_is_zero(norm, rng):
    model = model_of(rng, norm=norm)
    xs, ts = np.array([[3, 5, 3], [4, 4, PAD]]), np.array([[SOS, 3, 3, 2], [SOS, 2, PAD, PAD]])
    check_gradients(model, xs, ts, rng=rng)
    model.forward(xs, ts)
    model.backward()
    keys = [g[D : 2 * D] for name, g in model.grads.items() if name.endswith("query_key_value.b")]
    keys += [g[:D] for name, g in model.grads.items() if name.endswith(".key_value.b")]
    assert len(keys) == 3 * LAYERS and max(np.abs(g).max() for g in keys) < 1e-15


def test_a_later_token_of_the_target_never_changes_an_earlier_logit(batch, rng):
    model, (xs, ts) = model_of(rng), batch
    given = encoded(model, xs)
    before = model.decoder.forward(ts[:, :-1], *given)
    for t in range(1, ts.shape[1] - 1):
        changed = ts[:, :-1].copy()
        changed[:, t:] = 1 + changed[:, t:] % 6  # any other
        after = model.decoder.forward(changed, *given)
        assert_same(after[:, :t], before[:, :t])
        assert np.abs(after - before)[:, t].max() > 1e-4


def test_every_token_of_the_source_changes_every_hidden_state(batch, rng):
    model, xs = model_of(rng), np.array([[3, 4, 5, 6]])
    before = model.encoder.forward(xs)[0]
    for s in range(4):
        changed = xs.copy()
        changed[0, s] = 7
        assert (np.abs(model.encoder.forward(changed)[0] - before).max(axis=-1) > 1e-6).all()


def test_padding_changes_no_hidden_state_and_no_logit(batch, rng):
    model, (xs, ts) = model_of(rng), batch
    hs, _ = model.encoder.forward(xs, xs != PAD)
    wanted = model.decoder.forward(ts[:, :-1], *encoded(model, xs))
    longer = np.pad(xs, ((0, 0), (0, 3)), constant_values=PAD)
    assert_same(model.encoder.forward(longer, longer != PAD)[0][:, :5], hs, 1e-12)
    assert_same(model.decoder.forward(ts[:, :-1], *encoded(model, longer)), wanted, 1e-12)
    for n, x in enumerate(xs):
        alone = encoded(model, x[x != PAD][None])
        assert_same(model.decoder.forward(ts[n : n + 1, :-1], *alone), wanted[n : n + 1], 1e-12)


def test_without_positions_a_source_is_a_bag_and_with_them_it_has_an_order(rng):
    xs, turned = np.array([[3, 4, 5, 6]]), np.array([[6, 4, 3, 5]])
    for positions in OPTIONS["positions"]:
        model = model_of(rng, positions=positions)
        logits = [model.decoder.forward(np.array([[SOS, 3]]), *encoded(model, ids))
                  for ids in (xs, turned)]
        assert (np.abs(logits[0] - logits[1]).max() < 1e-12) == (positions == "none")


@pytest.mark.parametrize("decode", [greedy, partial(beam_search, width=3)],
                         ids=["greedy", "beam search"])
def test_kept_keys_and_values_give_the_text_and_weights_of_reading_all_anew(decode, rng):
    xs, _ = random_pairs(rng, 8, 7, sources=rng.integers(1, 6, 20), targets=[0])
    for _ in range(50):  # many random models give every source the same answer
        model = randomize(model_of(rng), rng, scale=2)
        state = model.decoder.start(*encoded(model, xs))
        ys, weights = decode(model.decoder, state, len(xs), 7)
        if len({tuple(row) for row in ys.tolist()}) > 2 and ys.shape[1] > 3:
            break
    nothing = np.empty((len(xs), 0), int)
    wanted = decode(Anew(model.decoder), (nothing, state), len(xs), 7)
    assert_same(ys, wanted[0])
    assert_same(weights, wanted[1], 1e-12)
    assert len({tuple(row) for row in ys.tolist()}) > 2


def test_the_state_is_arrays_of_the_batch_and_grows_by_a_token_a_step(batch, rng):
    model, (xs, ts) = model_of(rng), batch
    state = model.decoder.start(*encoded(model, xs))
    assert state[0] == ((None, None),) * LAYERS
    for t in range(3):
        _, state = model.decoder.step(ts[:, t], state)
    kept, hs, mask = state
    d_k = D // HEADS
    for own, of_source in kept:
        assert [array.shape for array in own] == [(3, HEADS, 3, d_k)] * 2
        assert [array.shape for array in of_source] == [(3, HEADS, 5, d_k)] * 2
    swapped = model.decoder.step(ts[[1, 0, 2], 3], take_rows(state, np.array([1, 0, 2])))[0]
    assert_same(swapped, model.decoder.step(ts[:, 3], state)[0][[1, 0, 2]], 1e-13)


def test_the_keys_of_the_source_are_made_once_for_all_steps(batch, rng, monkeypatch):
    model, counted = model_of(rng), []
    for layer in model.decoder.stack:
        key_value = layer.cross_attention.sublayer.key_value
        monkeypatch.setattr(key_value, "forward",
                            lambda hs, f=key_value.forward: counted.append(1) or f(hs))
    ys = model.generate(batch[0], 6)
    assert ys.shape[1] > 1 and len(counted) == LAYERS


def test_shown_are_the_heads_of_the_last_layer_on_average_or_the_one_that_is_chosen(batch, rng):
    model, (xs, ts) = model_of(rng), batch
    decoder = model.decoder
    assert decoder.weights is None
    decoder.forward(ts[:, :-1], *encoded(model, xs))
    looks = decoder.looks_of("cross_attention")
    assert looks.shape == (LAYERS, 3, HEADS, 5, 5)
    np.testing.assert_allclose(looks.sum(axis=-1), 1)
    assert_same(decoder.weights, looks[-1, :, :, -1].mean(axis=1))
    decoder.shown = 0, 1
    assert_same(decoder.weights, looks[0, :, 1, -1])
    assert decoder.looks_of("self_attention").shape == (LAYERS, 3, HEADS, 5, 5)
    assert model.encoder.looks_of("self_attention").shape == (LAYERS, 3, HEADS, 5, 5)
    _, one = model.generate(xs, 4, return_weights=True)
    decoder.shown = 0, None
    _, mean = model.generate(xs, 4, return_weights=True)
    assert np.abs(one - mean).max() > 1e-3


@pytest.mark.parametrize("options, message", [
    ({"heads": 4}, "heads: expected one of 4, 1, 2, 8, got 4"),
    ({"heads": ["4"]}, r"heads: expected one of 4, 1, 2, 8, got \['4'\]"),
    ({"norm": "last"}, "norm: expected one of pre, post, got 'last'"),
    ({"positions": None}, "positions: expected one of sinusoid, learnt, none, got None"),
    ({"layers": 0}, "layers: expected a number of at least 1, got 0"),
    ({"cell": "lstm"}, "cell: expected 'self-attention', the only one of this model, got 'lstm'"),
    ({"bidirectional": False}, "bidirectional: expected True, the only one of this model, got "
                               "False")])
def test_options_that_do_not_exist_are_refused_by_name(options, message, rng):
    with pytest.raises(ValueError, match=f"^{message}$"):
        TransformerSeq2Seq(8, 7, D, H, rng, **options)


def test_encoder_and_decoder_have_the_options_and_a_norm_at_the_top_only_of_pre(rng):
    for norm in ("pre", "post"):
        model = TransformerSeq2Seq(8, 7, D, H, rng, norm=norm, heads="8", layers=3)
        for part in (model.encoder, model.decoder):
            assert ("norm" in part.parts) == (norm == "pre")
            assert len(part.stack) == 3
            for layer in part.stack:
                assert layer.self_attention.sublayer.heads == 8
                assert layer.self_attention.pre == layer.feed_forward.pre == (norm == "pre")


def test_it_states_the_sizes_and_the_rate_that_suit_it(rng):
    recipe = RECIPE.of(MODELS["transformer"])
    own = {"D": 64, "H": 128, "rate": 3e-3, "warmup": 200, "dropout": 0.1}
    assert MODELS["transformer"].recipe == own
    assert RECIPE.dropout == 0 and recipe == replace(RECIPE, **own | {"dropout": 0})


def test_a_checkpoint_brings_all_options_and_weights_back(batch, tmp_path, rng):
    model = model_of(rng, norm="post", positions="learnt", dropout=0.2, dtype=np.float32)
    codec = Codec(Vocabulary("abcde"), Vocabulary("wxyz"), True)
    save_checkpoint(tmp_path / "model.npz", "transformer", model, codec)
    again = load_checkpoint(tmp_path / "model.npz", MODELS)[0]
    assert again.config == model.config
    assert_same(again.params, model.params)
    assert_same(again.generate(batch[0], 5), model.generate(batch[0], 5))


def test_a_training_that_goes_on_ends_with_the_same_weights_to_the_last_bit():
    pairs = [(a + b, b + a) for a in "abc" for b in "abcd"]
    dataset = PairDataset(pairs[:-2], pairs[-2:], Codec(*[Vocabulary("abcd")] * 2, True))
    recipe = Recipe(D=4, H=6, batch_size=4, epochs=2, rate=0.01, warmup=1, max_norm=5.0,
                    dropout=0.1)
    whole, half, again = (make_trainer(TransformerSeq2Seq, dataset, recipe, 0) for _ in range(3))
    list(whole.fit())
    next(half.fit())
    for name, param in again.model.params.items():
        param[...] = half.model.params[name]
    again.resume(half.progress(), copied(half.optimizer.state))
    list(again.fit())
    assert_same(again.model.params, whole.model.params)


@pytest.mark.parametrize("positions", ["sinusoid", "learnt"])
def test_every_gradient_is_right_with_what_is_dropped_drawn_alike(positions, batch, rng):
    model = model_of(rng, positions=positions, dropout=0.3)
    model.set_training(True)
    draws = model.encoder.dropout.rng
    start = draws.bit_generator.state

    def same_draws():
        draws.bit_generator.state = start

    errors = check_gradients(model, *batch, rng=rng, before_forward=same_draws)
    assert set(errors) == {f"param {name}" for name in model.params}


def test_every_part_and_every_embedding_drops_the_same_share():
    model = MODELS["transformer"](8, 7, D, H, np.random.default_rng(0), layers=3, dropout=0.25)
    for stack, parts in ((model.encoder, 2), (model.decoder, 3)):
        ratios = [layer.ratio for layer in layers_of(stack) if isinstance(layer, Dropout)]
        assert ratios == [0.25] * (1 + 3 * parts)


@pytest.mark.parametrize("make", [TransformerEncoder, TransformerDecoder])
def test_a_tower_built_from_sizes_alone_is_the_one_that_a_model_has_by_default(make, rng):
    tower = make(8, D, H, rng)
    assert (tower.D, tower.H, tower.layers) == (D, H, 1)
    assert tower.dropout.ratio == tower.stack[0].self_attention.dropout.ratio == 0
    assert type(tower.positions) is PositionalEncoding and tower.norm is not None
    assert tower.stack[0].self_attention.sublayer.heads == 4
    assert tower.stack[0].self_attention.pre and tower.dtype == np.float32


def test_a_stack_has_no_cell_but_its_own(rng):
    with pytest.raises(ValueError, match="^cell: expected one of self-attention, got 'lstm'$"):
        TransformerEncoder(8, D, H, rng, cell="lstm")


def test_it_attends_and_shows_the_top_layer_on_average():
    decoder = MODELS["transformer"](8, 7, D, H, np.random.default_rng(0), layers=3).decoder
    assert decoder.attends and decoder.shown == (-1, None) and decoder.layers_and_heads == (3, 4)


@pytest.mark.parametrize("positions", ["sinusoid", "learnt"])
def test_encoder_and_decoder_have_these_parts_and_the_first_position_is_0(positions, batch, rng):
    model, (xs, ts) = model_of(rng, positions=positions), batch
    shared = ["embedding", "positions", "dropout", "layer1", "layer2", "norm"]
    assert list(model.encoder.parts) == shared and list(model.decoder.parts) == [*shared, "affine"]
    assert (model.decoder.D, model.decoder.H, model.decoder.layers) == (D, H, LAYERS)
    inner = "layer2.feed_forward.sublayer.inner.W"
    assert model.encoder.params[inner].shape == model.decoder.params[inner].shape == (D, H)
    model.forward(xs, ts)
    for part in (model.encoder, model.decoder):
        P = part.positions.P
        table = part.params.get("positions.table", sinusoids(0, len(P), D, np.float64))
        assert_same(P, table[: len(P)])
