"""Fixtures of every model of both chapters, with each cell."""

import numpy as np
import pytest

from tests.helpers import CELLS, KINDS, KINDS_AND_CELLS, VARIANTS
from tests.helpers import in_turn, random_pairs, randomize, small_model

STRUCTURES = ((False, 1), (True, 1), (True, 2))  # both directions? and how many layers


def pytest_generate_tests(metafunc):
    """Give a test the kind, cell, bidirectional and layers that it asks for: what goes together.

    Each pair of a cell, a kind and a structure of layers occurs, and not each triple of them.

    A module may name KINDS of its own; a test may parametrize a name itself.
    """
    kinds = getattr(metafunc.module, "KINDS", KINDS)
    own = ", ".join(mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    names = [name for name in ("kind", "cell", "bidirectional", "layers")
             if name in metafunc.fixturenames and name not in own.split(", ")]
    pairs = [(kind, cell) for kind, cell in KINDS_AND_CELLS if kind in kinds]
    cases = {"kind": kinds, "cell": CELLS, "kind, cell": pairs,
             "kind, cell, bidirectional, layers": [
                 (kind, cell, *structure_of(kind, *structure))
                 for kind, cell, structure in in_turn(STRUCTURES, kinds)]}
    if names:
        metafunc.parametrize(", ".join(names), cases[", ".join(names)])


def structure_of(kind, bidirectional, layers):
    """This structure, but for what a model leaves no choice of."""
    fixed = VARIANTS[kind][0].fixed
    return fixed.get("bidirectional", bidirectional), fixed.get("layers", layers)


@pytest.fixture
def model(kind, cell, bidirectional, layers):
    """A model with random weights whose answers differ from source to source."""
    model = small_model(kind, cell, bidirectional=bidirectional, layers=layers)
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
