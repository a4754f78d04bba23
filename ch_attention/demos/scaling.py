"""Why is the dot product divided by the square root of the key's size?

Queries and keys of independent numbers with mean 0 and variance 1, for sizes d_k from 2 to 512, and
the weights over 18 keys, as many as "september 27, 1994" has characters. Measured are the spread of
the scores, the largest of the weights, and how much of a gradient comes back through the softmax,
with the dot product as it is (DotScore) and divided (ScaledDotScore). Takes a second, trains
nothing; --quick has fewer queries.

Prints a table, means of all queries, and writes scaling.png. What will be seen: the spread of the
scores grows as the square root of d_k, so the softmax gets nearly one-hot and lets little of the
gradient through; divided by that root, nothing of this depends on d_k.
"""

import numpy as np

from ch_attention.scores import DotScore, ScaledDotScore
from common.functions import softmax, softmax_backward
from common.tools.demonstration import demo_parser
from common.tools.figures import COLOURS, LINES, MARKERS, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end

SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
S = 18
N, QUICK_N = 2000, 50  # queries, each with keys of its own
SCORES = {"as it is": DotScore, "divided": ScaledDotScore}
MEASURED = {"spread of the scores": "standard deviation", "largest weight": "weight",
            "gradient through the softmax": "norm of dscores over norm of da"}


def main(argv=None):
    """Read the flags, measure, print, draw."""
    parser = demo_parser(__doc__, "scaling", repeats=1)
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    rng = np.random.default_rng(args.seed)
    found = {name: np.array([measure(score(), size, QUICK_N if args.quick else N, rng)
                             for size in SIZES]) for name, score in SCORES.items()}
    print_table(found)
    figure = plot(found, args.show)
    with parser.mistakes():
        finish_picture(figure, out / "scaling.png", args.show)


def measure(score, size, count, rng):
    """The three numbers of MEASURED for queries and keys of this size."""
    keys, q = rng.standard_normal((count, S, size)), rng.standard_normal((count, 1, size))
    scores = score.forward(keys, q)  # (count, 1, S)
    a = softmax(scores)
    da = rng.standard_normal(a.shape)
    dscores = softmax_backward(da, a)
    share = np.linalg.norm(dscores, axis=-1) / np.linalg.norm(da, axis=-1)
    return scores.std(), a.max(axis=-1).mean(), share.mean()


def print_table(found):
    """A row for each size."""
    names = [f"{what}, {name}" for what in MEASURED for name in SCORES]
    print("d_k   " + "".join(f"{name:>40}" for name in names))
    for k, size in enumerate(SIZES):
        numbers = [found[name][k, column] for column in range(len(MEASURED)) for name in SCORES]
        print(f"{size:<6}" + "".join(f"{number:>40.3f}" for number in numbers))


def plot(found, show=False):
    """A panel for each of the three, a curve for each score."""
    figure = new_figure(9, 3.4, show)
    for k, (axes, (title, unit)) in enumerate(zip(figure.subplots(1, 3), MEASURED.items())):
        for name, colour, line, marker in zip(found, COLOURS, LINES, MARKERS):
            axes.plot(SIZES, found[name][:, k], label=name, color=colour, linestyle=line,
                      marker=marker, markersize=4)
        axes.set_xscale("log", base=2)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("$d_k$, the size of a key")
        axes.set_ylabel(unit, fontsize=9)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.axes[0].legend(fontsize=9)
    figure.suptitle(f"Random queries and {S} random keys: the dot product as it is and divided by "
                    r"$\sqrt{d_k}$", fontsize=11)
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
