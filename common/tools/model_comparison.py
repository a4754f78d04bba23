"""Several models under one recipe: train each with several seeds, tabulate, draw."""

import sys
from statistics import median

from common.tools.curves import plot_comparison
from common.tools.figures import counted, save_figure, show_windows
from common.tools.flags import at_least_1
from common.tools.progress import Progress, count_parameters
from common.tools.recipe import make_trainer
from common.tools.run_folder import save_history
from common.tools.terminal import INTERRUPTED
from common.trainer import Diverged


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
        recipe: the Recipe that all of them share. title: of the picture.
        out: the folder, which exists. args: of a training parser with --repeats.
        drawn: the names of the variants in the picture; all if None.
    """

    def __init__(self, variants, recipe, title, out, args, drawn=None):
        self.variants, self.recipe, self.out, self.args = variants, recipe, out, args
        self.title = title
        self.drawn = variants if drawn is None else drawn
        self.histories = {name: {} for name in variants}  # name -> seed -> history
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
        trainer = make_trainer(model_class, dataset, self.recipe, seed, **options)
        self.parameters[name] = count_parameters(trainer.model)
        try:
            for _ in trainer.fit(self.progress.step):
                self.progress.epoch(trainer)
        except Diverged as error:
            self.wrong.append(f"{name}, seed {seed}: {error}")
            return
        self.histories[name][seed] = trainer.history
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
        curves = {name: list(self.histories[name].values()) for name in self.drawn
                  if self.histories[name]}
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
