"""Beam search with a decoder whose every score is known: what is kept, lengths, the n best."""

import math
from dataclasses import FrozenInstanceError
from functools import partial

import numpy as np
import pytest

from common.contract import EOS
from common.decoding import (
    NORMALISATIONS, Beams, beam_search, by_mean, by_sum, by_wu, greedy, n_best,
)
from tests.common.test_decoding import (
    SENTENCES, FakeDecoder, V, at_random, attention, continued, log_probability, trimmed,
    written_by,
)
from tests.common.test_decoding_details import A, B, C, probable

NORMS = {**NORMALISATIONS, "wu 0.8": partial(by_wu, alpha=0.8)}


@pytest.fixture(params=NORMS)
def normalise(request):
    return NORMS[request.param]


def found_by(table, sentences=(0,), max_length=4, attends=False, **options):
    """The hypotheses of n_best, a list for each sentence."""
    found, nothing = written_by(n_best, table, sentences, max_length, attends, **options)
    assert nothing is None
    return found


def test_each_correction_for_length_has_a_name():
    assert NORMALISATIONS == {"none": by_sum, "length": by_mean, "wu": by_wu}


@pytest.mark.parametrize("norm, log_p, length, score", [
    (by_sum, -3.0, 7, -3.0),
    (by_mean, -3.0, 4, -0.75),
    (by_mean, -3.0, 1, -3.0),
    (partial(by_wu, alpha=0.0), -3.0, 7, -3.0),
    (partial(by_wu, alpha=1.0), -3.0, 7, -1.5),  # 12 / 6 = 2
    (partial(by_wu, alpha=0.5), -3.0, 19, -1.5),  # the root of 24 / 6 is 2
    (by_wu, -3.0, 1, -3.0),
    (by_wu, -3.0, 187, -1.5),  # the fifth root of 192 / 6 is 2
])
def test_scores_are_those_worked_out_by_hand(norm, log_p, length, score):
    assert norm(log_p, length) == pytest.approx(score, rel=1e-14)
    both = norm(np.array([log_p, 2 * log_p]), np.array([length, length]))
    assert both.tolist() == pytest.approx([score, 2 * score], rel=1e-14)


# <eos> at once: 0.3. A A A <eos>: 0.7 * 0.6 * 0.6 = 0.252.
SHORT_OR_LONG = probable(start={A: 0.7, EOS: 0.3}, A={A: 0.6, B: 0.2, C: 0.2},
                         AA={A: 0.6, B: 0.2, C: 0.2}, AAA={EOS: 1.0})


@pytest.mark.parametrize("norm, score, answer", [
    (by_sum, math.log(0.3), (EOS,)),
    (by_mean, math.log(0.252) / 4, (A, A, A, EOS)),
    (by_wu, math.log(0.3), (EOS,)),  # -1.378 / (9 / 6)^0.2 = -1.271 is below -1.204
    (partial(by_wu, alpha=0.6), math.log(0.252) / 1.5**0.6, (A, A, A, EOS)),  # -1.081
])
def test_the_correction_for_length_decides_between_a_short_and_a_long_answer(norm, score, answer):
    ys, _ = written_by(beam_search, SHORT_OR_LONG, width=4, normalise=norm)
    assert trimmed(ys[0]) == answer
    best = found_by(SHORT_OR_LONG, width=4, normalise=norm)[0][0]
    assert tuple(best.ids) == answer and best.score == pytest.approx(score)


def test_the_answer_of_greedy_decoding_keeps_its_place():
    # A (0.4) falls behind B A and B B (0.158 each), then A A (0.136) is sure of its end.
    table = probable(start={A: 0.4, B: 0.35, C: 0.25}, A={A: 0.34, B: 0.33, C: 0.33},
                     B={A: 0.45, B: 0.45, C: 0.1}, AA={EOS: 1.0})
    ys, _ = written_by(beam_search, table, max_length=5, width=2)
    assert trimmed(ys[0]) == (A, A, EOS)
    found = found_by(table, max_length=5, width=2)[0]
    assert found[0].log_p == pytest.approx(math.log(0.136), abs=1e-6)


def naive_beam(sentence, max_length, width, normalise):
    """Beam search for one sentence, without a state, one candidate at a time -> sorted beams."""
    own = trimmed(written_by(greedy, at_random, (sentence,), max_length)[0][0])
    beams = [((), 0.0)]

    def rank(candidate):
        ids, log_p = candidate
        return -normalise(log_p, len(ids)), ids[: len(own)] != own[: len(ids)]

    for _ in range(max_length):
        candidates = sorted(continued(beams, sentence), key=rank)
        beams = candidates[:width]
        if not any(own[: len(ids)] == ids for ids, _ in beams):
            beams[-1] = next(c for c in candidates if own[: len(c[0])] == c[0])
    return beams


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_the_beam_holds_the_best_beginnings_the_greedy_one_and_no_others(width, normalise):
    found = found_by(at_random, SENTENCES, 6, width=width, normalise=normalise)
    for n in SENTENCES:
        wanted = naive_beam(n, 6, width, normalise)
        assert [tuple(h.ids) for h in found[n]] == [ids for ids, _ in wanted]
        assert [h.log_p for h in found[n]] == pytest.approx([log_p for _, log_p in wanted])
        scores = [normalise(log_p, len(ids)) for ids, log_p in wanted]
        assert [h.score for h in found[n]] == pytest.approx(scores)


