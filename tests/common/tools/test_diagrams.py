"""Parts of diagrams: where boxes and arrows stand, what they look like, and what is a fault."""

import io
import os
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch

from common.tools.diagrams import (
    DASHES_AND_DOTS, GRADIENT, INK, PAPERS, SCALE, TEXT, TITLE, Box, Diagram, write_diagrams,
)
from tests.common.tools.faults import faults


@pytest.fixture
def diagram():
    return Diagram(10, 5, "a title")


def test_a_box_has_four_ends_for_arrows_and_stays_where_it_is():
    box = Box(5, 3, 2, 1)
    assert (box.left, box.right, box.top, box.bottom) == ((4, 3), (6, 3), (5, 3.5), (5, 2.5))
    assert (box.above(4.5), box.below(4.5)) == ((4.5, 3.5), (4.5, 2.5))
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
    *lines, box = diagram.axes.patches
    (text,) = diagram.axes.texts
    assert all(line.get_zorder() < box.get_zorder() < text.get_zorder() for line in lines)


def test_a_page_has_its_size_and_title_and_no_axes(diagram):
    assert np.allclose(diagram.figure.get_size_inches(), (10 * SCALE, 5 * SCALE + TITLE))
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


@pytest.mark.parametrize("look, style, colour", [
    ({}, "-", INK), ({"dashed": True}, "--", INK), ({"gradient": True}, DASHES_AND_DOTS, GRADIENT),
])
def test_a_gradient_has_another_line_and_another_colour_than_what_flows_forward(
    diagram, look, style, colour
):
    diagram.arrow((1, 2), (3, 4), **look)
    line, head = diagram.axes.patches
    assert line.get_linestyle() == style and line.get_linewidth() > 1  # not a hairline
    assert head.get_linestyle() == "solid"  # its outline is whole
    assert to_rgb(line.get_edgecolor()) == to_rgb(head.get_facecolor()) == to_rgb(colour)


def test_an_arrow_goes_from_its_start_round_its_corners_to_its_end(diagram):
    diagram.arrow((1, 2), (3, 4), via=[(1, 4)])
    line, head = diagram.axes.patches
    assert np.allclose(line.get_path().vertices, [(1, 2), (1, 4), (3, 4)])
    tip = head.get_path().vertices[:, 0].max()
    assert 2.9 < tip <= 3.01


def test_a_line_has_no_head_and_one_that_crosses_another_has_a_white_border(diagram):
    diagram.line([(1, 2), (3, 4)])
    assert len(diagram.axes.patches) == 1 and not diagram.axes.lines
    diagram.line([(1, 4), (3, 2)], over=True)
    (border,) = diagram.axes.lines
    assert border.get_color() == "white"
    assert border.get_linewidth() > diagram.axes.patches[-1].get_linewidth()


@pytest.mark.parametrize("side, part, x, y, across, up", [
    ("above", 1, 2, 3, 0, 1), ("below", 1, 2, 3, 0, -1),
    ("left", 0, 1, 1.5, -1, 0), ("right", 0, 1, 1.5, 1, 0),
])
def test_a_label_stands_beside_the_part_of_a_line_that_it_belongs_to(
    diagram, side, part, x, y, across, up
):
    diagram.arrow((1, 1), (5, 3), via=[(1, 3)], label="h", side=side, part=part, along=0.25)
    diagram.figure.draw_without_rendering()
    (text,) = diagram.axes.texts
    extent = text.get_window_extent().transformed(diagram.axes.transData.inverted())
    beside = (extent.x0 + extent.x1) / 2 - x, (extent.y0 + extent.y1) / 2 - y
    assert np.allclose(np.sign(np.round(beside, 1)), (across, up))
    assert not faults(diagram)


def test_cells_stand_side_by_side_around_their_middle(diagram):
    strip = diagram.cells(5, 2, ("1", "0"), width=0.6)
    first, second = diagram.axes.patches
    assert (strip.x, strip.y, strip.width) == (5, 2, 1.2)
    assert np.allclose((first.get_x(), second.get_x()), (4.4, 5.0))
    assert [text.get_text() for text in diagram.axes.texts] == ["1", "0"]


def test_a_bar_is_as_wide_as_its_number_is_large(diagram):
    bar = diagram.bar(1, 2, 0.5)
    (patch,) = diagram.axes.patches
    assert bar.left == (1, 2) and bar.right == (1.5, 2)
    assert (patch.get_x(), patch.get_width()) == (1, 0.5)


def test_where_gradients_add_up_the_circle_has_their_colour_and_a_thick_frame(diagram):
    plain, gradient = diagram.circle(1, 1, "+"), diagram.circle(3, 1, "+", gradient=True)
    one, other = diagram.axes.patches
    assert plain.right == pytest.approx((1.2, 1)) and gradient.top == pytest.approx((3, 1.2))
    assert to_rgb(other.get_edgecolor()) == to_rgb(GRADIENT) != to_rgb(one.get_edgecolor())
    assert other.get_linewidth() > 1.5 * one.get_linewidth()


@pytest.mark.parametrize("gradient", [False, True])
def test_a_chain_leads_from_each_box_of_a_row_to_the_next_and_a_gradient_back(diagram, gradient):
    boxes = diagram.row((1, 3, 5), 2, "abc")
    assert [box.x for box in boxes] == [1, 3, 5]
    diagram.chain(boxes, gradient)
    lines = [patch.get_path().vertices for patch in diagram.axes.patches
             if isinstance(patch, FancyArrowPatch)][::2]  # a line, its head
    assert len(lines) == 2
    assert all((line[0, 0] > line[-1, 0]) == gradient for line in lines)


def test_a_frame_lies_behind_and_a_dot_marks_a_branch(diagram):
    frame = diagram.frame(3, 2, 4, 2)
    diagram.dot(3, 2)
    around, dot = diagram.axes.patches
    assert frame.top == (3, 3) and around.get_facecolor()[3] == 0  # it hides nothing
    assert around.get_zorder() < dot.get_zorder() and dot.center == (3, 2)


def test_every_diagram_of_a_script_is_written_under_its_name(tmp_path, capsys):
    def two_boxes():
        return Diagram(4, 2, "title")

    write_diagrams("What it draws.", [two_boxes], ["--out", str(tmp_path / "new")])
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["two_boxes.png"]
    assert capsys.readouterr().out == f"wrote {tmp_path / 'new' / 'two_boxes.png'}\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_output_that_cannot_be_written_is_no_mistake_in_the_flags(tmp_path, monkeypatch):
    def page():
        return Diagram(4, 2, "title")

    with open("/dev/full", "wb", buffering=0) as full:
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(full, write_through=True))
        with pytest.raises(OSError):  # which orderly_end tells, with status 1
            write_diagrams("What it draws.", [page], ["--out", str(tmp_path)])
    assert (tmp_path / "page.png").exists()


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path, capsys):
    def page():
        return Diagram(4, 2, "title")

    (tmp_path / "page.png").mkdir()
    with pytest.raises(SystemExit, match="2"):
        write_diagrams("What it draws.", [page], ["--out", str(tmp_path)])
    assert "page.png" in capsys.readouterr().err


@pytest.mark.parametrize("draw", [
    lambda diagram: diagram.box(2, 2, "h", "bleu"),
    lambda diagram: diagram.cells(2, 2, "ab", "bleu"),
    lambda diagram: diagram.bar(2, 2, 1, "bleu"),
])
def test_a_paper_that_there_is_not_raises_an_error_that_names_all_there_are(diagram, draw):
    with pytest.raises(ValueError, match=f"one of {', '.join(PAPERS)}, got 'bleu'"):
        draw(diagram)


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
