"""Where the arrays of a step come from: found by their numbers, in the fewest pieces."""

import numpy as np
import pytest

from ch_attention import attention_layers, scores
from common import cells, layers
from common.cells import LSTM
from common.contract import Layer
from common.layers import Affine
from common.tools.trace import Call, recording
from common.tools.trace_equations import EQUATIONS, LSTM_EQUATIONS, blocks, equations_of
from common.tools.trace_origins import is_same, joined, of_calls, of_decoder, of_encoder
from tests.helpers import normal, small_model


def labels(array, pairs):
    return [label for label, _ in joined(array, pairs)]


def test_arrays_behind_one_another_are_found_in_the_fewest_pieces(rng):
    a, b, c = normal(rng, 1, 2), normal(rng, 1, 1, 3), normal(rng, 1, 2)
    pairs = [("a", a), ("b", b), ("c", c), ("b c", np.concatenate([b[0], c], axis=1)),
             ("a again", a)]
    row = np.concatenate([a, b[0], c], axis=1)
    assert labels(row, pairs) == ["a", "b c"] and labels(row, pairs[:3]) == ["a", "b", "c"]
    assert labels(row[:, None], pairs) == ["a", "b c"]
    assert labels(row[:, ::-1], pairs) == [] and labels(row, pairs[:2]) == []
    assert labels(a, pairs) == ["a"]


def test_what_is_left_and_zero_needs_no_array(rng):
    a = normal(rng, 1, 2)
    row = np.concatenate([a, np.zeros((1, 3))], axis=1)
    assert labels(row, [("a", a)]) == ["a", "zeros"]
    assert labels(row, [("a", a), ("none", np.zeros((1, 3)))]) == ["a", "none"]
    assert labels(row + [[0, 0, 0, 0, 1]], [("a", a)]) == []


def test_no_more_pieces_than_a_reader_can_follow(rng):
    a = normal(rng, 1, 1)
    assert labels(np.tile(a, 4), [("a", a)]) == ["a"] * 4
    assert labels(np.tile(a, 5), [("a", a)]) == []
    assert labels(np.append(np.tile(a, 4), [0.0, 0.0]), [("a", a)]) == []


def test_the_same_numbers_are_the_same_array_whatever_axes_of_length_1_they_have(rng):
    a = normal(rng, 1, 1, 3)
    assert is_same(a, a[0]) and not is_same(a, a + 1) and not is_same(a, a[..., :2])


def test_an_encoder_has_made_its_hidden_states_and_each_array_of_its_state():
    model = small_model("seq2seq", "lstm")
    hs, state = model.encoder.forward(np.array([[3, 4]]))
    found = of_encoder(model.encoder, hs, state)
    assert [label for label, _ in found] == [
        "hs of Encoder", "state.h of Encoder", "state.c of Encoder"]
    assert found[0][1] is hs and found[2][1] is state[1]


class Two(Layer):
    """A layer with two parts and an array of its own, which later steps change."""

    def __init__(self, rng):
        super().__init__()
        self.first = self.add_part("first", Affine(3, 3, rng, np.float64))
        self.second = self.add_part("second", Affine(3, 3, rng, np.float64))
        self.held, self.ids = np.ones((1, 3)), np.array([1])

    def forward(self, x):
        return self.second.forward(self.first.forward(x))


def test_the_parts_that_were_called_have_made_what_they_returned(rng):
    layer = Two(rng)
    with recording(layer) as calls:
        y = layer.forward(normal(rng, 1, 3))
    found = of_calls(calls, "start")
    assert [label for label, _ in found] == [
        "y of Affine, start", "y of Affine, start", "out of Two, start"]
    assert is_same(found[1][1], y) and not is_same(found[0][1], y)
    call = Call("", Two, "forward", {}, (), {"ids": layer.ids, "y": layer.held, "none": None})
    assert of_calls([call], "start") == [("y of Two, start", layer.held)]


def test_a_decoder_holds_arrays_of_floats_as_they_are_at_that_moment(rng):
    layer = Two(rng)
    ((label, array),) = of_decoder(layer)
    layer.held += 1
    assert label == "held of Two" and (array == 1).all()


class OwnCell(Layer):
    """A student's own: its equations cut an array that a line shows, and one that none shows."""

    block_names = ("a", "b")
    equations = {"px": "x @ Wx", "p": "h_prev @ Wh", "h": "px_a * p_b + px_b"}


def test_a_layer_of_ones_own_says_its_equations_and_where_they_cut_an_array():
    assert equations_of(OwnCell) is OwnCell.equations and equations_of(Two) == {}
    assert equations_of(Affine) == {"y": "x @ W + b"}


class OwnAffine(Affine):
    """Computes as Affine does."""


class OtherAffine(OwnAffine):
    """Computes something else, and does not say what."""

    def forward(self, x):
        return 2 * super().forward(x)


def test_a_class_has_the_equations_of_the_class_whose_forward_it_keeps():
    assert equations_of(OwnAffine) == {"y": "x @ W + b"}
    assert equations_of(OtherAffine) == {}
    assert equations_of(type("OwnLSTM", (LSTM,), {})) == LSTM_EQUATIONS


@pytest.mark.parametrize("name", EQUATIONS)
def test_every_class_that_equations_are_known_of_computes_them_itself(name):
    (layer_class,) = (getattr(module, name) for module in (attention_layers, cells, layers, scores)
                      if getattr(getattr(module, name, None), "__module__", "") == module.__name__)
    assert equations_of(layer_class) is EQUATIONS[name]
    assert blocks(OwnCell) == "p = h_prev @ Wh, in blocks of H columns: px_a, px_b, p_a, p_b"
    assert blocks(Affine) == ""
