"""The contract of a layer: names, parts, training, and the checks of what goes in."""

import re

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_seq2seq.seq2seq import Seq2Seq
from common.cells import LSTM
from common.checks import check_array, check_ids
from common.contract import Layer, scaled_normal
from common.layers import Affine, Dropout, Embedding
from common.time_layers import TimeLSTM
from tests.helpers import normal


class Inner(Layer):
    """A layer with a parameter of its own and two parts."""

    def __init__(self, rng):
        super().__init__()
        self.add_param("scale", np.ones(3, np.float32))
        self.affine = self.add_part("affine", Affine(3, 2, rng))
        self.dropout = self.add_part("dropout", Dropout(0.5, rng))


class Outer(Layer):
    """A layer around Inner."""

    def __init__(self, rng):
        super().__init__()
        self.inner = self.add_part("inner", Inner(rng))


@pytest.fixture
def outer(rng):
    return Outer(rng)


def test_the_arrays_of_a_part_are_shown_under_dotted_names(outer):
    names = {"inner.scale", "inner.affine.W", "inner.affine.b"}
    assert set(outer.params) == set(outer.grads) == names
    for name in ("W", "b"):
        assert outer.params[f"inner.affine.{name}"] is outer.inner.affine.params[name]
        assert outer.grads[f"inner.affine.{name}"] is outer.inner.affine.grads[name]


def test_what_a_part_computes_is_seen_in_the_whole(outer):
    affine = outer.inner.affine
    affine.forward(np.ones((4, 3), np.float32))
    affine.backward(np.ones((4, 2), np.float32))
    assert (outer.grads["inner.affine.W"] == 4).all()


def test_a_change_of_the_whole_is_seen_in_the_part(outer):
    outer.params["inner.affine.b"] -= 5
    assert outer.inner.affine.forward(np.zeros((1, 3), np.float32)).tolist() == [[-5, -5]]


def test_gradients_have_the_shape_and_dtype_of_their_parameters(outer):
    for name, param in outer.params.items():
        assert outer.grads[name].shape == param.shape
        assert outer.grads[name].dtype == param.dtype
        assert not np.shares_memory(outer.grads[name], param)
        assert not outer.grads[name].any()  # before the first backward


def test_set_training_reaches_every_part(outer):
    layers = (outer, outer.inner, outer.inner.affine, outer.inner.dropout)
    assert not any(layer.training for layer in layers)
    outer.set_training(True)
    assert all(layer.training for layer in layers)
    outer.set_training(False)
    assert not any(layer.training for layer in layers)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_a_layer_is_that_of_its_parameters(rng, dtype):
    layer = Layer()
    layer.add_part("affine", Affine(3, 2, rng, dtype))
    assert layer.dtype == dtype


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, "D"), ("N", "T", 3), ("N", "T", "D")])
def test_an_array_of_the_expected_shape_and_dtype_passes(shape):
    check_array("xs", np.zeros((2, 5, 3)), shape, np.float64)


