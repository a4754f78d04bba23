"""Twins: one layer used many times, each use with a memory of its own, the gradients summed."""

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.scores import GeneralScore
from common.contract import Layer
from common.gradient_check import check_gradients
from common.layers import Affine, Dropout, Embedding
from common.time_layers import Bidirectional, TimeLSTM
from tests.helpers import assert_same, normal, randomize, small_model

LAYERS = {
    "affine": lambda rng: Affine(3, 3, rng, np.float64),
    "time layer": lambda rng: TimeLSTM(3, 3, rng, np.float64),
    "bidirectional": lambda rng: Bidirectional(TimeLSTM(3, 2, rng, np.float64),
                                               TimeLSTM(3, 2, rng, np.float64)),
    "attention": lambda rng: Attention(GeneralScore(3, 3, rng, np.float64)),
    "model": lambda rng: small_model("attention concat"),
}


class Power(Layer):
    """x W W W + b b b: an Affine used three times, as a recurrence would use it."""

    def __init__(self, rng):
        super().__init__()
        self.affine = self.add_part("affine", Affine(3, 3, rng, np.float64))

    def forward(self, x):
        self.twins = [self.affine.twin() for _ in range(3)]
        for twin in self.twins:
            x = twin.forward(x)
        return x

    def backward(self, dx):
        for twin in reversed(self.twins):
            dx = twin.backward(dx)
        self.affine.sum_gradients(self.twins)
        return dx


def test_the_gradients_of_a_layer_that_is_used_three_times_are_right(rng):
    check_gradients(randomize(Power(rng), rng), normal(rng, 2, 3), rng=rng)


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_a_twin_has_the_same_weights_and_other_gradients(make, rng):
    layer = make(rng)
    twin = layer.twin()
    assert list(twin.params) == list(layer.params) == list(twin.grads)
    for name, param in layer.params.items():
        assert twin.params[name] is param
        assert not np.shares_memory(twin.grads[name], layer.grads[name])
        assert twin.grads[name].shape == param.shape and twin.grads[name].dtype == param.dtype
        assert not twin.grads[name].any()


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_the_parts_of_a_twin_are_twins_and_its_attributes_hold_them(make, rng):
    layer = make(rng)
    twin = layer.twin()
    assert list(twin.parts) == list(layer.parts)
    for name, part in layer.parts.items():
        assert twin.parts[name] is not part
        for attribute, value in vars(layer).items():
            if value is part:
                assert getattr(twin, attribute) is twin.parts[name]
        for key, gradient in twin.parts[name].grads.items():
            assert twin.grads[f"{name}.{key}"] is gradient


def test_a_time_layers_twin_has_a_memory_and_gradients_of_its_own(rng):
    layer = randomize(TimeLSTM(3, 2, rng, np.float64), rng)
    twin = layer.twin()
    xs, others, dhs = normal(rng, 2, 4, 3), normal(rng, 1, 5, 3), normal(rng, 2, 4, 2)
    layer.forward(xs)
    wanted = layer.backward(dhs)
    kept = {name: gradient.copy() for name, gradient in layer.grads.items()}
    twin.forward(others)
    twin.backward(normal(rng, 1, 5, 2))
    assert_same(layer.backward(dhs), wanted)
    assert_same(layer.grads, kept)
    layer.sum_gradients([twin, twin])
    assert_same(layer.grads, {name: 2 * gradient for name, gradient in twin.grads.items()})


def test_without_a_twin_the_sum_of_gradients_is_zero(rng):
    layer = Affine(3, 2, rng)
    layer.grads["W"][...] = 1
    layer.sum_gradients([])
    assert not layer.grads["W"].any()


def test_a_twin_is_in_training_if_its_layer_is_and_draws_anew(rng):
    layer = Dropout(0.5, rng)
    layer.set_training(True)
    x = np.ones((4, 20))
    first, second = (layer.twin().forward(x) for _ in range(2))
    assert (first == 0).any() and (first != second).any()


def test_a_repeated_id_collects_the_gradients_of_all_uses(rng):
    layer = Embedding(4, 2, rng, np.float64)
    twins = [layer.twin() for _ in range(2)]
    for twin in twins:
        twin.forward(np.array([1, 1, 2]))
        twin.backward(np.ones((3, 2)))
    layer.sum_gradients(twins)
    assert layer.grads["W"].tolist() == [[0, 0], [4, 4], [2, 2], [0, 0]]
