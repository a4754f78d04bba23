"""What peeking adds to a decoder: z, the encoder's last h, goes into every step, twice."""

import numpy as np
import pytest

from ch_seq2seq.peeky_seq2seq import PeekyDecoder, PeekySeq2Seq
from common.contract import SOS
from tests.helpers import assert_same, normal, random_state, randomize

N, T, V, D, H = 2, 3, 7, 3, 4


@pytest.fixture
def decoder(cell, rng):
    return randomize(PeekyDecoder(V, D, H, rng, cell=cell, dtype=np.float64), rng)


@pytest.fixture
def state(cell, rng):
    return random_state(cell, rng, N, H)


YS = np.array([[SOS, 4, 4], [SOS, 6, 3]])


def test_every_step_reads_its_token_and_z_and_shows_its_state_and_z(decoder, state):
    z = np.repeat(state[0][:, None], T, axis=1)  # (N, T, H)
    y = decoder.params["embedding.W"][YS]
    hs, _ = decoder.recurrent.forward(np.concatenate([y, z], axis=-1), state)
    wanted = np.concatenate([hs, z], axis=-1) @ decoder.params["affine.W"]
    assert_same(decoder.forward(YS, state), wanted + decoder.params["affine.b"], 1e-12)


def test_z_stays_what_it_was_at_the_start_whatever_becomes_of_the_state(decoder, state):
    start = decoder.start(state)
    _, (after, z) = decoder.step(YS[:, 0], start)
    assert z is start[1] is state[0]
    assert (after[0] != z).any()


def test_the_state_gets_the_gradients_of_all_its_uses(decoder, state, rng):
    dlogits, eps = normal(rng, N, T, V), 1e-6
    decoder.forward(YS, state)
    dstate, dhs = decoder.backward(dlogits)
    assert dhs is None
    for k in range(len(state)):
        moved = []
        for sign in (1, -1):
            other = tuple(s + sign * eps * (i == k) for i, s in enumerate(state))
            moved.append((decoder.forward(YS, other) * dlogits).sum())
        assert dstate[k].sum() == pytest.approx((moved[0] - moved[1]) / (2 * eps), rel=1e-6)


def test_the_model_has_this_decoder(rng):
    assert type(PeekySeq2Seq(8, V, D, H, rng).decoder) is PeekyDecoder
