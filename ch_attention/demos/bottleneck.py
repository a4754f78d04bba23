"""How long a sequence fits through the bottleneck?

A model copies sequences of random letters. No letter can be guessed from another, so the whole
sequence has to reach the decoder. A plain model sends it through one state of a fixed size; so does
one that reads the source reversed, and so does peeky, which shows this state to every step.
Attention keeps a state for each letter and looks back; the Transformer, the last section of the
chapter, has nothing else. All have states of 64 numbers and the same sequences of 3 to 30 letters,
and all but the Transformer, which states its own, the same recipe.

Trains five models with each of three seeds; about four minutes on two processor cores. Prints a
table, lowest to highest of the seeds, and writes bottleneck.png: sequences copied without a
mistake, by their length, and the same for sequences longer than any in the training. What will be
seen: from 20 letters on the plain model and peeky copy next to nothing, the one with the source
reversed hardly more, attention nearly all, the Transformer all. Beyond the training attention
fails, too, but later: it jumps to another letter or, with some seeds, writes all as it should but
ends too soon. The Transformer fails at once: it has never met such positions.

    python ch_attention/demos/bottleneck.py --models cho attention bahdanau luong

compares other models in the same way, each with the recipe that it states.
"""

from itertools import cycle

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.all_models import MODELS
from ch_attention.demos.copy_model import (ATTENTION, LONGEST, PEEKY, PLAIN, RECIPE, REVERSED,
                                           TRANSFORMER, VARIANTS, copy_trainer, sequences_of)
from common.tools.answers import answer
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import (COLOURS, LINES, counted, draw_band, finish_picture,
                                  new_figure)
from common.tools.flags import make_folder
from common.tools.registry import cell_name
from common.tools.terminal import orderly_end

COMPARED = PLAIN, REVERSED, PEEKY, ATTENTION, TRANSFORMER
LENGTHS = (*range(4, LONGEST + 1, 2), *range(LONGEST + 2, LONGEST + 16, 2))
TESTS = 300  # sequences of each length: 95 % of them is known to 3 % then
QUICK_TESTS = 20
MARKERS = "osv^DPX"
TOO_SOON = "it ends too soon"  # what is written is right, but letters at the end are missing


def main(argv=None):
    """Read the flags, train every model with every seed, print, draw."""
    parser = demo_parser(__doc__, "bottleneck")
    parser.add_argument("--models", nargs="+", choices=[*VARIANTS, *MODELS], default=COMPARED,
                        metavar="NAME",
                        help=f"compare these: any of {', '.join(COMPARED)} (the default), and of "
                             f"{', '.join(MODELS)}, which read the source as it is")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    found = {variant: [] for variant in args.models}  # (lengths,) for each seed
    jobs = [(variant, seed, args.quick) for seed in seeds(args) for variant in found]
    if ATTENTION in found:
        found[TOO_SOON] = []
    for (variant, seed, _), shares in zip(jobs, in_processes(copied_by_length, jobs, args.quick)):
        print(f"trained: seed {seed}, {variant}", flush=True)
        found[variant].append(shares[:, 0])
        if variant == ATTENTION:
            found[TOO_SOON].append(shares[:, 1])
    tests = QUICK_TESTS if args.quick else TESTS
    print_table(found, tests)
    path = out / "bottleneck.png"
    figure = plot(found, tests, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def copied_by_length(variant, seed, quick):
    """Train one model and let it copy sequences of each length -> shares (lengths, 2)."""
    tests = {length: sequences_of(length, QUICK_TESTS if quick else TESTS) for length in LENGTHS}
    trainer = copy_trainer(variant, seed, [pair for pairs in tests.values() for pair in pairs],
                           quick)
    for _ in range(trainer.epochs):  # without the evaluation after each epoch, which fit has
        trainer.train_epoch()
    dataset = trainer.dataset
    return np.array([
        shares(answer(trainer.model, dataset.codec, [source for source, _ in pairs],
                      dataset.max_target_length), pairs)
        for pairs in tests.values()])


def shares(answers, pairs):
    """Of texts that a model wrote: how many are right, and how many only end too soon."""
    right = [text == target for text, (_, target) in zip(answers, pairs)]
    begun = [target.startswith(text) for text, (_, target) in zip(answers, pairs)]
    return np.mean(right), np.mean(begun) - np.mean(right)


def print_table(found, tests):
    """A row for each length, a column for each model, and one for what attention ends too soon."""
    too_soon = ""
    if TOO_SOON in found:
        too_soon = (";\nin the last column those that attention ends too soon, without any other "
                    "mistake")
    print(f"\nsequences copied without a mistake, % of {tests} of each length "
          "(guessing: at most 0.01 %)" + too_soon)
    print("letters" + "".join(f"{variant:>17}" for variant in found))
    for k, length in enumerate(LENGTHS):
        if length > LONGEST >= LENGTHS[k - 1]:
            print(f"longer than any in the training, which has {LONGEST} at most:")
        print(f"{length:>7}" + "".join(f"{span([run[k] for run in runs]):>17}"
                                       for runs in found.values()))


def cells_of(models):
    """The kinds of cell that these models have: "LSTM" or "GRU and LSTM"."""
    classes = [MODELS[VARIANTS.get(name, (name, False))[0]] for name in models]
    cells = {kind.fixed.get("cell", "lstm") for kind in classes}
    return " and ".join(sorted(map(cell_name, cells)))


def plot(found, tests, show=False):
    """Mean and band of the seeds by length, on the left trained lengths, on the right longer."""
    figure = new_figure(8.4, 4.6, show)
    models = [variant for variant in found if variant != TOO_SOON]
    trained = [k for k, length in enumerate(LENGTHS) if length <= LONGEST]
    longer = [k for k in range(len(LENGTHS)) if k not in trained]
    panels = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
    titles = f"lengths of the training (3 to {LONGEST})", "longer than any in the training"
    for axes, columns, title in zip(panels, (trained, longer), titles):
        lengths = np.array(LENGTHS)[columns]
        styles = zip(cycle(COLOURS), cycle(LINES), cycle(MARKERS))
        for variant, (colour, line, marker) in zip(models, styles):
            values = 100 * np.array(found[variant])[:, columns]  # (seeds, lengths)
            draw_band(axes, lengths, values, variant, color=colour, linestyle=line, marker=marker,
                      markersize=5, linewidth=1.8)
        axes.set_title(title, fontsize=11)
        axes.set_xlabel("letters in the sequence")
        axes.set_xticks(lengths[::2])
        axes.grid(alpha=0.3)
    panels[0].set_ylabel(f"copied without a mistake, % of {tests} a length")
    panels[0].set_ylim(-3, 103)
    panels[0].legend(loc="center right")
    of_seeds = counted(len(found[models[0]]), "seed")
    figure.suptitle("How long a sequence can be copied\n"
                    f"({cells_of(models)}, states of {RECIPE.H}; mean and range of {of_seeds})",
                    fontsize=11)
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
