"""Train models of dates under one recipe: without attention, and with each of the four scores.

Draws the curves of seq2seq, peeky and attention in one picture and prints a table of all, with
their parameters, time and accuracy. Takes about three minutes a seed on two processor cores.
Writes comparison.png and comparison.csv. Others, a model of your own among them, by their names:

    python ch_attention/compare_models.py --models cho attention bahdanau luong
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_attention.all_models import MODELS
from ch_attention.train_date import DATA, RECIPE
from common.tools.figures import counted
from common.tools.flags import load_data, make_folder, training_parser
from common.tools.model_comparison import Comparison, add_repeats
from common.tools.registry import variants
from common.tools.terminal import orderly_end

COMPARED = {name: MODELS[name] for name in ("seq2seq", "peeky", "attention")}
VARIANTS = {name.replace(" ", ", "): variant for name, variant in variants(COMPARED).items()}
# One curve a model: those of the other scores would lie on that of the first.
DRAWN = [name for name, (model, options) in VARIANTS.items() if options == model.default_options()]


def main(argv=None):
    """Read the flags, train every model with every seed, draw and tabulate."""
    parser = training_parser(__doc__, DATA, RECIPE)
    add_repeats(parser)
    parser.add_argument("--models", nargs="+", choices=MODELS, metavar="NAME",
                        help="compare these, each with the first value of its options: any of "
                             f"{', '.join(MODELS)}")
    args = parser.parse_args(argv)
    with parser.mistakes():
        dataset = load_data(args, reverse=True)
        out = make_folder(args.out or f"runs/compare_models-{args.data.stem}")

    compared = VARIANTS
    if args.models:
        compared = {name: (MODELS[name], MODELS[name].default_options()) for name in args.models}
    trained = {name: (model, dataset, options) for name, (model, options) in compared.items()}
    drawn = [name for name in compared if args.models or name in DRAWN]
    what = counted(len(compared), "model") if args.models else "With and without attention"
    Comparison(trained, RECIPE, f"{what} on {args.data.name}", out, args, drawn).run()


if __name__ == "__main__":
    with orderly_end():
        main()
