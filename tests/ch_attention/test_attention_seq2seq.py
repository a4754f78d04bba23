"""What attention adds to a decoder: it shows where it has looked, and hands hs on untouched."""

import numpy as np
import pytest

from ch_attention.attention_seq2seq import AttentionDecoder
from ch_attention.scores import SCORES
from common.contract import PAD, SOS
from tests.helpers import (
    KINDS, assert_same, encoded, normal, random_pairs, randomize, small_model)

ATTENDING = [kind for kind in KINDS if kind.startswith("attention")]


@pytest.fixture
def batch(rng):
    """Three padded sentences; S = 5, T = 4."""
    return random_pairs(rng, 8, 7, sources=[2, 5, 1], targets=[3, 1, 2])


@pytest.mark.parametrize("kind", ATTENDING)
def test_the_weights_of_a_decoder_are_those_of_the_last_token_that_it_read(kind, batch, rng):
    model, (xs, ts) = randomize(small_model(kind), rng), batch
    decoder, given = model.decoder, encoded(model, xs)
    assert decoder.weights is None
    state, last = decoder.start(*given), []
    for ids in ts[:, :-1].T:
        _, state = decoder.step(ids, state)
        assert decoder.weights.shape == xs.shape
        last.append(decoder.weights)
    decoder.forward(ts[:, :-1], *given)
    assert_same(decoder.weights, last[-1], 1e-12)
    assert_same(decoder.attention.weights, np.stack(last, axis=1), 1e-12)
    assert (decoder.weights[xs == PAD] == 0).all()
    np.testing.assert_allclose(decoder.weights.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not small_model(kind).decoder.attends])
def test_a_decoder_that_does_not_attend_has_no_weights_however_much_it_reads(kind, batch):
    model, (xs, ts) = small_model(kind), batch
    model.forward(xs, ts)
    assert model.decoder.weights is None and not model.decoder.attends
    assert model.decoder.options == {} == model.default_options()


@pytest.mark.parametrize("kind", ATTENDING)
def test_a_decoder_hands_hidden_states_and_mask_on_as_they_are(kind, batch):
    model, (xs, _) = small_model(kind), batch
    state, hs, mask = encoded(model, xs)
    start = model.decoder.start(state, hs, mask)
    assert all(a is b for a, b in zip(start, (state, hs, mask), strict=True))
    _, (_, *after) = model.decoder.step(np.full(len(xs), SOS), start)
    assert after[0] is hs and after[1] is mask


def test_an_attention_decoder_takes_each_score_and_the_first_by_default(rng):
    assert AttentionDecoder.attends
    assert AttentionDecoder.options == {"score": tuple(SCORES)}
    kinds = {name: type(AttentionDecoder(7, 3, 4, rng, score=name).attention.attention_weight.score)
             for name in SCORES}
    assert len(set(kinds.values())) == len(SCORES)
    default = AttentionDecoder(7, 3, 4, rng)
    assert type(default.attention.attention_weight.score) is kinds["dot"]
    with pytest.raises(ValueError, match="score: expected one of dot, scaled, general, concat"):
        AttentionDecoder(7, 3, 4, rng, score="cosine")


def test_options_are_given_by_name(rng):
    with pytest.raises(TypeError, match="positional argument"):
        AttentionDecoder(7, 3, 4, rng, "general")


@pytest.mark.parametrize("name", SCORES)
def test_affine_reads_first_what_the_decoder_sees_and_then_its_state(name, rng):
    decoder = randomize(AttentionDecoder(7, 3, 4, rng, score=name, dtype=np.float64), rng)
    state, hs = tuple(normal(rng, 2, 4) for _ in range(2)), normal(rng, 2, 5, 4)
    ys = np.array([[SOS, 3, 3], [SOS, 4, 5]])
    logits = decoder.forward(ys, state, hs)
    ht, _ = decoder.recurrent.forward(decoder.params["embedding.W"][ys], state)
    c = decoder.attention.forward(hs, ht)
    wanted = np.concatenate([c, ht], axis=-1) @ decoder.params["affine.W"]
    assert_same(logits, wanted + decoder.params["affine.b"], 1e-12)


@pytest.mark.parametrize("name", SCORES)
def test_without_a_mask_every_hidden_state_counts(name, rng):
    decoder = randomize(AttentionDecoder(7, 3, 4, rng, score=name, dtype=np.float64), rng)
    state, hs = tuple(normal(rng, 2, 4) for _ in range(2)), normal(rng, 2, 5, 4)
    ys = np.array([[SOS, 3], [SOS, 4]])
    wanted = decoder.forward(ys, state, hs, np.ones((2, 5), bool))
    assert_same(decoder.forward(ys, state, hs), wanted)
    assert (decoder.weights > 0).all()


@pytest.mark.parametrize("score, own", [("dot", []), ("scaled", []), ("general", ["W"]),
                                        ("concat", ["W", "v"])])
def test_the_weights_of_a_score_stand_below_the_name_of_the_attention(score, own):
    names = [name for name in small_model(f"attention {score}").params if "attention" in name]
    assert names == [f"decoder.attention.attention_weight.score.{name}" for name in own]


def test_the_attention_is_the_last_part_of_the_decoder():
    assert list(small_model("attention dot").decoder.parts)[5:] == ["attention"]
