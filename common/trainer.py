"""Trainer: epochs, batches, evaluation, history."""

import math
import time

import numpy as np

from common.contract import PAD
from common.metrics import exact_match
from common.optimizers import clip_grads

EVALUATION_BATCH = 100  # larger batches no longer fit the processor's cache and take longer


class Diverged(ArithmeticError):
    """The loss or a gradient is no longer finite, so the training cannot go on.

    The message names the epoch, the step, and the first parameter that is not finite, or whose
    gradient is not.
    """

    def __init__(self, trainer, loss):
        grads = {f"gradient of {name}": g for name, g in trainer.model.grads.items()}
        arrays = {**trainer.model.params, **grads}
        first = next((name for name, array in arrays.items() if not np.isfinite(array).all()),
                     "none: the norm of the gradients overflowed")
        super().__init__(
            f"epoch {trainer.epoch + 1}, step {trainer.step + 1}: the loss is {loss}, first "
            f"parameter that is not finite: {first}; try a smaller learning rate"
        )


class Trainer:
    """Trains a model on a dataset, one epoch after another.

    Args:
        model: a Seq2Seq or one like it.
        optimizer: changes model.params by model.grads.
        dataset: a PairDataset.
        rng: the numpy Generator that shuffles.
        epochs: passes over dataset.train.
        batch_size: N of every batch but the last.
        schedule: function of the step, counted from 0 -> learning rate.
        max_norm: bound on the global norm of the gradient.
    Raises:
        ValueError: epochs or batch_size below 1. Diverged, from fit: the loss is not finite.
    """

    def __init__(self, model, optimizer, dataset, rng, *, epochs, batch_size, schedule, max_norm):
        for name, value in (("epochs", epochs), ("batch_size", batch_size)):
            if value < 1:
                raise ValueError(f"{name}: expected at least 1, got {value}")
        self.model, self.optimizer, self.dataset, self.rng = model, optimizer, dataset, rng
        self.epochs, self.batch_size = epochs, batch_size
        self.schedule, self.max_norm = schedule, max_norm
        self.steps_per_epoch = -(-len(dataset.train) // batch_size)  # rounded up
        self.epoch = self.step = 0
        self.history = []

    def progress(self):
        """How far the training is, as JSON knows it: all that `resume` needs but the arrays."""
        return {"epoch": self.epoch, "step": self.step, "history": self.history,
                "rng": self.rng.bit_generator.state}

    def resume(self, progress, optimizer_state):
        """Go on where another Trainer was when it gave this progress.

        With the same model weights, the rest of the training is the same to the last bit.

        Args:
            progress: what `progress` returned. optimizer_state: dict of arrays, a copy of its
                optimizer's `state`.
        """
        self.epoch, self.step = progress["epoch"], progress["step"]
        self.history = progress["history"]
        # In place: the model's dropout draws from the same generator.
        self.rng.bit_generator.state = progress["rng"]
        self.optimizer.state = optimizer_state

    def fit(self, on_step=None):
        """Train all epochs that are left, one for each turn of the caller's loop:

            for record in trainer.fit():
                print(record["loss"])

        A generator, so that the caller can act between epochs; without a loop it does nothing.

        Args:
            on_step: called after each step as on_step(step, total_steps, loss).

        Yields:
            After each epoch its record, a dict that also stands in self.history: epoch, step,
            loss (mean over the epoch's batches), right and accuracy (answers of dataset.test
            without any mistake: how many, and their share), step_seconds (mean of a training
            step), seconds (training and evaluation together).
        """
        while self.epoch < self.epochs:
            begin = time.perf_counter()
            loss = self.train_epoch(on_step)
            trained = time.perf_counter()
            right = self.evaluate(self.dataset.test)
            self.epoch += 1
            record = {
                "epoch": self.epoch,
                "step": self.step,
                "loss": loss,
                "right": right,
                "accuracy": right / len(self.dataset.test),
                "step_seconds": (trained - begin) / self.steps_per_epoch,
                "seconds": time.perf_counter() - begin,
            }
            self.history.append(record)
            yield record

    def train_epoch(self, on_step=None):
        """One pass over the training pairs -> mean loss of its batches."""
        losses = []
        for xs, ts in self.dataset.batches(self.dataset.train, self.batch_size, self.rng):
            losses.append(self.train_step(xs, ts))
            if on_step is not None:
                on_step(self.step, self.epochs * self.steps_per_epoch, losses[-1])
        return float(np.mean(losses))

    def train_step(self, xs, ts):
        """Forward, backward, clip, update -> loss before the update."""
        # A number that is no longer finite is reported below, by name; NumPy need not warn as well.
        with np.errstate(over="ignore", invalid="ignore"):
            self.model.set_training(True)
            loss = self.model.forward(xs, ts)
            self.model.backward()
            self.model.set_training(False)
            norm = clip_grads(self.model.grads, self.max_norm)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise Diverged(self, loss)
        self.optimizer.lr = self.schedule(self.step)
        self.optimizer.update(self.model.params, self.model.grads)
        self.step += 1
        return loss

    def evaluate(self, pairs):
        """How many of the pairs does the model, decoding greedily, answer without a mistake?"""
        right = 0
        for xs, ts in self.dataset.batches(pairs, EVALUATION_BATCH):
            ys = self.model.generate(xs, self.dataset.max_target_length)
            right += int(exact_match(ys, ts[:, 1:], PAD).sum())
        return right
