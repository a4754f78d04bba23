"""Formulas and shapes in the diagrams of chapter 1 are those of the cells and of a real pass."""

from itertools import combinations

import numpy as np
import pytest

from ch_seq2seq.demos import diagrams
from common.cells import GRU, LSTM, RNN
from common.time_layers import TimeRNN
from tests.helpers import normal, randomize
from tests.recorded_names import (
    PAPER_SIZES, ROOT, SIZES, assert_shapes, equations, labels_of, model_pass, python, signs_of,
    value_of, variables,
)

N, T, D, H = (SIZES[letter] for letter in "NTDH")
MODEL = "ch_seq2seq/seq2seq.py"
SIGNS = signs_of((ROOT / "ch_seq2seq" / "README.md").read_text("utf-8"))
UNROLLED = {f"{letter}_{k}": f"{letter}s" for letter in "xh" for k in "123T"}
CELLS = {"rnn_unrolled": RNN, "lstm_cell": LSTM, "gru_cell": GRU}
EXPLAINED = {"rnn_unrolled": {"h"}, "lstm_cell": {"p", "c", "h"}, "gru_cell": {"px", "ph", "h"}}
DRAWN = {draw.__name__: draw for draw in diagrams.DIAGRAMS}


def texts(name):
    """All that stands in a diagram."""
    return [text.get_text() for text in DRAWN[name]().axes.texts]


def sequence():
    """A pass of an RNN over a sequence."""
    layer = TimeRNN(D, H, np.random.default_rng(0))
    xs = np.zeros((N, T, D), np.float32)
    hs, _ = layer.forward(xs)
    layer.backward(hs)
    return layer


def step(name):
    """A function that runs one step of the cell of a diagram."""
    def run():
        rng = np.random.default_rng(0)
        cell = randomize(CELLS[name](D, H, rng, np.float64), rng)
        cell.forward(normal(rng, N, D), *(normal(rng, N, H) for _ in cell.state_names))
        return cell

    return run


PASSES = {
    "rnn_unrolled": (sequence, "common/time_layers.py"),
    "lstm_cell": (step("lstm_cell"), "common/cells.py"),
    "gru_cell": (step("gru_cell"), "common/cells.py"),
    "encoder_decoder": (model_pass("seq2seq"), MODEL),
    "training_and_use": (model_pass("seq2seq"), MODEL),
    "way_back": (model_pass("seq2seq"), MODEL),
    "peeky": (model_pass("peeky"), MODEL, "ch_seq2seq/peeky_seq2seq.py"),
    "cho_step": (model_pass("cho", PAPER_SIZES), MODEL, "ch_seq2seq/papers/cho.py"),
}
# What has no name of its own: its gradient has one.
NAMED = {r"$[h_t;\ y_t;\ c]$ (N, T, 2H + D)": "dhyc (N, T, 2H + D)"}


def check_shapes(name, said):
    assert_shapes(variables(*PASSES[name]), [NAMED.get(text, text) for text in said],
                  UNROLLED if name == "rnn_unrolled" else SIGNS,
                  PAPER_SIZES if name == "cho_step" else SIZES)


@pytest.mark.parametrize("name", PASSES)
def test_every_shape_in_a_diagram_is_that_of_the_variable_beside_it(name):
    check_shapes(name, texts(name))


def test_no_diagram_has_shapes_that_are_not_compared():
    assert {name for name in DRAWN if labels_of(texts(name))} == set(PASSES)


@pytest.mark.parametrize("name, old, new", [
    ("rnn_unrolled", "Wx (D, H)", "Wx (H, D)"), ("rnn_unrolled", "x_2$ (N, D)", "x_2$ (N, H)"),
    ("lstm_cell", "(N, 4H)", "(N, 3H)"), ("gru_cell", "r (N, H)", "r (N, D)"),
    ("encoder_decoder", "hs (N, S, H)", "hs (N, T, H)"), ("peeky", "D + H", "2H"),
    ("encoder_decoder", "$o_t$ (N, T, V)", "$o_t$ (N, S, V)"), ("peeky", "hz", "zh"),
    ("encoder_decoder", "state:\n(h, c),\n(N, H)", "state:\n(h, c),\n(N, T, H)"),
    ("training_and_use", "ts[:, :-1] (N, T)", "ts (N, T)"),
    ("way_back", "dlogits (N, T, V)", "dlogits (N, S, V)"),
    ("cho_step", "yc (N, T, D + H)", "yc (N, T, H)"), ("cho_step", "s (N, T, M)", "s (N, T, H)"),
    ("cho_step", "2H + D", "H + D"), ("cho_step", "c (N, H)", "c (N, M)"),
])
def test_another_shape_or_name_would_be_seen(name, old, new):
    said = texts(name)
    assert any(old in text for text in said)
    with pytest.raises(AssertionError):
        check_shapes(name, [text.replace(old, new) for text in said])


