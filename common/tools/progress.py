"""What a run prints: which model on which data, a line for each epoch, some answers."""

import math
import shutil
import sys
import time

from common.tools.answers import answer
from common.tools.registry import describe_model
from dataset.vocabulary import UNKNOWN, printable

CLEAR = "\r\x1b[K"  # to a terminal: go back to the beginning of the line and empty it


class Progress:
    """What a run prints: a line for each epoch and, on a terminal, one that moves.

    Args:
        quiet: print nothing at all.
    """

    def __init__(self, quiet=False):
        self.quiet = quiet
        # Where standard output is closed, Python has none.
        self.moving = not quiet and sys.stdout is not None and sys.stdout.isatty()
        self.last = -math.inf  # when the moving line was last written

    def say(self, text=""):
        """Print a line, in place of the one that moves, unless quiet."""
        if not self.quiet:
            print(f"{CLEAR}{text}" if self.moving else text, flush=True)

    def step(self, step, total, loss):
        """Update the moving line, at most ten times a second."""
        now = time.perf_counter()
        if self.moving and now - self.last > 0.1:
            self.last = now
            # A line that fills the terminal would wrap, and the next one begin below it.
            width = max(shutil.get_terminal_size().columns - 1, 0)
            line = f"step {step}/{total}   loss {loss:.4f}"[:width]
            print(f"{CLEAR}{line}", end="", flush=True)

    def epoch(self, trainer):
        """Print the line of the epoch that has just ended."""
        record = trainer.history[-1]
        epochs_left = trainer.epochs - record["epoch"]
        mean = sum(r["seconds"] for r in trainer.history) / len(trainer.history)
        left = f"   about {mean * epochs_left:.0f} s left" if epochs_left else ""
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
    if dataset.codec.tokens == "words":
        reading += ", word by word"
    if dataset.rare:
        changed = sum(pair != dataset.codec.as_read(pair) for pair in dataset.test)
        reading += f"; {UNKNOWN} stands in {changed:,} of the test pairs"
    parameters = count_parameters(model)
    return (
        f"{type(model).__name__} on {data.name}: {len(dataset.train):,} pairs to train on, "
        f"{len(dataset.test):,} to test, source read {reading}\n"
        f"{describe_model(model)}, D = {config['D']}, "
        f"H = {config['H']}, {parameters:,} parameters; epochs: {trainer.epochs}, steps in each: "
        f"{trainer.steps_per_epoch}, {trainer.schedule.warmup} of warm-up, batches of "
        f"{trainer.batch_size}, seed {seed}"
    )


def show_samples(trainer, progress, count=5):
    """Print some test pairs with the model's answer, marked right or wrong."""
    dataset = trainer.dataset
    pairs = dataset.test[:count]
    sources = [source for source, _ in pairs]
    answers = answer(trainer.model, dataset.codec, sources, dataset.max_target_length)
    width = max(len(printable(source)) for source in sources)
    progress.say()
    for (source, target), text in zip(pairs, answers):
        right = text == dataset.codec.target_vocabulary.as_read(target)
        verdict = "right" if right else f"wrong, expected {printable(target)}"
        progress.say(f"  {printable(source):<{width}} -> {printable(text)}   {verdict}")
    progress.say()
