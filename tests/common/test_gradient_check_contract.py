"""The gradient check finds a backward that breaks the contract of a layer."""

import numpy as np
import pytest

from common.gradient_check import GradientError, check_gradients
from common.layers import Affine
from tests.helpers import normal, randomize


class Rebinds(Affine):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["b"] = self.grads["b"].copy()
        return dx


class WritesIntoUpstream(Affine):
    def backward(self, dy):
        dy *= 1.5
        return super().backward(dy)


class EmptiesItsCache(Affine):
    def backward(self, dy):
        dx = super().backward(dy)
        self.x = np.zeros_like(self.x)
        return dx


class AddsToItsAnswer(Affine):
    """Returns the same array each time, with another answer in it."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.answer = getattr(self, "answer", np.zeros_like(dx))
        self.answer += dx
        return self.answer


@pytest.mark.parametrize("layer_class, message", [
    (Rebinds, r"param b: backward must write into grads\['b'\]\[...\]"),
    (WritesIntoUpstream, "backward wrote into the gradient that it was given"),
    (EmptiesItsCache, "backward gave another answer when it was called again"),
    (AddsToItsAnswer, "backward gave another answer when it was called again"),
])
def test_a_broken_contract_is_found_and_named(layer_class, message, rng):
    layer = randomize(layer_class(3, 2, rng, np.float64), rng)
    with pytest.raises(GradientError, match=f"{layer_class.__name__}.*{message}"):
        check_gradients(layer, normal(rng, 4, 3), rng=rng)
