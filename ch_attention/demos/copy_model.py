"""What the demonstrations on copying share: sequences of letters, and a model of each kind.

The sequences are those of dataset/make_copy.py. All models have one recipe, but for the numbers
that the Transformer states as its own.
"""

from dataclasses import replace
from string import ascii_lowercase

from ch_attention.all_models import MODELS
from common.tools.recipe import Recipe, make_trainer
from dataset.make_copy import LETTERS, LONGEST, SHORTEST, make_pairs
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary

COUNT = 48_000  # sequences to train on, three passes; fewer and more passes end a little lower
RECIPE = Recipe(
    D=16,  # ten letters
    H=64,  # small, so that the plain model meets its limit within the lengths of the training
    batch_size=64,
    epochs=3,
    rate=1e-2,  # better than 5e-3 for attention, and than 3e-3 for the plain model
    warmup=50,
    max_norm=5.0,
)
QUICK_COUNT = 2_000
TEST_SEED = 1_000  # other sequences than those of the first seeds

PLAIN, REVERSED, PEEKY, ATTENTION = "plain", "source reversed", "peeky", "attention"
TRANSFORMER = "Transformer"
# Name -> what MODELS calls it, and whether the source goes in back to front.
VARIANTS = {PLAIN: ("seq2seq", False), REVERSED: ("seq2seq", True), PEEKY: ("peeky", False),
            ATTENTION: ("attention", False), TRANSFORMER: ("transformer", False)}


def sequences_of(length, count):
    """Pairs to measure with, all of one length, the same for every seed."""
    return make_pairs(count, TEST_SEED, shortest=length, longest=length)


def copy_trainer(variant, seed, tests, quick=False):
    """A Trainer of an untrained model, which will not meet any of the tests in its training.

    Args:
        variant: one of VARIANTS, or a name of MODELS, whose source goes in as it is.
        seed: of the sequences to train on, the weights and the shuffling.
        tests: list of pairs; the dataset's test part. quick: few sequences, one epoch.
    """
    name, reverse = VARIANTS.get(variant, (variant, False))
    held_out = set(tests)
    pairs = make_pairs(QUICK_COUNT if quick else COUNT, seed, SHORTEST, LONGEST, LETTERS)
    train = [pair for pair in pairs if pair not in held_out]
    letters = Vocabulary(ascii_lowercase[:LETTERS])
    dataset = PairDataset(train, tests, Codec(letters, letters, reverse))
    recipe = RECIPE.of(MODELS[name])
    return make_trainer(MODELS[name], dataset, replace(recipe, epochs=1) if quick else recipe, seed)