@pytest.mark.parametrize(
    "x, message",
    [
        ([[1.0]], "xs: expected an array, got list"),
        (None, "xs: expected an array, got NoneType"),
        (np.zeros((2, 3)), "xs: expected shape (N, T, 3), got (2, 3)"),
        (np.zeros((2, 5, 4)), "xs: expected shape (N, T, 3), got (2, 5, 4)"),
        (np.zeros((0, 5, 3)), "xs: expected shape (N, T, 3), got (0, 5, 3)"),
        (np.zeros((2, 0, 3)), "xs: expected shape (N, T, 3), got (2, 0, 3)"),
        (np.zeros((2, 5, 3), np.float32), "xs: expected dtype float64, got float32"),
        (np.zeros((2, 5, 3), int), "xs: expected dtype float64, got int64"),
    ],
)
def test_check_array_says_what_was_expected_and_what_came(x, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_array("xs", x, ("N", "T", 3), np.float64)


@pytest.mark.parametrize("ids", [[0, 4], [[1], [2]], np.array([4], np.uint8), np.zeros(0, int)])
def test_integer_ids_within_the_vocabulary_pass(ids):
    check_ids("ids", np.array(ids), 5)


@pytest.mark.parametrize(
    "ids, message",
    [
        (np.array([0, 5, 7]), "ids: expected ids from 0 to 4, got 5"),
        (np.array([[3, -1]]), "ids: expected ids from 0 to 4, got -1"),
        (np.array([1.0]), "ids: expected an array of integer ids, got float64"),
        (np.array([True]), "ids: expected an array of integer ids, got bool"),
        ([1, 2], "ids: expected an array of integer ids, got list"),
        (3, "ids: expected an array of integer ids, got int"),
    ],
)
def test_check_ids_says_what_was_expected_and_what_came(ids, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_ids("ids", ids, 5)


def test_initial_weights_keep_the_size_of_what_goes_through_them(rng):
    W = scaled_normal(rng, 400, 300, np.float32)
    assert W.shape == (400, 300) and W.dtype == np.float32
    assert W.std() == pytest.approx(1 / 20, rel=0.02)
    assert abs(W.mean()) < 0.001


def test_a_part_takes_no_more_parameters_or_parts_of_which_the_whole_would_not_know(outer, rng):
    with pytest.raises(ValueError, match="'late' comes too late: this Inner is already part"):
        outer.inner.add_param("late", np.ones(2, np.float32))
    with pytest.raises(ValueError, match="'late' comes too late"):
        outer.inner.affine.add_part("late", Affine(3, 2, rng))
    outer.add_param("own", np.ones(2, np.float32))  # the whole itself is no part
    assert "own" in outer.params and "late" not in outer.inner.params


def test_a_name_is_given_once_be_it_to_a_parameter_or_to_a_part(rng):
    layer = Layer()
    layer.add_param("W", np.ones(2, np.float32))
    layer.add_part("affine", Affine(3, 2, rng))
    names = list(layer.params)
    for name in ("W", "affine", "affine.W"):
        message = re.escape(f"name: expected a new one, {name!r} is taken")
        with pytest.raises(ValueError, match=message):
            layer.add_param(name, np.zeros(2, np.float32))
        with pytest.raises(ValueError, match=message):
            layer.add_part(name, Affine(3, 2, rng))
    assert list(layer.params) == names and list(layer.parts) == ["affine"]


@pytest.mark.parametrize("make", [
    lambda rng: Affine(0, 2, rng), lambda rng: Affine(3, 0, rng), lambda rng: LSTM(3, 0, rng),
    lambda rng: Embedding(0, 3, rng), lambda rng: Seq2Seq(5, 5, 3, 0, rng),
])
def test_a_layer_without_a_single_weight_is_refused(make, rng):
    with pytest.raises(ValueError, match="expected sizes of at least 1, got shape"):
        make(rng)


def test_a_layer_without_parameters_has_no_dtype_and_takes_any(rng):
    assert Attention().dtype is None
    for dtype in (np.float32, np.float64):
        hs = normal(rng, 2, 3, 4).astype(dtype)
        assert Attention().forward(hs, hs).dtype == dtype


@pytest.mark.parametrize("make, gradient", [
    (lambda rng: Affine(3, 2, rng), np.ones((2, 2), np.float32)),
    (lambda rng: TimeLSTM(3, 2, rng), np.ones((2, 4, 2), np.float32)),
    (lambda rng: LSTM(3, 2, rng), np.ones((2, 2), np.float32)),
    (lambda rng: Attention(), np.ones((2, 4, 2), np.float32)),
])
def test_backward_before_forward_says_what_comes_first(make, gradient, rng):
    layer = make(rng)
    gradients = [gradient] * (2 if isinstance(layer, LSTM) else 1)
    with pytest.raises(AttributeError, match="is made by forward, which comes first"):
        layer.backward(*gradients)


def test_in_use_switches_training_off_and_gives_each_part_back_what_it_had(outer):
    outer.inner.dropout.training = True
    with outer.in_use():
        layers = (outer, outer.inner, outer.inner.affine, outer.inner.dropout)
        assert not any(layer.training for layer in layers)
    assert outer.inner.dropout.training and not outer.inner.affine.training
    with pytest.raises(KeyError), outer.in_use():
        raise KeyError
    assert outer.inner.dropout.training