@pytest.mark.parametrize("width", [2, 3, 7])
def test_a_beam_never_scores_below_greedy(width, normalise):
    def doubtful(*key):  # where all is nearly as likely, plain beam search loses sometimes
        return at_random(*key) / 2

    def score(row, sentence):
        return normalise(log_probability(doubtful, trimmed(row), sentence), len(trimmed(row)))

    sentences, better = range(200), 0
    own, _ = written_by(greedy, doubtful, sentences, 8)
    ys, _ = written_by(beam_search, doubtful, sentences, 8, width=width, normalise=normalise)
    for n in sentences:
        gain = score(ys[n], n) - score(own[n], n)
        assert gain > -1e-9
        better += gain > 1e-9
    assert better


def test_at_first_only_one_beam_of_each_sentence_may_be_continued():
    beams = Beams(2, 3, by_mean)
    assert beams.log_p.tolist() == beams.scores.tolist() == [[0, -math.inf, -math.inf]] * 2


def test_the_n_best_are_different_sorted_and_end_where_they_should(normalise):
    for found in found_by(at_random, SENTENCES, 5, width=7, normalise=normalise):
        assert len({tuple(h.ids) for h in found}) == len(found) == 7
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
        for h in found:
            assert EOS not in h.ids[:-1] and (h.ids[-1] == EOS or len(h.ids) == 5)


def test_each_of_the_n_best_has_its_own_log_probability_and_weights():
    for n, found in enumerate(found_by(at_random, SENTENCES, 5, attends=True, width=4)):
        for h in found:
            ids = tuple(h.ids.tolist())
            assert h.log_p == h.score == pytest.approx(log_probability(at_random, ids, n))
            looks = [attention(n, ids[:t]).tolist() for t in range(len(ids))]
            assert h.weights.tolist() == looks


def test_without_attention_an_answer_has_no_weights():
    assert found_by(at_random, width=2)[0][0].weights is None


def test_an_answer_that_was_found_cannot_be_changed_and_equals_no_other():
    first, same = (found_by(at_random, width=2)[0][0] for _ in range(2))
    assert first == first and first != same  # its arrays could not say whether they are alike
    with pytest.raises(FrozenInstanceError):
        first.log_p = 0.0


def test_the_best_of_the_n_best_is_what_beam_search_returns(normalise):
    options = {"attends": True, "width": 4, "normalise": normalise}
    ys, weights = written_by(beam_search, at_random, SENTENCES, 6, **options)
    for n, found in enumerate(found_by(at_random, SENTENCES, 6, **options)):
        best = found[0]
        assert tuple(best.ids) == trimmed(ys[n])
        assert (weights[n, : len(best.ids)] == best.weights).all()
        assert (weights[n, len(best.ids) :] == 0).all()


def test_there_are_no_more_answers_than_there_are_ways_to_write_one():
    found = found_by(at_random, max_length=1, width=50)[0]
    assert sorted(int(h.ids[0]) for h in found) == list(range(V))


def test_the_n_best_are_finished_even_where_the_best_has_ended_at_once():
    table = probable(start={EOS: 0.9, A: 0.1}, A={B: 1.0}, AB={EOS: 1.0})
    found = found_by(table, max_length=9, width=2)[0]
    assert [tuple(h.ids) for h in found] == [(EOS,), (A, B, EOS)]


def test_nothing_is_waited_for_that_has_no_probability():
    scores = np.where(np.arange(V) == EOS, 0.0, -np.inf)
    decoder = FakeDecoder(lambda sentence, written: scores)
    (found,), _ = n_best(decoder, decoder.start([0]), 1, 9, 2)
    assert [tuple(h.ids) for h in found] == [(EOS,)] and decoder.steps == 1


@pytest.mark.parametrize("normalise, steps", [(by_sum, 1), (by_mean, 3)])
def test_the_search_goes_on_while_a_longer_answer_could_still_win(normalise, steps):
    table = probable(start={EOS: 0.9, A: 0.1}, A={B: 1.0}, AB={EOS: 1.0})
    decoder = FakeDecoder(table)
    beam_search(decoder, decoder.start([0]), 1, 9, 2, normalise)
    assert decoder.steps == steps


@pytest.mark.parametrize("width", [0, -2])
def test_a_width_below_1_is_refused(width):
    with pytest.raises(ValueError, match=f"width: expected at least 1, got {width}"):
        found_by(at_random, width=width)
