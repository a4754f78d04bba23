"""The numbers of worked_lstm.md are those of the layers."""

from pathlib import Path

import numpy as np
import pytest

from common.cells import LSTM
from common.plain_lstm import PlainLSTM
from common.time_softmax import TimeSoftmax
from tests.worked_numbers import assert_equations_hold, assert_numbers, read_numbers

TEXT = (Path(__file__).parents[2] / "ch_seq2seq" / "worked_lstm.md").read_text("utf-8")
INSIDE = ["p", "do", "df", "di", "dg", "dc"]  # what no layer returns or keeps


def lstm_step(page, cell_class):
    """The arrays of the step from a cell, given what the page gives."""
    values = {name: numbers for name, (_, numbers) in page.items()}
    cell = cell_class(1, 1, np.random.default_rng(0), np.float64)
    for name, param in cell.params.items():
        param[...] = values[name]
    x, h_prev, c_prev, dh = (values[name][None] for name in ("x", "h_prev", "c_prev", "dh"))
    h, c = cell.forward(x, h_prev, c_prev)
    dx, dh_prev, dc_prev = cell.backward(dh, np.zeros((1, 1)))
    made = {"x": x, "h_prev": h_prev, "c_prev": c_prev, "dh": dh, "h": h, "c": c, "dx": dx,
            "dh_prev": dh_prev, "dc_prev": dc_prev, **cell.params,
            **{f"d{name}": gradient for name, gradient in cell.grads.items()}}
    gates = cell.cache[:4] if cell_class is LSTM else cell.cache[3:7]
    dp = cell.grads["b"]  # one row: the sum over the rows is the row
    return {**made, **dict(zip("ifgo", gates)), "dp": dp,
            **{f"dp_{gate}": dp[k : k + 1] for k, gate in enumerate("ifgo")}}


def cross_entropy(page):
    """The arrays of the loss, given the logits and the right symbol of the page."""
    logits, right = page["logits"][1], page["right"][1]
    layer = TimeSoftmax()
    loss = layer.forward(logits[None, None], np.array([[right.argmax()]]))
    return {"logits": logits, "right": right, "loss": loss, "dlogits": layer.backward(),
            "prob": np.exp(layer.log_p)}


def check(text, cell_class=LSTM):
    page = read_numbers(text)
    assert_equations_hold(page)
    assert_numbers(page, {**lstm_step(page, cell_class), **cross_entropy(page)}, also=INSIDE)


@pytest.mark.parametrize("cell_class", [LSTM, PlainLSTM])
def test_every_number_of_the_page_is_what_the_layers_compute(cell_class):
    check(TEXT, cell_class)


@pytest.mark.parametrize("old, new", [
    ("i = sigmoid(p[0:1]) = [0.500]", "i = sigmoid(p[0:1]) = [0.501]"), ("[1.112]", "[1.113]"),
    ("[0.402]", "[0.401]"), ("dx = dp @ Wx.T = [-0.047]", "dx = dp @ Wx.T = [0.047]"),
    ("loss = -log(prob[0]) = 0.408", "loss = -log(prob[0]) = 0.410"), ("[-0.335,", "[0.335,"),
    ("do = dh * tanh(c)", "do = dh * c"), ("prob - right", "right - prob"),
    ("Wh = [[-1.000,", "Wh = [[1.000,"), ("f * c_prev + i * g", "f * c_prev - i * g"),
])
def test_another_number_or_equation_on_the_page_would_be_seen(old, new):
    assert old in TEXT
    with pytest.raises(AssertionError):
        check(TEXT.replace(old, new))


def test_a_wrong_sign_in_a_layer_would_be_seen(monkeypatch):
    right = LSTM.step_backward

    def wrong(cell, dstate, cache):
        dp, (dh_prev, dc_prev) = right(cell, dstate, cache)
        return dp, (dh_prev, -dc_prev)

    monkeypatch.setattr(LSTM, "step_backward", wrong)
    with pytest.raises(AssertionError):
        check(TEXT)
