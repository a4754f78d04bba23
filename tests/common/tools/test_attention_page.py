"""A page of heatmaps as a reader sees it: the order, what is labelled, and that all of it fits."""

from itertools import combinations

import numpy as np
import pytest

from common.tools import attention_maps
from common.tools.attention_maps import plot_attention
from common.tools.figures import DPI, new_figure


def heatmaps(count, caption="map", S=3, T=2):
    """So many examples, each with other weights."""
    return [(f"{caption} {k}", "abc"[:S], ["x"] * T, np.full((T, S), k / 10))
            for k in range(count)]


def maps_of(figure):
    """The places for heatmaps, without the colour bar."""
    return [axes for axes in figure.axes if axes.get_ylabel() != "attention weight"]


def place(axes):
    """The upper left corner of a heatmap and its size, in pixels of the file."""
    box, scale = axes.get_window_extent(), DPI / axes.figure.dpi
    return tuple(scale * part for part in (box.x0, axes.figure.bbox.y1 - box.y1, box.width,
                                           box.height))


def width_of(figure):
    """The width of a picture in pixels of the file."""
    return figure.get_figwidth() * DPI


def in_rows(maps):
    """The numbers of the heatmaps, row by row as they stand on the page."""
    heights = sorted({round(place(axes)[1] / 9) for axes in maps})
    return [[k for k, axes in enumerate(maps) if round(place(axes)[1] / 9) == y] for y in heights]


@pytest.mark.parametrize("options, rows", [
    ({}, [[0, 1, 2, 3, 4]]), ({"columns": 1}, [[0], [1], [2], [3], [4]]),
    ({"columns": 2}, [[0, 1], [2, 3], [4]]), ({"columns": 3}, [[0, 1, 2], [3, 4]]),
    ({"columns": 9}, [[0, 1, 2, 3, 4]]),
])
def test_heatmaps_fill_a_page_row_by_row(options, rows):
    maps = maps_of(plot_attention(heatmaps(5), "title", **options))
    assert in_rows(maps) == rows
    for row in rows:
        across = [place(maps[k])[0] for k in row]
        assert across == sorted(across)
        # The columns stand below each other.
        assert across == pytest.approx([place(maps[k])[0] for k in rows[0][: len(row)]])
    for k, axes in enumerate(maps):
        assert axes.get_title(loc="left") == f"map {k}"
        assert (axes.images[0].get_array() == k / 10).all()


LENGTHS = (7, 9, 9, 9, 10, 11, 11, 11, 12, 14, 17, 19, 20, 22)  # of one date of each style


def dates(lengths):
    return [("2" * S, "2" * S, ["2"] * 10 + ["\u2190"], np.full((11, S), 0.5)) for S in lengths]


def test_a_page_of_all_styles_is_as_wide_as_a_page_of_text_and_has_cells_of_one_size():
    figure = plot_attention(dates(LENGTHS), "title")
    maps = maps_of(figure)
    assert in_rows(maps) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [10, 11], [12, 13]]
    assert 800 < width_of(figure) <= 850
    places = [place(axes) for axes in maps]
    cells = [size for S, (_, _, across, down) in zip(LENGTHS, places)
             for size in (across / S, down / 11)]
    assert cells == pytest.approx([cells[0]] * len(cells)) and cells[0] > 15
    # Every second place of a row of four is below one of a row of two.
    left = [[places[k][0] for k in row] for row in in_rows(maps)]
    for row in left:
        assert row == pytest.approx(left[0] if len(row) == 4 else left[0][::2], abs=0.1)


def test_what_is_written_on_a_page_can_be_read():
    figure = plot_attention(dates(LENGTHS), "title")
    for axes in maps_of(figure):
        for text in (axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(),
                     *axes.get_yticklabels()):
            assert text.get_fontsize() / 72 * DPI * 850 / max(850, width_of(figure)) > 12


@pytest.mark.parametrize("count, S, least, most", [
    (1, 10, 29, 30.1), (2, 18, 20, 24), (7, 22, 16, 18), (1, 200, 15.5, 15.7),
])
def test_the_cells_are_as_large_as_the_page_has_room_for(count, S, least, most):
    figure = plot_attention(dates([S] * count), "title")
    _, _, width, height = place(maps_of(figure)[0])
    assert least < width / S < most
    assert height / 11 == pytest.approx(width / S)
    assert S == 200 or width_of(figure) <= 850


def test_a_single_heatmap_stands_in_the_middle_below_its_title():
    figure = plot_attention(dates([5]), "a title that is longer than the heatmap is wide, by far")
    figure.draw_without_rendering()
    (axes,) = maps_of(figure)
    box = axes.get_window_extent()
    assert abs((box.x0 + box.x1) / 2 - figure.bbox.width / 2) < 25


@pytest.mark.parametrize("count, columns, written, source", [
    (5, 2, [0, 2, 4], [4]), (4, 2, [0, 2], [2, 3]), (3, 1, [0, 1, 2], [2]),
    (2, 3, [0], [0, 1]), (7, 3, [0, 3, 6], [6]), (1, 1, [0], [0]),
])
def test_the_axes_are_named_at_the_left_and_below_the_last_row(count, columns, written, source):
    maps = maps_of(plot_attention(heatmaps(count), "title", columns))
    assert [k for k, axes in enumerate(maps) if axes.get_ylabel() == "written"] == written
    assert [k for k, axes in enumerate(maps) if axes.get_xlabel() == "source"] == source
    assert all(axes.get_ylabel() in ("written", "") for axes in maps)


def test_the_axes_have_the_names_that_are_given():
    maps = maps_of(plot_attention(heatmaps(2), "title", 1, sides=("asks", "is looked at")))
    assert [axes.get_ylabel() for axes in maps] == ["asks", "asks"]
    assert [axes.get_xlabel() for axes in maps] == ["", "is looked at"]


@pytest.mark.parametrize("S, T", [(1, 1), (2, 1), (1, 2), (3, 3)])
def test_the_names_of_the_axes_do_not_lie_over_each_other_however_small_the_heatmaps(S, T):
    sides = "written, asks", "source, looked at"  # the longest in use
    figure = plot_attention(heatmaps(14, "m", S, T), "title", sides=sides)
    figure.draw_without_rendering()
    labels = [label.get_window_extent() for axes in maps_of(figure)
              for label in (axes.xaxis.label, axes.yaxis.label) if label.get_text()]
    assert len(labels) > 4
    assert not any(one.overlaps(other) for one, other in combinations(labels, 2))
    assert all(label.x0 >= 0 and label.x1 <= figure.bbox.x1 for label in labels)


def test_cells_are_squares_in_one_scale_of_colours_with_one_bar():
    figure = plot_attention(heatmaps(3), "title", 2)
    maps = maps_of(figure)
    assert len(maps) == 3 and len(figure.axes) == 4
    assert all(axes.images[0].get_clim() == (0, 1) and axes.get_aspect() == 1 for axes in maps)
    assert len({axes.images[0].get_cmap().name for axes in maps}) == 1
    assert figure.axes[-1].get_xlim() == (0, 1)


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
    texts = [axes._left_title for axes in maps] + [figure._suptitle]
    texts += [label for axes in maps for label in axes.get_xticklabels() + axes.get_yticklabels()]
    texts += [axis.label for axes in maps for axis in (axes.xaxis, axes.yaxis)
              if axis.label.get_text()]
    boxes = [part.get_window_extent() for part in texts]
    boxes.append(figure.axes[-1].get_tightbbox())  # the bar with its name and its numbers
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
