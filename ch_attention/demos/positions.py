"""What does a position look like, and how does one token find the one before it?

A position is a row of sines and cosines, each pair of columns a hand of a clock that turns more
slowly than the one before. Drawn are, for D = 4, the two hands at the first positions; where a
head looks that asks for the place before it, with D = 4 and with D = 64; for D = 64 the rows of the
first positions, some of the columns as curves, and for some positions the dot product of their row
with all others, which is what attention can make of them. Takes a second, trains nothing; --quick,
--seed and --repeats change nothing.

Prints three tables and writes positions.png. What will be seen: no two rows are alike; the dot
product is largest with the position itself and depends only on the distance; there is one matrix
that leads from each row to the row three places later, whatever the place is; and with one that
leads a place back for its queries, a head finds the place before each. With two hands it looks at
a place six further on as well, where the fast hand points the same way again.
"""

import numpy as np

from ch_attention.transformer.layers import sinusoids
from common.functions import softmax
from common.tools.demonstration import demo_parser
from common.tools.figures import COLOURS, LINES, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end

T, D = 50, 64  # positions that are drawn; D of the models that read dates
COLUMNS = (0, 8, 16)  # drawn as curves: the fast ones, of which T positions show a turn
PLACES = (5, 20, 40)  # positions whose dot products are drawn
DISTANCES = (0, 1, 2, 3, 5, 10, 20)
STEP = 3  # for the matrix that leads from a position to a later one
FEW, CLOCKS, ASKS = 4, 4, 5  # columns of the small example, clocks drawn, the position that asks
KEYS = 13  # positions that it asks: two turns of the fast hand
LONG = 10  # times the matrix that turns: with W_Q of length 1 the weights are nearly alike


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


def weights_of_place_before(T, D):
    """Weights (T, T) of this head with a W_Q that is LONG times as long, the scores divided."""
    return softmax(LONG * scores_of_place_before(T, D) / np.sqrt(D))


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
    for head, title in ((scores_of_place_before, "scores, W_Q turned by -1"),
                        (weights_of_place_before, f"weights, W_Q {LONG} times as long")):
        print(f"position {ASKS} asks what stands before it: {title}")
        print(f"{'key of':<10}" + "".join(f"{s:>8}" for s in range(KEYS)))
        for size in (FEW, D):
            print(f"{f'D = {size}':<10}" + "".join(
                f"{number:>8.2f}" for number in head(KEYS, size)[ASKS]))


def plot(P, show=False):
    """Above the hands and a head's question, below the rows, some columns and some products."""
    figure = new_figure(7.4, 9.4, show)
    above, below = figure.subfigures(2, 1, height_ratios=(3.5, 5))
    left, right = above.subfigures(1, 2, width_ratios=(2.5, 5))
    for s, axes in enumerate(left.subplots(2, CLOCKS // 2).flat):
        plot_clock(axes, s)
    left.suptitle(f"D = {FEW}: a fast hand (full)\nand a slow one (dashed)", fontsize=11)
    for axes, size in zip(right.subplots(2, 1, sharex=True), (FEW, D)):
        plot_question(axes, size)
    right.suptitle(f"\u201cWhat stands before me?\u201d asks s = {ASKS}: its weights", fontsize=11)
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
    axes.set_ylim(-2.1, 1.1)  # room for the numbers
    axes.set_axis_off()
    fast, slow = (" ".join(f"{number:.2f}" for number in pair) for pair in row.reshape(-1, 2))
    axes.set_title(f"s = {s}", fontsize=10)
    for below, numbers, colour in ((-1.35, fast, COLOURS[0]), (-1.75, slow, COLOURS[1])):
        axes.text(0, below, numbers, color=colour, ha="center", va="center", fontsize=9)


def plot_question(axes, size):
    """How much one position looks at the keys around it, as bars with their numbers."""
    keys = np.arange(KEYS)
    found = weights_of_place_before(KEYS, size)[ASKS]
    # Where the fast hand, which turns once in 2 pi places, points the same way again.
    again = ASKS - 1 + round(2 * np.pi)
    bars = axes.bar(keys, found, color=[COLOURS[0] if s == ASKS - 1 else COLOURS[5] for s in keys])
    axes.bar_label(bars, [f"{weight:.2f}" for weight in found], fontsize=8)
    axes.set_xticks(keys)
    axes.set_ylim(0, 1)
    axes.set_title(f"D = {size}, {size // 2} hands", fontsize=10)
    axes.set_ylabel("weight")
    if size == FEW:
        says = f"position {again} gets nearly as much:\nthe fast hand has gone once round"
    else:
        says = "with more hands only the\nneighbours get something"
        axes.set_xlabel("position of the key")
    axes.text(0.98, 0.95, says, ha="right", va="top", fontsize=9, transform=axes.transAxes)


if __name__ == "__main__":
    with orderly_end():
        main()
