"""A training run and the folder it lives in: a checkpoint each epoch, resuming, interruption."""

import csv
import hashlib
import io
import signal
import sys
from contextlib import contextmanager
from dataclasses import asdict

from common.tools.checkpoint import read, save_checkpoint, set_params
from common.tools.curves import plot_training
from common.tools.figures import save_figure, show_windows
from common.tools.safe_files import refusing, write_atomically
from common.trainer import Diverged


class Run:
    """Trains, and leaves model.npz, history.csv and accuracy.png in a folder.

    The checkpoint is written after each epoch and, where there is none, before the first. So
    whatever ends the program leaves one that loads, and from which `resume` goes on. The model of
    an earlier run in the same folder stays until this run has an epoch to show.

    Args:
        trainer: what to train. kind: the name of its model in the chapter's MODELS.
        recipe, seed: what the trainer was made with. title: of the picture.
        out: the folder, which exists. progress: a Progress.
    """

    def __init__(self, trainer, kind, recipe, seed, title, out, progress):
        self.trainer, self.kind, self.title = trainer, kind, title
        self.out, self.progress = out, progress
        self.path = out / "model.npz"
        self.saved = False  # is the checkpoint in the folder one of this run?
        dataset = trainer.dataset
        pairs = repr((dataset.train, dataset.test)).encode("utf-8", "surrogatepass")
        # What has to be the same for a resumed run to end as one that was not interrupted.
        self.identity = {
            "model": kind, **trainer.model.config, "reverse": dataset.codec.reverse,
            "data": hashlib.sha256(pairs).hexdigest(), **asdict(recipe), "seed": seed,
        }

    def resume(self):
        """Go on from the checkpoint in the folder; ValueError if it is of another run."""
        arrays, meta = read(self.path)
        stored = meta.get("run")
        if not isinstance(stored, dict):
            raise ValueError(f"{self.path} holds a model but no run to go on with")
        for name, value in self.identity.items():
            if stored.get(name) != value:
                raise ValueError(f"{self.path} is of another run: its {name} is "
                                 f"{stored.get(name)}, not {value}; --resume goes on with the "
                                 "same flags and the same data, and cannot lengthen a run")
        set_params(self.trainer.model, arrays, self.path)
        with refusing(self.path, "a checkpoint of a run"):
            self.take_over(arrays, meta["progress"])
        self.save()  # the history may have been cut off between the two files

    def take_over(self, arrays, progress):
        """Go on with this progress and the optimizer's arrays."""
        optimizer = {name.removeprefix("optimizer/"): array for name, array in arrays.items()
                     if name.startswith("optimizer/")}
        if set(optimizer) < set(self.trainer.optimizer.state):
            raise ValueError("the optimizer's state is not complete")
        self.trainer.resume(progress, optimizer)

    def train(self, on_step=None, on_epoch=None):
        """Train to the end, or leave in good order with one line that says what happened.

        Ctrl-C ends the program with status 130, SIGTERM with 143, and a loss that is not finite, or
        a file that cannot be written, with 1.

        Args:
            on_step: called after each step, as on_step(step, total_steps, loss).
            on_epoch: called after each epoch, before its checkpoint is written.
        """
        trainer, progress = self.trainer, self.progress

        def after_step(*numbers):
            progress.step(*numbers)
            if on_step is not None:
                on_step(*numbers)

        try:
            with sigterm_as_exit():
                if not self.path.exists():
                    self.save()
                for _ in trainer.fit(after_step):
                    progress.epoch(trainer)
                    if on_epoch is not None:
                        on_epoch()
                    self.save()
        except (KeyboardInterrupt, Terminated) as signal_:
            self.leave("interrupted", 130 if isinstance(signal_, KeyboardInterrupt) else 143)
        except Diverged as error:
            self.leave(str(error), 1, again="start again with a smaller --rate")
        except OSError as error:  # from write_atomically, which names the file
            self.leave(f"cannot write {error.filename}: {error.strerror}", 1)

    def save(self):
        """Write the checkpoint and the history so far."""
        trainer, dataset = self.trainer, self.trainer.dataset
        save_checkpoint(
            self.path, self.kind, trainer.model, dataset.codec, trainer.optimizer,
            max_length=dataset.max_target_length,
            longest_source=max(len(source) for source, _ in dataset.train),
            run=self.identity, progress=trainer.progress(),
        )
        self.saved = True
        if trainer.history:
            save_history(self.out / "history.csv", trainer.history)

    def draw(self, show=False):
        """Write accuracy.png: loss and accuracy by epoch."""
        figure = plot_training(self.trainer.history, self.title, show)
        save_figure(figure, self.out / "accuracy.png")

    def finish(self, show):
        """Draw the curves and say where each file is."""
        self.draw(show)
        for name, what in (("model.npz", "the trained model"), ("history.csv", "a line an epoch"),
                           ("accuracy.png", "loss and accuracy by epoch")):
            self.progress.say(f"wrote {self.out / name}   {what}")

    def leave(self, why, status, again="the same command with --resume goes on from there"):
        """End the program: draw what there is, say why, what is kept, and what to do now."""
        try:
            if self.trainer.history:
                self.draw()
        except OSError:
            why += ", nor the picture"
        if self.saved:
            kept = (f"{self.path} is from the end of epoch {self.trainer.epoch} of "
                    f"{self.trainer.epochs}; {again}")
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
    """Raise Terminated when SIGTERM arrives, so that files are closed on the way out."""

    def terminate(number, frame):
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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
