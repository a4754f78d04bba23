"""What the demonstrations on dates share: their flags, the model of a seed, how a table is printed.

The models are those of ch_attention/train_date.py, with its recipe and without any file left over.
"""

from dataclasses import replace
from pathlib import Path

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.train_date import DATA, RECIPE
from common.tools.flags import Parser, at_least_1, not_negative
from common.tools.recipe import make_trainer
from dataset.pairs import PairDataset

QUICK_TRAIN, QUICK_TEST = 10_000, 1_000  # pairs: enough to see the script work, in seconds


def demo_parser(doc, out):
    """A parser with the flags of a demonstration, which writes into runs/ and the name `out`."""
    parser = Parser(doc)
    parser.add_argument("--seed", type=not_negative, default=0, metavar="N",
                        help="the first seed (default: %(default)s)")
    parser.add_argument("--repeats", type=at_least_1, default=3, metavar="N",
                        help="models to train, each with a seed of its own (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="one model, hardly trained, on few dates: a trial of the script")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("runs") / out,
                        help="where to write the picture (default: %(default)s)")
    parser.add_argument("--show", action="store_true", help="also open the picture in a window")
    return parser


def date_trainers(args):
    """A Trainer of an untrained model for each seed that the flags ask for, one after another."""
    dataset, recipe, repeats = PairDataset.load(DATA, reverse=True), RECIPE, args.repeats
    if args.quick:
        dataset = PairDataset(dataset.train[:QUICK_TRAIN], dataset.test[:QUICK_TEST],
                              dataset.codec)
        recipe, repeats = replace(RECIPE, epochs=1), 1
    for seed in range(args.seed, args.seed + repeats):
        yield make_trainer(AttentionSeq2Seq, dataset, recipe, seed)


def train(trainer):
    """Train to the end and say how good the model is."""
    for record in trainer.fit():
        print(f"training: epoch {record['epoch']}/{trainer.epochs}   "
              f"test accuracy {100 * record['accuracy']:.2f} %   {record['seconds']:.1f} s",
              flush=True)


def span(values):
    """Shares of 1, one of each seed -> "lowest-highest" in percent, or one number if all agree."""
    low, high = (f"{100 * value:.1f}" for value in (min(values), max(values)))
    return low if low == high else f"{low}-{high}"
