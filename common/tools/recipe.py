"""What the training scripts share: flags, the recipe, progress, and the files that a run leaves."""

from dataclasses import dataclass, replace

import numpy as np

from common.optimizers import Adam
from common.schedules import WarmupLinear
from common.trainer import Trainer


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training run; each script gives its own, with the reason beside it."""

    D: int
    H: int
    batch_size: int
    epochs: int
    rate: float  # the peak of the learning rate
    warmup: int  # steps until the peak
    max_norm: float

    def with_flags(self, args):
        """This recipe with the --epochs and the --rate that the user gave."""
        return replace(self, epochs=args.epochs, rate=args.rate)


def make_trainer(model_class, dataset, recipe, seed, **options):
    """A model and its Trainer: Adam, warm-up and linear decay, clipping by global norm.

    Args:
        model_class: a class from a chapter's MODELS; options go to it.
        dataset: a PairDataset. recipe: a Recipe. seed: for weights, dropout and shuffling.
    """
    rng = np.random.default_rng(seed)
    codec = dataset.codec
    model = model_class(len(codec.source_vocabulary), len(codec.target_vocabulary),
                        recipe.D, recipe.H, rng, **options)
    steps = recipe.epochs * -(-len(dataset.train) // recipe.batch_size)
    # On a small file of the user's own, at most a tenth of the run is warm-up.
    schedule = WarmupLinear(recipe.rate, min(recipe.warmup, steps // 10), steps)
    return Trainer(model, Adam(recipe.rate), dataset, rng, epochs=recipe.epochs,
                   batch_size=recipe.batch_size, schedule=schedule, max_norm=recipe.max_norm)
