"""The demonstration of what residual connections and layer norm are for."""

import numpy as np
import pytest

from ch_attention.demos import residuals
from ch_attention.demos.residuals import WAYS, Way, difference, plot, up_and_down
from ch_attention.transformer.stack import EncoderLayer


def test_quick_prints_a_row_for_each_way_and_measure_and_writes_one_picture(tmp_path, capsys):
    residuals.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if line.startswith(tuple(f"  {way} " for way in WAYS))]
    assert len(rows) == 2 * len(WAYS)
    assert lines[0].split() == ["1", "layers", "2", "layers", "4", "layers"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["residuals.png"]


@pytest.mark.parametrize("way", WAYS)
def test_the_gradient_of_each_way_is_its_slope(way, rng):
    residual, norm = WAYS[way]
    layer = EncoderLayer(6, 5, rng, heads=2, norm=norm or "pre", dtype=np.float64)
    part = Way(layer.self_attention, residual, norm)
    x, dy, step = (rng.standard_normal((2, 3, 6)) for _ in range(3))
    part.forward(x)
    dx = part.backward(dy)
    slope = ((part.forward(x + 1e-6 * step) - part.forward(x - 1e-6 * step)) * dy).sum() / 2e-6
    assert (dx * step).sum() == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("way", ["norm, no residual", "neither"])
def test_without_residual_connections_all_tokens_of_a_sentence_become_one(way):
    differences, _ = up_and_down(*WAYS[way], 4, 0)
    assert differences[0] > 0.5 and differences[4] < 1e-9


def test_with_them_tokens_stay_different_and_only_with_a_norm_is_the_gradient_bounded():
    for norm in ("pre", "post"):
        differences, norms = up_and_down(True, norm, 8, 0)
        assert differences[8] > 0.01 and 0.1 < norms[8] < 10
    assert up_and_down(True, None, 8, 0)[1][8] > 100


def test_equal_tokens_do_not_differ():
    assert difference(np.ones((2, 3, 4))) == 0
    x = np.array([[[1.0], [-1.0]]])
    assert difference(x) == 1


def test_the_picture_says_what_it_measures_and_where_it_draws_what_is_less_than_it_shows():
    found = {way: np.full((2, 2, 3), 1e-20) for way in WAYS}
    left, right = plot(found).axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == list(WAYS)
    assert all((line.get_ydata() == residuals.BELOW).all() for line in left.lines)
    assert residuals.BELOW == 1e-9
    assert [text.get_text() for text in left.texts] == ["below $10^{-9}$: drawn at $10^{-9}$"]
    assert left.get_xlabel() == "layers above the bottom"
    assert right.get_xlabel() == "layers below the top"
    assert " ".join(left.get_ylabel().split()) == (
        "the part of a token that is its own (1: nothing in common, 0: all the same)")
