"""Every model of both chapters as a whole: gradients, padding, generation, learning."""

import math
from functools import partial

import numpy as np
import pytest

from ch_seq2seq.seq2seq import Encoder
from common.contract import EOS, PAD, SOS
from common.decoding import beam_search
from common.gradient_check import check_gradients
from common.optimizers import Adam, clip_grads
from common.time_layers import TimeLSTM
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import (CELLS, KINDS, MODELS, assert_same, copied, random_pairs, randomize,
                           small_model)

VARIANTS = {"plain": {}, "bidirectional": {"bidirectional": True}, "dropout": {"dropout": 0.4}}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


@pytest.fixture(params=["plain", "bidirectional"])
def model(request, kind, cell):
    """A model with random weights whose answers differ from source to source."""
    model = small_model(kind, cell, **VARIANTS[request.param])
    for seed in range(50):  # many random models give every source the same answer
        rng = np.random.default_rng(seed)
        randomize(model, rng, scale=2)
        xs, _ = random_pairs(rng, 8, 7, sources=[1, 3, 5] * 5, targets=[0])
        if len({tuple(row) for row in model.generate(xs, 7).tolist()}) > 2:
            return model
    raise AssertionError("no such weights found")


@pytest.fixture
def batch(rng):
    """Five padded sentences with repeated ids; S = 6, T = 5."""
    return random_pairs(rng, 8, 7, sources=[2, 6, 1, 4, 3], targets=[3, 1, 2, 0, 3])


def loss_and_grads(model, xs, ts):
    loss = model.forward(xs, ts)
    model.backward()
    return loss, copied(model.grads)


def greedy_by_the_whole_prefix(model, xs, max_length):
    """Greedy decoding that reads everything written so far anew, with teacher forcing."""
    mask = xs != PAD
    hs, state = model.encoder.forward(xs, mask)
    prefix = np.full((len(xs), 1), SOS)
    for _ in range(max_length):
        scores = model.decoder.forward(prefix, state, hs, mask)[:, -1]  # (N, V)
        prefix = np.concatenate([prefix, scores.argmax(axis=1)[:, None]], axis=1)
    return prefix[:, 1:]


def rows_up_to_eos(ys):
    """The rows of ys as lists, each up to and with its first <eos>."""
    return [row[: row.index(EOS) + 1] if EOS in row else row for row in ys.tolist()]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_gradient_of_the_whole_model_is_right(kind, cell, variant, rng):
    draws = np.random.default_rng(3)
    model = MODELS[kind](6, 5, 3, 4, draws, cell=cell, dtype=np.float64, **VARIANTS[variant])
    randomize(model, rng)
    model.set_training(True)
    start = draws.bit_generator.state

    def same_draws():
        draws.bit_generator.state = start

    xs, ts = np.array([[3, 5, 3, 4], [4, 4, PAD, PAD]]), np.array([[SOS, 3, 3, 4, EOS],
                                                                   [SOS, 4, EOS, PAD, PAD]])
    errors = check_gradients(model, xs, ts, rng=rng, before_forward=same_draws)
    assert set(errors) == {f"param {name}" for name in model.params}


def test_parameters_have_dotted_names_and_are_the_same_arrays(kind, cell):
    model = small_model(kind, cell)
    of_cell = ["Wx", "Wh", "b", *(["bh"] if cell == "gru" else [])]
    names = {"encoder.embedding.W", "decoder.embedding.W", "decoder.affine.W", "decoder.affine.b"}
    names |= {f"{part}.{cell}.{name}" for part in ("encoder", "decoder") for name in of_cell}
    assert set(model.params) == set(model.grads) >= names
    of_parts = {f"{part}.{name}" for part, layer in model.parts.items() for name in layer.params}
    assert set(model.params) == of_parts
    for arrays in ("params", "grads"):
        whole = getattr(model, arrays)
        assert whole["decoder.affine.W"] is getattr(model.decoder.affine, arrays)["W"]
        for part in ("encoder", "decoder"):
            inner = getattr(getattr(model, part).recurrent.cell, arrays)
            assert all(whole[f"{part}.{cell}.{name}"] is inner[name] for name in of_cell)


