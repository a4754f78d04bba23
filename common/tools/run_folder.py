"""A training run and the folder it lives in: a checkpoint each epoch, resuming, interruption."""

import csv
import hashlib
import io
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import MISSING, asdict, fields

from common.tools.checkpoint import read, save_checkpoint, set_params
from common.tools.curves import plot_training
from common.tools.figures import save_figure
from common.tools.registry import default_config
from common.tools.safe_files import refusing, write_atomically
from common.tools.terminal import INTERRUPTED
from common.trainer import Diverged
from dataset.vocabulary import quote

CHECKPOINT, HISTORY, CURVES = "model.npz", "history.csv", "accuracy.png"
TERMINATED = 143  # what a shell reports of a program that SIGTERM has ended: 128 + SIGTERM
ATTENTION, FILM = "attention.png", "film.npz"  # of models that attend
MISTAKES = "mistakes.csv"
TRANSLATION, LENGTHS = "translation.png", "lengths.png"  # of train_translation.py
CHARACTERS = {"tokens": "characters", "unknown": 0}  # what a run reads unless it is told otherwise
FILES = (CHECKPOINT, HISTORY, CURVES, ATTENTION, FILM, MISTAKES, TRANSLATION, LENGTHS)


class Run:
    """A training run: its trainer, and the folder in which it leaves its files.

        with run.in_good_order():
            for record in run.trainer.fit(run.progress.step):
                run.save()
            run.finish()

    Whatever ends the program, the folder holds a checkpoint that loads, and from which `resume`
    goes on. The files of an earlier run in the same folder stay until this run has an epoch to
    show; then they go.

    Args:
        trainer: what to train. kind: the name of its model in the chapter's MODELS.
        recipe, seed: what the trainer was made with. title: of the pictures.
        file: a text that tells this data file from others. out: the folder, which exists.
        progress: a Progress. show: also open the pictures in windows. data: the pair file.
        split: what is held out of it, in a word.
    """

    def __init__(self, trainer, kind, recipe, seed, title, file, out, progress, show=False,
                 data=None, split="random"):
        self.trainer, self.kind, self.title, self.file = trainer, kind, title, file
        self.data = data
        self.out, self.progress, self.show = out, progress, show
        self.path = out / CHECKPOINT
        self.saved_epoch = None  # the epoch of the checkpoint in the folder, if it is of this run
        dataset = trainer.dataset
        pairs = repr((dataset.train, dataset.test)).encode()
        # What has to be the same for a resumed run to end as one that was not interrupted.
        self.identity = {
            "model": kind, "split": split, "tokens": dataset.codec.tokens, "unknown": dataset.rare,
            **trainer.model.config, "reverse": dataset.codec.reverse,
            "data": hashlib.sha256(pairs).hexdigest(), **asdict(recipe), "seed": seed,
        }
        self.recipe = recipe

    def resume(self):
        """Go on from the checkpoint in the folder; ValueError if it is of another run."""
        arrays, meta = read(self.path)
        stored = meta.get("run")
        if not isinstance(stored, dict):
            raise ValueError(f"{self.path} holds a model but no run to go on with")
        # A run that was stored before an option existed had that option's default.
        defaults = {field.name: field.default for field in fields(self.recipe)
                    if field.default is not MISSING}
        split = {"split": self.identity["split"]}  # where none is stored, the data decide
        stored = {**default_config(type(self.trainer.model)), **defaults, **CHARACTERS, **split,
                  **stored}
        for name, value in self.identity.items():
            if stored.get(name) != value:
                raise ValueError(f"{self.path} is of another run: its {name} is "
                                 f"{quote(stored.get(name))}, not {quote(value)}; --resume goes on "
                                 "with the same flags and the same data, and cannot lengthen a run")
        set_params(self.trainer.model, arrays, self.path)
        with refusing(self.path, "a checkpoint of a run"):
            self.take_over(arrays, meta["progress"])
        self.saved_epoch = self.trainer.epoch
        self.save()  # the history may have been cut off between the two files

    def take_over(self, arrays, progress):
        """Go on with this progress and the optimizer's arrays."""
        optimizer = {name.removeprefix("optimizer/"): array for name, array in arrays.items()
                     if name.startswith("optimizer/")}
        trainer = self.trainer
        wanted = trainer.optimizer.state_names(trainer.model.params)
        if progress["step"] == 0:
            wanted = trainer.optimizer.state  # as it is before the first step
        if set(optimizer) != set(wanted):
            raise ValueError("the optimizer's state is not complete")
        if any(array.ndim == 0 and array != progress["step"] for array in optimizer.values()):
            raise ValueError("the optimizer has counted other steps")
        trainer.resume(progress, optimizer)

    @contextmanager
    def in_good_order(self):
        """Around the training: leave with one line that says what happened and what is kept.

        Ctrl-C ends the program with status 130, SIGTERM with 143, and a loss that is not finite, or
        a file that cannot be written, with 1. Every other error is one of the code: it passes.
        """
        try:
            with sigterm_as_exit():
                if not self.path.exists():
                    self.save()
                yield
        except (KeyboardInterrupt, Terminated) as signal_:
            self.leave("interrupted",
                       INTERRUPTED if isinstance(signal_, KeyboardInterrupt) else TERMINATED)
        except Diverged as error:
            self.leave(str(error), 1, again="")  # the error says what to do
        except OSError as error:
            if error.filename is None:  # not from write_atomically, which names the file
                raise
            self.leave(f"cannot write {error.filename}: {error.strerror}", 1)

    def save(self, *beside):
        """Print the line of the epoch; write the checkpoint and the history so far.

        beside: functions that write other files of the same epoch. They come first, so that a
        checkpoint is never ahead of them.
        """
        trainer, dataset = self.trainer, self.trainer.dataset
        if trainer.epoch and self.saved_epoch != trainer.epoch:
            self.progress.epoch(trainer)
        if self.saved_epoch is None:
            self.remove_older()
        for write in beside:
            write()
        save_checkpoint(
            self.path, self.kind, trainer.model, dataset.codec, trainer.optimizer,
            progress=trainer.progress(), max_length=dataset.max_target_length,
            longest_source=dataset.longest_source,
            run=self.identity, file=self.file,
        )
        self.saved_epoch = trainer.epoch
        if trainer.history:
            save_history(self.out / HISTORY, trainer.history)

    def remove_older(self):
        """Remove what an earlier run left beside its checkpoint: pictures of another model."""
        for name in FILES[1:]:
            if (self.out / name).is_file():
                (self.out / name).unlink()

    def draw(self):
        """Write accuracy.png: loss and accuracy by epoch."""
        figure = plot_training(self.trainer.history, self.title, self.show)
        save_figure(figure, self.out / CURVES)

    def finish(self):
        """Draw the curves and say where each file is."""
        self.draw()
        for name, what in ((CHECKPOINT, "the trained model"), (HISTORY, "a line an epoch"),
                           (CURVES, "loss and accuracy by epoch")):
            self.progress.say(f"wrote {self.out / name}   {what}")

    def leave(self, why, status, again="; the same command with --resume goes on from there"):
        """End the program: draw what there is, say why, what is kept, and what to do now."""
        try:
            if self.trainer.history:
                self.draw()
        except OSError:
            why += "; the picture could not be written"
        if self.saved_epoch is not None:
            when = f"the end of epoch {self.saved_epoch}" if self.saved_epoch else "the start"
            kept = f"{self.path} is from {when} of {self.trainer.epochs} epochs{again}"
        elif self.path.is_file():
            kept = f"nothing of this run is kept, {self.path} is still that of an earlier one"
        else:
            kept = "nothing of this run is kept"
        print(f"\n{why}; {kept}", file=sys.stderr)
        sys.exit(status)


class Terminated(BaseException):
    """The process was asked to end by SIGTERM, as KeyboardInterrupt is by SIGINT."""


@contextmanager
def sigterm_as_exit():
    """Raise Terminated when SIGTERM arrives, so that files are closed on the way out.

    Only the main thread of a program may say what a signal does; in another one nothing changes.
    """

    def terminate(number, frame):
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def save_history(path, records):
    """Write records, dicts with the same keys, as a CSV file with a header."""
    names = list(records[0])
    save_table(path, names, [[record[name] for name in names] for record in records])


def save_table(path, names, rows):
    """Write rows of values as a CSV file whose header has the names of the columns."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([names, *rows])
    write_atomically(path, lambda file: file.write(text.getvalue().encode()))