def numbers(name):
    """The variables of one step of a cell with their numbers; each block by its name."""
    found = variables(step(name), "common/cells.py")
    values = {variable: held[-1] for variable, held in found.items()}
    for p in ("px", "ph"):
        if p in values and CELLS[name].block_names:
            blocks = np.split(values[p], CELLS[name].blocks, axis=1)
            values |= {f"{p}_{k}": block for k, block in zip(CELLS[name].block_names, blocks)}
    return values


def check_equations(name, said):
    values = numbers(name)
    found = equations(said)
    assert {variable for variable, _ in found} == EXPLAINED[name]
    for variable, right in found:
        np.testing.assert_allclose(value_of(right, values), values[variable], err_msg=right)


@pytest.mark.parametrize("name", CELLS)
def test_every_equation_in_a_diagram_is_what_the_cell_computes(name):
    check_equations(name, texts(name))


@pytest.mark.parametrize("name, old, new", [
    ("rnn_unrolled", "h_prev Wh + b", "h_prev Wh - b"),
    ("lstm_cell", "c = f * c_prev + i * g", "c = i * c_prev + f * g"),
    ("lstm_cell", "o * tanh(c)", "o * tanh(c_prev)"), ("lstm_cell", "h_prev Wh", "h_prev Wx"),
    ("gru_cell", "h = (1 - z) * n + z * h_prev", "h = z * n + (1 - z) * h_prev"),
    ("gru_cell", "h_prev Wh + bh", "h_prev Wh + b"),
])
def test_another_equation_would_be_seen(name, old, new):
    said = "\n".join(texts(name))
    assert old in said
    with pytest.raises((AssertionError, ValueError)):
        check_equations(name, [said.replace(old, new)])


@pytest.mark.parametrize("name, whole, activation", [
    ("lstm_cell", "c", "{}"), ("gru_cell", "h", "{}"), ("gru_cell", "n", "tanh({})")])
def test_what_two_arrows_bring_to_a_plus_adds_up_to_what_leaves_it(name, whole, activation):
    values = numbers(name)
    parts = [text for text in texts(name)
             if text == "px_n" or ("*" in text and "=" not in text)]
    sums = [f"{one} + {other}" for one, other in combinations(parts, 2)]
    fits = [both for both in sums
            if np.allclose(value_of(activation.format(both), values), values[whole])]
    assert len(fits) == 1, f"not one of {sums} is {whole}"


@pytest.mark.parametrize("gate", ["r", "z"])
def test_each_gate_of_the_gru_is_the_sigmoid_of_what_goes_into_it(gate):
    values = numbers("gru_cell")
    (inputs,) = (text for text in texts("gru_cell") if text.endswith(f"ph_{gate}"))
    np.testing.assert_allclose(value_of(f"sigmoid({inputs})", values), values[gate])


def test_what_is_left_of_the_update_gate_is_what_the_new_part_is_multiplied_with():
    said = texts("gru_cell")
    (rest,) = (text for text in said if text.startswith("1 - "))
    assert f"({rest}) * n" in said


def test_each_block_of_the_lstm_goes_into_a_gate_of_its_own():
    said = texts("lstm_cell")
    assert (sorted(text for text in said if text.startswith("p_"))
            == sorted(f"p_{block}" for block in LSTM.block_names))


def test_a_product_with_a_matrix_is_read_as_python_writes_it():
    assert python("tanh(x Wx + h_prev Wh + b)") == "tanh(x @ Wx + h_prev @ Wh + b)"
