"""What a failing gradient check says: which blocks, the worst first, and no more than one reads."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from common.cells import GRU, LSTM, RNN
from common.contract import Layer
from common.gradient_check import GradientError, check_gradients, input_names
from common.gradient_message import ARRAYS, Comparison, column_blocks, describe
from common.layers import Affine
from common.plain_lstm import PlainLSTM, PlainTimeLSTM
from common.time_layers import TimeGRU, TimeLSTM, TimeRNN
from tests.helpers import normal, random_state, randomize, small_model, time_layer

N, T, D, H = 2, 3, 4, 5


def compared(name="x", gradient=(1.0, 2.0), numerical=(1.0, 2.0), blocks=(), rounding=0.0):
    """A Comparison of two lists, as check_gradients makes it."""
    a, b = np.array(gradient), np.array(numerical)
    scale = np.maximum(np.abs(a), np.abs(b)).max()
    with np.errstate(invalid="ignore"):
        error = float(np.abs(a - b).max() / scale)  # NaN if one is infinite
    return Comparison(name, a, b, error, 1e-6, rounding, blocks)


def lines(*comparisons):
    """The lines of the message about these comparisons."""
    return describe("Layer.backward", comparisons).split("\n")


@pytest.mark.parametrize("layer_class, order", [
    (LSTM, "ifgo"), (GRU, "rzn"), (PlainLSTM, "ifgo")])
def test_the_gradient_of_a_gate_falls_into_its_block(layer_class, order, rng):
    cell = layer_class(D, H, rng, np.float64)
    assert {column_blocks(cell, name) for name in cell.params} == {tuple(order)}
    # A bias so low that a sigmoid is 0, or a tanh -1, stops the gradient of its block alone.
    inputs = normal(rng, N, D), *random_state("lstm" if order == "ifgo" else "gru", rng, N, H)
    for k, name in enumerate(order):
        cell.params["b"][...] = 0
        cell.params["b"][k * H : (k + 1) * H] = -800
        output = cell.forward(*inputs)
        cell.backward(*(output if isinstance(output, tuple) else (output,)))
        assert not np.split(cell.grads["b"], len(order))[k].any(), name


@pytest.mark.parametrize("name", ["lstm", "gru", "bidirectional lstm", "bidirectional gru"])
def test_a_time_layer_has_the_blocks_of_its_cell(name, rng):
    layer = time_layer(name, D, H, rng)
    order = tuple("ifgo" if "lstm" in name else "rzn")
    assert all(column_blocks(layer, key) == order for key in layer.params)


def test_a_dotted_name_leads_to_the_part_and_other_parameters_have_no_blocks():
    model = small_model("attention general", bidirectional=True)
    found = {name: column_blocks(model, name) for name in model.params}
    assert found["encoder.lstm.forward.Wx"] == found["decoder.lstm.b"] == tuple("ifgo")
    assert {name for name, blocks in found.items() if not blocks} == {
        name for name in model.params if ".lstm." not in name}
    assert column_blocks(PlainTimeLSTM(D, H, np.random.default_rng(0)), "cell.Wh") == tuple("ifgo")


def test_a_parameter_of_another_width_and_a_layer_that_names_no_blocks_have_none(rng):
    cell = LSTM(D, H, rng)
    cell.add_param("peephole", np.zeros(4 * H + 4))
    assert column_blocks(cell, "peephole") == ()
    assert column_blocks(RNN(D, H, rng), "Wx") == column_blocks(TimeRNN(D, H, rng), "Wx") == ()
    assert column_blocks(Affine(D, H, rng), "W") == ()


class TwoBlocks(Layer):
    """A layer of one's own that names its blocks and has no attribute H."""

    block_names = ("a", "b")

    def __init__(self, *shape):
        super().__init__()
        self.add_param("W", np.ones(shape))

    def forward(self, x):
        return x * self.params["W"].sum()

    def backward(self, dy):
        self.grads["W"][...] = -1
        return dy * self.params["W"].sum()


@pytest.mark.parametrize("shape, blocks", [
    ((3, 4), ("a", "b")), ((6,), ("a", "b")), ((3, 5), ()), ((), ()), ((1,), ()),
])
def test_a_layer_without_h_has_blocks_where_the_columns_can_be_cut_into_them(shape, blocks):
    layer = TwoBlocks(*shape)
    assert column_blocks(layer, "W") == blocks
    with pytest.raises(GradientError, match="^wrong: param W\n"):
        check_gradients(layer, np.ones(2), rng=np.random.default_rng(0))


