"""Greedy decoding, sampling and beam search, driven by a decoder whose every score is known."""

from itertools import product

import numpy as np
import pytest

from common.contract import EOS, PAD, SOS
from common.decoding import beam_search, greedy, sample, take_rows
from common.functions import log_softmax, softmax
from tests.helpers import assert_same

A, B = 3, 4
V, S = 6, 3
LOW = -30.0
SENTENCES = range(16)


class FakeDecoder:
    """Looks its scores up by sentence and by what has been written so far.

    The state is (sentence (N,), (written (N, t), None)), nested on purpose.

    Args:
        table: function (sentence, written tuple) -> scores (V,).
        attends: whether there are weights; they are then attention(sentence, written).
    """

    weights = None

    def __init__(self, table, attends=False):
        self.table, self.attends = table, attends
        self.steps = 0

    def start(self, sentences):
        return np.array(sentences), (np.empty((len(sentences), 0), int), None)

    def step(self, ids, state):
        sentences, (written, nothing) = state
        written = np.concatenate([written, ids[:, None]], axis=1)
        rows = [(int(n), tuple(w[1:].tolist())) for n, w in zip(sentences, written, strict=True)]
        assert (written[:, 0] == SOS).all()
        if self.attends:
            self.weights = np.array([attention(*row) for row in rows])
        self.steps += 1
        return np.array([self.table(*row) for row in rows]), (sentences, (written, nothing))


def attention(sentence, written):
    """Weights (S,) that are different for every beginning of every sentence."""
    return np.random.default_rng([S, sentence, *written]).random(S)


def at_random(sentence, written):
    """Scores that look random but are always the same for the same beginning."""
    scores = 2 * np.random.default_rng([V, sentence, *written]).standard_normal(V)
    scores[[PAD, SOS]] = LOW
    scores[EOS] -= 1  # so that some sentences are long
    return scores


def fixed(*sentences):
    """A table in which sentence n is written without any doubt, whatever has been written."""

    def table(sentence, written):
        scores = np.zeros(V)
        scores[sentences[sentence][len(written)] if len(written) < len(sentences[sentence])
               else A] = 30
        return scores

    return table


def written_by(decode, table, sentences=(0,), max_length=4, attends=False, **options):
    decoder = FakeDecoder(table, attends)
    return decode(decoder, decoder.start(sentences), len(sentences), max_length, **options)


def log_probability(table, ids, sentence=0):
    """Of one sentence: a row of ids up to its <eos>."""
    total = 0.0
    for t, token in enumerate(ids):
        total += log_softmax(table(sentence, tuple(ids[:t])))[token]
    return total


def trimmed(row):
    """The tokens of a row of ids, up to and with <eos>."""
    row = row.tolist()
    return tuple(row[: row.index(EOS) + 1] if EOS in row else row)


def rng_option(decode):
    return {"rng": np.random.default_rng(1)} if decode is sample else {}


DECODERS = {
    "greedy": (greedy, {}),
    "sample": (sample, {}),
    "beam": (beam_search, {"width": 2}),
}


@pytest.fixture(params=DECODERS)
def decode(request):
    """A function like greedy, with the options of each way of decoding bound."""
    function, options = DECODERS[request.param]

    def decode(*args):
        return function(*args, **options, **rng_option(function))

    return decode


def test_each_sentence_stops_at_its_own_eos_and_is_padded_after_it(decode):
    ys, weights = written_by(decode, fixed((A, B, EOS), (EOS,), (B, B, A, A)), (0, 1, 2))
    assert ys.tolist() == [[A, B, EOS, PAD], [EOS, PAD, PAD, PAD], [B, B, A, A]]
    assert weights is None


@pytest.mark.parametrize("max_length", [1, 2, 5])
def test_no_answer_is_longer_than_max_length(decode, max_length):
    ys, _ = written_by(decode, fixed((A,) * 9, (EOS,)), (0, 1), max_length)
    assert ys.tolist() == [[A] * max_length, ([EOS] + [PAD] * max_length)[:max_length]]


