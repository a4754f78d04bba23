"""Several models under one recipe: train each with several seeds, tabulate, draw."""

from statistics import median

from common.tools.flags import at_least_1
from common.tools.curves import plot_comparison
from common.tools.figures import save_figure
from common.tools.progress import count_parameters
from common.tools.recipe import make_trainer
from common.tools.run_folder import save_history
from common.trainer import Diverged


def add_repeats(parser):
    """Add the flag --repeats to a training parser."""
    parser.add_argument("--repeats", type=at_least_1, default=1, metavar="N",
                        help="train with N seeds, counted up from --seed (default: %(default)s)")


def compare(variants, recipe, args, progress):
    """Train every variant with the seeds args.seed, args.seed + 1, ... (args.repeats of them).

    Args:
        variants: dict from a name to (model class, dataset, options of the model).
        recipe: the Recipe that all of them share.

    Returns:
        list of results, one a variant, each a dict with name, parameters (how many) and
        histories, one a seed.
    """
    results = []
    for name, (model_class, dataset, options) in variants.items():
        histories = []
        for seed in range(args.seed, args.seed + args.repeats):
            progress.say(f"{name}, seed {seed}")
            trainer = make_trainer(model_class, dataset, recipe, seed, **options)
            try:
                for _ in trainer.fit(progress.step):
                    progress.epoch(trainer)
            except Diverged as error:
                raise ValueError(f"{name}, seed {seed}: {error}") from error
            histories.append(trainer.history)
        results.append({"name": name, "parameters": count_parameters(trainer.model),
                        "histories": histories})
    return results


def save_comparison(results, title, out, args, progress, drawn=None):
    """Write comparison.png (curves) and comparison.csv (every record) into the folder `out`.

    Args:
        drawn: how many of the results, from the first, to draw; all if None.
    """
    save_history(out / "comparison.csv", [
        {"model": result["name"], "seed": args.seed + k, **record}
        for result in results for k, history in enumerate(result["histories"])
        for record in history
    ])
    seeds = f"{args.repeats} seed" + ("s" if args.repeats > 1 else "")
    curves = {result["name"]: result["histories"] for result in results[:drawn]}
    figure = plot_comparison(curves, f"{title}, {seeds}", args.show)
    save_figure(figure, out / "comparison.png")
    progress.say(f"wrote {out / 'comparison.png'} and {out / 'comparison.csv'}")


def print_table(results):
    """Print a row for each variant: parameters, time, accuracy over the seeds."""
    print()
    width = max(len(result["name"]) for result in results)
    print(f"{'':<{width}}  parameters  ms a step  s a run  test accuracy (lowest to highest seed)")
    for result in results:
        histories = result["histories"]
        final = [100 * history[-1]["accuracy"] for history in histories]
        seconds = median(sum(r["seconds"] for r in history) for history in histories)
        step = median(1000 * r["step_seconds"] for history in histories for r in history)
        print(f"{result['name']:<{width}}  {result['parameters']:>10,}  {step:>9.1f}  "
              f"{seconds:>7.1f}  {min(final):6.2f} % to {max(final):6.2f} %")
