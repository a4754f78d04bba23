"""The diagrams of chapter 2: what they say, the numbers in them, and that all can be read."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from ch_attention.demos import diagrams
from ch_attention.demos.diagrams import HS, Q, look
from tests.common.tools.faults import faults

DRAWN = {draw.__name__: draw for draw in diagrams.DIAGRAMS}


def texts(name):
    """All that stands in a diagram."""
    return [text.get_text() for text in DRAWN[name]().axes.texts]


@pytest.mark.usefixtures("without_drawing")
def test_the_script_writes_every_diagram(tmp_path, capsys):
    diagrams.main(["--out", str(tmp_path / "new")])
    assert {path.stem for path in (tmp_path / "new").iterdir()} == set(DRAWN)
    assert capsys.readouterr().out.count("wrote ") == len(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_every_text_can_be_read_and_lies_on_nothing_else(name):
    assert faults(DRAWN[name]()) == []


def test_the_numbers_of_the_step_are_those_that_one_works_out_by_hand():
    scores, a, c = look(HS, Q)
    assert scores.tolist() == [2, 0, 2]
    shares = np.exp([2, 0, 2]) / np.exp([2, 0, 2]).sum()
    assert np.allclose(a, shares) and np.allclose(c, [shares[0] + shares[2], shares[1] + shares[2]])


def test_the_step_shows_the_numbers_of_the_layers():
    said = texts("attention_step")
    scores, a, c = look(HS, Q)
    for number in [*a, *c]:
        assert f"{number:.2f}" in said
    assert said.count("0.47") == 2 and said.count("0.06") == 1
    assert said.count("0.94") == said.count("0.53") == 2  # by themselves, and beside h_t


def test_scores_and_weights_are_as_wide_as_they_are_large():
    scores, a, _ = look(HS, Q)
    axes = diagrams.attention_step().axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)
            and patch.get_height() == 0.5]
    widths = np.array([bar.get_width() for bar in bars]).reshape(3, 2)
    assert np.allclose(widths[:, 0] / scores.max(), scores / 2 / scores.max())
    assert np.allclose(widths[:, 1] / widths[:, 1].sum(), a)


def test_other_states_give_other_numbers(monkeypatch):
    monkeypatch.setattr(diagrams, "Q", np.array([0.0, 3.0]))
    said = texts("attention_step")
    assert "0.47" not in said and f"{look(HS, diagrams.Q)[1][0]:.2f}" in said


def test_three_gradients_meet_at_the_decoders_state_and_each_sum_has_a_plus():
    said = texts("way_back")
    assert {"1  (N, T, H)", "2  dq", "3  dh (N, H)"} <= set(said)
    # At hs twice, at h_t twice; and a state was looked at by all t, a query looked at all s.
    assert said.count("+") == 4 + 3
    assert said.count("over all t") == 2 and said.count("over all s") == 1


def test_each_step_looks_and_puts_what_it_saw_beside_its_state():
    said = texts("attention_unrolled")
    steps = sum(text.startswith("$h_{t=") for text in said)
    assert said.count("$c_t$") == said.count("$h_t$") == said.count("q") == steps > 1
