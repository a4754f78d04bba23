"""What Cho et al. give their decoder at every step: the context vector and the previous word."""

import numpy as np
import pytest

from tests.helpers import assert_same, normal, randomize, small_model

D, H = 3, 4
YS = np.array([[1, 4, 4, 5], [1, 6, 3, 3]])


@pytest.fixture
def decoder(rng):
    return randomize(small_model("cho").decoder, rng)


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
