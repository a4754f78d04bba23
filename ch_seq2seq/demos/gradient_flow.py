"""How far back does a gradient reach? Vanishing and exploding gradients in one picture.

A gradient of size 1 arrives at the last hidden state of a sequence. The picture shows how much of
it reaches the inputs of the steps before, for RNNs with small, medium and large weights, a GRU, and
LSTMs whose forget gate is half open, three quarters open and open, all untrained. The table says
which factor each of them keeps at a step. Takes two seconds a seed, with --quick as without it; of
several seeds the mean is drawn. Writes gradient_flow.png.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from common.functions import sigmoid
from common.time_layers import TimeGRU, TimeLSTM, TimeRNN
from common.tools.demonstration import demo_parser, seeds
from common.tools.figures import COLOURS, LINES, finish_picture, new_figure
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end


STEPS = 50  # steps back: enough to see where the curves go
STRAIGHT = 30  # from here on all curves are straight: the largest eigenvalue has won
N = 64  # sequences to average over
D = H = 64
INPUT_SIZE = 1e-12  # tiny inputs keep tanh in its straight part, where only the weights count
RADII = (0.5, 1.0, 1.5)
BIASES = (0, 1, 5)


def main(argv=None):
    """Read the flags, measure every layer, print the table, draw."""
    parser = demo_parser(__doc__, "gradient_flow", repeats=1)
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)

    measured = [{name: reach(layer, seed) for name, layer in make_layers(seed).items()}
                for seed in seeds(args)]
    curves = {name: np.mean([run[name] for run in measured], axis=0) for name in measured[0]}
    # From the curve that ends highest to the one that ends lowest, in table and legend alike.
    curves = dict(sorted(curves.items(), key=lambda item: -item[1][STEPS]))
    print_table(curves)
    path = out / "gradient_flow.png"
    figure = plot(curves, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def make_layers(seed):
    """Name -> layer: RNNs with Wh of a given spectral radius, a GRU, LSTMs of a given bias."""
    layers = {}
    for radius in RADII:
        layer = TimeRNN(D, H, np.random.default_rng(seed), np.float64)
        Wh = layer.params["Wh"]
        Wh *= radius / np.abs(np.linalg.eigvals(Wh)).max()
        layers[f"RNN, largest eigenvalue of Wh {radius}"] = layer
    layers["GRU"] = TimeGRU(D, H, np.random.default_rng(seed), np.float64)
    for bias in BIASES:
        layer = TimeLSTM(D, H, np.random.default_rng(seed), np.float64)
        layer.params["b"][H : 2 * H] = bias
        layers[f"LSTM, forget-gate bias {bias}"] = layer
    return layers


def reach(layer, seed):
    """Mean norm of the gradient at each input, relative to the last: [k] is k steps back."""
    rng = np.random.default_rng(seed + 1)
    T = STEPS + 1
    xs = INPUT_SIZE * rng.standard_normal((N, T, D))
    hs, _ = layer.forward(xs)
    dhs = np.zeros_like(hs)
    dhs[:, -1] = rng.standard_normal((N, H)) / np.sqrt(H)
    dxs, _ = layer.backward(dhs)
    norms = np.linalg.norm(dxs, axis=-1).mean(axis=0)[::-1]  # (T,)
    return norms / norms[0]


def kept_per_step(curve):
    """The factor that the straight part of a curve keeps at each step back."""
    return (curve[STEPS] / curve[STRAIGHT]) ** (1 / (STEPS - STRAIGHT))


def print_table(curves):
    """A row for each curve; the forget gate alone would keep sigmoid(bias) of c at a step."""
    gates = {f"LSTM, forget-gate bias {bias}": f"{sigmoid(bias):.2f}" for bias in BIASES}
    print(f"{'':<34} kept at a step   by the forget gate alone   left after {STEPS} steps")
    for name, curve in curves.items():
        print(f"{name:<34} {kept_per_step(curve):14.2f}   {gates.get(name, ''):>24}   "
              f"{curve[STEPS]:19.1e}")


def plot(curves, show=False):
    """The curves in one picture, the legend beside them."""
    figure = new_figure(9.4, 4.8, show)
    axes = figure.subplots()
    styles = zip((*COLOURS, "black"), (*LINES, "-"))
    for (name, curve), (colour, line) in zip(curves.items(), styles, strict=True):
        axes.plot(curve, color=colour, linestyle=line, linewidth=2, label=name)
    axes.set_yscale("log")
    axes.set_xlabel("steps back from the end of the sequence")
    axes.set_ylabel("gradient at the input, relative to the last step")
    axes.set_title(f"How far a gradient reaches back (untrained layers, H = {H})")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
