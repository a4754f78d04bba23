"""Curves of several seeds, and how their number is told."""

import numpy as np
import pytest

from common.tools.figures import counted, draw_band, new_figure

RUNS = [[1.0, 5.0, 2.0], [3.0, 5.0, 8.0]]


@pytest.mark.parametrize("line, drawn", [(None, [2, 5, 5]), ([1, 2, 3], [1, 2, 3])])
def test_the_band_goes_from_the_lowest_to_the_highest_and_the_line_is_the_mean_or_ones_own(
    line, drawn
):
    axes = new_figure(3, 3).subplots()
    draw_band(axes, [4, 5, 6], RUNS, "name", line, color="red", linestyle="--")
    (curve,), (band,) = axes.lines, axes.collections
    assert curve.get_xdata().tolist() == [4, 5, 6] and list(curve.get_ydata()) == drawn
    assert (curve.get_label(), curve.get_linestyle(), curve.get_color()) == ("name", "--", "red")
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {(4, 1), (4, 3), (5, 5), (6, 2), (6, 8)} <= corners
    assert np.allclose(band.get_facecolor()[0], (1, 0, 0, 0.25))
    assert band.get_linewidth() == 0


def test_one_is_told_in_the_singular():
    assert [counted(count, "seed") for count in (1, 2, 3)] == ["1 seed", "2 seeds", "3 seeds"]
