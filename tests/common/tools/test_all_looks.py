"""All looks of a model at an answer: are they those of the generation that wrote it?"""

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.contract import SOS
from common.tools.answers import EOS_LABEL, SOS_LABEL, answer_with_attention, best_answers
from common.tools.looks import (
    ANSWER_AT_ANSWER, ANSWER_AT_SOURCE, LOOKS, SOURCE_AT_SOURCE, all_looks, choose_look, every_head,
    example_of,
)
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import randomize

LAYERS, HEADS = 2, 2
CHARACTERS = Vocabulary("abcde"), Vocabulary("wxyz")
WORDS = (Vocabulary("le chat noir dort bien".split(), "words"),
         Vocabulary("the black cat sleeps".split(), "words"))
SOURCES = {"characters": ["abcde", "ba", "eec"], "words": ["le chat noir", "dort", "le chat dort"]}
CODECS = [Codec(*vocabularies, reverse) for vocabularies in (CHARACTERS, WORDS)
          for reverse in (False, True)]


@pytest.fixture(params=CODECS, ids=lambda codec: f"{codec.tokens}-{codec.reverse}")
def codec(request):
    return request.param


@pytest.fixture
def model():
    """A Transformer with dropout, in training; its weights are such that answers differ."""
    rng = np.random.default_rng(24)
    model = MODELS["transformer"](
        8, 7, 4, 5, rng, layers=LAYERS, heads=str(HEADS), dropout=0.5, dtype=np.float64)
    model.set_training(True)
    return randomize(model, rng, scale=1.5)


@pytest.fixture
def answers(model, codec):
    """Greedy answers, written in one batch, so that the shorter sources are padded."""
    found = answer_with_attention(model, codec, SOURCES[codec.tokens], 6)
    assert len({a.text for a in found}) > 1 and len({len(a.ids) for a in found}) > 1
    return found


def step_by_step(model, codec, answer):
    """Kind -> weights (layers, heads, T, S), gathered while the answer is written anew.

    The source is in the order in which the model reads it.
    """
    xs = codec.encode_sources([answer.source])
    T, S = len(answer.ids), xs.shape[1]
    found = {ANSWER_AT_ANSWER: np.zeros((LAYERS, HEADS, T, T)),
             ANSWER_AT_SOURCE: np.zeros((LAYERS, HEADS, T, S))}
    with model.in_use():
        hs, state = model.encoder.forward(xs)
        found[SOURCE_AT_SOURCE] = model.encoder.looks_of("self_attention")[:, 0]
        state, last = model.decoder.start(state, hs), SOS
        for t in range(T):
            logits, state = model.decoder.step(np.array([last]), state)
            for kind, attention, seen in ((ANSWER_AT_ANSWER, "self_attention", t + 1),
                                          (ANSWER_AT_SOURCE, "cross_attention", S)):
                of_step = model.decoder.looks_of(attention)  # (layers, 1, heads, 1, seen)
                found[kind][:, :, t, :seen] = of_step[:, 0, :, 0]
            last = logits[0].argmax()
            assert last == answer.ids[t]
    return found


def test_the_looks_are_those_of_the_steps_that_wrote_the_answer_in_the_order_of_reading(
        model, codec, answers):
    way = slice(None, None, -1 if codec.reverse else 1)
    for answer in answers:
        looks, steps = all_looks(model, codec, answer), step_by_step(model, codec, answer)
        for kind, wanted in ((SOURCE_AT_SOURCE, steps[SOURCE_AT_SOURCE][..., way, way]),
                             (ANSWER_AT_ANSWER, steps[ANSWER_AT_ANSWER]),
                             (ANSWER_AT_SOURCE, steps[ANSWER_AT_SOURCE][..., way])):
            np.testing.assert_allclose(looks[kind].weights, wanted, atol=1e-12)
        mean = looks[ANSWER_AT_SOURCE].weights[-1].mean(axis=0)
        np.testing.assert_allclose(mean, answer.weights, atol=1e-12)