def test_both_directions_of_the_encoder_have_names_of_their_own(kind, cell):
    names = set(small_model(kind, cell, bidirectional=True).params)
    assert {f"encoder.{cell}.forward.Wx", f"encoder.{cell}.backward.Wx"} <= names


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_model_has_the_sizes_it_is_given_and_its_configuration_gives_them_again(kind, variant):
    model = small_model(kind, **VARIANTS[variant])
    shapes = {name: param.shape for name, param in model.params.items()}
    embeddings = [shapes[f"{part}.embedding.W"] for part in ("encoder", "decoder")]
    assert embeddings == [(8, 3), (7, 3)]
    other = type(model)(rng=np.random.default_rng(1), **model.config)
    assert {name: param.shape for name, param in other.params.items()} == shapes


def test_each_direction_of_the_encoder_has_one_half_of_the_state(cell, rng):
    params = Encoder(8, 3, 10, rng, cell=cell, bidirectional=True).params
    assert [len(params[f"{cell}.{way}.Wh"]) for way in ("forward", "backward")] == [5, 5]


def test_an_untrained_model_is_about_as_good_as_guessing(kind, cell, rng):
    V = 30
    model = MODELS[kind](V, V, 16, 32, rng, cell=cell)
    xs, ts = random_pairs(rng, V, V, sources=[5] * 64, targets=[4] * 64)
    assert model.forward(xs, ts) == pytest.approx(math.log(V), rel=0.25)


def test_the_loss_of_a_batch_is_the_mean_over_the_tokens_of_its_sentences(model, batch):
    xs, ts = batch
    loss, grads = loss_and_grads(model, xs, ts)
    count = (ts[:, 1:] != PAD).sum()
    summed_loss, summed_grads = 0.0, {name: np.zeros_like(g) for name, g in grads.items()}
    for x, t in zip(xs, ts, strict=True):
        alone, its_grads = loss_and_grads(model, x[x != PAD][None], t[t != PAD][None])
        share = (t[1:] != PAD).sum() / count
        summed_loss += share * alone
        for name, gradient in its_grads.items():
            summed_grads[name] += share * gradient
    assert loss == pytest.approx(summed_loss, rel=1e-10)
    assert_same(grads, summed_grads, 1e-10)


def test_more_padding_changes_neither_loss_nor_gradients_nor_text(model, batch):
    longer = [np.pad(ids, ((0, 0), (0, 3)), constant_values=PAD) for ids in batch]
    loss, grads = loss_and_grads(model, *batch)
    padded_loss, padded_grads = loss_and_grads(model, *longer)
    assert padded_loss == pytest.approx(loss, rel=1e-10)
    assert_same(padded_grads, grads, 1e-10)
    assert_same(model.generate(longer[0], 9), model.generate(batch[0], 9))


@pytest.mark.parametrize("width", [None, 3])
def test_a_sentence_gets_the_same_answer_alone_and_in_a_batch(model, batch, width):
    options = {} if width is None else {"decode": partial(beam_search, width=width)}
    together = rows_up_to_eos(model.generate(batch[0], 9, **options))
    for x, row in zip(batch[0], together, strict=True):
        assert rows_up_to_eos(model.generate(x[x != PAD][None], 9, **options)) == [row]


def test_generating_step_by_step_equals_reading_the_whole_prefix_anew(model, rng):
    xs, _ = random_pairs(rng, 8, 7, sources=rng.integers(1, 6, 40), targets=[0])
    ys = model.generate(xs, 7)
    assert rows_up_to_eos(ys) == rows_up_to_eos(greedy_by_the_whole_prefix(model, xs, 7))
    assert len({tuple(row) for row in ys.tolist()}) > 1  # the answers depend on the source


def test_the_scores_of_single_steps_are_those_of_teacher_forcing(model, batch):
    xs, ts = batch
    mask = xs != PAD
    hs, state = model.encoder.forward(xs, mask)
    wanted = model.decoder.forward(ts[:, :-1], state, hs, mask)
    state, scores = model.decoder.start(state, hs, mask), []
    for ids in ts[:, :-1].T:
        step_scores, state = model.decoder.step(ids, state)
        scores.append(step_scores)
    assert_same(np.stack(scores, axis=1), wanted, 1e-12)


