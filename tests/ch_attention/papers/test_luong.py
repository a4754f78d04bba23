"""Luong et al.: every combination of options against the equations, and all gradients of each."""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.papers import luong as luong_model
from ch_attention.papers.local_attention import REACH as PAPERS_REACH
from ch_attention.papers.luong import (
    LUONG_SCORES, AttentionalVector, LuongDecoder, LuongSeq2Seq)
from ch_attention.scores import DotScore, GeneralScore
from common.contract import PAD, SOS
from common.gradient_check import check_gradients
from common.time_layers import TIME_CELLS
from tests.ch_attention.papers.luong_equations import luong, score
from tests.ch_seq2seq.papers.test_equations import assert_loss_and_gradients_of_pytorch, fingerprint
from tests.children import run_child
from tests.helpers import (
    KINDS, FromEncoder, assert_same, encoded, mask_of, normal, random_pairs, random_state,
    randomize)

ROOT = Path(__file__).parents[3]
D, H, REACH, COLUMNS = 2, 3, 2, 5
OPTIONS = [dict(zip(LuongDecoder.options, values))  # all but the reach
           for values in product(*list(LuongDecoder.options.values())[:-1])]

# Each pair of values of two options once.
PAIRS = [options for options in OPTIONS if sum(
    values.index(options[name]) for name, values in LuongDecoder.options.items()
    if name in options) % 2 == 0]

each_option = pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(o.values()))


@pytest.fixture(autouse=True)
def few_columns(monkeypatch):
    """A location score that knows fewer positions than the longest source of `batch` has."""
    monkeypatch.setattr(luong_model, "LENGTH", COLUMNS)


def model_of(rng, options, **others):
    model = LuongSeq2Seq(8, 7, D, H, np.random.default_rng(0), dtype=np.float64, reach=str(REACH),
                         **options, **others)
    return randomize(model, rng)


@pytest.fixture
def batch(rng):
    """Three padded sentences; S = 6, T = 5, so that every kind of window leaves something out."""
    return random_pairs(rng, 8, 7, sources=[2, 6, 1], targets=[4, 2, 3])


