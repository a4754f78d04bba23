"""The decoder of Cho et al.: its gradients, and what it is given at every step."""

import numpy as np
import pytest

from ch_seq2seq.papers.cho import ChoDecoder, ChoSeq2Seq
from common.gradient_check import check_gradients
from tests.helpers import FromEncoder, assert_same, normal, randomize, small_model

D, H = 3, 4
YS = np.array([[1, 4, 4, 5], [1, 6, 3, 3]])


@pytest.fixture
def decoder(rng):
    return randomize(small_model("cho").decoder, rng)


@pytest.mark.parametrize("T", [1, 3])
def test_every_gradient_of_the_decoder_is_right_also_that_of_the_encoders_state(decoder, T, rng):
    layer = FromEncoder(decoder, YS[:, :T], None)
    errors = check_gradients(layer, (normal(rng, 2, H),), normal(rng, 2, 5, H), rng=rng)
    assert set(errors) == {"state[0]", "hs", *(f"param {name}" for name in decoder.params)}


def test_the_parts_have_the_names_of_other_models_and_those_of_their_own(decoder):
    assert list(decoder.parts) == ["embedding", "dropout_in", "gru", "dropout_out", "affine",
                                   "summary", "first", "maxout"]


@pytest.mark.parametrize("H, units", [(1, 1), (4, 2), (5, 3), (8, 4)])
def test_there_are_half_as_many_maxout_units_as_hidden_ones(H, units, rng):
    params = ChoDecoder(7, D, H, rng).params
    assert params["affine.W"].shape == (units, 7)
    assert params["maxout.affine.W"].shape == (2 * H + D, 2 * units)


def test_a_model_has_one_layer_in_one_direction(rng):
    assert ChoSeq2Seq(8, 7, D, H, rng).fixed == {
        "cell": "gru", "layers": 1, "bidirectional": False}


def test_a_step_hands_on_its_state_and_the_same_context_vector(decoder, rng):
    start = decoder.start((normal(rng, 2, H),))
    assert len(start[0]) == 1 and start[1] is decoder.c
    _, (state, c) = decoder.step(YS[:, 0], start)
    assert c is start[1] and state[0].shape == c.shape and (state[0] != start[0][0]).all()


def test_hs_and_mask_are_offered_and_not_looked_at(decoder, rng):
    state = (normal(rng, 2, H),)
    wanted = decoder.forward(YS, state)
    assert_same(decoder.forward(YS, state, normal(rng, 2, 5, H), np.ones((2, 5), bool)), wanted)
    decoder.backward(normal(rng, *wanted.shape))
    assert decoder.backward(normal(rng, *wanted.shape))[1] is None
    assert decoder.weights is None and not decoder.attends


def cut(decoder, part, rows):
    """Let a layer no longer see these rows of what goes into it."""
    name = {"gru": "gru.Wx", "maxout": "maxout.affine.W"}[part]
    decoder.params[name][rows] = 0


def test_the_context_vector_reaches_the_last_word_by_the_output_though_the_state_forgets(
    decoder, rng
):
    decoder.params["gru.b"][H : 2 * H] = -800  # z = 0 and r = 0: nothing of the past is kept
    decoder.params["gru.b"][:H] = -800
    states = [(normal(rng, 2, H),) for _ in range(2)]
    cut(decoder, "gru", slice(D, None))  # nor does c come in by the cell
    one, other = (decoder.forward(YS, state)[:, -1] for state in states)
    assert np.abs(one - other).max() > 1e-3
    cut(decoder, "maxout", slice(H + D, None))
    one, other = (decoder.forward(YS, state)[:, -1] for state in states)
    assert_same(one, other)


def test_the_previous_word_reaches_the_output_though_the_cell_does_not_see_it(decoder, rng):
    state, changed = (normal(rng, 2, H),), YS.copy()
    changed[:, -1] += 1
    cut(decoder, "gru", slice(None, D))
    assert np.abs(decoder.forward(YS, state) - decoder.forward(changed, state))[:, -1].min() > 0
    cut(decoder, "maxout", slice(H, H + D))
    assert_same(decoder.forward(YS, state), decoder.forward(changed, state))
