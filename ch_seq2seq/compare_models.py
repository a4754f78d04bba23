"""Train four models of addition under one recipe and draw their curves in one picture.

Baseline, reversed source, peeky decoder, and both together, all as in train_addition.py. Takes
about five minutes a seed on two processor cores. Writes comparison.png and comparison.csv.
With --repeats 3 each model is trained with three seeds and the picture shows the band between
the worst and the best.
"""

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_seq2seq.chapter_models import MODELS
from ch_seq2seq.train_addition import DATA, RECIPE
from common.tools.flags import load_data, make_folder, training_parser
from common.tools.model_comparison import Comparison, add_repeats
from common.tools.terminal import orderly_end

VARIANTS = {  # name in the picture: (model, reverse the source?)
    "baseline": ("seq2seq", False),
    "reversed": ("seq2seq", True),
    "peeky": ("peeky", False),
    "peeky, reversed": ("peeky", True),
}


def main(argv=None):
    """Read the flags, train every variant with every seed, draw and tabulate."""
    parser = training_parser(__doc__, DATA, RECIPE)
    add_repeats(parser)
    args = parser.parse_args(argv)
    with parser.mistakes():
        datasets = {reverse: load_data(args, reverse) for reverse in (False, True)}
        out = make_folder(args.out or f"runs/compare_models-{args.data.stem}")

    variants = {name: (MODELS[kind], datasets[reverse], {})
                for name, (kind, reverse) in VARIANTS.items()}
    title = f"Four Seq2Seq models on {args.data.name}"
    Comparison(variants, RECIPE, title, out, args).run()


if __name__ == "__main__":
    with orderly_end():
        main()
