"""How long can a cell keep what it has read? Recall the first symbol after up to 60 others.

A source begins with one of eight capital letters. Small letters follow that mean nothing, and the
answer is the capital. So all that a model has to learn is to keep three bits and to let nothing
overwrite them. Compared are the plain Seq2Seq model of chapter 1 with an RNN, a GRU and an LSTM as
its cell, and an RNN with attention, which need not keep what it can look up.

Each model is trained anew for each longest delay. The RNN gets six recipes, three learning rates
times two bounds on the gradient, of which the best for each delay is shown; the others get one. And
an RNN is trained four times as long. Trains 120 small models; about three minutes on two processor
cores. Prints tables, lowest to highest of the seeds, and writes long_memory.png: answers that are
right, by the longest delay of the training, and by the delay of each question for the models that
were trained on the longest. What will be seen: GRU, LSTM and attention make no mistake; the RNN
makes none up to 20, and in the same number of steps it learns but a half of 60, equally badly at
every delay: it keeps in which group of symbols the first one was. Four times as many steps, with a
tight bound, teach it all. So a simple cell can keep a symbol; it is slow to learn how.
"""

import time
from dataclasses import replace
from string import ascii_uppercase
from typing import NamedTuple

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

import numpy as np

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_seq2seq.seq2seq import Seq2Seq
from common.tools.answers import answer
from common.tools.demonstration import demo_parser, in_processes, seeds, span
from common.tools.figures import (COLOURS, LINES, counted, draw_band, finish_picture,
                                  new_figure)
from common.tools.flags import make_folder
from common.tools.progress import count_parameters
from common.tools.recipe import Recipe, make_trainer
from common.tools.terminal import orderly_end
from dataset.make_recall import SYMBOLS, make_pairs
from dataset.pairs import Codec, PairDataset, split_pairs


MODELS = {  # name: class, cell
    "RNN": (Seq2Seq, "rnn"),
    "RNN, longer": (Seq2Seq, "rnn"),
    "GRU": (Seq2Seq, "gru"),
    "LSTM": (Seq2Seq, "lstm"),
    "RNN with attention": (AttentionSeq2Seq, "rnn"),
}
SEARCHED, LONGER = "RNN", "RNN, longer"
RECIPE = Recipe(
    D=16,  # half of the alphabet's size is plenty
    H=32,  # ten times as many numbers as the three bits need
    batch_size=64,
    epochs=6,  # GRU and LSTM are done after four
    rate=5e-3,  # as in train_addition.py
    warmup=50,
    max_norm=5.0,
)
RATES = 2e-3, 5e-3, 1e-2  # lower ones learn less in as many steps
BOUNDS = 0.25, 5.0  # on the norm of the gradient: below most steps' norm, and a safety net
LONG_TRAINING = {"max_norm": 0.25, "epochs": 4 * RECIPE.epochs}  # for LONGER
DELAYS = 10, 20, 40, 60  # the longest of a training
COUNT, TEST_SHARE = 12_000, 0.25  # pairs of each longest delay
BIN = 10  # delays that are counted together: 500 test questions where the longest delay is 60
QUICK_DELAYS, QUICK_COUNT, QUICK_EPOCHS = (2, 4), 1_200, 1
# Marker and size: where lines lie on each other all are seen.
MARKERS = ("o", 5), ("x", 6), ("s", 13), ("D", 10), ("^", 5)


class Job(NamedTuple):
    """What one process trains: a model, and with what."""

    name: str
    longest: int
    recipe: Recipe
    seed: int
    quick: bool


class Outcome(NamedTuple):
    """How good a trained model is."""

    right: np.ndarray  # (bins,): share of right answers of each bin of delays
    accuracy: float  # share of right answers of all
    answers: np.ndarray  # (SYMBOLS, SYMBOLS + 1): how often each symbol got each answer
    parameters: int
    step_ms: float  # processor time of a training step