def test_rows_are_who_asks_and_columns_who_is_looked_at(model, codec, answers):
    tokens = list if codec.tokens == "characters" else str.split
    for answer in answers:
        source, looks = tokens(answer.source), all_looks(model, codec, answer)
        read = [SOS_LABEL, *answer.labels[:-1]]
        assert {kind: (list(found.rows), list(found.columns)) for kind, found in looks.items()} == {
            SOURCE_AT_SOURCE: (source, source), ANSWER_AT_ANSWER: (read, read),
            ANSWER_AT_SOURCE: (answer.labels, source)}


@pytest.mark.parametrize("kind", LOOKS.values())
@pytest.mark.parametrize("layer, head", [(1, 2), (2, 1), (1, None), (None, None)])
def test_an_example_is_the_look_that_was_chosen_under_the_caption_of_the_answer(
        kind, layer, head, model, codec):
    choose_look(model, layer, head)
    (answer,) = answer_with_attention(model, codec, SOURCES[codec.tokens][:1], 6)
    looks = all_looks(model, codec, answer)[kind]
    of_layer = looks.weights[-1 if layer is None else layer - 1]
    caption, columns, rows, weights = example_of(model, codec, answer, kind)
    assert (caption, columns, rows) == (answer.as_example()[0], looks.columns, looks.rows)
    wanted = of_layer.mean(axis=0) if head is None else of_layer[head - 1]
    np.testing.assert_allclose(weights, wanted, atol=1e-12)


def test_an_example_is_the_look_at_the_source_unless_another_is_asked_for(model, answers, codec):
    assert example_of(model, codec, answers[0])[3] is answers[0].weights


def test_every_head_of_every_layer_has_its_name_and_its_weights(model, codec, answers):
    looks = all_looks(model, codec, answers[0])
    found = every_head(model, codec, answers[0])
    assert list(found) == list(looks) == list(model.looks)
    for kind, heatmaps in found.items():
        assert [name for name, *_ in heatmaps] == [
            "layer 1, head 1", "layer 1, head 2", "layer 2, head 1", "layer 2, head 2"]
        for k, (_, columns, rows, weights) in enumerate(heatmaps):
            assert (columns, rows) == (looks[kind].columns, looks[kind].rows)
            np.testing.assert_array_equal(weights, looks[kind].weights[k // HEADS, k % HEADS])


def test_the_looks_at_an_answer_of_a_beam_are_those_at_this_answer(model):
    codec = CODECS[1]
    (beam,) = best_answers(model, codec, ["abc"], 6, 3)
    assert len({a.text for a in beam}) == 3
    for answer in beam:
        a = all_looks(model, codec, answer)[ANSWER_AT_SOURCE].weights[-1].mean(axis=0)
        np.testing.assert_allclose(a, answer.weights, atol=1e-12)


def test_an_answer_without_an_end_has_a_row_for_each_token(model):
    model.params["decoder.affine.b"][4] = 1000
    (answer,) = answer_with_attention(model, CODECS[0], ["ab"], 3)
    looks = all_looks(model, CODECS[0], answer)
    assert looks[ANSWER_AT_SOURCE].rows == ["x"] * 3 and EOS_LABEL not in answer.read
    assert looks[ANSWER_AT_ANSWER].rows == [SOS_LABEL, "x", "x"]
    assert looks[ANSWER_AT_ANSWER].weights.shape == (LAYERS, HEADS, 3, 3)


def test_a_number_that_overflows_on_the_way_is_no_warning(model, monkeypatch):
    (answer,) = answer_with_attention(model, CODECS[0], ["ab"], 3)
    read = model.encoder.forward

    def loud(xs):
        assert np.isinf(np.exp(np.float64(1000)))
        return read(xs)

    monkeypatch.setattr(model.encoder, "forward", loud)
    all_looks(model, CODECS[0], answer)


def test_a_model_says_which_looks_it_has(model):
    assert model.looks == {SOURCE_AT_SOURCE: ("encoder", "self_attention"),
                           ANSWER_AT_ANSWER: ("decoder", "self_attention"),
                           ANSWER_AT_SOURCE: ("decoder", "cross_attention")}
    assert all(not found.looks for name, found in MODELS.items() if name != "transformer")