@pytest.mark.parametrize("layer_class, order", [(TimeLSTM, "ifgo"), (TimeGRU, "rzn")])
def test_the_blocks_that_are_wrong_are_named_and_no_others(layer_class, order, rng):
    class Slip(layer_class):
        def backward(self, dhs, dstate=None):
            result = super().backward(dhs, dstate)
            self.grads["Wx"][1, self.wrong * H] += 0.1
            return result

    layer = randomize(Slip(D, H, rng, np.float64), rng)
    for layer.wrong, name in enumerate(order):
        with pytest.raises(GradientError, match=rf"^wrong: param Wx \(block {name}\)\nright: xs"):
            check_gradients(layer, normal(rng, N, T, D), None, rng=rng)


def test_blocks_are_named_in_their_order_and_not_where_all_are_wrong():
    def title(*gradient):
        return compared("param b", gradient, np.ones(4), blocks=("i", "f", "g", "o")).title

    assert title(1, 2.0, 1, 1) == "param b (block f)"
    assert title(2.0, 1, 1, 2.0) == "param b (blocks i, o)"
    assert title(2.0, 2, 2, 2) == "param b"
    assert title(1, np.nan, 1, 1) == "param b (block f)"
    assert title(1, 1, 1, np.inf) == "param b (block o)"
    assert title(1, 2, 1 + 1.9e-6, 1 + 2.1e-6) == "param b (blocks f, o)"  # of 2, a millionth


@pytest.mark.parametrize("gradient, numerical, wrong", [
    ([-1, -2, -1 - 1.9e-6, -1 - 2.1e-6], [-1, -1, -1, -1], "f, o"),
    ([-1, 0, -1 - 1.9e-6, -1 - 2.1e-6], [-1, -2, -1, -1], "f, o"),
    ([1e-3, np.nan, 1e-3 + 1e-8, 1e-3], [1e-3, 1e-3, 1e-3, 1e-3], "f, g"),  # NaN has no size
])
def test_a_block_is_wrong_if_it_is_off_by_a_millionth_of_the_largest_entry(gradient, numerical,
                                                                           wrong):
    found = compared("param b", np.array(gradient, float), numerical, blocks=tuple("ifgo"))
    assert found.title == f"param b (blocks {wrong})"


def test_an_error_as_large_as_the_tolerance_is_right_and_a_comparison_does_not_change():
    found = Comparison("x", np.ones(1), np.ones(1), 1e-6, 1e-6, 0.0, ())
    assert not found.wrong
    with pytest.raises(FrozenInstanceError):
        found.error = 0.0


def test_a_block_that_is_off_by_rounding_alone_is_right():
    found = compared("param b", [3e-9, 1.0], [0.0, 2e-9], blocks=("r", "z"), rounding=4e-9)
    assert found.title == "param b (block z)"
    found = compared("param b", [0.25, 1.0], [0.0, 0.0], blocks=("r", "z"), rounding=0.25)
    assert found.title == "param b (block z)" and found.number(0.25) == "0"


def test_the_worst_comes_first_and_what_is_right_is_told():
    said = lines(compared("x", [1.0], [1.5]), compared("y"), compared("param a", [1.0], [-1.0]),
                 compared("z"), compared("param b", [np.nan], [1.0]))
    assert said[:2] == ["wrong: param b, param a, x", "right: y, z"]
    assert [line.split("  ")[0].strip() for line in said[6:9]] == ["param b", "param a", "x"]
    assert lines(compared("x", [1.0], [1.5]))[1] == "right: nothing"


def test_rounding_does_not_decide_which_of_two_comes_first():
    pairs = [("x", 1 + 1e-9), ("y", 1 + 3e-9), ("z", 1 + 2e-9)]
    said = lines(*(compared(name, [-1.0], [value]) for name, value in pairs))
    assert said[0] == "wrong: x, y, z"


def test_a_row_tells_the_entry_with_the_largest_difference_and_both_values():
    found = compared("x", [[1.0, 2.0, 3.0], [4.0, 5.5, 6.0]], [[1.0, 2.1, 3.0], [4.0, 6.789, 6.0]])
    assert found.row() == ("x", "1.9e-01", "[1, 1]", "5.5", "6.79", "")


def test_what_may_be_rounding_is_shown_as_zero():
    found = compared("x", [1.0, -3e-9], [-2e-9, 1.0], rounding=4e-9)
    assert found.row()[2:5] == ("[1]", "0", "1")
    assert compared("x", [1.0], [-5e-9], rounding=4e-9).row()[3:5] == ("1", "-5e-09")


