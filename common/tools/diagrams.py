"""Parts of a diagram: boxes with a text, arrows between them, on a page of its own units.

    diagram = Diagram(10, 5, "Two networks")
    encoder = diagram.box(2, 1, "encoder")
    decoder = diagram.box(6, 1, "decoder", "blue")
    diagram.arrow(encoder.right, decoder.left, label="h (N, H)")
    save_figure(diagram.figure, path)

The page is white with a margin, so it is as legible on a dark page as on a white one. A box is told
from others by its place or its frame, and an arrow by its line, never by colour alone: what flows
forward is a full line, a gradient is a line of dashes and dots in a colour of its own.
"""

from dataclasses import dataclass
from pathlib import Path

from common.checks import check_choice
from common.tools.figures import COLOURS, new_figure, save_figure
from common.tools.flags import Parser, make_folder

# Pale tones of the colours of common/tools/figures.py: dark text is legible on all of them.
PAPERS = {"white": "#ffffff", "blue": "#d6e9f5", "orange": "#fbe3cf", "pink": "#f5e1ec",
          "grey": "#ececec"}
INK = "#222222"
GRADIENT = COLOURS[1]
DASHED = "--"
DASHES_AND_DOTS = (0, (6, 2, 1.5, 2))
TEXT = 10  # points
SMALL = 9.5  # still 9 points where a page of 12 units is shown 850 pixels wide
SCALE = 0.75  # inches a unit
TITLE = 0.4  # inches above the page
GAP = 0.1  # units between an arrow and its label


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

    def above(self, x):
        """The point of the upper edge at this x."""
        return x, self.top[1]

    def below(self, x):
        """The point of the lower edge at this x."""
        return x, self.bottom[1]


def paper_colour(name):
    """The colour of a paper; ValueError if there is none of that name."""
    return PAPERS[check_choice("paper", name, PAPERS)]


