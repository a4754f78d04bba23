"""Fixtures of every model of both chapters, with each cell."""

import numpy as np
import pytest

from tests.helpers import CELLS, KINDS, random_pairs, randomize, small_model


@pytest.fixture(params=KINDS)
def kind(request):
    """The name of a model, with an option of its own if it has one."""
    return request.param


@pytest.fixture(params=CELLS)
def cell(request):
    """The name of a recurrent cell."""
    return request.param


@pytest.fixture(params=[{}, {"bidirectional": True}], ids=["plain", "bidirectional"])
def model(request, kind, cell):
    """A model with random weights whose answers differ from source to source."""
    model = small_model(kind, cell, **request.param)
    for seed in range(50):  # many random models give every source the same answer
        rng = np.random.default_rng(seed)
        randomize(model, rng, scale=2)
        xs, _ = random_pairs(rng, 8, 7, sources=[1, 3, 5] * 5, targets=[0])
        if len({tuple(row) for row in model.generate(xs, 7).tolist()}) > 2:
            return model
    raise AssertionError("no such weights found")


@pytest.fixture
def batch(rng):
    """Five padded sentences with repeated ids; S = 6, T = 5."""
    return random_pairs(rng, 8, 7, sources=[2, 6, 1, 4, 3], targets=[3, 1, 2, 0, 3])
