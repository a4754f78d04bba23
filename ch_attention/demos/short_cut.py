"""How wide is the short cut from a target step to a source position?

The loss of one written letter sends a gradient back to the source. Without attention all of it
crosses every cell in between, and what was read first lies farthest away. Attention adds a direct
way to each encoder state, as wide as the weight there. A Transformer has no other ways.

The models copy 30 random letters. The loss is that of one target step only, the first or the last
letter. Measured is the gradient that arrives at the embedding of each source position, divided by
the gradient with which it starts, at the logits of that step: without this, a model that is sure
of its answer would show nothing. Before and after the training; for attention also that part alone
which came by the short cut, and the weights.

Trains four models with each of three seeds; about three minutes on two processor cores.
Prints a table, lowest to highest of the seeds, and writes short_cut.png. What will be seen: in
fresh models little of the plain model's gradient reaches the letter read first, while the short
cut, and the Transformer, reach all letters alike. Trained recurrent models have learnt to carry it
all the way; and the short cut of a trained model leads to one letter, where its weight is, and
hardly anywhere else.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.demos.copy_model import (ATTENTION, LONGEST, PEEKY, PLAIN, RECIPE, TRANSFORMER,
                                           copy_trainer, sequences_of)
from common.contract import PAD
from common.tools.demonstration import demo_parser, in_processes, seeds
from common.tools.figures import (COLOURS, LINES, counted, draw_band, finish_picture,
                                  new_figure)
from common.tools.finding import borrowed
from common.tools.flags import make_folder
from common.tools.terminal import orderly_end
from common.tools.trace import recording


COMPARED = PLAIN, PEEKY, ATTENTION, TRANSFORMER
S = LONGEST  # letters in every sequence: the longest of the training, where the way is longest
N = 200  # sequences to average over; all of one length, so that positions can be compared
SHORT_CUT, WEIGHT = "short cut alone", "weight"  # curves of the attention model, beside its own
STEPS = {"first": 0, "last": S - 1}  # target steps: those that write the first and last letter
TIMES = "fresh", "trained"
SHOWN = (1, 2, S // 2, S - 1, S)  # positions in the table, counted from 1; 1 is read first


def main(argv=None):
    """Read the flags, measure each model before and after its training, print, draw."""
    parser = demo_parser(__doc__, "short_cut")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    jobs = [(variant, seed, args.quick) for seed in seeds(args) for variant in COMPARED]
    curves = {}  # (time, step, name of a curve) -> list of (S,), one for each seed
    for (variant, seed, _), found in zip(jobs, in_processes(before_and_after, jobs, args.quick)):
        print(f"trained: seed {seed}, {variant}", flush=True)
        for key, curve in found.items():
            curves.setdefault(key, []).append(curve)
    print_table(curves)
    path = out / "short_cut.png"
    figure = plot(curves, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def before_and_after(variant, seed, quick):
    """Train a model -> (time, step, name of a curve) -> (S,), the name as in print_table."""
    pairs = sequences_of(S, N)
    trainer = copy_trainer(variant, seed, pairs, quick)
    ((xs, ts),) = trainer.dataset.batches(pairs, N)
    found = {}
    for time in TIMES:
        if time == "trained":
            for _ in range(trainer.epochs):
                trainer.train_epoch()
        # With more digits: a sure answer starts with a gradient of nearly nothing.
        with borrowed(trainer.model, np.float64):
            found |= {(time, *key): curve
                      for key, curve in measured(trainer.model, variant, xs, ts).items()}
    return found


def measured(model, variant, xs, ts):
    """(step, name of a curve) -> (S,), of a model as it is."""
    found = {}
    for step, t in STEPS.items():
        dlogits = gradient_at_scores(model, xs, ts, t)
        found[step, variant] = share(arriving(model, dlogits), dlogits)
        if variant == ATTENTION:
            found[step, SHORT_CUT] = share(by_short_cut(model, dlogits), dlogits)
            found[step, WEIGHT] = model.decoder.attention.weights[:, t].mean(axis=0)
    return found


def gradient_at_scores(model, xs, ts, t):
    """xs (N, S), ts (N, T + 1) -> dlogits (N, T, V) of the loss at step t alone, teacher forced."""
    mask = xs != PAD
    hs, state = model.encoder.forward(xs, mask)
    logits = model.decoder.forward(ts[:, :-1], state, hs, mask)  # (N, T, V)
    one = np.full_like(ts[:, 1:], PAD)  # padding is not counted: only step t is left
    one[:, t] = ts[:, t + 1]
    model.loss.forward(logits, one)
    return model.loss.backward()


def arriving(model, dlogits):
    """dlogits (N, T, V) -> what arrives at the embedded source by all ways, (N, S, D)."""
    dstate, dhs = model.decoder.backward(dlogits)
    with recording(model.encoder) as calls:
        model.encoder.backward(dhs, dstate)
    (call,) = calls[0].find("embedding", "backward")
    (dx,) = call.inputs.values()
    return dx


def by_short_cut(model, dlogits):
    """As arriving, by the short cut alone: over a_ts and the one cell that read position s."""
    attention, cell = model.decoder.attention, model.encoder.recurrent.cell
    dch = model.decoder.affine.backward(dlogits)  # logits = affine([c ; h])
    dhs, _ = attention.weight_sum.backward(dch[..., : model.decoder.H])  # c = a hs, (N, S, H)
    dx = []
    for s, cache in enumerate(model.encoder.recurrent.caches):
        dh = dhs[:, s]
        dp, _ = cell.step_backward((dh, np.zeros_like(dh)), cache)  # its LSTM: dh, and dc is 0
        dx.append(dp @ cell.params["Wx"].T)  # p = x Wx + h_prev Wh + b, without the way to h_prev
    return np.stack(dx, axis=1)


def share(dx, dlogits):
    """Norms of dx (N, S, D) over that of dlogits (N, T, V), mean over the batch: (S,)."""
    start = np.linalg.norm(dlogits, axis=(1, 2))  # (N,), of the one step that is not 0
    return (np.linalg.norm(dx, axis=-1) / start[:, None]).mean(axis=0)


def print_table(curves):
    """A row for each curve, a column for some positions."""
    print("\ngradient of the loss at one target step, as it arrives at a source position, over what"
          "\nit starts with; and the attention weight there. Position 1 is read first.")
    print(f"{'':<38}" + "".join(f"{f'position {s}':>18}" for s in SHOWN))
    for time in TIMES:
        for step in STEPS:
            for name in (*COMPARED, SHORT_CUT, WEIGHT):
                runs = np.array(curves[time, step, name])  # (seeds, S)
                label = f"{time}, {step} letter, {name}"
                print(f"{label:<38}" + "".join(f"{extent(runs[:, s - 1]):>18}" for s in SHOWN))


def extent(values):
    """Lowest to highest, in powers of ten."""
    low, high = (f"{value:.1e}" for value in (min(values), max(values)))
    return low if low == high else f"{low}-{high}"


def plot(curves, show=False):
    """A column for each target step: the gradient fresh, trained, and the attention weights."""
    figure = new_figure(8.4, 8.6, show)
    grid = figure.subplots(3, len(STEPS), sharex=True, sharey="row")
    grid[0, 0].sharey(grid[1, 0])
    for column, step in enumerate(STEPS):
        for row, time in enumerate(TIMES):
            axes = grid[row, column]
            for name, colour, line in zip((*COMPARED, SHORT_CUT), COLOURS, LINES):
                draw(axes, curves[time, step, name], colour, line, name)
            axes.set_title(f"{time}: loss of the {step} letter", fontsize=11)
        axes = grid[2, column]
        for time, colour, line in zip(TIMES, COLOURS[4:], LINES):
            draw(axes, curves[time, step, WEIGHT], colour, line, time)
        axes.set_title(f"attention weights while the {step} letter is written", fontsize=11)
        axes.set_xlabel("source position (1 is read first)")
    for axes, label in zip(grid[:, 0], ("gradient: arrived / started",) * 2 + ("weight",)):
        axes.set_ylabel(label)
        axes.legend(fontsize=9)
    figure.suptitle(f"What arrives at each source position from one target step\n({S} letters to "
                    f"copy, {RECIPE.H} numbers a state; mean and range of "
                    f"{counted(len(curves['fresh', 'first', PLAIN]), 'seed')})")
    return figure


def draw(axes, runs, colour, line, label):
    """One curve: the mean of the seeds in powers of ten, and a band from lowest to highest."""
    positions = np.arange(1, S + 1)
    draw_band(axes, positions, runs, label, np.exp(np.log(runs).mean(axis=0)), color=colour,
              linestyle=line, linewidth=1.8)
    axes.set_yscale("log")
    axes.grid(alpha=0.3)


if __name__ == "__main__":
    with orderly_end():
        main()
