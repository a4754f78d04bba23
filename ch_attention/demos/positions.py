"""What does a position look like, and how does one token find the one before it?

A position is a row of sines and cosines, each pair of columns a hand of a clock that turns more
slowly than the one before. Drawn are the rows of the first positions; six of the columns as curves;
and for some positions the dot product of their row with all others, which is what attention can
make of them. Takes a second, trains nothing; --quick, --seed and --repeats change nothing.

Prints a table and writes positions.png. What will be seen: no two rows are alike; the dot product
is largest with the position itself and depends only on the distance; and there is one matrix that
leads from each row to the row three places later, whatever the place is.
"""

import numpy as np

from ch_attention.transformer.layers import sinusoids
from common.tools.demonstration import demo_parser
from common.tools.figures import COLOURS, LINES, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end

T, D = 50, 64  # positions that are drawn; D of the models that read dates
COLUMNS = (0, 1, 8, 16, 24, 32)  # drawn as curves
PLACES = (5, 20, 40)  # positions whose dot products are drawn
DISTANCES = (0, 1, 2, 3, 5, 10, 20)
STEP = 3  # for the matrix that leads from a position to a later one


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


def plot(P, show=False):
    """Above the rows as a picture, below some columns and some products."""
    figure = new_figure(7.4, 5.6, show)
    panels = figure.subplot_mosaic([["rows", "rows"], ["columns", "products"]])
    image = panels["rows"].imshow(P, cmap="viridis", aspect="auto", vmin=-1, vmax=1)
    panels["rows"].set_title("P[s], a row for each position", fontsize=11)
    panels["rows"].set_xlabel("column: sines and cosines, from fast to slow")
    panels["rows"].set_ylabel("position s")
    figure.colorbar(image, ax=panels["rows"], label="P")
    for column, colour, line in zip(COLUMNS, COLOURS, LINES):
        panels["columns"].plot(P[:, column], color=colour, linestyle=line, label=str(column))
    panels["columns"].set_title("some columns", fontsize=11)
    panels["columns"].set_ylabel("P")
    panels["columns"].legend(title="column", fontsize=8, title_fontsize=8, loc="center right")
    panels["columns"].set_xlim(0, T + 20)  # room for the legend
    for place, colour, line in zip(PLACES, COLOURS, LINES):
        panels["products"].plot(P @ P[place], color=colour, linestyle=line, label=f"s = {place}")
    panels["products"].set_title("dot product of a row with all others", fontsize=11)
    panels["products"].legend(fontsize=8, ncols=len(PLACES), loc="upper center")
    panels["products"].set_ylim(top=1.2 * D / 2)  # room for the legend
    for name in ("columns", "products"):
        panels[name].set_xlabel("position")
        panels[name].grid(alpha=0.3)
    figure.suptitle(f"Positions as sinusoids, D = {D}")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
