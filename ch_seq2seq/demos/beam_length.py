"""What does a wide beam do if nothing corrects for length?

Every token makes the probability of an answer smaller, so what beam search looks for, the most
probable answer, may be one that stops too early. Two things could make it so. The right answers
may be many, so that each has a small share: here letters are copied in capitals or not, as one
likes, and of 12 letters there are 4,096 right copies. And the model may have seen answers that end
too early: here 2 of 100 training targets are cut off. A plain model learns each of the four
combinations; the test pairs are whole. A copy counts as right in whatever capitals.

Trains four models with each of three seeds; three to four minutes on two processor cores. Prints
tables, lowest to highest of the seeds, and writes beam_length.png: right copies and the length of
the copies by the width of the beam, above and below. What will be seen: neither of the two alone
does any harm, both together do: with more than 16 beginnings the beam finds answers that stop too
early and are more probable than the right ones. By the mean of the tokens a wide beam is as good
as a narrow one; the correction of Wu et al. lies between, by its alpha.
"""

from dataclasses import replace
from functools import partial

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_seq2seq.seq2seq import Seq2Seq
from common.decoding import beam_search, by_mean, by_sum, by_wu
from common.tools.answers import answer
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import (COLOURS, LINES, counted, draw_band, finish_picture,
                                  new_figure)
from common.tools.flags import make_folder
from common.tools.recipe import Recipe, make_trainer
from common.tools.terminal import orderly_end
from dataset.make_free_case import COUNT, make_pairs
from dataset.pairs import Codec, PairDataset, split_pairs

CUT = 0.02  # of the training targets: few enough that greedy decoding never stops too early
RECIPE = Recipe(
    D=16,  # ten letters, large and small
    H=64,  # small, so that a model trains in ten seconds
    batch_size=64,
    epochs=8,
    rate=5e-3,  # as in train_addition.py
    warmup=50,
    max_norm=5.0,
)
WIDTHS = (1, 4, 16, 64, 256)  # the last has room for most ways to write eight letters
TESTED = 300  # sequences: the widest beam takes as long as the training
QUICK_COUNT, QUICK_EPOCHS, QUICK_TESTED = 1_500, 1, 20
TASKS = {  # name: (one_case, share that is cut)
    "one right copy": (True, 0.0),
    "one right copy, 2 % cut": (True, CUT),
    "many right copies": (False, 0.0),
    "many right copies, 2 % cut": (False, CUT),
}
HARDEST = "many right copies, 2 % cut"
CORRECTIONS = {"not corrected": by_sum, "Wu et al., alpha 0.2": by_wu,
               "Wu et al., alpha 0.6": partial(by_wu, alpha=0.6), "mean of the tokens": by_mean}
MARKERS = "os^D"


def main(argv=None):
    """Read the flags, train every model with every seed, print, draw."""
    parser = demo_parser(__doc__, "beam_length")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    jobs = [(task, seed, args.quick) for seed in seeds(args) for task in TASKS]
    # (task, correction) -> for each seed (measures, widths)
    found = {}
    for job, results in zip(jobs, in_processes(measured, jobs, args.quick)):
        task, seed, _ = job
        for correction, result in results.items():
            found.setdefault((task, correction), []).append(result)
        print(f"trained: {task}, seed {seed}: {100 * results['not corrected'][0][0]:.1f} % right "
              "with a beam of 1", flush=True)
    plain = {task: found[task, "not corrected"] for task in TASKS}
    corrected = {name: found[HARDEST, name] for name in CORRECTIONS}
    print_table("not corrected for length", plain)
    print_table(HARDEST, corrected)
    path = out / "beam_length.png"
    figure = plot({"not corrected for length": plain, HARDEST: corrected}, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def measured(task, seed, quick):
    """Train one model -> correction: (share right, length) by width, (2, widths)."""
    dataset = letters_dataset(*TASKS[task], QUICK_COUNT if quick else COUNT)
    recipe = replace(RECIPE, epochs=QUICK_EPOCHS) if quick else RECIPE
    trainer = make_trainer(Seq2Seq, dataset, recipe, seed)
    for _ in trainer.fit():
        pass
    sources = [source for source, _ in dataset.test[: QUICK_TESTED if quick else TESTED]]
    names = CORRECTIONS if task == HARDEST else ["not corrected"]
    return {name: np.array([copied(trainer, sources, width, CORRECTIONS[name])
                            for width in WIDTHS]).T for name in names}


def letters_dataset(one_case, cut, count):
    """A task's pairs, the sources in the same split for all tasks; only what is trained on is cut.

    The vocabularies are those of all tasks together, so that no model has fewer symbols to choose.
    """
    train, _ = split_pairs(make_pairs(count, one_case=one_case, cut=cut, keep=0))
    _, test = split_pairs(make_pairs(count, one_case=one_case))
    return PairDataset(train, test, Codec.of_pairs(make_pairs(count), reverse=True))


def copied(trainer, sources, width, normalise):
    """Share of right copies, and the letters written over those of the sources."""
    dataset = trainer.dataset
    decode = partial(beam_search, width=width, normalise=normalise)
    longest = 1 + max(len(source) for source, _ in dataset.train)
    answers = answer(trainer.model, dataset.codec, sources, longest, decode)
    return measure(answers, sources)


def measure(answers, sources):
    """Share of the answers that are right in whatever capitals, and their length over the right."""
    right = [text.lower() == source for text, source in zip(answers, sources, strict=True)]
    letters = sum(len(text.removesuffix("...")) for text in answers)
    return np.mean(right), letters / sum(map(len, sources))


def print_table(title, rows):
    """Right copies and their length, % of the sources: a row for each name, a column a width."""
    for part, measure_name in enumerate(("right copies, %", "letters written, % of the source")):
        print(f"\n{title}: {measure_name}")
        print(f"{'width of the beam':<28}" + "".join(f"{width:>13}" for width in WIDTHS))
        for name, runs in rows.items():
            columns = np.array(runs)[:, part].T  # (widths, seeds)
            print(f"{name:<28}" + "".join(f"{span(values):>13}" for values in columns))


def plot(panels, show=False):
    """A column for each panel; above the right copies, below their length."""
    figure = new_figure(8.8, 6.8, show)
    grid = figure.subplots(2, len(panels), sharex=True, sharey="row")
    for column, (title, rows) in zip(grid.T, panels.items()):
        for style in zip(rows.items(), COLOURS, LINES, MARKERS):
            (name, runs), colour, line, marker = style
            for part, axes in enumerate(column):
                draw_band(axes, np.array(WIDTHS), 100 * np.array(runs)[:, part], name,
                          color=colour, linestyle=line, marker=marker, markersize=5, linewidth=1.8)
        column[0].set_title(title)
        column[0].legend(loc="lower left")
        for axes in column:
            axes.set_xscale("log", base=4)
            axes.set_xticks(WIDTHS, [str(width) for width in WIDTHS])
            axes.grid(alpha=0.3)
        column[1].set_xlabel("width of the beam")
    grid[0, 0].set_ylabel("right copies, %")
    grid[1, 0].set_ylabel("letters written, % of the source")
    grid[0, 0].set_ylim(-3, 103)
    grid[1, 0].set_ylim(-3, 113)
    figure.suptitle(f"Short answers win as the beam widens (LSTM, H = {RECIPE.H}; mean and range "
                    f"of {counted(len(runs), 'seed')}, {TESTED} sequences)")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
