"""A finding is a line; a borrowed model comes back as it was."""

import numpy as np
import pytest

from common.contract import Layer
from common.layers import Affine
from common.tools.finding import (
    SAME, Finding, all_zero, borrowed, judge, layers_of, listed, same,
)
from tests.helpers import CELLS, assert_same, copied, small_model


def test_a_finding_is_a_line_and_tells_the_cause_only_of_a_problem():
    assert str(Finding("input", True, "as it should")) == "ok       input              as it should"
    line = "PROBLEM  input              nothing; likely cause: no source"
    assert str(Finding("input", False, "nothing", "no source")) == line


def test_the_first_cause_that_holds_is_named():
    assert judge("x", "seen", (False, "a"), (True, "b"), (True, "c")) == Finding(
        "x", False, "seen", "b")
    assert judge("x", "seen", ([], "a")) == Finding("x", True, "seen")


def test_the_same_is_the_same_up_to_rounding_and_nan_is_never():
    a = np.array([1.0, 1e6])
    assert same(a + 1e-4, a) and same(0.0, 0.0)
    assert not same(a + 1, a) and not same(np.nan, np.nan) and not same(1.0, 0.0)


def test_a_long_list_of_names_is_cut():
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.mark.parametrize("cell", CELLS)
def test_a_borrowed_model_computes_in_the_dtype_that_is_asked_for(cell):
    xs, ts = np.array([[3, 4]]), np.array([[1, 3, 2]])
    model = small_model("attention concat", cell, np.float32, bidirectional=True)
    loss = model.forward(xs, ts)
    with borrowed(model, np.float64):
        assert model.dtype == np.float64
        hs, state = model.encoder.forward(xs)
        assert {hs.dtype, *(s.dtype for s in state)} == {np.dtype(np.float64)}
        assert model.forward(xs, ts) == pytest.approx(loss, rel=1e-5) and loss != 0
        model.backward()
    assert model.dtype == np.float32 and model.forward(xs, ts) == loss


def test_a_borrowed_model_comes_back_with_all_its_arrays_even_after_an_error():
    model = small_model("attention general", dtype=np.float32, dropout=0.5)
    model.set_training(True)
    arrays, before = dict(model.params), copied(model.params)
    with pytest.raises(KeyError), borrowed(model, np.float64):
        assert not model.training and not model.encoder.dropout.training
        for param, gradient in zip(model.params.values(), model.grads.values()):
            param += 1
            gradient += 1
        model.params["none"]
    assert_same((model.params,), (before,))
    assert all(model.params[name] is array for name, array in arrays.items())
    assert not any(gradient.any() for gradient in model.grads.values())
    assert model.training and model.encoder.dropout.training


def test_what_layers_share_and_what_attributes_hold_is_shared_and_held_by_a_borrowed_model():
    model = small_model("seq2seq", dtype=np.float32)
    embedding = model.encoder.embedding
    embedding.W = embedding.params["W"]
    kept = embedding.W
    with borrowed(model, np.float64):
        assert embedding.W is embedding.params["W"] is model.params["encoder.embedding.W"]
        assert embedding.W is not kept
    assert embedding.W is kept


def test_two_numbers_are_the_same_up_to_the_bound_and_no_farther():
    assert same(1 + 0.9 * SAME, 1.0) is True
    assert same(1 + 1.1 * SAME, 1.0) is False


def test_a_finding_cannot_be_changed():
    with pytest.raises(AttributeError):
        Finding("input", True, "as it should").ok = False


def test_only_a_matrix_of_nothing_but_zeros_is_all_zero(rng):
    model = small_model("seq2seq")
    model.params["decoder.affine.W"][0] = 0  # one row
    assert all_zero(model) == []
    model.params["decoder.affine.W"][...] = 0
    assert all_zero(model) == ["decoder.affine.W"]


class Holder(Layer):
    """Holds layers in all the ways there are."""

    def __init__(self, rng):
        super().__init__()
        first, self.listed, self.kept, self.named = (Affine(2, 2, rng) for _ in range(4))
        self.layers = first, [self.listed], {"x": self.kept}
        self.again = first


def test_layers_are_found_in_attributes_tuples_lists_and_dicts_each_once(rng):
    holder = Holder(rng)
    found = layers_of(holder)
    wanted = [holder, holder.again, holder.listed, holder.kept, holder.named]
    assert len(found) == len(wanted)
    assert {id(layer) for layer in found} == {id(layer) for layer in wanted}


@pytest.mark.parametrize("hold", [
    lambda layer: layer, lambda layer: [layer], lambda layer: (1, layer),
    lambda layer: {"a": layer}, lambda layer: [({"a": layer},)],
])
def test_a_layer_is_found_wherever_another_holds_it(hold):
    outer, inner = Layer(), Layer()
    outer.held = hold(inner)
    inner.back = outer  # a circle comes to an end
    found = layers_of(outer)
    assert len(found) == 2 and found[0] is outer and found[1] is inner