@pytest.mark.parametrize("gradient, note", [
    ([2.0, -4.0, 1.0], "all are 2 times what they should be"),
    ([-1.0, 2.0, -0.5], "all are -1 times what they should be"),
    ([0.0, 0.0, 0.0], "all are 0 times what they should be"),
    ([2.0, -4.0, 0.5], ""), ([2.0, -4.0, 1.1], ""),
    ([2.0, np.nan, 0.5], "NaN where backward filled nothing in or only added"),
    ([2.0, np.inf, 0.5], ""),
])
def test_a_factor_that_all_entries_share_is_told(gradient, note):
    assert compared("x", gradient, [1.0, -2.0, 0.5]).note() == note
    assert compared("x", [1.0, 2.0], [0.0, 0.0]).note() == ""  # no factor makes 1 of 0


def test_a_single_number_shares_its_factor_with_none():
    assert compared("x", [1.5], [1.0]).note() == ""
    assert compared("x", [1.5, 0.0], [1.0, 0.0]).note() == ""
    assert compared("x", [1.5, 0.0], [1.0, 1e-9], rounding=1e-9).note() == ""
    assert compared("x", 1.5, 1.0).note() == ""
    assert compared("param b", [1.0, 1.5], [1.0, 1.0], blocks=("r", "z")).note() == ""
    assert compared("x", [1.5, 3.0, 0.0], [1.0, 2.0, 0.0]).note()


def test_the_factor_of_one_block_is_that_of_its_columns():
    found = compared("param b", [1.0, 2, -3, -4], [1.0, 2, 3, 4], blocks=("r", "z"))
    assert found.row()[0] == "param b (block z)"
    assert found.note() == "all are -1 times what they should be"
    found = compared("param b", [1.0, 2, 6, 8], [1.0, 2, 3, 4], blocks=("r", "z"))
    assert found.note() == "all are 2 times what they should be"


@pytest.mark.parametrize("gradient, numerical, told", [
    ([0.2, 0.4], [0.1, 0.2], True), ([101.0, 99.0], [1.0, 1.0], True),  # off by just a hundredth
    ([2e-3, -4e-3, 5e-4], [1e-3, -2e-3, 5e-4], False), ([1.001, 0.999], [1.0, 1.0], False),
    ([1.0] + [2.0] * 999, [1.0] * 1000, False),
])
def test_a_factor_is_told_if_it_explains_all_but_a_hundredth_of_the_difference(gradient, numerical,
                                                                               told):
    assert bool(compared("x", gradient, numerical).note()) == told


def test_notes_begin_below_each_other():
    said = lines(compared("x", [-1.0, -1], [1.0, 1]), compared("param b", [np.nan], [1.0]))
    assert said[5:8] == [
        "         relative error  worst entry  backward  differences",
        "param b             nan          [0]       nan            1  "
        "NaN where backward filled nothing in or only added",
        "x               2.0e+00          [0]        -1            1  "
        "all are -1 times what they should be"]


def test_the_whole_arrays_come_last_of_the_three_worst_only():
    said = lines(*(compared(f"x{k}", [1.0], [1.0 - k / 10]) for k in range(1, 6)))
    assert said[-1] == f"and {5 - ARRAYS} more"
    assert said[0] == "wrong: x5, x4, x3, x2, x1"
    assert said[11:-1] == [
        "", *(line for k in (5, 4, 3) for line in (
            f"x{k}: backward gave", "[1.]", f"x{k}: central differences give", f"[{1 - k / 10}]"))]
    for count, last in ((ARRAYS, "[0.9]"), (ARRAYS + 1, "and 1 more")):
        pairs = [compared(f"x{k}", [1.0], [1.0 - k / 10]) for k in range(1, count + 1)]
        assert lines(*pairs)[-1] == last


@pytest.mark.parametrize("shape", [(300, 3), (3, 300), (40, 40, 40)])
def test_long_arrays_are_cut(shape, rng):
    right = normal(rng, *shape)
    said = lines(compared("x", right + 1, right))
    assert len(said) < 80 and any("..." in line for line in said)
    assert len(lines(compared("x", np.ones((10, 10)), np.zeros((10, 10))))) == 8 + 2 * 11
    assert lines(compared("x", np.zeros(101), np.ones(101)))[-1] == "[1. 1. ... 1. 1.]"


def test_an_input_has_the_name_that_forward_gives_it(rng):
    class Positional(Layer):
        def forward(self, a, b=None, /, c=None, *more, last=None):
            raise NotImplementedError

    assert input_names(Positional().forward, 2) == ["a", "b"]
    assert input_names(Positional().forward, 5) == ["a", "b", "c", "input 3", "input 4"]
    assert input_names(lambda *inputs: inputs, 2) == ["input 0", "input 1"]
    assert input_names(lambda: None, 0) == []
