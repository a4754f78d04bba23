"""A page of heatmaps as a reader sees it: the order, what is labelled, and that all of it fits."""

from itertools import combinations

import numpy as np
import pytest

from common.tools import attention_maps
from common.tools.attention_maps import plot_attention
from common.tools.figures import new_figure


def heatmaps(count, caption="map", S=3, T=2):
    """So many examples, each with other weights."""
    return [(f"{caption} {k}", "abc"[:S], ["x"] * T, np.full((T, S), k / 10))
            for k in range(count)]


def maps_of(figure):
    """The places for heatmaps, without the colour bar."""
    return [axes for axes in figure.axes if axes.get_ylabel() != "attention weight"]


@pytest.mark.parametrize("options, rows, columns", [
    ({}, 5, 1), ({"columns": 2}, 3, 2), ({"columns": 3}, 2, 3), ({"columns": 5}, 1, 5),
])
def test_heatmaps_fill_a_page_row_by_row(options, rows, columns):
    maps = maps_of(plot_attention(heatmaps(5), "title", **options))
    assert len(maps) == rows * columns
    for k, axes in enumerate(maps):
        place = axes.get_subplotspec()
        assert (place.get_gridspec().nrows, place.get_gridspec().ncols) == (rows, columns)
        assert (place.rowspan.start, place.colspan.start) == divmod(k, columns)
        assert axes.axison == (k < 5)  # a place without a heatmap stays white
        if k < 5:
            assert axes.get_title() == f"map {k}"
            assert (axes.images[0].get_array() == k / 10).all()


@pytest.mark.parametrize("count, columns, written, source", [
    (5, 2, [0, 2, 4], [3, 4]), (4, 2, [0, 2], [2, 3]), (3, 1, [0, 1, 2], [2]),
    (2, 3, [0], [0, 1]), (7, 3, [0, 3, 6], [4, 5, 6]), (1, 1, [0], [0]),
])
def test_the_axes_are_named_at_the_left_and_below_the_lowest_of_each_column(
    count, columns, written, source
):
    maps = maps_of(plot_attention(heatmaps(count), "title", columns))
    assert [k for k, axes in enumerate(maps) if axes.get_ylabel() == "written"] == written
    assert [k for k, axes in enumerate(maps) if axes.get_xlabel() == "source"] == source
    assert all(axes.get_ylabel() in ("written", "") for axes in maps)


def test_cells_are_squares_in_one_scale_of_colours_with_one_bar():
    figure = plot_attention(heatmaps(3), "title", 2)
    maps = maps_of(figure)[:3]
    assert all(axes.images[0].get_clim() == (0, 1) and axes.get_aspect() == 1 for axes in maps)
    assert len({axes.images[0].get_cmap().name for axes in maps}) == 1
    assert len(figure.axes) == 5  # four places and the bar
    assert figure.axes[-1].get_ylim() == (0, 1)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("count, caption, S", [
    (4, "a caption that is longer than its source is wide \u2192 x", 2), (3, "m", 20),
])
def test_nothing_on_a_page_covers_something_else_or_is_cut_off(count, caption, S, columns):
    source = "m" * S
    examples = [(f"{caption} {k}", source, ["w"] * 9, np.full((9, S), 0.1)) for k in range(count)]
    figure = plot_attention(examples, "a title that says which model it is and which data", columns)
    figure.draw_without_rendering()
    maps = maps_of(figure)[:count]
    texts = [axes.title for axes in maps] + [figure._suptitle]
    texts += [label for axes in maps for label in axes.get_xticklabels() + axes.get_yticklabels()]
    boxes = [part.get_window_extent() for part in [*texts, figure.axes[-1]]]  # with the bar
    page = figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0
               and box.y1 <= page.y1 for box in boxes)
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


@pytest.mark.parametrize("options, shown", [({}, False), ({"show": True}, True)])
def test_a_window_is_only_prepared_on_demand(options, shown, monkeypatch):
    asked = []

    def see(width, height, show):
        asked.append(show)
        return new_figure(width, height)

    monkeypatch.setattr(attention_maps, "new_figure", see)
    plot_attention(heatmaps(1), "title", **options)
    assert asked == [shown]
