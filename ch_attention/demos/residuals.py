"""What are residual connections and layer norm for in a high stack?

Sixteen encoder layers, untrained, on random tokens. On the way up: how much do the tokens of a
sentence still differ from their mean? On the way down: a gradient of size 1 comes in at the top,
what is left of it below each layer? With residual connections and the norm before each part (pre),
after each sum as in the paper (post), with only one of the two, and with neither. Takes five
seconds, trains nothing; --quick has one seed and four layers.

Prints a table, lowest to highest of the seeds, and writes residuals.png. What will be seen: without
residual connections every look averages, and after four layers all tokens are one and the same.
Without norm the gradient grows a million times; without either it fades. Pre keeps both in bounds;
post keeps the gradient, too, but its tokens come closer with each layer.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.transformer.layers import sinusoids
from ch_attention.transformer.stack import EncoderLayer
from common.layers import Embedding
from common.tools.demonstration import demo_parser, seeds
from common.tools.figures import (COLOURS, LINES, MARKERS, counted, draw_band, finish_picture,
                                  new_figure)
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end

LAYERS, QUICK_LAYERS = 16, 4
N, S, V = 16, 18, 60  # sentences, tokens in each, symbols
D, H, HEADS = 64, 128, 4  # as in the models that read dates
# Name -> is there a residual connection, and the norm: before a part, after the sum, or None.
WAYS = {"pre": (True, "pre"), "post": (True, "post"), "norm, no residual": (False, "pre"),
        "residual, no norm": (True, None), "neither": (False, None)}
BELOW = 1e-9  # where the picture ends: tokens that differ by less are one
MEASURED = {"difference": "on the way up: how much tokens differ",
            "gradient": "on the way down: norm of the gradient"}


def main(argv=None):
    """Read the flags, measure each way, print, draw."""
    parser = demo_parser(__doc__, "residuals")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    height = QUICK_LAYERS if args.quick else LAYERS
    found = {way: np.array([up_and_down(*WAYS[way], height, seed) for seed in seeds(args)])
             for way in WAYS}  # (seeds, 2, height + 1)
    print_table(found)
    figure = plot(found, args.show)
    with parser.mistakes():
        finish_picture(figure, out / "residuals.png", args.show)


def up_and_down(residual, norm, height, seed):
    """Differences above [k] layers, and norms of the gradient below [k] layers: (2, height + 1)."""
    rng = np.random.default_rng(seed)
    layers = [EncoderLayer(D, H, rng, heads=HEADS, norm=norm or "pre", dtype=np.float64)
              for _ in range(height)]
    parts = [Way(part, residual, norm) for layer in layers
             for part in (layer.self_attention, layer.feed_forward)]
    x = Embedding(V, D, rng, np.float64).forward(rng.integers(V, size=(N, S)))
    x = x + sinusoids(0, S, D, np.float64)
    differences = [difference(x)]
    for part in parts:
        x = part.forward(x)
        differences.append(difference(x))
    dx = rng.standard_normal(x.shape)
    dx /= np.linalg.norm(dx)
    norms = [1.0]
    for part in reversed(parts):
        dx = part.backward(dx)
        norms.append(np.linalg.norm(dx))
    return differences[::2], norms[::2]  # a layer has two parts


class Way:
    """A Residual, or what is left of it without the connection, the norm, or both."""

    def __init__(self, part, residual, norm):
        self.part, self.residual, self.norm = part, residual, norm

    def forward(self, x):
        """x (N, S, D) -> (N, S, D)."""
        if self.residual and self.norm:
            return self.part.forward(x)
        said = self.part.sublayer.forward(self.part.norm.forward(x) if self.norm else x)
        return x + said if self.residual else said

    def backward(self, dy):
        """dy (N, S, D) -> dx (N, S, D)."""
        if self.residual and self.norm:
            return self.part.backward(dy)
        dx = self.part.sublayer.backward(dy)  # said = sublayer(...)
        dx = self.part.norm.backward(dx) if self.norm else dx  # norm(x)
        return dy + dx if self.residual else dx


def difference(x):
    """x (N, S, D) -> the norm of what is left without the mean token of each sentence, a share."""
    return np.linalg.norm(x - x.mean(axis=1, keepdims=True)) / np.linalg.norm(x)


def print_table(found):
    """A row for each way and measure, a column for each doubling of the layers."""
    height = found["neither"].shape[2] - 1
    shown = [k for k in (1, 2, 4, 8, 16) if k <= height]
    print(f"{'':<30}" + "".join(f"{f'{k} layers':>20}" for k in shown))
    for row, title in enumerate(MEASURED.values()):
        print(title)
        for way, runs in found.items():
            cells = (f"{runs[:, row, k].min():.1e}-{runs[:, row, k].max():.1e}" for k in shown)
            print(f"  {way:<28}" + "".join(f"{cell:>20}" for cell in cells))


def plot(found, show=False):
    """A panel for each measure, a curve for each way, on scales of powers of ten."""
    figure = new_figure(9, 4.2, show)
    panels = figure.subplots(1, 2)
    for row, (axes, title) in enumerate(zip(panels, MEASURED.values())):
        for (way, runs), colour, line, marker in zip(found.items(), COLOURS, LINES, MARKERS):
            values = np.maximum(runs[:, row], BELOW)
            draw_band(axes, np.arange(values.shape[1]), values, way, color=colour, linestyle=line,
                      marker=marker, markersize=4)
        axes.set_yscale("log")
        axes.set_xticks(np.arange(0, values.shape[1], 2))
        axes.set_title(title, fontsize=11)
        axes.grid(alpha=0.3)
    panels[0].set_xlabel("layers above the bottom")
    panels[0].set_ylabel("the part of a token that is its own\n"
                         "(1: nothing in common, 0: all the same)")
    least = f"$10^{{{round(np.log10(BELOW))}}}$"
    panels[0].annotate(f"below {least}: drawn at {least}", (0.95, 0.08), xycoords="axes fraction",
                       ha="right", fontsize=9)
    panels[1].set_xlabel("layers below the top")
    panels[1].set_ylabel("norm, 1 at the top")
    panels[0].legend(fontsize=9, handlelength=3.2)  # dashes and dots in full
    figure.suptitle("Untrained encoder layers, one above the other (mean and range of "
                    f"{counted(len(found['neither']), 'seed')})", fontsize=11)
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
