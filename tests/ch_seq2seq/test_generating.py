"""What every model of both chapters writes: alone and in a batch, step by step, looking where."""

from functools import partial

import numpy as np
import pytest

from ch_seq2seq.seq2seq import Decoder
from common.contract import EOS, PAD, SOS
from common.decoding import beam_search
from common.layers import Dropout
from common.tools.finding import layers_of
from tests.helpers import KINDS, assert_same, random_pairs, randomize, small_model


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


@pytest.mark.parametrize("max_length", [0, -1])
def test_generating_needs_a_max_length_of_at_least_1(kind, batch, max_length):
    with pytest.raises(ValueError, match=f"max_length: expected at least 1, got {max_length}"):
        small_model(kind).generate(batch[0], max_length)


def test_generating_drops_nothing_even_in_training_and_leaves_the_model_in_training(kind, batch):
    model = small_model(kind, dropout=0.5)
    wanted = model.generate(batch[0], 9)
    model.set_training(True)
    assert_same(model.generate(batch[0], 9), wanted)
    dropouts = [layer for layer in layers_of(model) if isinstance(layer, Dropout)]
    assert len(dropouts) > 1 and all(layer.training for layer in dropouts)


def test_a_decoder_that_has_not_looked_yet_has_no_weights(kind):
    assert small_model(kind).decoder.weights is Decoder.weights is None
