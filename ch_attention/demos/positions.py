"""What does a position look like, and how does one token find the one before it?

A position is a row of sines and cosines, each pair of columns a hand of a clock that turns more
slowly than the one before. Drawn are, for D = 4, the two hands at the first positions, and what a
head sees that asks for the place before it; for D = 64 the rows of the first positions, some of the
columns as curves, and for some positions the dot product of their row with all others, which is
what attention can make of them. Takes a second, trains nothing; --quick, --seed and --repeats
change nothing.

Prints two tables and writes positions.png. What will be seen: no two rows are alike; the dot
product is largest with the position itself and depends only on the distance; there is one matrix
that leads from each row to the row three places later, whatever the place is; and with one that
leads a place back for its queries, a head finds the place before each.
"""

import numpy as np

from ch_attention.transformer.layers import sinusoids
from common.tools.demonstration import demo_parser
from common.tools.figures import COLOURS, LINES, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end

T, D = 50, 64  # positions that are drawn; D of the models that read dates
COLUMNS = (0, 8, 16)  # drawn as curves: the fast ones, of which T positions show a turn
PLACES = (5, 20, 40)  # positions whose dot products are drawn
DISTANCES = (0, 1, 2, 3, 5, 10, 20)
STEP = 3  # for the matrix that leads from a position to a later one
FEW, HANDS, ASKS = 4, 4, 5  # columns of the small example, clocks drawn, the position that asks


def main(argv=None):
    """Read the flags, print the products by distance, draw."""
    parser = demo_parser(__doc__, "positions", repeats=1)
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    P = sinusoids(0, T, D, np.float64)
    print_table(P)
    figure = plot(P, args.show)
    with parser.mistakes():
        finish_picture(figure, out / "positions.png", args.show)


def turned(k, size):
    """The matrix R (size, size) with P[s + k] = P[s] R at every s; size is even.

    Each pair of columns is sin(w s) and cos(w s), and
        sin(w (s + k)) =  cos(w k) sin(w s) + sin(w k) cos(w s)
        cos(w (s + k)) = -sin(w k) sin(w s) + cos(w k) cos(w s)
    """
    R = np.zeros((size, size))
    for pair, (sin, cos) in enumerate(sinusoids(k, 1, size, np.float64).reshape(-1, 2)):
        first = slice(2 * pair, 2 * pair + 2)
        R[first, first] = [[cos, -sin], [sin, cos]]
    return R


def scores_of_place_before(T, D):
    """Scores (T, T), without the root, of a head that asks "what stands before me?".

    Its W_Q leads each row to the row before, its W_K is the identity, and tokens say nothing but
    where they are: q = P W_Q, keys = P W_K.
    """
    P = sinusoids(0, T, D, np.float64)
    return P @ turned(-1, D) @ P.T


def print_table(P):
    """The dot products of rows at some distances, lowest to highest of all places, and the step."""
    products = P @ P.T  # (T, T)
    print(f"dot product of the rows of two positions, D = {D}, lowest and highest of all places")
    print(f"{'distance':<10}" + "".join(f"{distance:>8}" for distance in DISTANCES))
    for name, pick in (("lowest", np.min), ("highest", np.max)):
        print(f"{name:<10}" + "".join(f"{pick(np.diag(products, distance)):>8.2f}"
                                      for distance in DISTANCES))
    error = np.abs(P[STEP:] - P[:-STEP] @ turned(STEP, D)).max()
    print(f"one matrix leads {STEP} places on, from everywhere: largest error {error:.0e}")
    print(f"scores of position {ASKS} that asks what stands before it, D = {FEW}, W_Q turned by -1")
    print(f"{'key of':<10}" + "".join(f"{s:>8}" for s in range(2 * FEW)))
    found = scores_of_place_before(2 * FEW, FEW)[ASKS]
    print(f"{'score':<10}" + "".join(f"{score:>8.2f}" for score in found))


