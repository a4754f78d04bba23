"""Parts of diagrams: where boxes and arrows stand, and that every text lies inside its box."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.colors import to_rgb

from common.tools.diagrams import INK, PAPERS, SCALE, TEXT, Box, Diagram


@pytest.fixture
def diagram():
    return Diagram(10, 5, "a title")


def test_a_box_has_four_ends_for_arrows_and_stays_where_it_is():
    box = Box(5, 3, 2, 1)
    assert (box.left, box.right, box.top, box.bottom) == ((4, 3), (6, 3), (5, 3.5), (5, 2.5))
    with pytest.raises(FrozenInstanceError):
        box.x = 1


def test_a_page_is_white_and_no_longer_one_way_than_the_other_whatever_the_user_prefers():
    with rc_context({"figure.facecolor": "black"}):
        diagram = Diagram(10, 5, "a title")
    assert to_rgb(diagram.figure.get_facecolor()) == (1, 1, 1)
    assert diagram.axes.get_aspect() == 1


def test_a_box_is_white_and_of_one_size_and_framed_unless_told_otherwise(diagram):
    box = diagram.box(4, 3, "h")
    (patch,), (text,) = diagram.axes.patches, diagram.axes.texts
    assert (box.width, box.height) == (1.4, 0.7)
    assert to_rgb(patch.get_facecolor()) == (1, 1, 1) and patch.get_linestyle() == "-"
    assert text.get_fontsize() == TEXT


def test_boxes_lie_over_arrows_and_texts_over_boxes(diagram):
    diagram.arrow((1, 2), (3, 4))
    diagram.box(2, 3, "h")
    arrow, text = diagram.axes.texts
    (patch,) = diagram.axes.patches
    assert arrow.get_zorder() < patch.get_zorder() < text.get_zorder()


def test_a_page_has_its_size_and_title_and_no_axes(diagram):
    assert np.allclose(diagram.figure.get_size_inches(), (10 * SCALE, 5 * SCALE))
    assert (diagram.axes.get_xlim(), diagram.axes.get_ylim()) == ((0, 10), (0, 5))
    assert diagram.axes.get_title() == "a title" and not diagram.axes.axison
    assert to_rgb(diagram.figure.get_facecolor()) == (1, 1, 1)


@pytest.mark.parametrize("dashed, style", [(False, "-"), (True, "--")])
def test_a_box_is_drawn_where_it_is_said_to_be_with_its_text_in_the_middle(diagram, dashed, style):
    box = diagram.box(4, 3, "h", "blue", width=2, height=1, dashed=dashed)
    (patch,), (text,) = diagram.axes.patches, diagram.axes.texts
    corners = patch.get_path().get_extents()
    assert np.allclose((corners.x0, corners.x1), (box.left[0], box.right[0]))
    assert np.allclose((corners.y0, corners.y1), (box.bottom[1], box.top[1]))
    assert patch.get_linestyle() == style
    assert to_rgb(patch.get_facecolor()) == to_rgb(PAPERS["blue"])
    assert text.get_text() == "h" and text.get_position() == (4, 3)
    assert (text.get_ha(), text.get_va()) == ("center", "center")


@pytest.mark.parametrize("dashed, style", [(False, "-"), (True, "--")])
def test_an_arrow_points_from_its_start_to_its_end(diagram, dashed, style):
    diagram.arrow((1, 2), (3, 4), *([True] if dashed else []))
    (arrow,) = diagram.axes.texts
    assert arrow.arrowprops["shrinkA"] == arrow.arrowprops["shrinkB"] == 0  # from frame to frame
    assert arrow.arrowprops["arrowstyle"] == "-|>" and arrow.arrowprops["color"] == INK
    assert arrow.arrowprops["linewidth"] > 1  # not a hairline
    assert arrow.xyann == (1, 2) and arrow.xy == (3, 4)
    assert arrow.arrow_patch.get_linestyle() == style


def test_a_text_stands_where_it_is_said_to_stand(diagram):
    diagram.text(1, 2, "here", across="left", size=7)
    (text,) = diagram.axes.texts
    assert text.get_position() == (1, 2) and text.get_fontsize() == 7 and text.get_ha() == "left"


@pytest.mark.parametrize("paper", PAPERS)
def test_the_ink_is_legible_on_every_paper(paper):
    def luminance(colour):  # WCAG 2.1, relative luminance
        parts = np.array(to_rgb(colour))
        parts = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return parts @ [0.2126, 0.7152, 0.0722]

    assert (luminance(PAPERS[paper]) + 0.05) / (luminance(INK) + 0.05) > 7  # the strictest level