@each_option
def test_a_padded_batch_gives_what_the_equations_give_for_each_sentence(options, batch, rng):
    model, (xs, ts) = model_of(rng, options), batch
    lengths = (xs != PAD).sum(axis=1)
    # Behind the end of the sentence by more than the reach the equations have no weights.
    T = 3 if options["window"] == "monotonic" else ts.shape[1] - 1
    logits = model.decoder.forward(ts[:, :T], *encoded(model, xs))
    for n, length in enumerate(lengths):
        wanted, weights = luong(model.params, xs[n, :length], ts[n, :T], options, REACH, np)
        np.testing.assert_allclose(logits[n], wanted, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(model.decoder.a[n, :, :length], weights, rtol=1e-11, atol=1e-14)
        assert (model.decoder.a[n, :, length:] == 0).all()
        assert ((model.decoder.a[n, :, :length] == 0) == (weights == 0)).all()


@each_option
def test_loss_and_gradients_are_those_that_pytorch_finds(options, rng):
    xs, ts = random_pairs(rng, 8, 7, sources=[3, 6, 4], targets=[2, 1, 0])

    def logits(p, x, y, xp):
        return luong(p, x, y, options, REACH, xp)[0]

    assert_loss_and_gradients_of_pytorch(model_of(rng, options), logits, xs, ts)


@pytest.mark.parametrize("options, T", [*((options, 2) for options in PAIRS),
                                        *((options, 1) for options in OPTIONS[:6])],
                         ids=lambda o: str(o) if o in (1, 2) else "-".join(o.values()))
def test_every_gradient_of_the_decoder_is_right_also_those_of_what_the_encoder_gives(
    options, T, rng
):
    decoder = model_of(rng, options).decoder
    layer = FromEncoder(decoder, np.array([[1, 3], [1, 4]])[:, :T], mask_of([4, 2], 4))
    errors = check_gradients(layer, random_state("lstm", rng, 2, H), normal(rng, 2, 4, H), rng=rng)
    assert set(errors) == {"state[0]", "state[1]", "hs",
                           *(f"param {name}" for name in decoder.params)}


@pytest.mark.parametrize("cell", TIME_CELLS)
def test_input_feeding_goes_with_every_cell_through_three_steps_and_without_a_mask(cell, rng):
    decoder = model_of(rng, {"window": "predictive"}, cell=cell).decoder
    layer = FromEncoder(decoder, np.array([[1, 3, 3], [1, 4, 2]]), None)
    check_gradients(layer, random_state(cell, rng, 2, H), normal(rng, 2, 4, H), rng=rng)


@each_option
def test_single_steps_give_the_logits_and_weights_of_the_whole(options, batch, rng):
    model, (xs, ts) = model_of(rng, options), batch
    given = encoded(model, xs)
    logits = model.decoder.forward(ts[:, :-1], *given)
    a = model.decoder.a
    state = model.decoder.start(*given)
    for t, ids in enumerate(ts[:, :-1].T):
        step, state = model.decoder.step(ids, state)
        assert_same((step, model.decoder.weights), (logits[:, t], a[:, t]), 1e-12)


@each_option
def test_more_padding_and_other_sentences_change_nothing(options, batch, rng):
    model, (xs, ts) = model_of(rng, options), batch
    wanted = model.decoder.forward(ts[:, :-1], *encoded(model, xs))
    longer = np.pad(xs, ((0, 0), (0, 3)), constant_values=PAD)
    assert_same(model.decoder.forward(ts[:, :-1], *encoded(model, longer)), wanted, 1e-12)
    for n, x in enumerate(xs):
        alone = encoded(model, x[x != PAD][None])
        assert_same(model.decoder.forward(ts[n : n + 1, :-1], *alone), wanted[n : n + 1], 1e-12)


def test_with_input_feeding_a_step_knows_what_was_seen_before(batch, rng):
    model = model_of(rng, {"feeding": "on"})
    state = model.decoder.start(*encoded(model, batch[0]))
    other = (state[0], state[1] + 1, *state[2:])
    step, changed = (model.decoder.step(np.full(3, SOS), s)[0] for s in (state, other))
    assert np.abs(changed - step).max() > 1e-3
    assert model.params["decoder.lstm.Wx"].shape == (D + H, 4 * H)


def test_without_it_a_step_reads_only_the_token(batch, rng):
    model = model_of(rng, {"feeding": "off"})
    assert model.decoder.start(*encoded(model, batch[0]))[1] is None
    assert model.params["decoder.lstm.Wx"].shape == (D, 4 * H)


def test_a_decoder_hands_hidden_states_and_mask_on_as_they_are_and_counts_its_steps(batch, rng):
    model, (xs, ts) = model_of(rng, {}), batch
    state, hs, mask = encoded(model, xs)
    start = model.decoder.start(state, hs, mask)
    _, after = model.decoder.advance(ts[:, :2], start)
    assert all(state[-2] is hs and state[-1] is mask for state in (start, after))
    assert (start[2].tolist(), after[2].tolist()) == ([0, 0, 0], [2, 2, 2])
    assert not start[1].any() and after[1].shape == (3, 1, H)


@pytest.mark.parametrize("mask", [None, mask_of([5, 2, 1], 5)], ids=["none", "padded"])
@pytest.mark.parametrize("T", [1, 4])
def test_every_gradient_of_the_attentional_vector_is_right(mask, T, rng):
    score = GeneralScore(H, H, rng, np.float64)
    layer = randomize(AttentionalVector(Attention(score), H, rng, np.float64), rng)
    errors = check_gradients(layer, normal(rng, 3, 5, H), normal(rng, 3, T, H), mask, rng=rng)
    assert set(errors) == {"hs", "ht", *(f"param {name}" for name in layer.params)}


def test_a_decoder_by_itself_has_the_first_value_of_each_option_and_attends(rng):
    decoder = LuongDecoder(7, D, H, rng)
    assert (decoder.feeding, decoder.window, decoder.reach) == (True, "none", 10)
    assert type(decoder.attentional.attention.attention_weight.score) is DotScore
    assert decoder.attends


@pytest.mark.parametrize("options, message", [
    ({"score": "scaled"}, "score: expected one of dot, general, concat, location, got 'scaled'"),
    ({"feeding": True}, "feeding: expected one of on, off, got True"),
    ({"window": ["none"]}, r"window: expected one of none, monotonic, predictive, got \['none'\]"),
    ({"reach": 2}, "reach: expected one of 10, 5, 3, 2, got 2")])
def test_options_that_do_not_exist_are_refused_by_name(options, message, rng):
    with pytest.raises(ValueError, match=f"^{message}"):
        LuongSeq2Seq(8, 7, D, H, rng, **options)


def test_all_options_are_in_the_configuration_and_the_reach_comes_to_the_window(rng):
    model = LuongSeq2Seq(8, 7, D, H, rng, window="predictive", reach="3")
    again = LuongSeq2Seq(rng=rng, **model.config)
    weight = again.decoder.attentional.attention.attention_weight
    assert again.decoder.reach == weight.reach == 3
    given = {name: model.config[name] for name in LuongDecoder.options}
    assert given == {"score": "dot", "feeding": "on", "window": "predictive", "reach": "3"}
    assert LuongSeq2Seq(8, 7, D, H, rng).decoder.reach == PAPERS_REACH
    assert list(LUONG_SCORES) == list(LuongDecoder.options["score"])


def test_a_score_without_an_equation_is_not_taken_for_another_one():
    with pytest.raises(AssertionError, match="^no equation for the score 'wide'$"):
        score({"decoder.attentional.attention.attention_weight.score.W": np.ones((H, COLUMNS))},
              "wide", np.ones(H), np.ones(H), 1, np)


def test_another_process_comes_to_the_same_weights_to_the_last_bit(monkeypatch):
    monkeypatch.undo()  # the other process knows nothing of few_columns
    kinds = [kind for kind in KINDS if kind.startswith("luong ")]
    program = ("from common.tools.one_thread import use_one_thread; use_one_thread()\n"
               "from tests.ch_seq2seq.papers.test_equations import fingerprint\n"
               f"print(*map(fingerprint, {kinds}))")
    done = run_child([sys.executable, "-c", program], cwd=ROOT, text=True)
    assert done.stdout.split() == [fingerprint(kind) for kind in kinds]