def main(argv=None):
    """Read the flags, train every model on every delay, print, draw."""
    parser = demo_parser(__doc__, "long_memory")
    args = parser.parse_args(argv)
    with parser.mistakes():
        out = make_folder(args.out)
    delays = QUICK_DELAYS if args.quick else DELAYS
    jobs = make_jobs(delays, seeds(args), args.quick)
    outcomes = {}
    for job, outcome in zip(jobs, in_processes(trained, [(job,) for job in jobs], args.quick)):
        outcomes[job] = outcome
        print(f"trained {len(outcomes)}/{len(jobs)}: delays to {job.longest}, {job.name}, "
              f"seed {job.seed}: {100 * outcome.accuracy:.1f} %", flush=True)
    best = best_recipes(outcomes)
    print_tables(best, outcomes, delays)
    path = out / "long_memory.png"
    figure = plot(best, delays, args.show)
    with parser.mistakes():
        finish_picture(figure, path, args.show)


def make_jobs(delays, run_seeds, quick):
    """A Job for each model, delay and seed; for the RNN one for each of its recipes as well."""
    recipes = {name: [RECIPE] for name in MODELS}
    recipes[SEARCHED] = [replace(RECIPE, rate=rate, max_norm=max_norm)
                         for rate in RATES for max_norm in BOUNDS]
    recipes[LONGER] = [replace(RECIPE, **LONG_TRAINING)]
    # The longest trainings first, so that no core waits for the other at the end.
    return [Job(name, longest, recipe, seed, quick)
            for longest in sorted(delays, reverse=True) for name in MODELS
            for recipe in recipes[name] for seed in run_seeds]


