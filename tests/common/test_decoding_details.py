"""Decoding at its edges: where it stops, what is cut, and numbers that nearly overflow."""

import math

import numpy as np
import pytest

from common.contract import EOS
from common.decoding import beam_search, sample
from tests.common.test_decoding import FakeDecoder, attention, written_by

A, B, C = 3, 4, 5
OTHERS = -50.0


def probable(**beginnings):
    """A table from probabilities: probable(A={B: 0.9}) follows A by B in 9 of 10 cases.

    A beginning without an entry is followed by A or B or C with equal chance.
    """

    def table(sentence, written):
        name = "".join(" SE"[t] if t < A else "ABC"[t - A] for t in written) or "start"
        after = beginnings.get(name, dict.fromkeys((A, B, C), 1 / 3))
        scores = np.full(6, OTHERS)
        for token, p in after.items():
            scores[token] = math.log(p)
        return scores

    return table


OVERTAKEN = probable(start={A: 0.6, EOS: 0.4}, A={B: 0.9, C: 0.1})


def test_an_answer_that_overtakes_a_longer_beginning_is_cut_to_its_own_length():
    # A (0.6) and A B (0.54) lead before <eos> (0.4), but nothing that goes on from there does.
    ys, weights = written_by(beam_search, OVERTAKEN, max_length=9, attends=True, width=2)
    assert ys.tolist() == [[EOS]]
    assert weights.tolist() == [[attention(0, ()).tolist()]]


def test_beam_search_stops_as_soon_as_the_best_beam_has_ended():
    decoder = FakeDecoder(OVERTAKEN)
    beam_search(decoder, decoder.start([0]), 1, 9, 2)
    assert decoder.steps == 3


def test_without_a_temperature_tokens_are_drawn_from_the_softmax_itself():
    def table(sentence, written):
        return np.array([OTHERS, OTHERS, OTHERS, 0.0, 1.0, 2.0])

    default, plain, warm = (
        written_by(sample, table, range(50), 3, rng=np.random.default_rng(0), **options)[0]
        for options in ({}, {"temperature": 1.0}, {"temperature": 2.0})
    )
    assert np.array_equal(default, plain) and not np.array_equal(default, warm)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_lowest_of_temperatures_takes_the_highest_score(dtype):
    scores = np.array([[-500.0, 0.0, 999.0, 1000.0, 0.0, -1.0]], dtype)
    decoder = FakeDecoder(lambda sentence, written: scores[0])
    with np.errstate(over="ignore"):  # a difference becomes -inf, as it should
        ys, _ = sample(decoder, decoder.start([0]), 1, 1, np.random.default_rng(0), 1e-306)
    assert ys.tolist() == [[A]]


def test_the_highest_random_number_draws_the_last_token_even_if_shares_add_up_to_less_than_1():
    class Highest:
        @staticmethod
        def random(shape):
            return np.full(shape, 1 - 2**-53)

    tokens = 10  # the sum of ten times 0.1 is 1 - 2**-53
    assert np.cumsum(np.full(tokens, 0.1))[-1] < 1
    decoder = FakeDecoder(lambda sentence, written: np.zeros(tokens))
    ys, _ = sample(decoder, decoder.start([0]), 1, 1, Highest())
    assert ys.tolist() == [[tokens - 1]]