def test_only_a_model_with_attention_has_weights_and_showing_them_changes_no_text(kind, batch):
    ys, weights = small_model(kind).generate(batch[0], 9, return_weights=True)
    assert (weights is not None) == small_model(kind).decoder.attends
    assert_same(ys, small_model(kind).generate(batch[0], 9))


@pytest.mark.parametrize("width", [None, 3])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if small_model(kind).decoder.attends])
def test_the_weights_of_a_generation_are_those_of_reading_its_text_anew(kind, batch, rng, width):
    model, xs = randomize(small_model(kind), rng), batch[0]
    options = {} if width is None else {"decode": partial(beam_search, width=width)}
    ys, weights = model.generate(xs, 7, return_weights=True, **options)
    read = np.concatenate([np.full((len(xs), 1), SOS), ys[:, :-1]], axis=1)
    hs, state = model.encoder.forward(xs, xs != PAD)
    looks = []
    for t in range(1, read.shape[1] + 1):
        model.decoder.forward(read[:, :t], state, hs, xs != PAD)
        looks.append(model.decoder.weights)
    ended = (read == EOS).cumsum(axis=1) > 0
    wanted = np.where(ended[..., None], 0, np.stack(looks, axis=1))
    assert_same(weights, wanted, 1e-12)


def test_a_part_that_is_built_by_itself_is_a_plain_lstm_of_float32_and_drops_nothing(kind, rng):
    decoder, encoder = type(small_model(kind).decoder)(7, 3, 4, rng), Encoder(8, 3, 4, rng)
    dropouts = (encoder.dropout, decoder.dropout_in, decoder.dropout_out)
    assert [layer.ratio for layer in dropouts] == [0, 0, 0]
    for part in (encoder, decoder):
        assert (type(part.recurrent), part.dtype) == (TimeLSTM, np.float32)


def test_backward_twice_gives_the_same_and_leaves_weights_and_ids_alone(model, batch):
    given = copied((*batch, model.params))
    _, first = loss_and_grads(model, *batch)
    model.backward()
    assert_same(model.grads, first)
    assert_same((*batch, model.params), given)


def test_a_gradient_does_not_depend_on_the_batch_before(model, batch):
    _, wanted = loss_and_grads(model, *batch)
    loss_and_grads(model, batch[0][:2, ::-1].copy(), batch[1][:2])
    assert_same(loss_and_grads(model, *batch)[1], wanted)


def test_dropout_changes_the_loss_only_while_training(kind, batch):
    model = small_model(kind, dropout=0.5)
    assert model.forward(*batch) == model.forward(*batch) == small_model(kind).forward(*batch)
    model.set_training(True)
    assert model.forward(*batch) != model.forward(*batch)


@pytest.mark.parametrize("reverse", [False, True], ids=["plain", "reversed"])
def test_eight_pairs_can_be_learnt_by_heart(kind, cell, reverse):
    sources = ["abc", "cba", "a", "ca", "bb", "accb", "b", "cabb"]
    targets = ["xy", "yyx", "z", "", "zx", "xxyz", "zyz", "y"]
    codec = Codec(Vocabulary("abc"), Vocabulary("xyz"), reverse)
    xs, ts = codec.encode_sources(sources), codec.encode_targets(targets)
    model, optimizer = MODELS[kind](6, 6, 8, 16, np.random.default_rng(0), cell=cell), Adam(0.02)
    for step in range(1, 501):
        model.forward(xs, ts)
        model.backward()
        clip_grads(model.grads, 5.0)
        optimizer.update(model.params, model.grads)
        if step % 50 == 0 and codec.decode_targets(model.generate(xs, 5)) == targets:
            break
    assert codec.decode_targets(model.generate(xs, 5)) == targets


XS, TS = np.array([[3, 4], [5, PAD]]), np.array([[SOS, 3, EOS], [SOS, EOS, PAD]])