def trained(job):
    """Train what a job says and try it on delays of the same lengths -> Outcome."""
    dataset = recall_dataset(job.longest, QUICK_COUNT if job.quick else COUNT)
    recipe = replace(job.recipe, epochs=QUICK_EPOCHS) if job.quick else job.recipe
    model_class, cell = MODELS[job.name]
    trainer = make_trainer(model_class, dataset, recipe, job.seed, cell=cell)
    begin = time.process_time()  # not the time of day: the other processes take part of that
    for _ in range(recipe.epochs):
        trainer.train_epoch()
    step_ms = 1000 * (time.process_time() - begin) / trainer.step
    counts = np.array([count_answers(trainer.model, dataset, pairs_of_bin(dataset.test, k))
                       for k in range(-(-job.longest // BIN))])  # (bins, SYMBOLS, SYMBOLS + 1)
    right = counts.diagonal(axis1=1, axis2=2).sum(axis=1)
    return Outcome(right / counts.sum(axis=(1, 2)), right.sum() / counts.sum(),
                   counts.sum(axis=0), count_parameters(trainer.model), step_ms)


def count_answers(model, dataset, pairs):
    """How often a symbol (row) was answered with each (column): (SYMBOLS, SYMBOLS + 1).

    The last column counts the answers that are no single symbol.
    """
    counts = np.zeros((SYMBOLS, SYMBOLS + 1), int)
    column = {symbol: k for k, symbol in enumerate(ascii_uppercase[:SYMBOLS])}
    texts = answer(model, dataset.codec, [source for source, _ in pairs],
                   dataset.max_target_length)
    for text, (_, target) in zip(texts, pairs):
        counts[column[target], column.get(text, SYMBOLS)] += 1
    return counts


def recall_dataset(longest, count):
    """The questions with delays from 1 to the longest, split in train and test."""
    pairs = make_pairs(count, longest=longest)
    return PairDataset(*split_pairs(pairs, TEST_SHARE), Codec.of_pairs(pairs))


def pairs_of_bin(pairs, k):
    """The pairs whose delay, the symbols after the first, is in 1 ... BIN (k = 0), and so on."""
    return [pair for pair in pairs if (len(pair[0]) - 2) // BIN == k]


def best_recipes(outcomes):
    """(name, longest) -> list of the Outcomes of the recipe with the best mean over the seeds."""
    by_recipe = {}
    for job, outcome in outcomes.items():
        recipes = by_recipe.setdefault((job.name, job.longest), {})
        recipes.setdefault(job.recipe, []).append(outcome)
    return {key: max(recipes.values(), key=mean_accuracy) for key, recipes in by_recipe.items()}


def mean_accuracy(runs):
    """Mean accuracy of several Outcomes."""
    return np.mean([outcome.accuracy for outcome in runs])


def print_tables(best, outcomes, delays):
    """A row for each model; all recipes of the RNN; what its best recipe answers."""
    heads = "".join(f"{f'1 to {longest}':>13}" for longest in delays)
    print(f"\nright, in %, after a training on these delays (a guess: {100 / SYMBOLS}); "
          f"a step: processor time at delays to {delays[-1]}")
    print(f"{'':<18}{'parameters':>11}{'ms a step':>11}{heads}")
    for name in MODELS:
        longest = best[name, delays[-1]]
        milliseconds = np.median([outcome.step_ms for outcome in longest])
        print(f"{name:<18}{longest[0].parameters:>11,}{milliseconds:>11.1f}"
              + accuracies({key: best[name, key] for key in delays}))
    print(f"\nthe {SEARCHED} with each of its recipes: learning rate, bound on the gradient's norm")
    for rate in RATES:
        for max_norm in BOUNDS:
            recipe = replace(RECIPE, rate=rate, max_norm=max_norm)
            runs = {key: [outcome for job, outcome in outcomes.items()
                          if job[:3] == (SEARCHED, key, recipe)] for key in delays}
            print(f"{rate:<18}{max_norm:>11}{'':>11}" + accuracies(runs))
    print(f"\nwhat the {SEARCHED} answers to each symbol (a row), in %: delays to {delays[-1]}, "
          f"its best recipe, one seed")
    symbols = ascii_uppercase[:SYMBOLS]
    print(" " + "".join(f"{symbol:>5}" for symbol in symbols) + "   none of them")
    for symbol, counts in zip(symbols, best[SEARCHED, delays[-1]][0].answers):
        print(symbol + "".join(f"{100 * share:5.0f}" for share in counts / max(counts.sum(), 1)))


def accuracies(runs):
    """The columns of a row: span over the seeds, for each longest delay in runs."""
    return "".join(f"{span([outcome.accuracy for outcome in outcomes]):>13}"
                   for outcomes in runs.values())


def plot(best, delays, show=False):
    """Left by the longest delay of the training, right by the delay of the question."""
    figure = new_figure(8.4, 4.6, show)
    left, right = figure.subplots(1, 2, sharey=True)
    bins = (np.arange(-(-delays[-1] // BIN)) + 0.5) * BIN + 0.5  # the middle of each bin
    for name, colour, line, (marker, size) in zip(MODELS, COLOURS, LINES, MARKERS):
        style = {"color": colour, "linestyle": line, "marker": marker, "markersize": size,
                 "markerfacecolor": "none", "linewidth": 1.8}
        by_longest = np.array([[outcome.accuracy for outcome in best[name, longest]]
                               for longest in delays]).T  # (seeds, delays)
        by_delay = np.array([outcome.right for outcome in best[name, delays[-1]]])  # (seeds, bins)
        label = {SEARCHED: f"{name}, best of {len(RATES) * len(BOUNDS)} recipes",
                 LONGER: f"RNN, {LONG_TRAINING['epochs']} epochs, not {RECIPE.epochs}"}.get(
                     name, name)
        for axes, x, values in ((left, delays, by_longest), (right, bins, by_delay)):
            draw_band(axes, x, 100 * values, label, **style)
    for axes in (left, right):
        axes.axhline(100 / SYMBOLS, color="black", linewidth=1, linestyle=":", label="a guess")
        axes.grid(alpha=0.3)
    left.set_title("a training for each longest delay", fontsize=11)
    left.set_xlabel("longest delay of the training (steps)")
    right.set_title(f"trained on delays up to {delays[-1]}", fontsize=11)
    right.set_xlabel(f"delay of the question (steps, {BIN} taken together)")
    left.set_ylabel("right, % of the test questions")
    left.set_ylim(0, 105)
    left.legend(loc=(0.02, 0.15))
    figure.suptitle(f"Recall the first symbol (H = {RECIPE.H}; mean and range of "
                    f"{counted(len(by_longest), 'seed')})")
    return figure


if __name__ == "__main__":
    with orderly_end():
        main()
