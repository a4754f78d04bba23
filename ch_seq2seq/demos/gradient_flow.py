"""How far back does a gradient reach? Vanishing and exploding gradients in one picture.

A gradient of size 1 arrives at the last hidden state of a sequence. The picture shows how much of
it reaches the inputs of the steps before, for RNNs with small, medium and large weights, an LSTM
and a GRU, all untrained. Takes two seconds; writes gradient_flow.png.
"""

from pathlib import Path

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from common.tools.flags import Parser, make_folder
from common.tools.figures import COLOURS, LINES, new_figure, save_figure, show_windows
from common.time_layers import TimeGRU, TimeLSTM, TimeRNN

T = 50  # long enough to see where the curves go
N = 64  # sequences to average over
D = H = 64
INPUT_SIZE = 1e-12  # tiny inputs keep tanh in its straight part, where only the weights count


def main(argv=None):
    """Read the flags, measure every layer, draw."""
    parser = Parser(__doc__)
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=Path("runs/gradient_flow"),
                        help="where to write the picture (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the picture in a window")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)

    figure = new_figure(7.2, 4.8, args.show)
    axes = figure.subplots()
    back = np.arange(T)[::-1]
    for k, (name, layer) in enumerate(make_layers().items()):
        axes.plot(back, reach(layer), color=COLOURS[k], linestyle=LINES[k], linewidth=2,
                  label=name)
    axes.set_yscale("log")
    axes.set_ylim(1e-12, 1e12)
    axes.set_xlabel("steps back from the end of the sequence")
    axes.set_ylabel("gradient at the input, relative to the last step")
    axes.set_title(f"How far a gradient reaches back (untrained layers, H = {H})")
    axes.grid(alpha=0.3)
    axes.legend()
    path = out / "gradient_flow.png"
    with parser.mistakes():
        save_figure(figure, path)
    print(f"wrote {path}")
    if args.show:
        show_windows()


def make_layers():
    """Name -> layer, the RNNs with Wh scaled to a given spectral radius."""
    layers = {}
    for radius in (0.5, 1.0, 1.5):
        layer = TimeRNN(D, H, np.random.default_rng(0), np.float64)
        Wh = layer.params["Wh"]
        Wh *= radius / np.abs(np.linalg.eigvals(Wh)).max()
        layers[f"RNN, largest eigenvalue of Wh {radius}"] = layer
    layers["GRU"] = TimeGRU(D, H, np.random.default_rng(0), np.float64)
    for bias in (0, 1):
        layer = TimeLSTM(D, H, np.random.default_rng(0), np.float64)
        layer.params["b"][H : 2 * H] = bias
        layers[f"LSTM, forget-gate bias {bias}"] = layer
    return layers


def reach(layer):
    """Mean norm of the gradient at the input of each step (T,), relative to the last step."""
    rng = np.random.default_rng(1)
    xs = INPUT_SIZE * rng.standard_normal((N, T, D))
    hs, _ = layer.forward(xs)
    dhs = np.zeros_like(hs)
    dhs[:, -1] = rng.standard_normal((N, H)) / np.sqrt(H)
    dxs, _ = layer.backward(dhs)
    norms = np.linalg.norm(dxs, axis=-1).mean(axis=0)
    return norms / norms[-1]


if __name__ == "__main__":
    main()
