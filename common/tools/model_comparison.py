"""Several models under one recipe: train each with several seeds, tabulate, draw."""

import sys
import time
from statistics import median

from common.tools.curves import plot_comparison
from common.tools.figures import counted, save_figure, show_windows
from common.tools.flags import at_least_1
from common.tools.progress import Progress, count_parameters
from common.tools.recipe import make_trainer
from common.tools.run_folder import save_history
from common.tools.terminal import INTERRUPTED
from common.trainer import Diverged

INSIDE = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of the first epoch
FEW_EPOCHS = 5  # a longer run can be seen from its epochs alone
MEASURED = 500  # test sentences at each of these steps, a tenth of what an epoch's end takes


def add_repeats(parser):
    """Add the flag --repeats to a training parser."""
    parser.add_argument("--repeats", type=at_least_1, default=1, metavar="N",
                        help="train with N seeds, counted up from --seed (default: %(default)s)")


class Comparison:
    """Trains variants of a model, one after the other, and keeps the records of each run.

    After each run the picture and the records are written anew, so that nothing is lost that has
    been trained, whatever ends the program. A run that diverges is named, and the others go on.

    Args:
        variants: dict from a name to (model class, dataset, options of the model).
        recipe: the Recipe that all of them share, but for what a model states itself and for what
            the flags say. title: of the picture.
        out: the folder, which exists. args: of a training parser with --repeats.
        drawn: the names of the variants in the picture; all if None.
    """

    def __init__(self, variants, recipe, title, out, args, drawn=None):
        self.variants, self.recipe, self.out, self.args = variants, recipe, out, args
        self.title = title
        self.drawn = variants if drawn is None else drawn
        self.histories = {name: {} for name in variants}  # name -> seed -> history
        self.early = {name: {} for name in variants}  # what EarlyAccuracy has measured of each run
        self.parameters = {}
        self.written = []  # the files that the last save has written
        self.wrong = []  # a line for each run that diverged, and for what ended the program
        self.progress = Progress(args.quiet)

    def run(self):
        """Train every variant with the seeds args.seed, args.seed + 1, ... (args.repeats of them).

        Ctrl-C ends it with status 130, a run that diverged or a file that cannot be written with 1,
        all after the table of what has been trained.
        """
        status = 1  # if anything goes wrong
        try:
            for name in self.variants:
                for seed in range(self.args.seed, self.args.seed + self.args.repeats):
                    self.train(name, seed)
        except KeyboardInterrupt:
            self.wrong.append("interrupted")
            status = INTERRUPTED
        except OSError as error:
            if error.filename is None:  # not from write_atomically, which names the file
                raise
            self.wrong.append(f"cannot write {error.filename}: {error.strerror}")
        if any(self.histories.values()):
            self.print_table()
        else:
            self.progress.say()  # the moving line is left
        if self.written:
            self.progress.say(f"wrote {' and '.join(map(str, self.written))}")
        if self.wrong:
            print("\n".join(self.wrong), file=sys.stderr)
            sys.exit(status)
        if self.args.show:
            self.save(show=True)
            show_windows()

    def train(self, name, seed):
        """Train one variant with one seed, and write what there is so far."""
        model_class, dataset, options = self.variants[name]
        self.progress.say(f"{name}, seed {seed}")
        recipe = self.recipe.of(model_class).with_flags(self.args)
        trainer = make_trainer(model_class, dataset, recipe, seed, **options)
        self.parameters[name] = count_parameters(trainer.model)
        early = EarlyAccuracy(trainer)
        try:
            for record in trainer.fit(self.progress.step, early.on_step):
                early.take_its_time_from(record)
                self.progress.epoch(trainer)
        except Diverged as error:
            self.wrong.append(f"{name}, seed {seed}: {error}")
            return
        self.histories[name][seed] = trainer.history
        self.early[name][seed] = early.records
        self.save()

    def save(self, show=False):
        """Write comparison.png (curves) and comparison.csv (every record)."""
        picture, table = self.out / "comparison.png", self.out / "comparison.csv"
        save_history(table, [
            {"model": name, "seed": seed, **record}
            for name, by_seed in self.histories.items() for seed, history in by_seed.items()
            for record in history
        ])
        self.written = [table]
        seeds = counted(self.args.repeats, "seed")
        curves = {name: [self.early[name].get(seed, []) + history
                         for seed, history in self.histories[name].items()]
                  for name in self.drawn if self.histories[name]}
        if curves:
            figure = plot_comparison(curves, f"{self.title}, {seeds}", show)
            save_figure(figure, picture)
            self.written = [picture, table]

    def print_table(self):
        """Print a row for each variant: parameters, time, accuracy over the seeds."""
        print()
        done = {name: by_seed for name, by_seed in self.histories.items() if by_seed}
        width = max(len(name) for name in done)
        print(f"{'':<{width}}  parameters  ms a step  s a run  test accuracy"
              + (" (lowest to highest seed)" if self.args.repeats > 1 else ""))
        for name, by_seed in done.items():
            final = [100 * history[-1]["accuracy"] for history in by_seed.values()]
            seconds = median(sum(r["seconds"] for r in history) for history in by_seed.values())
            step = median(1000 * r["step_seconds"] for history in by_seed.values()
                          for r in history)
            accuracy = f"{min(final):6.2f} %"
            if len(final) > 1:
                accuracy += f" to {max(final):6.2f} %"
            print(f"{name:<{width}}  {self.parameters[name]:>10,}  {step:>9.1f}  "
                  f"{seconds:>7.1f}  {accuracy}")


class EarlyAccuracy:
    """Test accuracy at some steps of the first epoch, on the first of the test sentences.

    In a run of a few epochs most is learned before the first one ends. Nothing of the training
    changes: no random number is drawn, and a generation leaves the weights as they are. It takes
    as long as one evaluation at the end of an epoch, a little more as an untrained model ends no
    answer; that time is taken out of the records, which tell that of the training.

    Args:
        trainer: a Trainer that has not begun.
    """

    def __init__(self, trainer):
        self.trainer, self.records, self.seconds = trainer, [], 0.0
        steps = trainer.steps_per_epoch
        few = trainer.epochs <= FEW_EPOCHS
        self.marks = {max(1, round(share * steps)) for share in INSIDE if few} - {steps}

    def on_step(self, step, total, loss):
        """Called after each training step; measures if it is time to."""
        if step not in self.marks:
            return
        begin = time.perf_counter()
        pairs = self.trainer.dataset.test[:MEASURED]
        right = self.trainer.evaluate(pairs)
        self.records.append({"step": step, "accuracy": right / len(pairs)})
        self.seconds += time.perf_counter() - begin

    def take_its_time_from(self, record):
        """Take the time of the measurements so far out of the record of the epoch."""
        record["seconds"] -= self.seconds
        record["step_seconds"] -= self.seconds / self.trainer.steps_per_epoch
        self.seconds = 0.0
