"""The Trainer that the tests of the learning share."""

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.optimizers import Adam
from common.schedules import ConstantRate
from common.trainer import Trainer

EPOCHS, BATCH_SIZE = 3, 10


@pytest.fixture
def make_trainer(make_dataset):
    """A function that builds a Trainer of a small model with dropout."""
    dataset = make_dataset(reverse=True)

    def make(seed=0, kind="seq2seq", optimizer=None, **options):
        rng = np.random.default_rng(seed)
        codec = dataset.codec
        model = MODELS[kind](len(codec.source_vocabulary), len(codec.target_vocabulary), 4, 6, rng,
                             dropout=0.2)
        settings = {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "max_norm": 1.0,
                    "schedule": ConstantRate(0.01), **options}
        return Trainer(model, optimizer or Adam(), dataset, rng, **settings)

    return make
