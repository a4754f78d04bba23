"""Every model of both chapters with several recurrent layers on top of each other."""

import numpy as np

from common.contract import PAD
from tests.helpers import KINDS as EVERY_KIND
from tests.helpers import VARIANTS, assert_same, copied, random_pairs, randomize, small_model

# Those with recurrent layers, as many as one likes.
KINDS = [kind for kind in EVERY_KIND if not VARIANTS[kind][0].fixed]


def test_each_layer_has_names_of_its_own_and_reads_what_the_one_below_writes(kind, cell):
    params = small_model(kind, cell, layers=3, bidirectional=True).params
    one = small_model(kind, cell).params
    for k, below in ((1, 3), (2, 4), (3, 4)):
        assert len(params[f"encoder.{cell}.layer{k}.forward.Wx"]) == below
        assert params[f"encoder.{cell}.layer{k}.backward.Wh"].shape[0] == 2
    assert params[f"decoder.{cell}.layer1.Wx"].shape == one[f"decoder.{cell}.Wx"].shape
    assert params[f"decoder.{cell}.layer3.Wx"].shape == one[f"decoder.{cell}.Wh"].shape


def test_the_layers_of_a_model_drop_what_goes_up(kind):
    model = small_model(kind, dropout=0.3, layers=2)
    for part in (model.encoder, model.decoder):
        assert part.recurrent.parts["dropout2"].ratio == 0.3


def test_one_layer_is_no_stack(kind, cell):
    assert_same(small_model(kind, cell, layers=1).params, small_model(kind, cell).params)


def test_every_layer_of_the_encoder_hands_its_state_to_the_one_at_the_same_height(kind, cell, rng):
    model = randomize(small_model(kind, cell, layers=3), rng)
    xs, ts = random_pairs(rng, 8, 7, sources=[3, 5], targets=[2, 3])
    hs, state = model.encoder.forward(xs, xs != PAD)
    wanted = model.decoder.forward(ts[:, :-1], state, hs, xs != PAD)
    seen, forwards = {}, {}
    for k in (1, 2, 3):
        layer = model.decoder.recurrent.parts[f"layer{k}"]
        forwards[k] = layer.forward

        def spy(xs, state, mask, k=k):
            seen.setdefault(k, copied(state))  # of the first step, if there is a call for each
            return forwards[k](xs, state, mask)

        layer.forward = spy
    assert_same(model.decoder.forward(ts[:, :-1], state, hs, xs != PAD), wanted)
    assert_same((seen[1], seen[2], seen[3]), state)
    assert len({part[0].tobytes() for part in state}) == 3


def test_the_states_that_are_offered_to_attention_are_those_of_the_top_layer(kind, cell, rng):
    encoder = randomize(small_model(kind, cell, layers=2), rng).encoder
    xs = np.array([[3, 4, 5], [6, 7, PAD]])
    hs, state = encoder.forward(xs, xs != PAD)
    assert_same(hs[:, -1], state[1][0])  # h after the last real token, of the layer at the top
    assert (hs[:, -1] != state[0][0]).all()
