"""Beam search with real models: random, tiny, and small enough to try every answer there is."""

from functools import partial
from itertools import product

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from common.decoding import NORMALISATIONS, beam_search, greedy, n_best
from common.functions import log_softmax
from tests.helpers import CELLS, KINDS, assert_same, random_pairs, randomize, small_model

V = 7  # of the targets of small_model
LENGTH = 3
EVERYTHING = V**LENGTH


@pytest.fixture(params=NORMALISATIONS)
def normalise(request):
    return NORMALISATIONS[request.param]


def random_model(kind, seed, scale=1.5):
    """A model of a kind with random weights; cell and layers go by the seed."""
    options = {"cell": CELLS[seed % 3], "layers": 1 + seed % 2}
    return randomize(small_model(kind, **options), np.random.default_rng(seed), scale)


def forced_log_p(model, xs, rows):
    """Log-probability of each row of ids as the answer to a row of xs, teacher forced."""
    ts = np.full((len(rows), 2 + max(map(len, rows))), PAD)
    ts[:, 0] = SOS
    for n, row in enumerate(rows):
        ts[n, 1 : 1 + len(row)] = row
    hs, state = model.encoder.forward(xs, xs != PAD)
    log_p = log_softmax(model.decoder.forward(ts[:, :-1], state, hs, xs != PAD))
    each = np.take_along_axis(log_p, ts[:, 1:, None], axis=2)[..., 0]
    return np.array([each[n, : len(row)].sum() for n, row in enumerate(rows)])


def up_to_eos(row):
    row = row.tolist()
    return row[: row.index(EOS) + 1] if EOS in row else row


def score_of(model, xs, ys, normalise):
    """What each row of ys scores as the answer to a row of xs: (N,)."""
    rows = [up_to_eos(row) for row in ys]
    return normalise(forced_log_p(model, xs, rows), np.array([len(row) for row in rows]))


def every_answer():
    """Every row of ids with one <eos> at its end, or cut off at LENGTH."""
    others = [token for token in range(V) if token != EOS]
    rows = [list(row) for row in product(others, repeat=LENGTH)]
    for length in range(LENGTH):
        rows += [[*row, EOS] for row in product(others, repeat=length)]
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_a_beam_with_room_for_everything_finds_all_answers_in_their_order(kind, normalise):
    rows = every_answer()
    assert len(rows) <= EVERYTHING
    for seed in range(3):
        model = random_model(kind, seed)
        xs = np.array([[3, 6, 4, 3]])
        log_p = forced_log_p(model, np.repeat(xs, len(rows), axis=0), rows)
        scores = normalise(log_p, np.array([len(row) for row in rows]))
        order = np.argsort(-scores, kind="stable")
        decode = partial(n_best, width=EVERYTHING, normalise=normalise)
        found = model.generate(xs, LENGTH, decode)[0]
        assert len(found) == len(rows)
        assert found[0].ids.tolist() == rows[order[0]]
        assert [h.score for h in found] == pytest.approx(scores[order].tolist(), abs=1e-10)
        ys = model.generate(xs, LENGTH, partial(beam_search, width=EVERYTHING, normalise=normalise))
        assert up_to_eos(ys[0]) == rows[order[0]]


@pytest.mark.parametrize("kind, normalise", [
    (kind, list(NORMALISATIONS.values())[k % len(NORMALISATIONS)]) for k, kind in enumerate(KINDS)])
def test_a_beam_never_scores_below_greedy_whatever_the_model(kind, normalise, rng):
    gains = []
    for seed in range(18):
        model = random_model(kind, seed)
        xs, _ = random_pairs(rng, 8, 7, sources=rng.integers(1, 6, 30), targets=[0])
        beam = partial(beam_search, width=2 + seed % 2, normalise=normalise)
        low, high = (score_of(model, xs, model.generate(xs, 9, decode), normalise)
                     for decode in (greedy, beam))
        gains += list(high - low)
    assert min(gains) > -1e-9 and max(gains) > 1e-3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_beam_of_width_1_is_greedy(kind, dtype, normalise, rng):
    model = randomize(small_model(kind, dtype=dtype), rng)
    xs, _ = random_pairs(rng, 8, 7, sources=rng.integers(1, 6, 30), targets=[0])
    decode = partial(beam_search, width=1, normalise=normalise)
    ys, weights = model.generate(xs, 7, decode, return_weights=True)
    own, own_weights = model.generate(xs, 7, return_weights=True)
    assert_same(ys, own)
    assert_same(weights, own_weights, 1e-6 if dtype == np.float32 else 1e-12)


def test_each_of_the_n_best_has_the_log_probability_of_teacher_forcing(model, batch, normalise):
    xs = batch[0]
    found = model.generate(xs, 6, partial(n_best, width=4, normalise=normalise))
    for x, answers in zip(xs, found, strict=True):
        wanted = forced_log_p(model, np.array([x] * 4), [h.ids.tolist() for h in answers])
        assert [h.log_p for h in answers] == pytest.approx(wanted.tolist(), abs=1e-10)
        assert len({tuple(h.ids) for h in answers}) == 4
        assert [h.score for h in answers] == sorted((h.score for h in answers), reverse=True)


def test_the_n_best_are_the_same_alone_and_in_a_batch(model, batch):
    decode = partial(n_best, width=3)
    for x, answers in zip(batch[0], model.generate(batch[0], 6, decode), strict=True):
        alone = model.generate(x[x != PAD][None], 6, decode)[0]
        assert [h.ids.tolist() for h in alone] == [h.ids.tolist() for h in answers]
        for one, other in zip(alone, answers):
            if other.weights is not None:
                columns = one.weights.shape[1]
                assert_same(other.weights[:, :columns], one.weights, 1e-12)
                assert (other.weights[:, columns:] == 0).all()
