"""What the demonstrations on dates share: the model of each seed.

The models are those of ch_attention/train_date.py, with its recipe and without any file left over.
"""

from dataclasses import replace

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.train_date import DATA, RECIPE
from common.tools.demonstration import seeds
from common.tools.recipe import make_trainer
from dataset.pairs import PairDataset

QUICK_TRAIN, QUICK_TEST = 10_000, 1_000  # pairs: enough to see the script work, in seconds


def date_dataset(quick):
    """The dates of the project, read from right to left; with quick only a few."""
    dataset = PairDataset.load(DATA, reverse=True)
    if not quick:
        return dataset
    return PairDataset(dataset.train[:QUICK_TRAIN], dataset.test[:QUICK_TEST], dataset.codec)


def date_trainers(args):
    """A Trainer of an untrained model for each seed that the flags ask for, one after another."""
    dataset = date_dataset(args.quick)
    recipe = replace(RECIPE, epochs=1) if args.quick else RECIPE
    for seed in seeds(args):
        yield make_trainer(AttentionSeq2Seq, dataset, recipe, seed)
