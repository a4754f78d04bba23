"""What the training scripts share: flags, the recipe, progress, and the files that a run leaves."""

import csv
import io
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from common.command_line import Parser, at_least_1, not_negative, positive
from common.files import write_atomically
from common.optimizers import Adam, WarmupLinear
from common.plotting import show_windows
from common.time_layers import TIME_CELLS
from common.trainer import Trainer, answer


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training run; each script gives its own, with the reason beside it."""

    D: int
    H: int
    batch_size: int
    epochs: int
    rate: float  # the peak of the learning rate
    warmup: int  # steps until the peak
    max_norm: float

    def with_flags(self, args):
        """This recipe with the --epochs and the --rate that the user gave."""
        return replace(self, epochs=args.epochs, rate=args.rate)


def training_parser(doc, data, recipe):
    """A parser with the flags that all training scripts share."""
    parser = Parser(doc)
    parser.add_argument("--data", metavar="FILE", default=data, type=Path,
                        help="pair file: one example a line, source, tab, target "
                             f"(default: {data.name} of this project)")
    parser.add_argument("--epochs", type=at_least_1, default=recipe.epochs, metavar="N",
                        help="passes over the training data (default: %(default)s)")
    parser.add_argument("--rate", type=positive, default=recipe.rate, metavar="R",
                        help="peak learning rate (default: %(default)s)")
    parser.add_argument("--seed", type=not_negative, default=0, metavar="N",
                        help="seed of weights and shuffling (default: %(default)s)")
    parser.add_argument("--out", metavar="FOLDER", type=Path,
                        help="where to write the files (default: below runs/)")
    parser.add_argument("--show", action="store_true", help="also open the pictures in windows")
    parser.add_argument("--quiet", action="store_true", help="print only the result")
    return parser


def add_model_flags(parser, models, default):
    """Add the flags of a script that trains one model."""
    parser.add_argument("--model", choices=models, default=default,
                        help="which model to train (default: %(default)s)")
    parser.add_argument("--cell", choices=TIME_CELLS, default="lstm",
                        help="recurrent cell (default: %(default)s)")
    parser.add_argument("--no-reverse", action="store_true",
                        help="read the source left to right")
    parser.add_argument("--resume", action="store_true",
                        help="go on with the run in the --out folder, given the same flags")


def make_trainer(model_class, dataset, recipe, seed, **options):
    """A model and its Trainer: Adam, warm-up and linear decay, clipping by global norm.

    Args:
        model_class: a class from a chapter's MODELS; options go to it.
        dataset: a PairDataset. recipe: a Recipe. seed: for weights, dropout and shuffling.
    """
    rng = np.random.default_rng(seed)
    codec = dataset.codec
    model = model_class(len(codec.source_vocabulary), len(codec.target_vocabulary),
                        recipe.D, recipe.H, rng, **options)
    steps = recipe.epochs * -(-len(dataset.train) // recipe.batch_size)
    # On a small file of the user's own, at most a tenth of the run is warm-up.
    schedule = WarmupLinear(recipe.rate, min(recipe.warmup, steps // 10), steps)
    return Trainer(model, Adam(recipe.rate), dataset, rng, epochs=recipe.epochs,
                   batch_size=recipe.batch_size, schedule=schedule, max_norm=recipe.max_norm)


class Progress:
    """What a run prints: a line for each epoch and, on a terminal, one that moves.

    Args:
        quiet: print nothing at all.
    """

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.moving = not quiet and sys.stdout.isatty()
        self.last = 0.0

    def say(self, text=""):
        """Print a line, unless quiet."""
        if not self.quiet:
            print(text, flush=True)

    def step(self, step, total, loss):
        """Update the moving line, at most ten times a second."""
        now = time.perf_counter()
        if self.moving and now - self.last > 0.1:
            self.last = now
            print(f"\r\x1b[Kstep {step}/{total}   loss {loss:.4f}", end="", flush=True)

    def epoch(self, trainer):
        """Print the line of the epoch that has just ended."""
        record = trainer.history[-1]
        epochs_left = trainer.epochs - record["epoch"]
        mean = sum(r["seconds"] for r in trainer.history) / len(trainer.history)
        left = f"   about {mean * epochs_left:.0f} s left" if epochs_left else ""
        if self.moving:
            print("\r\x1b[K", end="")
        self.say(
            f"epoch {record['epoch']:>3}/{trainer.epochs}   loss {record['loss']:.4f}   "
            f"test accuracy {100 * record['accuracy']:6.2f} %   {record['seconds']:5.1f} s{left}"
        )


def count_parameters(model):
    """How many numbers the model learns."""
    return sum(param.size for param in model.params.values())


def describe(trainer, data, seed):
    """Two lines that say what is being trained, on what, and for how long."""
    model, dataset = trainer.model, trainer.dataset
    config = model.config
    reading = "right to left" if dataset.codec.reverse else "left to right"
    parameters = count_parameters(model)
    special = [f"{config['score']} score"] if "score" in config else []
    special += ["encoder in both directions"] if config["bidirectional"] else []
    return (
        f"{type(model).__name__} on {data.name}: {len(dataset.train):,} pairs to train on, "
        f"{len(dataset.test):,} to test, source read {reading}\n"
        f"{', '.join([config['cell'].upper(), *special])}, D = {config['D']}, "
        f"H = {config['H']}, {parameters:,} parameters; epochs: {trainer.epochs}, steps in each: "
        f"{trainer.steps_per_epoch}, batches of {trainer.batch_size}, seed {seed}"
    )


def show_samples(trainer, progress, count=5):
    """Print some test pairs with the model's answer, marked right or wrong."""
    dataset = trainer.dataset
    pairs = dataset.test[:count]
    sources = [source for source, _ in pairs]
    answers = answer(trainer.model, dataset.codec, sources, dataset.max_target_length)
    width = max(len(source) for source in sources)
    progress.say()
    for (source, target), text in zip(pairs, answers):
        verdict = "right" if text == target else f"wrong, expected {target}"
        progress.say(f"  {source:<{width}} -> {text}   {verdict}")
    progress.say()


def finish(trainer, show):
    """The end of a training script: the accuracy line, then the windows if there are any."""
    last = trainer.history[-1]
    print(f"test accuracy {100 * last['accuracy']:.2f} % "
          f"({last['right']}/{len(trainer.dataset.test)})", flush=True)
    if show:
        show_windows()


def save_history(path, records):
    """Write records, dicts with the same keys, as a CSV file with a header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    write_atomically(path, lambda file: file.write(text.getvalue().encode()))
