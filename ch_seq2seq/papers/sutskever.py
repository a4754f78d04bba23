"""Sutskever et al. 2014 in small: layers, reading direction and beam, one change at a time.

The model of the paper is the plain one of this chapter with four LSTM layers, the source read back
to front, and beam search. Here it learns additions, small and for a short time, so that something
is left to gain: with one, two and four layers, and the four once more with the source as it is.
Each is measured as in the paper: perplexity, and right answers with a beam of 1, 2 and 12.

    train_addition.py --layers 4        trains such a model to the end

Trains four models with each of three seeds; about three minutes on two processor cores. Prints a
table, lowest to highest of the seeds. What will be seen: reading back to front helps most, a
second layer helps, four are no better than two in so short a time, and the beam moves less than one
point, since an addition has one right answer. What the paper has, and what is left out here:
ch_seq2seq/papers/README.md.
"""

from dataclasses import replace
from functools import partial

from common.tools.one_thread import use_one_thread

use_one_thread()  # before NumPy is imported

from ch_seq2seq.seq2seq import Seq2Seq
from common.decoding import beam_search
from common.metrics import perplexity
from common.tools.answers import answer
from common.tools.demonstration import in_processes, seeds, span
from common.tools.flags import Parser, at_least_1, not_negative
from common.tools.recipe import Recipe, make_trainer
from common.tools.terminal import orderly_end
from dataset.make_addition import make_pairs
from dataset.pairs import Codec, PairDataset, split_pairs

COUNT = 20_000  # a tenth of them is kept for the test
RECIPE = Recipe(
    D=16,  # as in train_addition.py
    H=64,  # half of it: four layers cost what one of 128 costs
    batch_size=64,
    epochs=8,
    rate=5e-3,
    warmup=100,  # twice as many steps as one layer needs
    max_norm=5.0,  # the threshold of the paper (section 3.4)
)
QUICK_COUNT, QUICK_EPOCHS = 500, 1
WIDTHS = (1, 2, 12)  # of the paper's table 1
MODELS = {  # name: (layers, source reversed)
    "1 layer, reversed": (1, True),
    "2 layers, reversed": (2, True),
    "4 layers, reversed": (4, True),
    "4 layers, forward": (4, False),
}


def main(argv=None):
    """Read the flags, train every model with every seed, print."""
    parser = Parser(__doc__)
    parser.add_argument("--seed", type=not_negative, default=0, metavar="N",
                        help="the first seed (default: %(default)s)")
    parser.add_argument("--repeats", type=at_least_1, default=3, metavar="N",
                        help="seeds, counted up from the first (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="one seed, few data, hardly any training: a trial of the script")
    args = parser.parse_args(argv)
    jobs = [(name, seed, args.quick) for seed in seeds(args) for name in MODELS]
    found = {name: [] for name in MODELS}
    for (name, seed, _), result in zip(jobs, in_processes(trained, jobs, args.quick)):
        found[name].append(result)
        print(f"trained: {name}, seed {seed}: perplexity {result[1]:.3f}", flush=True)
    print_table(found)


def trained(name, seed, quick):
    """Train one model -> its parameters, test perplexity, share of right answers by width."""
    layers, reverse = MODELS[name]
    dataset = additions(QUICK_COUNT if quick else COUNT, reverse)
    recipe = replace(RECIPE, epochs=QUICK_EPOCHS) if quick else RECIPE
    trainer = make_trainer(Seq2Seq, dataset, recipe, seed, layers=layers)
    for _ in trainer.fit():
        pass
    sources, targets = zip(*dataset.test)
    answers = [answer(trainer.model, dataset.codec, sources, dataset.max_target_length,
                      partial(beam_search, width=width)) for width in WIDTHS]
    right = [sum(a == b for a, b in zip(texts, targets)) / len(targets) for texts in answers]
    parameters = sum(param.size for param in trainer.model.params.values())
    return parameters, perplexity(trainer.model, dataset), right


def additions(count, reverse):
    """The pairs of an addition data set of this size, split in train and test."""
    pairs = make_pairs(count)
    return PairDataset(*split_pairs(pairs), Codec.of_pairs(pairs, reverse))


def print_table(found):
    """A row for each model, lowest to highest of its seeds."""
    print(f"\n{'right of the test, %: beam of':<46}"
          + "".join(f"{width:>13}" for width in WIDTHS))
    print(f"{'':<20}{'parameters':>11}{'perplexity':>15}")
    for name, results in found.items():
        parameters, perplexities, right = zip(*results)
        low, high = (f"{value:.3f}" for value in (min(perplexities), max(perplexities)))
        between = low if low == high else f"{low}-{high}"
        print(f"{name:<20}{parameters[0]:>11,}{between:>15}"
              + "".join(f"{span(values):>13}" for values in zip(*right)))


if __name__ == "__main__":
    with orderly_end():
        main()