@pytest.mark.parametrize("function", [greedy, sample])
def test_the_loop_ends_when_every_sentence_has(function):
    decoder = FakeDecoder(fixed((A, EOS), (EOS,)))
    ys, _ = function(decoder, decoder.start((0, 1)), 2, 50, **rng_option(function))
    assert ys.shape == (2, 2)
    assert decoder.steps == 2


def test_beam_search_answers_are_no_longer_than_their_longest_sentence():
    ys, _ = written_by(beam_search, fixed((A, EOS), (EOS,)), (0, 1), 50, width=3)
    assert ys.tolist() == [[A, EOS], [EOS, PAD]]


def test_the_weights_of_each_step_are_recorded_and_are_zero_after_eos(decode):
    ys, weights = written_by(decode, at_random, SENTENCES, 6, attends=True)
    assert weights.shape == (*ys.shape, S)
    lengths = set()
    for n in SENTENCES:
        row = trimmed(ys[n])
        lengths.add(len(row))
        for t in range(len(row)):  # what the decoder looked at when it wrote token t
            assert weights[n, t].tolist() == attention(n, row[:t]).tolist()
        assert (weights[n, len(row):] == 0).all()
        assert (ys[n, len(row):] == PAD).all()
    assert len(lengths) > 1


def test_greedy_takes_the_token_with_the_highest_score():
    ys, _ = written_by(greedy, at_random, SENTENCES, 5)
    for n in SENTENCES:
        row = trimmed(ys[n])
        for t, token in enumerate(row):
            assert token == at_random(n, row[:t]).argmax()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sampling_at_a_low_temperature_is_greedy(dtype):
    def table(*key):
        return at_random(*key).astype(dtype)

    cold = written_by(sample, table, SENTENCES, 5, rng=np.random.default_rng(0), temperature=1e-3)
    assert_same(cold, written_by(greedy, table, SENTENCES, 5))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_samples_are_as_frequent_as_their_softmax_says(temperature):
    scores, count = np.array([-2.0, 0.0, 1.0, 0.5, -1.0, 0.7]), 20_000
    decoder = FakeDecoder(lambda sentence, written: scores)
    ys, _ = sample(decoder, decoder.start([0] * count), count, 1, np.random.default_rng(2),
                   temperature)
    p = softmax(scores / temperature)
    frequency = np.bincount(ys[:, 0], minlength=V) / count
    assert (np.abs(frequency - p) < 5 * np.sqrt(p * (1 - p) / count)).all()


def test_a_token_without_any_probability_is_never_drawn():
    scores = np.array([-1e4, 0.0, -1e4, 0.0, -1e4, -1e4])
    ys, _ = written_by(sample, lambda *key: scores, range(200), 3, rng=np.random.default_rng(0))
    assert set(ys.ravel().tolist()) == {1, 3}


def test_not_even_the_lowest_random_number_draws_a_token_without_probability():
    class Lowest:
        @staticmethod
        def random(shape):
            return np.zeros(shape)

    scores = np.array([-1e4, -1e4, -1e4, 0.0, 0.0, -1e4])
    ys, _ = written_by(sample, lambda *key: scores, max_length=2, rng=Lowest())
    assert ys.tolist() == [[3, 3]]


def test_one_seed_gives_one_text_and_another_seed_another():
    first, same, other = (
        written_by(sample, at_random, SENTENCES, 6, rng=np.random.default_rng(seed))[0]
        for seed in (0, 0, 1)
    )
    assert_same(same, first)
    assert first.shape != other.shape or (first != other).any()


def test_beam_search_of_width_1_is_greedy():
    got = written_by(beam_search, at_random, SENTENCES, 5, attends=True, width=1)
    assert_same(got, written_by(greedy, at_random, SENTENCES, 5, attends=True))


