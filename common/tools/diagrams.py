"""Parts of a diagram: boxes with a text, arrows between them, on a page of its own units.

    diagram = Diagram(10, 5, "Two networks")
    encoder = diagram.box(2, 1, "encoder")
    decoder = diagram.box(6, 1, "decoder", "blue")
    diagram.arrow(encoder.right, decoder.left)
    save_figure(diagram.figure, path)

The page is white with a margin, so it is as legible on a dark page as on a white one. A box is told
from others by its place or its frame, never by its colour alone.
"""

from dataclasses import dataclass

from common.tools.figures import new_figure

# Pale tones of the colours of common/tools/figures.py: dark text is legible on all of them.
PAPERS = {"white": "#ffffff", "blue": "#d6e9f5", "orange": "#fbe3cf", "pink": "#f5e1ec"}
INK = "#222222"
TEXT = 10  # points
SCALE = 0.75  # inches a unit


@dataclass(frozen=True)
class Box:
    """Where a box stands: its middle and its size, in units of the page."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self):
        return self.x - self.width / 2, self.y

    @property
    def right(self):
        return self.x + self.width / 2, self.y

    @property
    def top(self):
        return self.x, self.y + self.height / 2

    @property
    def bottom(self):
        return self.x, self.y - self.height / 2


class Diagram:
    """A page of width x height units, (0, 0) at the left of the bottom.

    Attributes:
        figure: a matplotlib Figure, to be saved with save_figure.
    """

    def __init__(self, width, height, title):
        self.figure = new_figure(width * SCALE, height * SCALE)
        self.figure.set_facecolor("white")
        self.axes = self.figure.subplots()
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(0, height)
        self.axes.set_aspect("equal")
        self.axes.set_axis_off()
        self.axes.set_title(title, color=INK)

    def box(self, x, y, text, paper="white", width=1.4, height=0.7, dashed=False):
        """A box with its middle at (x, y) -> Box, for the ends of arrows."""
        from matplotlib.patches import FancyBboxPatch

        self.axes.add_patch(FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height, facecolor=PAPERS[paper],
            edgecolor=INK, linewidth=1.2, linestyle="--" if dashed else "-",
            boxstyle="round,pad=0,rounding_size=0.1", zorder=2,
        ))
        self.text(x, y, text)
        return Box(x, y, width, height)

    def arrow(self, start, end, dashed=False):
        """An arrow from a point to another."""
        self.axes.annotate("", end, start, zorder=1, arrowprops={
            "arrowstyle": "-|>", "color": INK, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0,
            "linestyle": "--" if dashed else "-",
        })

    def text(self, x, y, text, across="center", size=TEXT):
        """A text at a height, its middle at x, or its left end if across is "left"."""
        self.axes.text(x, y, text, ha=across, va="center", fontsize=size, color=INK, zorder=3,
                       linespacing=1.3)
