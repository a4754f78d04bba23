"""When does it help to read the source back to front?

Two tasks on the same sequences of random letters: to copy them, and to write them backwards. In a
copy the first letter of the target is the first of the source; backwards it is the last. A plain
model learns each task with the source as it is and with the source reversed.

Reversing leaves the mean distance between a letter of the source and its place in the target as it
is. What changes is the spread: where all distances were the same, some become short and others
long. Sutskever et al. (2014, section 3.3) believe that the short ones are what helps: through them
learning gets a hold. For the second task reversing does the opposite, and it should hurt.

Trains four models with each of three seeds; about two minutes on two processor cores. Prints
tables, lowest to highest of the seeds, and writes reverse_source.png: sequences without a mistake
by epoch and by their length. What will be seen: reversing helps the copy and hurts what is written
backwards, by as much. No wonder: what the model reads and writes when it copies a reversed source
is what it reads and writes when it turns round a source as it is.
"""

from dataclasses import replace

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_seq2seq.seq2seq import Seq2Seq
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import (COLOURS, LINES, counted, draw_band, finish_picture,
                                  new_figure)
from common.tools.flags import make_folder
from common.tools.recipe import Recipe, make_trainer
from common.tools.terminal import orderly_end
from dataset.make_copy import make_pairs
from dataset.pairs import Codec, PairDataset, split_pairs
from dataset.vocabulary import Vocabulary


SHORTEST, LONGEST = 3, 14  # from what the model can do to what it cannot, however it reads
COUNT = 20_000  # a tenth of them is kept for the test
RECIPE = Recipe(
    D=16,  # ten letters
    H=64,  # small, so that the model meets its limit with short sequences
    batch_size=64,
    epochs=8,
    rate=5e-3,  # as in train_addition.py
    warmup=50,
    max_norm=5.0,
)
QUICK_COUNT, QUICK_EPOCHS = 1_500, 1
TASKS = {"copy": False, "write backwards": True}  # name: backwards
READINGS = {"source as it is": False, "source reversed": True}  # name: reverse
MARKERS = "os"


def main(argv=None):
    """Read the flags, train every model with every seed, print, draw."""
    parser = demo_parser(__doc__, "reverse_source")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    jobs = [(task, reading, seed, args.quick) for seed in seeds(args) for task in TASKS
            for reading in READINGS]
    # (task, reading) -> a pair for each seed: (epochs,) and (lengths,)
    found = {(task, reading): [] for task in TASKS for reading in READINGS}
    for job, result in zip(jobs, in_processes(learned, jobs, args.quick)):
        task, reading, seed, _ = job
        found[task, reading].append(result)
        print(f"trained: {task}, {reading}, seed {seed}: {100 * result[0][-1]:.1f} %", flush=True)
    print_distances()
    print_table(found)
    path = out / "reverse_source.png"
    figure = plot(found, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def learned(task, reading, seed, quick):
    """Train one model -> share of right test sequences by epoch (epochs,), by length (lengths,)."""
    dataset = letters_dataset(TASKS[task], READINGS[reading], QUICK_COUNT if quick else COUNT)
    recipe = replace(RECIPE, epochs=QUICK_EPOCHS) if quick else RECIPE
    trainer = make_trainer(Seq2Seq, dataset, recipe, seed)
    by_epoch = [record["accuracy"] for record in trainer.fit()]
    by_length = []
    for length in range(SHORTEST, LONGEST + 1):
        pairs = [pair for pair in dataset.test if len(pair[0]) == length]
        by_length.append(trainer.evaluate(pairs) / len(pairs))
    return np.array(by_epoch), np.array(by_length)


def letters_dataset(backwards, reverse, count):
    """The sequences of a task, the same for every seed and reading, split in train and test."""
    pairs = make_pairs(count, shortest=SHORTEST, longest=LONGEST, backwards=backwards)
    letters = Vocabulary.from_texts([source for source, _ in pairs])
    return PairDataset(*split_pairs(pairs), Codec(letters, letters, reverse))


def distances(length, backwards, reverse):
    """Steps from where each letter of a target is read to where it is written: (length,).

    The k-th letter of the target is written at step length + k, when the whole source is read.
    """
    k = np.arange(length)
    # Turned round once, by the task or by the reading, the k-th letter was read as the k-th last.
    read = length - 1 - k if backwards != reverse else k
    return length + k - read


def print_distances():
    """A row for each task and reading: how far the letters of the longest sequence have to go."""
    print(f"\nsteps from a letter's reading to its writing, {LONGEST} letters")
    print(f"{'':<34}{'first':>8}{'last':>8}{'least':>8}{'mean':>8}{'most':>8}")
    for task, backwards in TASKS.items():
        for reading, reverse in READINGS.items():
            steps = distances(LONGEST, backwards, reverse)
            print(f"{f'{task}, {reading}':<34}{steps[0]:>8}{steps[-1]:>8}{steps.min():>8}"
                  f"{steps.mean():>8.1f}{steps.max():>8}")


def print_table(found):
    """A column for each task and reading, a row for each epoch and for each length."""
    print("\nsequences without a mistake, % of the test")
    for part in (0, 1):  # the task, and below it the reading
        print(f"{'':<10}" + "".join(f"{name[part]:>18}" for name in found))
    epochs = len(next(iter(found.values()))[0][0])
    for epoch in range(epochs):
        print_row(f"epoch {epoch + 1}", [[by_epoch[epoch] for by_epoch, _ in runs]
                                         for runs in found.values()])
    for k, length in enumerate(range(SHORTEST, LONGEST + 1)):
        print_row(f"{length} letters", [[by_length[k] for _, by_length in runs]
                                        for runs in found.values()])


def print_row(name, columns):
    """One row: a span over the seeds in each column."""
    print(f"{name:<10}" + "".join(f"{span(values):>18}" for values in columns))


def plot(found, show=False):
    """A column for each task; above by epoch, below by length."""
    figure = new_figure(8.4, 6.6, show)
    grid = figure.subplots(2, len(TASKS), sharey=True)
    for column, task in enumerate(TASKS):
        for reading, colour, line, marker in zip(READINGS, COLOURS, LINES, MARKERS):
            runs = found[task, reading]
            for row, first in enumerate((1, SHORTEST)):
                values = 100 * np.array([run[row] for run in runs])  # (seeds, epochs or lengths)
                x = np.arange(first, first + values.shape[1])
                axes = grid[row, column]
                draw_band(axes, x, values, reading, color=colour, linestyle=line, marker=marker,
                          markersize=5, linewidth=1.8)
                axes.grid(alpha=0.3)
        grid[0, column].set_title(f"{task}: abc " + ("-> cba" if TASKS[task] else "-> abc"))
        grid[0, column].set_xlabel("epoch, all lengths")
        grid[1, column].set_xlabel("letters in the sequence, after the last epoch")
    for axes in grid[:, 0]:
        axes.set_ylabel("without a mistake, %")
    grid[0, 0].set_ylim(-3, 103)
    grid[0, 0].legend(loc="upper left")
    figure.suptitle(f"What reversing the source does (LSTM, H = {RECIPE.H}; mean and range of "
                    f"{counted(len(runs), 'seed')})")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
