"""Answers with the weights of the generation that wrote them."""

from functools import partial

import numpy as np
import pytest

from common.contract import EOS
from common.decoding import by_mean, generate, n_best, sample
from common.tools.answers import (
    EOS_LABEL, Answer, NotFinite, answer, answer_with_attention, best_answers,
)
from common.trainer import EVALUATION_BATCH
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import default_kind, randomize, small_model

CODEC = Codec(Vocabulary("abcde"), Vocabulary("wxyz"), reverse=True)


@pytest.fixture
def model():
    return small_model("attention dot")


def test_one_answer_for_each_source_however_many_batches_they_fill(model):
    sources = ["abcde"[: 1 + k % 5] + "a" * (k % 3) for k in range(2 * EVALUATION_BATCH + 1)]
    answers = answer_with_attention(model, CODEC, sources, 6)
    assert [a.source for a in answers] == sources
    for a in answers[::50]:
        (alone,) = answer_with_attention(model, CODEC, [a.source], 6)
        assert (alone.text, alone.labels) == (a.text, a.labels)
        assert a.weights.shape == (len(a.labels), len(a.source))
        np.testing.assert_allclose(alone.weights, a.weights, rtol=1e-12)
        np.testing.assert_allclose(a.weights.sum(axis=1), 1, rtol=1e-12)


def test_an_answer_ends_with_the_arrow_or_with_dots(model):
    bias = model.params["decoder.affine.b"]
    bias[4] = 1000
    (long,) = answer_with_attention(model, CODEC, ["ab"], 3)
    assert (long.text, long.labels) == ("xxx...", ["x", "x", "x"])
    bias[EOS] = 2000
    (short,) = answer_with_attention(model, CODEC, ["ab"], 3)
    assert (short.text, short.labels, short.weights.shape) == ("", [EOS_LABEL], (1, 2))


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_one_score_that_is_not_finite_is_enough_to_refuse_an_answer(model, bad):
    model.params["decoder.affine.b"][5] = bad
    with pytest.raises(NotFinite, match="scores are not finite"):
        answer_with_attention(model, CODEC, ["ab"], 3)


@pytest.mark.parametrize("weight", [3e38, -3e38])
def test_weights_with_which_scores_overflow_give_no_answer_and_no_warning(weight):
    model = small_model("attention dot", dtype=np.float32)
    for param in model.params.values():
        param[...] = weight
    with pytest.raises(NotFinite, match="its weights are too large"):
        answer_with_attention(model, CODEC, ["ab"], 3)


def test_numbers_that_overflow_on_the_way_to_an_answer_are_no_warning():
    model = small_model(default_kind("transformer"), dtype=np.float32)
    for name, param in model.params.items():
        if "feed_forward" in name:
            param *= 1e15
    assert len(answer(model, CODEC, ["ab"], 3)) == 1  # each norm makes it small again


class Syllables(Vocabulary):
    """A vocabulary whose symbols are neither characters nor words: a dot ends each."""

    def __init__(self, symbols):
        self.tokens, self.noun = "syllables", "syllable"
        self._symbols = "<pad>", "<sos>", "<eos>", *symbols
        self._ids = {symbol: i for i, symbol in enumerate(self._symbols)}

    def split(self, text):
        return text.split(".")


def test_tokens_that_are_no_single_characters_stand_above_the_columns_one_by_one(model):
    codec = Codec(Syllables(["sep", "tem", "ber", "no", "vem"]), Vocabulary("wxyz"))
    (found,) = answer_with_attention(model, codec, ["sep.tem.ber"], 3)
    assert found.columns == ["sep", "tem", "ber"]
    assert found.weights.shape[1] == 3
    (plain,) = answer_with_attention(model, CODEC, ["abc"], 3)
    assert plain.columns == "abc" and plain.words is None


def test_the_end_of_an_answer_is_labelled_by_one_character_as_every_token_is():
    assert len(EOS_LABEL) == 1


def test_a_plain_answer_is_decoded_as_it_is_told(model):
    sources = ["abc", "de"]
    wanted = [CODEC.decode_answer(row) for row in model.generate(CODEC.encode_sources(sources), 5)]
    assert answer(model, CODEC, sources, 5) == wanted

    def always_y(decoder, state, N, max_length):
        return generate(decoder, state, N, max_length, lambda scores: np.full(len(scores), 5))

    assert answer(model, CODEC, sources, 5, always_y) == ["yyyyy...", "yyyyy..."]


def test_what_is_drawn_from_one_seed_is_the_same(model):
    drawn = [answer(model, CODEC, ["abc"], 9, partial(sample, rng=np.random.default_rng(3)))
             for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_an_answer_is_drawn_with_a_caption_of_source_and_text_over_its_labels():
    weights = np.ones((2, 3))
    shown = Answer("abc", "x", ["x", EOS_LABEL], weights)
    assert shown.as_example()[:3] == ("abc \u2192 x", "abc", ["x", EOS_LABEL])
    assert shown.as_example()[3] is weights
    with pytest.raises(AttributeError):
        shown.text = "y"


@pytest.mark.parametrize("kind", ["seq2seq", "attention dot"])
def test_the_best_answers_are_those_of_the_beam_as_text(kind, rng):
    model, sources = randomize(small_model(kind), rng), ["abc", "de", "aabbc"]
    found = best_answers(model, CODEC, sources, 5, 4, by_mean)
    beams = model.generate(CODEC.encode_sources(sources), 5,
                           partial(n_best, width=4, normalise=by_mean))
    for source, answers, beam in zip(sources, found, beams, strict=True):
        assert [a.source for a in answers] == [source] * 4
        assert [a.text for a in answers] == [CODEC.decode_answer(h.ids) for h in beam]
        assert [(a.log_p, a.score) for a in answers] == [(h.log_p, h.score) for h in beam]
        for a in answers:
            if kind == "seq2seq":
                assert a.weights is None
            else:
                assert a.weights.shape == (len(a.labels), len(source))
                np.testing.assert_allclose(a.weights.sum(axis=1), 1, rtol=1e-12)


def test_a_beam_of_one_writes_the_answers_without_a_beam(model, rng):
    randomize(model, rng)
    sources = ["abcde"[: 1 + k % 5] for k in range(12)]
    for wanted, (got,) in zip(answer_with_attention(model, CODEC, sources, 6),
                              best_answers(model, CODEC, sources, 6, 1)):
        assert (got.text, got.labels, got.score) == (wanted.text, wanted.labels, got.log_p)
        np.testing.assert_allclose(got.weights, wanted.weights, rtol=1e-10)
        assert wanted.log_p is None and got.log_p < 0


def test_a_wide_beam_takes_fewer_sentences_at_a_time(model, monkeypatch):
    rows, encode = [], Codec.encode_sources
    monkeypatch.setattr(Codec, "encode_sources",
                        lambda self, texts: (rows.append(len(texts)), encode(self, texts))[1])
    best_answers(model, CODEC, ["ab"] * 5, 2, EVALUATION_BATCH // 2)
    best_answers(model, CODEC, ["ab"] * 2, 1, 2 * EVALUATION_BATCH)
    assert rows == [2, 2, 1, 1, 1]


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_beam_refuses_a_score_that_is_not_finite(model, bad):
    model.params["decoder.affine.b"][5] = bad
    with pytest.raises(NotFinite, match="scores are not finite"):
        best_answers(model, CODEC, ["ab"], 3, 2)
