"""The decoder of Bahdanau et al.: its gradients; who asks, when, and where what is seen goes."""

import numpy as np
import pytest

from ch_attention.papers.bahdanau import BahdanauDecoder, BahdanauSeq2Seq
from common.contract import SOS
from common.gradient_check import check_gradients
from tests.helpers import (
    FromEncoder, assert_same, encoded, mask_of, normal, random_pairs, randomize, small_model)

D, H = 3, 4


@pytest.fixture
def model(rng):
    return randomize(small_model("bahdanau"), rng)


@pytest.fixture
def batch(rng):
    """Three padded sentences; S = 5, T = 5."""
    return random_pairs(rng, 8, 7, sources=[2, 5, 3], targets=[4, 2, 3])


def looks(model, xs, ys):
    """The attention weights (N, T, S) of reading ys."""
    model.decoder.forward(ys, *encoded(model, xs))
    return model.decoder.a.copy()


@pytest.mark.parametrize("T", [1, 3])
def test_every_gradient_of_the_decoder_is_right_also_those_of_what_the_encoder_gives(T, rng):
    decoder = randomize(BahdanauDecoder(7, D, H, rng, dtype=np.float64), rng)
    layer = FromEncoder(decoder, np.array([[1, 3, 3], [1, 4, 2]])[:, :T], mask_of([5, 2], 5))
    errors = check_gradients(layer, (normal(rng, 2, H),), normal(rng, 2, 5, H), rng=rng)
    assert set(errors) == {"state[0]", "hs", *(f"param {name}" for name in decoder.params)}


def test_the_parts_have_the_names_of_other_models_and_those_of_their_own(model):
    assert list(model.decoder.parts) == ["embedding", "dropout_in", "gru", "dropout_out", "affine",
                                         "first", "attention", "maxout"]


@pytest.mark.parametrize("H, units", [(2, 1), (4, 2), (10, 5)])
def test_there_are_half_as_many_maxout_units_as_hidden_ones(H, units, rng):
    params = BahdanauDecoder(7, D, H, rng).params
    assert params["affine.W"].shape == (units, 7)
    assert params["maxout.affine.W"].shape == (2 * H + D, 2 * units)
    assert params["first.W"].shape == (H // 2, H)


def test_a_model_has_one_layer_in_two_directions(rng):
    model = BahdanauSeq2Seq(8, 7, D, H, rng)
    assert model.fixed == {"cell": "gru", "layers": 1, "bidirectional": True}
    assert model.decoder.attends


def test_a_look_asks_with_the_state_before_the_step_so_the_token_just_read_cannot_turn_it(
    model, batch
):
    xs, ts = batch
    changed = ts[:, :-1].copy()
    changed[:, 1] = 3 + (changed[:, 1] - 2) % 4
    before, after = looks(model, xs, ts[:, :-1]), looks(model, xs, changed)
    assert_same(after[:, :2], before[:, :2])
    assert np.abs(after - before)[:, 2].max() > 1e-4  # the next look knows it


def test_the_first_state_comes_from_the_right_to_left_half_alone(model, batch):
    state, hs, mask = encoded(model, batch[0])
    wanted = model.decoder.start(state, hs, mask)[0]
    np.testing.assert_allclose(state[0][:, H // 2 :], hs[:, 0, H // 2 :])  # it has come to token 1
    other = state[0].copy()
    other[:, : H // 2] += 1
    assert_same(model.decoder.start((other,), hs, mask)[0], wanted)
    other[:, H // 2 :] += 1
    assert np.abs(model.decoder.start((other,), hs, mask)[0] - wanted).min() > 0


def test_the_weights_of_the_decoder_are_those_of_its_latest_step(model, batch):
    xs, ts = batch
    assert model.decoder.weights is None
    a, given = looks(model, xs, ts[:, :-1]), encoded(model, xs)
    assert_same(model.decoder.weights, a[:, -1])
    state = model.decoder.start(*given)
    for t, ids in enumerate(ts[:, :-1].T):
        _, state = model.decoder.step(ids, state)
        assert_same(model.decoder.weights, a[:, t], 1e-13)


def test_the_keys_are_made_once_for_all_steps_and_go_along_as_they_are(model, batch):
    attention, counted = model.decoder.attention, []
    project = attention.project
    attention.project = lambda hs, mask: counted.append(1) or project(hs, mask)
    model.generate(batch[0], 6)
    model.forward(*batch)
    assert len(counted) == 2
    state, hs, mask = encoded(model, batch[0])
    start = model.decoder.start(state, hs, mask)
    _, after = model.decoder.step(np.full(3, SOS), start)
    assert all(a is b for a, b in zip(after[1:], start[1:], strict=True))
    assert after[2] is hs and after[3] is mask


@pytest.mark.parametrize("name, rows", [("gru.Wx", slice(D, None)),
                                        ("maxout.affine.W", slice(H + D, None))])
def test_the_context_vector_goes_into_the_cell_and_into_the_output(model, batch, name, rows):
    loss = model.forward(*batch)
    model.backward()
    assert np.abs(model.decoder.grads[name][rows]).min() > 0
    model.decoder.params[name][rows] = 0
    assert abs(model.forward(*batch) - loss) > 1e-4