@pytest.mark.parametrize(
    "xs, ts, message",
    [
        (XS + 3, TS, "xs: expected ids from 0 to 7, got 8"),
        (XS - 1, TS, "xs: expected ids from 0 to 7, got -1"),
        (XS * 1.0, TS, "xs: expected an array of integer ids, got float64"),
        (XS.tolist(), TS, "xs: expected an array of integer ids, got list"),
        (XS[0], TS, r"xs: expected \(N, length\).* length >= 1, got \(2,\)"),
        (XS[None], TS, r"xs: expected \(N, length\).* length >= 1, got \(1, 2, 2\)"),
        (XS[:, :0], TS, r"xs: expected \(N, length\).* length >= 1, got \(2, 0\)"),
        (XS[:0], TS[:0], r"xs: expected \(N, length\).* length >= 1, got \(0, 2\)"),
        (XS, TS + 4, "ts: expected ids from 0 to 6, got 7"),
        (XS, TS - 1, "ts: expected ids from 0 to 6, got -1"),
        (XS, TS * 1.0, "ts: expected an array of integer ids, got float64"),
        (XS, TS[0], r"ts: expected \(N, length\).* length >= 2, got \(3,\)"),
        (XS, TS[:, :1], r"ts: expected \(N, length\).* length >= 2, got \(2, 1\)"),
        (XS, TS[:1], "expected as many sources as targets, got 2 and 1"),
    ],
)
def test_a_wrong_batch_is_refused_by_name(kind, xs, ts, message):
    model = small_model(kind)
    with pytest.raises(ValueError, match=f"^{message}"):
        model.forward(xs, ts)
    if message.startswith("xs"):
        with pytest.raises(ValueError, match=f"^{message}"):
            model.generate(xs, 5)


@pytest.mark.parametrize("max_length", [0, -1])
def test_generating_needs_a_max_length_of_at_least_1(kind, max_length):
    with pytest.raises(ValueError, match=f"max_length: expected at least 1, got {max_length}"):
        small_model(kind).generate(XS, max_length)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"cell": "LSTM"}, "cell: expected one of rnn, lstm, gru, got 'LSTM'"),
        ({"cell": None}, "cell: expected one of rnn, lstm, gru, got None"),
        ({"cell": ["gru"]}, r"cell: expected one of rnn, lstm, gru, got \['gru'\]"),
        ({"bidirectional": True}, "H: expected an even number for two directions, got 5"),
        ({"dropout": 1.0}, "ratio: expected 0 <= ratio < 1, got 1.0"),
    ],
)
def test_a_model_that_cannot_be_built_is_refused(kind, rng, options, message):
    with pytest.raises(ValueError, match=message):
        MODELS[kind](8, 7, 3, 5, rng, **options)


def test_generating_drops_nothing_even_in_training_and_leaves_the_model_in_training(kind, batch):
    model = small_model(kind, dropout=0.5)
    wanted = model.generate(batch[0], 9)
    model.set_training(True)
    assert_same(model.generate(batch[0], 9), wanted)
    assert model.training and model.decoder.dropout_out.training


def test_a_decoder_that_has_not_looked_yet_has_no_weights(kind):
    assert small_model(kind).decoder.weights is None


def test_a_model_knows_the_options_that_only_it_takes(kind):
    model = small_model(kind)
    for name, values in model.decoder.options.items():
        assert model.default_options()[name] == values[0]
        assert model.config[name] in values


def test_the_parts_of_a_model_have_these_names(kind):
    model = small_model(kind)
    assert list(model.parts) == ["encoder", "decoder", "loss"]
    assert list(model.encoder.parts) == ["embedding", "dropout", "lstm"]
    shared = ["embedding", "dropout_in", "lstm", "dropout_out", "affine"]
    assert list(model.decoder.parts)[:5] == shared


def test_the_configuration_holds_every_option_given_or_not(kind):
    given = small_model(kind, "gru", dtype=np.float64, dropout=0.25, bidirectional=True).config
    wanted = {"V_source": 8, "V_target": 7, "D": 3, "H": 4, "cell": "gru", "dropout": 0.25,
              "bidirectional": True, "dtype": "float64"}
    assert {name: given[name] for name in wanted} == wanted
    model = type(small_model(kind))(8, 7, 3, 4, np.random.default_rng(0))
    defaults = {"cell": "lstm", "dropout": 0.0, "bidirectional": False, "dtype": "float32"}
    defaults |= model.default_options()
    assert {name: model.config[name] for name in defaults} == defaults
    assert set(model.config) == {*wanted, *defaults}
