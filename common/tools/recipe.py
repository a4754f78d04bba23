"""The recipe: the numbers of a training run, and the trainer that they make."""

from dataclasses import dataclass, replace

import numpy as np

from common.forcing import make_share
from common.optimizers import Adam
from common.schedules import WarmupLinear
from common.trainer import Trainer, count_steps


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training run; each script gives its own, with the reason beside it.

    They suit recurrent models. A model which needs others states them in its `recipe`, a dict; of
    dropout the most that suits it, since how much is needed depends on the data.
    """

    D: int
    H: int
    batch_size: int
    epochs: int
    rate: float  # the peak of the learning rate
    warmup: int  # steps until the peak
    max_norm: float
    forcing: str | float = 1.0  # a share of teacher forcing, or a name from common/forcing.py
    dropout: float = 0.0  # share of what goes into a layer that is dropped in training

    def of(self, model_class):
        """This recipe with the numbers that a model states itself."""
        own = dict(model_class.recipe)
        if "dropout" in own:
            own["dropout"] = min(self.dropout, own["dropout"])
        return replace(self, **own)

    def with_flags(self, args):
        """This recipe with what the user gave of its numbers."""
        given = {name: getattr(args, name) for name in ("epochs", "rate", "warmup", "forcing")}
        return replace(self, **{name: n for name, n in given.items() if n is not None})


def make_model(model_class, codec, recipe, rng, **options):
    """A fresh model of the recipe's sizes for the vocabularies of a codec; options go to it."""
    return model_class(len(codec.source_vocabulary), len(codec.target_vocabulary),
                       recipe.D, recipe.H, rng, **options)


def make_trainer(model_class, dataset, recipe, seed, **options):
    """A model and its Trainer: Adam, warm-up and linear decay, clipping by global norm.

    Args:
        model_class: a class from a chapter's MODELS; options go to it.
        dataset: a PairDataset. recipe: a Recipe. seed: for weights, dropout and shuffling.
    """
    rng = np.random.default_rng(seed)
    if recipe.dropout:
        options = {"dropout": recipe.dropout, **options}
    model = make_model(model_class, dataset.codec, recipe, rng, **options)
    steps = recipe.epochs * count_steps(dataset.train, recipe.batch_size)
    # On a small file of the user's own, at most a tenth of the run is warm-up.
    schedule = WarmupLinear(recipe.rate, min(recipe.warmup, steps // 10), steps)
    return Trainer(model, Adam(recipe.rate), dataset, rng, epochs=recipe.epochs,
                   batch_size=recipe.batch_size, schedule=schedule, max_norm=recipe.max_norm,
                   forcing=make_share(recipe.forcing, steps))
