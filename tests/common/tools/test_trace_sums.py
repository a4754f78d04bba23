"""Where gradients add up: a sum is found where the numbers say so, and only there."""

import re

import numpy as np
import pytest

from ch_attention.transformer.layers import Relu, Residual
from common.cells import GRU, LSTM
from common.contract import Layer
from common.tools.trace import Call, recording
from common.tools.trace_sums import SAME, find_sum, sums_inside
from common.tools.trace_text import tree
from tests.helpers import normal, random_pairs, randomize, small_model


def sums(lines):
    return [" ".join(line.split()) for line in lines if line.lstrip().startswith("+ ")]


def test_a_sum_is_found_only_where_the_numbers_add_up(rng):
    a, b, c = (normal(rng, 2, 3) for _ in range(3))
    terms = [("a (one)", a), ("b (two)", b), ("c (three)", c)]
    assert find_sum(a + c, terms, None) == ["a (one)", "c (three)"]
    assert find_sum(a + b + c, terms, None) == ["a (one)", "b (two)", "c (three)"]
    assert find_sum(b.copy(), terms, None) == ["b (two)"]
    assert find_sum(a - c, terms, None) == [] and find_sum(a * 0, terms, None) == []
    assert find_sum(a + c, [*terms[:1], ("zero (four)", 0 * c)], None) == []


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_what_goes_by_a_layer_is_told_from_what_is_handed_on_to_it_with_the_same_numbers(norm, rng):
    layer = randomize(Residual(Relu(), 3, norm, 0.0, rng, np.float64), rng)  # its dropout is idle
    with recording(layer) as calls:
        layer.forward(normal(rng, 2, 4, 3))
        layer.backward(normal(rng, 2, 4, 3))
    through = "norm" if norm == "pre" else "sublayer"
    assert sums(tree(calls[1:])) == [f"+ dx = dpassed (sum) + dx ({through}), returned"]


class OwnLSTM(LSTM):
    """Computes as LSTM does."""


class OtherLSTM(LSTM):
    """Has a way back of its own."""

    def step_backward(self, dstate, cache):
        return super().step_backward(dstate, cache)


@pytest.mark.parametrize("layer_class, said", [(LSTM, 1), (OwnLSTM, 1), (OtherLSTM, 0), (GRU, 0)])
def test_the_sum_inside_is_said_of_every_class_with_the_way_back_of_an_lstm(layer_class, said):
    assert len(sums_inside(Call("", layer_class, "step_backward", {}, ()))) == said
    assert sums_inside(Call("", layer_class, "step", {}, ())) == []


def unit(rng):
    array = normal(rng, 2, 3)
    return array / np.linalg.norm(array)


@pytest.mark.parametrize("share, found", [(0.9, ["a (one)", "b (two)"]), (1.1, [])])
def test_what_differs_by_a_smaller_share_of_the_largest_term_is_rounding(share, found, rng):
    a, b, noise = 10 * unit(rng), unit(rng), unit(rng)
    terms = [("a (one)", a), ("b (two)", b)]
    assert find_sum(a + b + share * SAME * 10 * noise, terms, None) == found


def test_terms_that_nearly_cancel_are_a_sum_up_to_the_rounding_of_the_terms(rng):
    a, rest, noise = unit(rng), unit(rng), unit(rng)
    terms = [("a (one)", a), ("b (two)", 0.01 * rest - a)]
    assert find_sum(0.01 * rest + 0.9 * SAME * noise, terms, None) == ["a (one)", "b (two)"]


def test_a_gradient_that_has_vanished_is_no_sum_of_large_terms_that_cancel(rng):
    a = unit(rng)
    assert find_sum(0.5 * SAME * unit(rng), [("a (one)", a), ("b (two)", -a)], None) == []


@pytest.mark.parametrize("dtype, share", [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_a_term_far_smaller_than_the_other_is_seen(dtype, share, rng):
    a, b, c = (unit(rng).astype(dtype) for _ in range(3))
    terms = [("a (one)", a), ("b (two)", b * dtype(share)), ("c (three)", c * dtype(share))]
    assert find_sum(a + terms[1][1], terms, None) == ["a (one)", "b (two)"]
    assert find_sum(a + terms[2][1], terms, None) == ["a (one)", "c (three)"]
    assert find_sum(a.copy(), terms, None) == ["a (one)"]


def test_every_step_but_the_last_has_its_sum_even_where_the_gradient_nearly_vanishes(rng):
    model = small_model("seq2seq", dtype=np.float32)
    wh = model.decoder.recurrent.params["Wh"]
    wh *= np.float32(1e-6)  # next to nothing comes back from the step after
    model.decoder.recurrent.params["b"][4:8] = -40  # and nothing through the cell
    xs, ts = random_pairs(rng, 8, 7, [5], [9])
    with recording(model) as calls:
        model.forward(xs, ts)
        model.backward()
    assert "+ dh = dhs[:, t] (given) + dh_prev (step after) at 9 of 10 steps" in sums(
        tree(calls[1:]))


class Gain(Layer):
    """A student's own layer: y = gain x, with a single number that is an array without axes."""

    def forward(self, x, gain):
        self.x, self.gain = x, gain
        return gain * x

    def backward(self, dy):
        return self.gain * dy, np.array((dy * self.x).sum())


class Louder(Layer):
    """Hands a number on to two layers."""

    def __init__(self):
        super().__init__()
        self.first, self.second = (self.add_part(name, Gain()) for name in ("first", "second"))

    def forward(self, x, gain):
        return self.second.forward(self.first.forward(x, gain), gain)

    def backward(self, dy):
        dx, dsecond = self.second.backward(dy)
        dx, dfirst = self.first.backward(dx)
        return dx, np.array(dfirst + dsecond)


def test_a_gradient_without_axes_is_a_sum_as_well(rng):
    layer = Louder()
    with recording(layer) as calls:
        y = layer.forward(normal(rng, 2, 3), np.array(2.0))
        layer.backward(y)
    lines = tree(calls)
    assert sums(lines) == ["+ dgain = dgain (second) + dgain (first), returned"]
    assert re.search(r"dgain \(\) \|\S+\|", "\n".join(lines))


def test_what_comes_back_from_the_step_after_is_seen_where_a_look_is_part_of_the_step(rng):
    xs, ts = random_pairs(rng, 8, 7, [5], [3])
    for kind, cell, wanted in [
        ("luong dot on none 10", "lstm", [
            "+ dv = dx[:, t] (dropout_out) + dxs[..., -4:] (lstm, step after) at 3 of 4 steps"]),
        ("bahdanau", "gru", [  # the last state is read by nobody
            "+ dh = dx[..., :4][:, t + 1] (maxout) + dq (attention, step after) at 1 of 4 steps",
            "+ dh = dx[..., :4][:, t + 1] (maxout) + dq (attention, step after) + "
            "dh_prev (step after) at 2 of 4 steps"]),
    ]:
        model = small_model(kind, cell)
        with recording(model) as calls:
            model.forward(xs, ts)
            model.backward()
        text = " ".join(" ".join(tree(calls[1:])).split())
        for line in wanted:
            assert line in text
