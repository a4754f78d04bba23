"""The demonstration of what a position looks like."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes

from ch_attention.demos import positions
from ch_attention.demos.positions import (
    plot, scores_of_place_before, turned, weights_of_place_before)
from ch_attention.transformer.layers import sinusoids


def test_it_prints_the_products_by_distance_and_writes_one_picture(tmp_path, capsys):
    positions.main(["--quick", "--out", str(tmp_path / "new")])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1][1:] == [str(distance) for distance in positions.DISTANCES]
    assert lines[2][1] == lines[3][1] == f"{positions.D / 2:.2f}"  # sin^2 + cos^2 of each pair
    keys = lines[6][2:]  # "key of" is two words, "D = 4" three
    assert keys == lines[10][2:] == [str(s) for s in range(positions.KEYS)]
    scores, weights = ([dict(zip(keys, line[3:])) for line in lines[k : k + 2]] for k in (7, 11))
    shown = [[row[key] for key in ("3", "4", "5", "10")] for row in (*scores, *weights)]
    assert shown == [["1.54", "2.00", "1.54", "1.96"], ["30.92", "32.00", "30.92", "23.56"],
                     ["0.04", "0.43", "0.04", "0.35"], ["0.17", "0.65", "0.17", "0.00"]]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["positions.png"]


@pytest.mark.parametrize("k", [1, 3, 20])
def test_one_matrix_leads_from_every_position_to_the_one_k_places_later(k):
    P = sinusoids(0, 60, 10, np.float64)
    np.testing.assert_allclose(P[:-k] @ turned(k, 10), P[k:], atol=1e-12)


def test_the_product_of_two_positions_depends_on_their_distance_only():
    P = sinusoids(0, 60, 10, np.float64)
    for distance in (0, 1, 7):
        products = np.diag(P @ P.T, distance)
        np.testing.assert_allclose(products, products[0], atol=1e-12)
        assert distance == 0 or products[0] < 5 - 1e-3


def test_no_two_positions_are_alike():
    P = sinusoids(0, positions.T, positions.D, np.float64)
    assert len(np.unique(P.round(6), axis=0)) == positions.T


@pytest.mark.parametrize("D", [4, 64])
def test_a_head_that_asks_what_stands_before_it_finds_that_place_from_every_place(D):
    scores = scores_of_place_before(positions.T, D)
    assert np.argmax(scores[1:], axis=1).tolist() == list(range(positions.T - 1))
    highest = np.sort(scores[1:], axis=1)
    assert (highest[:, -1] - highest[:, -2]).min() > 0.01
    np.testing.assert_allclose(highest[:, -1], D / 2)  # of the row before with itself


def test_the_numbers_of_the_small_head_are_those_that_one_works_out_by_hand():
    slow = np.cos(0.01)
    np.testing.assert_allclose(scores_of_place_before(6, 4)[5, 3:],
                               [np.cos(1) + slow, 2, np.cos(1) + slow])


def test_a_longer_query_looks_at_the_place_and_its_weights_are_shares():
    weights = weights_of_place_before(positions.KEYS, positions.D)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    scores = positions.LONG * scores_of_place_before(positions.KEYS, positions.D)
    by_hand = np.exp(scores[5] / 8 - 40)  # the root of D; 40 is the highest
    np.testing.assert_allclose(weights[5], by_hand / by_hand.sum())


def test_with_two_hands_a_later_place_looks_nearly_like_the_one_before_and_with_all_none_does():
    before, later = positions.ASKS - 1, slice(positions.ASKS + 3, None)
    few, many = (scores_of_place_before(positions.KEYS, size)[positions.ASKS]
                 for size in (positions.FEW, positions.D))
    assert few[later].max() == few[before + 6]  # the fast hand turns once in 6.3 places
    assert few[later].max() > 0.97 * few[before]
    assert many[later].max() < 0.8 * many[before]


@pytest.fixture
def panels():
    """The panels of the picture as it is drawn, by their titles."""
    figure = plot(sinusoids(0, positions.T, positions.D, np.float64))
    figure.draw_without_rendering()
    return {axes.get_title(): axes for axes in figure.findobj(Axes)}


def test_the_hands_of_the_clocks_point_where_the_row_says(panels):
    for s in range(positions.CLOCKS):
        _, *hands = panels[f"s = {s}"].lines
        row = sinusoids(s, 1, positions.FEW, np.float64)[0]
        ends = [(line.get_xdata()[1], line.get_ydata()[1]) for line in hands]
        np.testing.assert_allclose(ends, row.reshape(-1, 2))
        said = " ".join(text.get_text() for text in panels[f"s = {s}"].texts)
        np.testing.assert_allclose([float(number) for number in said.split()], row, atol=0.005)


@pytest.mark.parametrize("title, size", [("D = 4, 2 hands", 4), ("D = 64, 32 hands", 64)])
def test_the_bars_are_the_weights_and_the_highest_stands_at_the_place_before(title, size, panels):
    (bars,) = panels[title].containers
    heights = [bar.get_height() for bar in bars]
    weights = weights_of_place_before(positions.KEYS, size)[positions.ASKS]
    np.testing.assert_allclose(heights, weights)
    highest = bars[int(np.argmax(heights))]
    assert highest.get_x() + highest.get_width() / 2 == pytest.approx(positions.ASKS - 1)
    colours = [bar.get_facecolor() for bar in bars]
    assert colours.count(highest.get_facecolor()) == 1
    said = [text.get_text() for text in panels[title].texts]
    for text, weight in zip(said, weights):
        assert float(text) == pytest.approx(weight, abs=0.0051)


def test_the_bars_say_which_later_place_looks_nearly_the_same(panels):
    later = slice(positions.ASKS + 3, None)
    scores = scores_of_place_before(positions.KEYS, positions.FEW)[positions.ASKS, later]
    again = positions.ASKS + 3 + np.argmax(scores)
    assert panels["D = 4, 2 hands"].texts[-1].get_text().startswith(f"position {again} gets nearly")


def test_no_text_beside_the_clocks_and_bars_lies_on_another(panels):
    shown = [axes for title, axes in panels.items() if title.startswith(("s = ", "D = "))]
    extents = [text.get_window_extent() for axes in shown for text in (axes.title, *axes.texts)]
    assert len(extents) == positions.CLOCKS * 3 + 2 * (positions.KEYS + 2)
    for one, other in combinations(extents, 2):
        assert not one.overlaps(other)
    for axes in shown[-2:]:
        box = axes.bbox
        for text in axes.texts:
            extent = text.get_window_extent()
            assert box.x0 < extent.x0 and extent.x1 < box.x1 and extent.y1 < box.y1


def test_every_curve_turns_and_no_legend_lies_on_a_curve(panels):
    columns = next(axes for title, axes in panels.items() if title.startswith("columns"))
    for axes in (columns, panels["dot product of a row with all others"]):
        legend = axes.get_legend().get_window_extent()
        assert axes.bbox.x0 < legend.x0 and legend.x1 < axes.bbox.x1
        assert axes.get_xlim() == (0, positions.T)
        for line in axes.lines:
            drawn = line.get_transform().transform(line.get_xydata())
            assert drawn[:, 1].max() < legend.y0
    for line in columns.lines:
        assert line.get_ydata().max() > 0.99 and line.get_ydata().min() < -0.9
