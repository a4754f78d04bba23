"""What makes a diagram hard to read is found, and nothing else is."""

import pytest

from common.tools.diagrams import Diagram
from tests.common.tools.faults import faults

FAULTS = {
    "is 4": lambda diagram: diagram.text(6, 2, "small", size=4),
    "'a text at the edge' is off the page":
        lambda diagram: diagram.text(9.9, 2, "a text at the edge"),
    "lies on an arrow": lambda diagram: (diagram.arrow((5, 1), (8, 3)),
                                         diagram.text(6.5, 2, "text")),
    "lies on a frame": lambda diagram: diagram.text(2.7, 2.35, "text"),
    "'h' lies on 'x'": lambda diagram: diagram.text(2, 2, "x"),
    "the box from (1.3, 1.65) overlaps the one from (2.2, 1.75)":
        lambda diagram: diagram.box(2.9, 2.1, "g"),
    "the box from (1.3, 1.65) overlaps the one from (2.5, 1.8)":
        lambda diagram: diagram.circle(2.7, 2, ""),
    "the box from (1.3, 1.65) overlaps the one from (2.6, 1.7)":
        lambda diagram: diagram.cells(3.2, 1.925, ["g", "h"]),
    "the box from (1.3, 1.65) lies half in a frame": lambda diagram: diagram.frame(3, 2, 1, 2),
    "a box from (9.1, 1.65) runs off the page": lambda diagram: diagram.box(9.8, 2, "g"),
    "a box from (5.0, -0.05) runs off the page": lambda diagram: diagram.bar(5, 0.2, 1),
    "a frame from (8.0, 1.0) runs off the page": lambda diagram: diagram.frame(9.1, 2, 2.2, 2),
    "a line from (5.0, 2.0) runs off the page":
        lambda diagram: diagram.line([(5, 2), (5, 5.2), (6, 5.2)]),
    "a line from (-0.2, 4.0) runs off the page": lambda diagram: diagram.arrow((-0.2, 4), (2, 4)),
    "a line from (0.5, 1.8) passes through the box from (1.3, 1.65)":
        lambda diagram: diagram.arrow((0.5, 1.8), (4, 1.8)),
    "a line from (1.0, 4.0) passes through the box from (1.3, 1.65)":
        lambda diagram: diagram.line([(1, 4), (1.5, 4), (1.5, 1)]),
    "a line from (1.3, 2.0) passes through the box from (1.3, 1.65)":  # from its own, inwards
        lambda diagram: diagram.arrow((1.3, 2), (4, 2.2)),
}


@pytest.fixture
def diagram():
    """A page with a box on it, from (1.3, 1.65) to (2.7, 2.35)."""
    diagram = Diagram(10, 5, "a title")
    diagram.box(2, 2, "h")
    return diagram


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(diagram, fault):
    assert not faults(diagram)
    FAULTS[fault](diagram)
    assert any(fault in line for line in faults(diagram))


def test_a_file_that_is_too_wide_is_found():
    assert "pixels wide" in faults(Diagram(14, 5, "title"))[0]


def test_what_only_touches_is_no_fault(diagram):
    strip = diagram.cells(6, 2, ("1", "0"))
    diagram.arrow((2.7, 2), strip.left)
    diagram.line([(4, 2), (4, 3.5), (7, 3.5)])  # a branch, marked where it leaves
    diagram.dot(4, 2)
    diagram.frame(2, 2, 2, 1)  # the arrow leaves it
    diagram.frame(5, 2.5, 9.9, 4.9)
    diagram.bar(8, 2, 0)  # a line, for the number 0
    diagram.arrow((6.6, 2), (8.5, 2))
    assert not faults(diagram)