class Diagram:
    """A page of width x height units, (0, 0) at the left of the bottom.

    Attributes:
        figure: a matplotlib Figure, to be saved with save_figure.
    """

    def __init__(self, width, height, title):
        self.figure = new_figure(width * SCALE, height * SCALE + TITLE)
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
            (x - width / 2, y - height / 2), width, height, facecolor=paper_colour(paper),
            edgecolor=INK, linewidth=1.2, linestyle=DASHED if dashed else "-",
            boxstyle="round,pad=0,rounding_size=0.1", zorder=3,
        ))
        self.text(x, y, text)
        return Box(x, y, width, height)

    def row(self, xs, y, texts, paper="white", width=0.9, height=0.7):
        """A box at each x with a text of its own -> list of Box."""
        return [self.box(x, y, text, paper, width, height) for x, text in zip(xs, texts)]

    def chain(self, boxes, gradient=False):
        """An arrow from each box of a row to the next, or back if it is a gradient."""
        for first, second in zip(boxes, boxes[1:]):
            if gradient:
                self.arrow(second.left, first.right, gradient=True)
            else:
                self.arrow(first.right, second.left)

    def frame(self, x, y, width, height):
        """A thin frame around other boxes, behind them -> Box."""
        from matplotlib.patches import FancyBboxPatch

        self.axes.add_patch(FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height, facecolor="none", edgecolor="#999999",
            linewidth=1, boxstyle="round,pad=0,rounding_size=0.15", zorder=0,
        ))
        return Box(x, y, width, height)

    def cells(self, x, y, texts, paper="white", width=0.6, height=0.45):
        """A strip of cells side by side, such as the numbers of a vector -> Box of them all."""
        from matplotlib.patches import Rectangle

        left = x - len(texts) * width / 2
        for k, text in enumerate(texts):
            self.axes.add_patch(Rectangle(
                (left + k * width, y - height / 2), width, height, facecolor=paper_colour(paper),
                edgecolor=INK, linewidth=1.2, zorder=3))
            self.text(left + (k + 0.5) * width, y, text)
        return Box(x, y, len(texts) * width, height)

    def bar(self, left, y, width, paper="white", height=0.5):
        """A bar that begins at `left`, as wide as a number is large -> Box; a line for 0."""
        from matplotlib.patches import Rectangle

        self.axes.add_patch(Rectangle((left, y - height / 2), width, height,
                                      facecolor=paper_colour(paper), edgecolor=INK,
                                      linewidth=1.2, zorder=3))
        return Box(left + width / 2, y, width, height)

    def circle(self, x, y, sign, gradient=False, radius=0.2, size=TEXT + 2):
        """A circle with the sign of an operation -> Box; with gradient, one between gradients."""
        from matplotlib.patches import Circle

        self.axes.add_patch(Circle(
            (x, y), radius, facecolor="white", edgecolor=GRADIENT if gradient else INK,
            linewidth=2.2 if gradient else 1.2, zorder=3))
        self.text(x, y, sign, size=size)
        return Box(x, y, 2 * radius, 2 * radius)

    def arrow(self, start, end, dashed=False, gradient=False, via=(), label=None, over=False,
              **place):
        """An arrow from a point to another.

        Args:
            dashed, gradient: in another line than what flows forward.
            via: points between the two, where the arrow has a corner.
            label: a text beside it; place says where, see `label`.
            over: it crosses lines drawn before, which are interrupted there.
        """
        self.line([start, *via, end], dashed, gradient, over, head=True)
        if label is not None:
            self.label([start, *via, end], label, **place)

    def line(self, points, dashed=False, gradient=False, over=False, head=False):
        """A line through some points, with the head of an arrow at its end or without."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path as Points

        if over:
            self.axes.add_line(Line2D(*zip(*points), color="white", linewidth=7, zorder=2,
                                      solid_capstyle="butt"))
        look = {"mutation_scale": 11, "color": GRADIENT if gradient else INK, "zorder": 2,
                "linewidth": 1.8 if gradient else 1.4, "capstyle": "butt", "joinstyle": "miter"}
        style = DASHES_AND_DOTS if gradient else DASHED if dashed else "-"
        self.axes.add_patch(FancyArrowPatch(path=Points(points), arrowstyle="-", fill=False,
                                            linestyle=style, **look))
        if head:  # by itself, since its outline is a full line in every arrow
            (x1, y1), (x2, y2) = points[-2:]
            neck = x2 - (x2 - x1) / 100, y2 - (y2 - y1) / 100
            self.axes.add_patch(FancyArrowPatch(path=Points([neck, (x2, y2)]), arrowstyle="-|>",
                                                **look))

    def dot(self, x, y):
        """Where a line branches off another one, which it does not cross."""
        from matplotlib.patches import Circle

        self.axes.add_patch(Circle((x, y), 0.06, color=INK, zorder=3))

    def label(self, points, text, side="above", part=0, along=0.5, size=SMALL):
        """A text beside a line through some points.

        Args:
            side: "above", "below", "left" or "right" of it.
            part: beside which of its straight parts. along: how far on that part, 0 to 1.
        """
        (x1, y1), (x2, y2) = points[part], points[part + 1]
        x, y = x1 + along * (x2 - x1), y1 + along * (y2 - y1)
        across, up, ha, va = {"above": (0, GAP, "center", "bottom"),
                              "below": (0, -GAP, "center", "top"),
                              "left": (-GAP, 0, "right", "center"),
                              "right": (GAP, 0, "left", "center")}[side]
        self.text(x + across, y + up, text, ha, size, va)

    def text(self, x, y, text, across="center", size=TEXT, upright="center", bold=False):
        """A text at a height, its middle at x, or its left or right end if across says so."""
        self.axes.text(x, y, text, ha=across, va=upright, fontsize=size, color=INK, zorder=4,
                       linespacing=1.3, weight="bold" if bold else "normal")


def write_diagrams(description, drawings, argv=None):
    """The main function of a script that draws diagrams.

    Args:
        description: the script's docstring. argv: its flags, those of the command line if None.
        drawings: functions that return a Diagram, each named as its file.
    """
    parser = Parser(description)
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs/diagrams"),
                        help="where to write the pictures (default: %(default)s)")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    for draw in drawings:
        path = out / f"{draw.__name__}.png"
        figure = draw().figure
        with parser.mistakes():
            save_figure(figure, path)
        print(f"wrote {path}")
