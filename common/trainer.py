"""Trainer: epochs, batches, evaluation, history.

Read `Trainer.fit`, `train_epoch` and `train_step` first. The rest is for runs that diverge, or that
are interrupted and go on.
"""

import math
import time

import numpy as np

from common.contract import PAD
from common.forcing import ConstantShare
from common.metrics import exact_match
from common.optimizers import clip_grads

EVALUATION_BATCH = 100  # larger batches no longer fit the processor's cache and take longer

# A number that is no longer finite is reported by name, as Diverged; NumPy need not warn as well.
QUIETLY = {"over": "ignore", "invalid": "ignore"}

# What is noted of an epoch; Trainer.fit says what each stands for.
RECORD = ("epoch", "step", "loss", "right", "accuracy", "step_seconds", "seconds")


class Diverged(ArithmeticError):
    """The loss, a gradient or a weight is no longer finite, so the training cannot go on.

    A weight counts as lost when its square is not finite: no product with it can be trusted. The
    message names the epoch, the step, and the first parameter of which this is true.
    """

    def __init__(self, trainer, loss):
        grads = {f"gradient of {name}": g for name, g in trainer.model.grads.items()}
        state = {f"optimizer's {name}": array for name, array in trainer.optimizer.state.items()}
        first = next(not_finite({**trainer.model.params, **grads, **state}), None)
        if first is None:
            first = next(too_large(trainer.model.params), "none, a sum overflowed")
        super().__init__(
            f"epoch {trainer.epoch + 1}, step {trainer.step}: the loss is {loss}, first "
            f"parameter that is not finite: {first}; try a smaller learning rate"
        )


def not_finite(arrays):
    """The names of the arrays that hold a number that is not finite, one after the other."""
    return (name for name, array in arrays.items() if not np.isfinite(array).all())


def too_large(arrays):
    """The names of the arrays that hold a number whose square is not finite."""
    return (name for name, array in arrays.items()
            if not (np.abs(array) <= np.sqrt(np.finfo(array.dtype).max)).all())


def count_steps(pairs, batch_size):
    """How many batches an epoch has: one training step each."""
    return -(-len(pairs) // batch_size)  # rounded up


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
        forcing: function of the step -> share of teacher forcing, see common/forcing.py.
    Raises:
        ValueError: epochs or batch_size below 1. Diverged, from fit.
    """

    def __init__(self, model, optimizer, dataset, rng, *, epochs, batch_size, schedule, max_norm,
                 forcing=ConstantShare(1.0)):
        for name, value in (("epochs", epochs), ("batch_size", batch_size)):
            if value < 1:
                raise ValueError(f"{name}: expected at least 1, got {value}")
        self.model, self.optimizer, self.dataset, self.rng = model, optimizer, dataset, rng
        self.epochs, self.batch_size = epochs, batch_size
        self.schedule, self.max_norm, self.forcing = schedule, max_norm, forcing
        self.steps_per_epoch = count_steps(dataset.train, batch_size)
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
        Raises:
            ValueError: a progress that this training cannot have made.
        """
        self.check_progress(progress)
        # In place: the model's dropout draws from the same generator.
        self.rng.bit_generator.state = progress["rng"]
        self.epoch, self.step = progress["epoch"], progress["step"]
        self.history = progress["history"]
        self.optimizer.state = optimizer_state

    def check_progress(self, progress):
        """Raise ValueError unless the numbers are those of some epochs of this training."""
        epoch, step, history = progress["epoch"], progress["step"], progress["history"]
        if type(epoch) is not int or not 0 <= epoch <= self.epochs:
            raise ValueError(f"epoch: expected a number from 0 to {self.epochs}, got {epoch}")
        if type(step) is not int or step != epoch * self.steps_per_epoch:
            raise ValueError(f"step: expected {epoch * self.steps_per_epoch}, got {step}")
        if len(history) != epoch:
            raise ValueError(f"history: expected {epoch} records, got {len(history)}")
        count = len(self.dataset.test)
        for k, record in enumerate(history, start=1):
            if set(record) != set(RECORD):
                raise ValueError(f"history: expected records of {', '.join(RECORD)}")
            right = record["right"]
            if type(right) is not int or not 0 <= right <= count:
                raise ValueError(f"right: expected a number from 0 to {count}, got {right}")
            wanted = k, k * self.steps_per_epoch, right / count
            if (record["epoch"], record["step"], record["accuracy"]) != wanted:
                raise ValueError(f"history: record {k} does not fit the data")
            if not all(math.isfinite(record[name]) and record[name] >= 0
                       for name in ("loss", "step_seconds", "seconds")):
                raise ValueError(f"history: expected finite numbers in record {k}")

    def fit(self, *on_step):
        """Train all epochs that are left, one for each turn of the caller's loop:

            for record in trainer.fit():
                print(record["loss"])

        A generator, so that the caller can act between epochs; without a loop it does nothing.

        Args:
            on_step: functions called after each step as on_step(step, total_steps, loss).

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
            accuracy = right / len(self.dataset.test)
            step_seconds = (trained - begin) / self.steps_per_epoch
            seconds = time.perf_counter() - begin
            values = self.epoch, self.step, loss, right, accuracy, step_seconds, seconds
            record = dict(zip(RECORD, values))
            self.history.append(record)
            yield record

    def train_epoch(self, on_step=()):
        """One pass over the training pairs -> mean loss of its batches."""
        losses = []
        for xs, ts in self.dataset.batches(self.dataset.train, self.batch_size, self.rng):
            losses.append(self.train_step(xs, ts))
            for call in on_step:
                call(self.step, self.epochs * self.steps_per_epoch, losses[-1])
        # The last update has not met a batch yet: it may be the one that was too large.
        with np.errstate(**QUIETLY):
            after = self.model.forward(xs, ts)
        lost = [*too_large(self.model.params), *not_finite(self.optimizer.state)]
        if lost or not math.isfinite(after):
            raise Diverged(self, after)
        return float(np.mean(losses))

    def train_step(self, xs, ts):
        """Forward, backward, clip, update -> loss before the update."""
        with np.errstate(**QUIETLY):
            self.model.set_training(True)
            loss = self.model.forward(xs, ts, *self.toss_coins(ts))
            self.model.backward()
            self.model.set_training(False)
            norm = clip_grads(self.model.grads, self.max_norm)
            self.optimizer.lr = self.schedule(self.step)
            self.step += 1
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise Diverged(self, loss)
            self.optimizer.update(self.model.params, self.model.grads)
        return loss

    def toss_coins(self, ts):
        """Where does the decoder read the right token? (forced (N, T),), or () if everywhere."""
        share = self.forcing(self.step)
        if share == 1:
            return ()
        return (self.rng.random((len(ts), ts.shape[1] - 1)) < share,)

    def evaluate(self, pairs):
        """How many of the pairs does the model, decoding greedily, answer without a mistake?"""
        return sum(int(right.sum()) for *_, right in self.answers(pairs))

    def answers(self, pairs):
        """Answer the pairs in batches, decoding greedily.

        Yields:
            xs (N, S), ts (N, T + 1), what the model wrote, ys (N, T'), and right, boolean (N,).
        """
        for xs, ts in self.dataset.batches(pairs, EVALUATION_BATCH):
            with np.errstate(**QUIETLY):
                ys = self.model.generate(xs, self.dataset.max_target_length)
            yield xs, ts, ys, exact_match(ys, ts[:, 1:], PAD)
