"""What does a model do with its own mistakes, if it has only ever read right answers?

Under teacher forcing a decoder reads the right token at every step, in use it reads what it wrote.
That it was never exposed to its own mistakes is called exposure bias (Ranzato et al. 2016, arXiv
1511.06732). Here plain models write 16 random letters down again, which is too long for them, so
they do err. Each is asked twice: with the right letters before each place, and on its own.

The same recipe then trains with other shares of teacher forcing (--forcing in the training
scripts): half, none, one that falls in four ways. Takes three and a half minutes on two processor
cores. Prints a table, lowest to highest of the seeds, and one stumble: a wrong letter is put in,
and the three most probable letters at each later step stand beside those without it. Writes
exposure_bias.png. What will be seen: on its own, the forced model gets worse from letter to letter,
and the accuracy under teacher forcing does not show it. A model that always read its own letters
does nearly as well on its own as after right ones: it has more letters right, and fewer whole
answers. A share that falls during the training is no better than one that stays.
"""

import time
from dataclasses import replace

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_seq2seq.seq2seq import Seq2Seq
from common.contract import PAD, SOS
from common.forcing import DECAYS
from common.functions import softmax
from common.metrics import align, exact_match, token_accuracy
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import (COLOURS, LINES, counted, draw_band, finish_picture,
                                  new_figure)
from common.tools.flags import make_folder
from common.tools.recipe import Recipe, make_trainer
from common.tools.terminal import orderly_end
from dataset.make_copy import make_pairs
from dataset.pairs import Codec, PairDataset

LENGTH = 16  # letters: a plain model of this size errs, and not everywhere
TRAIN, TEST = 12_000, 1_000
QUICK_TRAIN, QUICK_TEST = 500, 50
RECIPE = Recipe(
    D=16,
    H=64,  # small, so that 16 letters hardly fit
    batch_size=64,
    epochs=8,
    rate=5e-3,
    warmup=50,
    max_norm=5.0,
)
MODES = (1.0, 0.5, 0.0, *DECAYS)  # values of --forcing
NAMES = {1.0: "always forced", 0.5: "half", 0.0: "never forced"}  # the others name themselves
STUMBLE = 5  # the place of the letter that is replaced, counted from 1
BEST = 3  # letters to print at each step


