"""The demonstration of vanishing and exploding gradients."""

import re
from pathlib import Path

import numpy as np
import pytest

from ch_seq2seq.demos import gradient_flow

PAGE = Path(gradient_flow.__file__).parents[1] / "memory.md"


@pytest.fixture(scope="module")
def curves():
    """Name -> how much of the gradient is left, by steps back."""
    return {name: gradient_flow.reach(layer, 0)
            for name, layer in gradient_flow.make_layers(0).items()}


def kept(curves, name):
    return gradient_flow.kept_per_step(curves[name])


def test_a_curve_begins_at_one_and_has_a_value_for_every_step_back(curves):
    for curve in curves.values():
        assert curve.shape == (gradient_flow.STEPS + 1,)
        assert curve[0] == 1


@pytest.mark.parametrize("radius", gradient_flow.RADII)
def test_near_the_zero_state_an_rnn_keeps_its_largest_eigenvalue_at_a_step(curves, radius):
    assert kept(curves, f"RNN, largest eigenvalue of Wh {radius}") == pytest.approx(radius, 1e-3)


@pytest.mark.parametrize("bias", gradient_flow.BIASES)
def test_an_lstm_keeps_its_forget_gate_and_what_returns_through_wh(curves, bias):
    layer = gradient_flow.make_layers(0)[f"LSTM, forget-gate bias {bias}"]
    H = gradient_flow.H
    # Near the zero state i = o = 1/2 and g = h Wh_g, so c = f c_prev + c_prev Wh_g / 4.
    f = 1 / (1 + np.exp(-bias))
    factors = f + np.linalg.eigvals(layer.params["Wh"][:, 2 * H : 3 * H]) / 4
    measured = kept(curves, f"LSTM, forget-gate bias {bias}")
    assert measured == pytest.approx(np.abs(factors).max(), rel=0.02)
    assert measured > f + 0.1


def test_with_a_wide_open_forget_gate_the_gradient_of_an_lstm_explodes(curves):
    assert kept(curves, "LSTM, forget-gate bias 5") > 1 > kept(curves, "LSTM, forget-gate bias 1")


def test_the_page_shows_the_numbers_that_the_script_prints(tmp_path, capsys):
    gradient_flow.main(["--out", str(tmp_path)])
    assert (tmp_path / "gradient_flow.png").stat().st_size > 10_000
    printed = [line.split() for line in capsys.readouterr().out.splitlines()[1:-1]]
    page, _ = PAGE.read_text().split("## What a cell can keep")
    table = [re.sub(r"[|`]", " ", line).split() for line in page.splitlines()
             if re.match(r"\| (RNN|LSTM|GRU)[ ,]", line)]
    assert len(printed) == 7
    assert printed == table


@pytest.mark.usefixtures("without_drawing")
def test_several_seeds_are_drawn_as_their_mean(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(gradient_flow, "STEPS", 3)
    monkeypatch.setattr(gradient_flow, "STRAIGHT", 1)
    monkeypatch.setattr(gradient_flow, "print_table", drawn.append)
    for seed, repeats in ((4, 1), (5, 1), (4, 2)):
        gradient_flow.main(["--seed", str(seed), "--repeats", str(repeats), "--out", str(tmp_path)])
    first, second, both = drawn
    for name in both:
        np.testing.assert_allclose(both[name], (first[name] + second[name]) / 2)
        assert (first[name] != second[name]).any()
