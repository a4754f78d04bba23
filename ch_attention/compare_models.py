"""Train models of dates under one recipe: without attention, and with each of the four scores.

Draws the curves of seq2seq, peeky and attention in one picture and prints a table of all, with
their parameters, time and accuracy. Takes about three minutes a seed on two processor cores.
Writes comparison.png and comparison.csv.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from ch_attention.scores import SCORES
from ch_attention.train_date import DATA, RECIPE
from common.tools.flags import make_folder
from common.tools.model_comparison import add_repeats, compare, print_table, save_comparison
from common.tools.figures import show_windows
from common.tools.flags import training_parser
from common.tools.progress import Progress
from dataset.pairs import PairDataset


def main(argv=None):
    """Read the flags, train every model with every seed, draw and tabulate."""
    parser = training_parser(__doc__, DATA, RECIPE)
    add_repeats(parser)
    args = parser.parse_args(argv)
    with parser.mistakes():
        dataset = PairDataset.load(args.data, reverse=True)
        out = make_folder(args.out or "runs/compare_models-date")

    progress = Progress(args.quiet)
    recipe = RECIPE.with_flags(args)
    plain = {kind: (MODELS[kind], dataset, {}) for kind in ("seq2seq", "peeky")}
    scores = {f"attention, {score}": (MODELS["attention"], dataset, {"score": score})
              for score in SCORES}
    with parser.mistakes():
        results = compare({**plain, **scores}, recipe, args, progress)
        print_table(results)
        # The curves of the other scores would lie on that of the first.
        save_comparison(results, f"With and without attention on {args.data.name}", out, args,
                        progress, drawn=3)
    if args.show:
        show_windows()


if __name__ == "__main__":
    main()