def test_beam_search_finds_a_more_probable_sentence_than_greedy():
    def table(sentence, written):
        p = {(): {A: 0.6, B: 0.4}, (A,): {A: 0.3, B: 0.3, EOS: 0.4}, (B,): {EOS: 0.9, A: 0.1}}
        return np.array([np.log(p.get(written, {EOS: 1.0}).get(i, 1e-9)) for i in range(V)])

    short, _ = written_by(greedy, table)
    best, _ = written_by(beam_search, table, width=2)
    assert (trimmed(short[0]), trimmed(best[0])) == ((A, EOS), (B, EOS))
    assert np.exp(log_probability(table, trimmed(short[0]))) == pytest.approx(0.24)
    assert np.exp(log_probability(table, trimmed(best[0]))) == pytest.approx(0.36)


@pytest.mark.parametrize("sentence", SENTENCES[::3])
@pytest.mark.parametrize("max_length", [1, 2, 3])
def test_a_beam_as_wide_as_everything_finds_what_trying_all_sentences_finds(sentence, max_length):
    others = [token for token in range(V) if token != EOS]
    candidates = list(product(others, repeat=max_length))  # cut off at max_length
    for length in range(max_length):
        candidates += [(*begin, EOS) for begin in product(others, repeat=length)]
    wanted = max(candidates, key=lambda ids: log_probability(at_random, ids, sentence))
    ys, _ = written_by(beam_search, at_random, (sentence,), max_length, width=V**max_length)
    assert trimmed(ys[0]) == wanted


def continued(beams, sentence):
    """Each beginning (ids, sum of log p) with every token after it; one that has ended as it is."""
    candidates = []
    for ids, total in beams:
        if EOS in ids:
            candidates.append((ids, total))
            continue
        log_p = log_softmax(at_random(sentence, ids))
        candidates += [((*ids, token), total + log_p[token]) for token in range(V)]
    return candidates


def naive_beam(sentence, max_length, width):
    """Beam search for one sentence, without a state, one candidate at a time."""
    beams = [((), 0.0)]
    for _ in range(max_length):
        beams = sorted(continued(beams, sentence), key=lambda candidate: -candidate[1])[:width]
    return beams[0][0]


@pytest.mark.parametrize("width", [2, 3, 5, 8])
def test_beam_search_keeps_the_best_beginnings_and_no_others(width):
    ys, _ = written_by(beam_search, at_random, SENTENCES, 6, width=width)
    assert [trimmed(row) for row in ys] == [naive_beam(n, 6, width) for n in SENTENCES]


@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_beam_search_answers_a_sentence_alone_as_in_a_batch(width):
    ys, weights = written_by(beam_search, at_random, SENTENCES, 5, attends=True, width=width)
    for n in SENTENCES:
        alone, looked = written_by(beam_search, at_random, (n,), 5, attends=True, width=width)
        row = trimmed(ys[n])
        assert trimmed(alone[0]) == row
        assert_same(looked[0, : len(row)], weights[n, : len(row)])


def test_the_order_of_a_batch_does_not_matter():
    ys, _ = written_by(greedy, at_random, SENTENCES, 5)
    turned, _ = written_by(greedy, at_random, SENTENCES[::-1], 5)
    assert_same(turned[::-1], ys)


def test_take_rows_reaches_every_array_of_a_nested_state():
    h, z = np.arange(6).reshape(3, 2), np.arange(3)
    rows = np.array([2, 0, 0, 1])
    got = take_rows((h, (z, None), ()), rows)
    assert_same(got, (h[[2, 0, 0, 1]], (z[[2, 0, 0, 1]], None), ()))
    assert take_rows(None, rows) is None


@pytest.mark.parametrize("max_length", [0, -1])
def test_a_max_length_below_1_is_refused(decode, max_length):
    with pytest.raises(ValueError, match=f"max_length: expected at least 1, got {max_length}"):
        written_by(decode, at_random, max_length=max_length)


@pytest.mark.parametrize("width", [0, -2])
def test_a_beam_width_below_1_is_refused(width):
    with pytest.raises(ValueError, match=f"width: expected at least 1, got {width}"):
        written_by(beam_search, at_random, width=width)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan")])
def test_a_temperature_that_is_not_positive_is_refused(temperature, rng):
    with pytest.raises(ValueError, match=f"expected a positive number, got {temperature}"):
        written_by(sample, at_random, rng=rng, temperature=temperature)