def main(argv=None):
    """Read the flags, train with every mode and seed, print, draw."""
    parser = demo_parser(__doc__, "exposure_bias")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    jobs = [(mode, seed, args.quick) for mode in MODES for seed in seeds(args)]
    runs = {mode: [] for mode in MODES}
    for (mode, seed, _), run in zip(jobs, in_processes(learn, jobs, args.quick), strict=True):
        runs[mode].append(run)
        print(f"{name_of(mode)}, seed {seed}: {100 * run['exact']:.1f} % exact match", flush=True)
    print_table(runs)
    print_places(runs[1.0])
    print(runs[1.0][0]["stumble"])
    path = out / "exposure_bias.png"
    figure = plot(runs, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def name_of(mode):
    """What the table and the picture call a mode."""
    return NAMES.get(mode, mode)


def learn(mode, seed, quick):
    """Train one model -> dict: forced and free (T,), free_by_epoch, exact, seconds, stumble.

    seconds: processor time of a training step, the median, since other processes run beside this.
    """
    trainer = make_trainer(Seq2Seq, make_dataset(quick), recipe_of(mode, quick), seed)
    model, dataset = trainer.model, trainer.dataset
    (xs, ts), = dataset.batches(dataset.test, len(dataset.test))
    times = [time.process_time()]
    free_by_epoch = [token_accuracy(on_its_own(model, xs, ts), ts[:, 1:])
                     for _ in trainer.fit(lambda *step: times.append(time.process_time()))]
    forced, free = with_right_letters(model, xs, ts), on_its_own(model, xs, ts)
    return {
        "forced": (forced == ts[:, 1:]).mean(axis=0), "free": (free == ts[:, 1:]).mean(axis=0),
        "free_by_epoch": free_by_epoch, "exact": float(exact_match(free, ts[:, 1:]).mean()),
        "seconds": np.median(np.diff(times)),
        "stumble": describe_stumble(trainer, xs, ts, free),
    }


def recipe_of(mode, quick):
    """The recipe with a mode, and for a trial of the script with a single epoch."""
    return replace(RECIPE, forcing=mode, **({"epochs": 1} if quick else {}))


def make_dataset(quick):
    """Random letters to copy. The source is read back to front, which suits a plain model."""
    train, test = (QUICK_TRAIN, QUICK_TEST) if quick else (TRAIN, TEST)
    pairs = make_pairs(train + test, seed=0, shortest=LENGTH, longest=LENGTH)
    return PairDataset(pairs[:train], pairs[train:], Codec.of_pairs(pairs, reverse=True))


def with_right_letters(model, xs, ts):
    """The best token at each place, given the right ones before it (teacher forcing): (N, T)."""
    hs, state = model.encoder.forward(xs, xs != PAD)
    return model.decoder.forward(ts[:, :-1], state, hs, xs != PAD).argmax(axis=-1)


def on_its_own(model, xs, ts):
    """What the model writes, each token fed to the next step: (N, T)."""
    ys, _ = align(model.generate(xs, ts.shape[1] - 1), ts[:, 1:], PAD)
    return ys


def describe_stumble(trainer, xs, ts, free):
    """Lines: one sentence with and without a wrong letter, the best letters at each later step.

    xs, ts: the test sentences; free: what the model writes for them on its own, (N, T).
    """
    model, dataset = trainer.model, trainer.dataset
    # The first that is answered without a mistake, or the first.
    row = int(np.argmax(exact_match(free, ts[:, 1:])))
    xs, ids = xs[row : row + 1], ts[row]
    symbols = dataset.codec.target_vocabulary.symbols
    wrong = ids[1] if ids[1] != ids[STUMBLE] else 3 + (ids[STUMBLE] - 2) % (len(symbols) - 3)
    steps = [next_letters(model, xs, [*ids[1:STUMBLE], letter], len(ids) - 1 - STUMBLE)
             for letter in (ids[STUMBLE], wrong)]
    lines = [
        f"\none stumble: {''.join(symbols[i] for i in ids[1:-1])}, read up to letter {STUMBLE}; "
        "then the model goes on by itself.\nThe three most probable letters at each step, % "
        "(* the best one is wrong)\n",
        f"{'place':<6} {'right':<6} {'after the right letter, ' + symbols[ids[STUMBLE]]:<32}"
        f"after a wrong one, {symbols[wrong]}",
    ]
    for k, found in enumerate(zip(*steps), start=STUMBLE + 1):
        columns = [" ".join(f"{symbols[i]} {100 * p:4.1f}" for i, p in best)
                   + (" *" if best[0][0] != ids[k] else "") for best in found]
        lines.append(f"{k:<6} {symbols[ids[k]]:<6} {columns[0]:<32}{columns[1]}")
    return "\n".join(lines)


def next_letters(model, xs, read, count):
    """Read some letters of the answer, then go on alone -> at each step [(id, probability), ...].

    xs (1, S); read: ids after <sos>; count: steps. The most probable comes first, and is read next.
    """
    mask, found = xs != PAD, []
    hs, state = model.encoder.forward(xs, mask)
    state = model.decoder.start(state, hs, mask)
    for token in (SOS, *read[:-1]):
        _, state = model.decoder.step(np.array([token]), state)
    token = read[-1]
    for _ in range(count):
        logits, state = model.decoder.step(np.array([token]), state)
        p = softmax(logits[0])
        best = np.argsort(-p, kind="stable")[:BEST]
        found.append([(int(i), float(p[i])) for i in best])
        token = best[0]
    return found


def print_table(runs):
    """A row for each mode: time, letters right in both ways, whole answers."""
    print(f"\n{'':<17}{'ms a step':>10}{'right letters before':>22}{'on its own':>14}"
          f"{'exact match':>14}   on its own, after each epoch")
    for mode, found in runs.items():
        curve = np.mean([run["free_by_epoch"] for run in found], axis=0)
        print(f"{name_of(mode):<17}{1000 * np.median([run['seconds'] for run in found]):>10.1f}"
              + "".join(f"{span([run[key].mean() for run in found]):>{width}}"
                        for key, width in (("forced", 22), ("free", 14)))
              + f"{span([run['exact'] for run in found]):>14}   "
              + " ".join(f"{100 * share:.0f}" for share in curve))


def print_places(found):
    """Letters right at some places, asked in both ways."""
    places = range(LENGTH // 4, LENGTH + 1, LENGTH // 4)
    print(f"\n{NAMES[1.0] + ', at place':<24}" + "".join(f"{place:>12}" for place in places))
    for key, name in (("forced", "right letters before"), ("free", "on its own")):
        print(f"{name:<24}" + "".join(f"{span([run[key][place - 1] for run in found]):>12}"
                                      for place in places))


def plot(runs, show=False):
    """Left: by position, forced against free. Right: on its own, by epoch, a line a mode."""
    figure = new_figure(9.6, 4.8, show)
    left, right = figure.subplots(1, 2, sharey=True)
    forced = runs[1.0]
    places = np.arange(1, LENGTH + 2)
    for key, label, colour, line, marker in (
        ("forced", "right letters before it", COLOURS[0], "--", "s"),
        ("free", "on its own", COLOURS[1], "-", "o"),
    ):
        values = 100 * np.array([run[key] for run in forced])  # (seeds, T)
        draw_band(left, places, values, label, color=colour, linestyle=line, marker=marker,
                  markersize=4)
    left.set_xlabel(f"place in the answer ({LENGTH + 1} is the end)")
    left.set_ylabel("letters right, % of the test sequences")
    left.set_title("Trained with teacher forcing, asked twice", fontsize=11)
    left.legend(loc="lower left")
    for mode, colour, line, marker in zip(runs, (*COLOURS, "black"), (*LINES, "-"), "os^vDxP",
                                          strict=True):
        curve = 100 * np.mean([run["free_by_epoch"] for run in runs[mode]], axis=0)
        right.plot(range(1, len(curve) + 1), curve, color=colour, linestyle=line, marker=marker,
                   markersize=5, label=name_of(mode))
    right.set_xlabel("epoch")
    right.set_title(f"{len(runs)} ways to train, asked on its own", fontsize=11)
    right.legend(loc="lower right", fontsize=9)
    for axes in (left, right):
        axes.set_ylim(0, 103)
        axes.grid(alpha=0.3)
    figure.suptitle(f"Exposure bias: copying {LENGTH} letters, plain LSTM, "
                    f"{counted(len(forced), 'seed')}")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