def plot(P, show=False):
    """Above the hands and the question of D = 4, then the rows, some columns and some products."""
    figure = new_figure(7.4, 8, show)
    above, below = figure.subfigures(2, 1, height_ratios=(2.1, 5))
    *clocks, question = above.subplots(1, HANDS + 1, width_ratios=[1] * HANDS + [1.9])
    for s, axes in enumerate(clocks):
        plot_clock(axes, s)
    plot_question(question)
    above.suptitle(f"D = {FEW}: a fast hand (full) and a slow one (dashed), and a head that asks "
                   "\u201cwhat stands before me?\u201d", fontsize=11)
    panels = below.subplot_mosaic([["rows", "rows"], ["columns", "products"]])
    image = panels["rows"].imshow(P, cmap="viridis", aspect="auto", vmin=-1, vmax=1)
    panels["rows"].set_title("P[s], a row for each position", fontsize=11)
    panels["rows"].set_xlabel("column: sines and cosines, from fast to slow")
    panels["rows"].set_ylabel("position s")
    below.colorbar(image, ax=panels["rows"], label="P")
    for column, colour, line in zip(COLUMNS, COLOURS, LINES):
        panels["columns"].plot(P[:, column], color=colour, linestyle=line, label=f"{column}")
    panels["columns"].set_title(f"columns {', '.join(map(str, COLUMNS))} of P: sines", fontsize=11)
    panels["columns"].set_ylabel("P")
    panels["columns"].set_ylim(top=1.7)  # room for the legend
    panels["columns"].set_yticks((-1, 0, 1))
    for place, colour, line in zip(PLACES, COLOURS, LINES):
        panels["products"].plot(P @ P[place], color=colour, linestyle=line, label=f"s = {place}")
    panels["products"].set_title("dot product of a row with all others", fontsize=11)
    panels["products"].set_ylim(top=1.2 * D / 2)  # room for the legend
    for name in ("columns", "products"):
        panels[name].legend(fontsize=8, ncols=3, loc="upper center")
        panels[name].set_xlabel("position")
        panels[name].set_xlim(0, T)
        panels[name].grid(alpha=0.3)
    below.suptitle(f"Positions as sinusoids, D = {D}")
    return figure


def plot_clock(axes, s):
    """The hands of a position: of a pair of columns the sine is how far right, the cosine up."""
    (row,) = sinusoids(s, 1, FEW, np.float64)
    around = np.linspace(0, 2 * np.pi, 100)
    axes.plot(np.sin(around), np.cos(around), color="#999999", linewidth=1)
    for (sin, cos), colour, line in zip(row.reshape(-1, 2), COLOURS, LINES):
        axes.plot((0, sin), (0, cos), color=colour, linestyle=line, linewidth=2.5)
    axes.set_aspect("equal")
    axes.set_axis_off()
    fast, slow = (" ".join(f"{number:.2f}" for number in pair) for pair in row.reshape(-1, 2))
    axes.set_title(f"s = {s}", fontsize=10)
    for below, numbers, colour in ((-1.35, fast, COLOURS[0]), (-1.75, slow, COLOURS[1])):
        axes.text(0, below, numbers, color=colour, ha="center", va="center", fontsize=9)


def plot_question(axes):
    """The scores of one position's query with the keys around it, as bars with their numbers."""
    near = np.arange(ASKS - 3, ASKS + 2)
    found = scores_of_place_before(ASKS + 2, FEW)[ASKS, near]
    bars = axes.bar(near, found, color=[COLOURS[0] if s == ASKS - 1 else COLOURS[5] for s in near])
    axes.bar_label(bars, [f"{score:.2f}" for score in found], fontsize=9)
    axes.set_xticks(near)
    axes.set_ylim(top=2.4)  # room for the numbers
    axes.set_title(f"scores of s = {ASKS}, by key", fontsize=10)
    axes.set_xlabel("position of the key")


if __name__ == "__main__":
    with orderly_end():
        main()
