"""What the diagrams of the papers' models say is what these models do."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from ch_attention.demos.diagrams_of_papers import SOURCE, STEPS, bahdanau_step, luong_step
from tests.recorded_names import PAPER_SIZES, model_pass, variables

N, T, D, H = (PAPER_SIZES[letter] for letter in "NTDH")


def heights(draw, start):
    """How high the texts stand that begin so."""
    return [text.get_position()[1] for text in draw().axes.texts
            if text.get_text().startswith(start)]


def dashed(draw):
    """The dashed lines of a diagram."""
    return [patch for patch in draw().axes.patches
            if isinstance(patch, FancyArrowPatch) and patch.get_linestyle() == "--"]


def test_a_look_stands_below_the_cell_in_bahdanaus_step_and_above_it_in_luongs():
    for draw, side in ((bahdanau_step, -1), (luong_step, 1)):
        cells, looks = heights(draw, "$h_{t="), heights(draw, "attention")
        assert len(cells) == len(looks) == 2
        assert all(np.sign(look - cell) == side for look, cell in zip(looks, cells))


def test_only_input_feeding_is_drawn_dashed():
    assert len(dashed(luong_step)) == 1 and not dashed(bahdanau_step)


@pytest.mark.parametrize("draw, numbers", [(bahdanau_step, "12345"), (luong_step, "12")])
def test_every_difference_that_is_told_has_its_number_at_a_place_of_the_drawing(draw, numbers):
    said = [text.get_text() for text in draw().axes.texts]
    (told,) = (text for text in said if "chapter's model" in text)
    assert [line[0] for line in told.splitlines() if line[0].isdigit()] == list(numbers)
    tokens = {token for step in STEPS for token in step} | set(SOURCE)
    marks = {text[0] for text in said if text[0].isdigit() and text not in tokens}
    assert marks == set(numbers)


def test_in_bahdanaus_model_the_state_before_the_step_asks_and_stands_in_the_output_with_y_and_c():
    found = variables(model_pass("bahdanau", PAPER_SIZES), "ch_attention/papers/bahdanau.py",
                      "ch_attention/papers/additive.py", "ch_seq2seq/papers/gru.py")
    asked, (hyc,) = found["q"][:T], found["hyc"]
    before = [h_prev for h_prev in found["h_prev"] if h_prev.shape == (N, H)]
    for t in range(T):
        assert np.array_equal(asked[t], before[t])
        assert np.array_equal(hyc[:, t, :H], before[t])
        assert np.array_equal(hyc[:, t, H + D :], found["c"][t])


def test_in_luongs_model_the_state_after_the_step_asks_and_the_next_step_reads_v():
    found = variables(model_pass("luong dot on none 10", PAPER_SIZES),
                      "ch_attention/papers/luong.py", "ch_attention/attention_layers.py")
    (h,), (x,), (v,) = found["h"], found["x"], found["v"]  # h and x of the last step
    assert any(np.array_equal(q, h) for q in found["q"])
    assert np.array_equal(x[:, 0, D:], v[:, -2])
