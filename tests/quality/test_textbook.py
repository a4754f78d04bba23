"""The fast layers equal the plain ones that the benchmarks measure them against."""

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from tests.helpers import MODELS, assert_same, normal, random_pairs
from tests.quality.benchmarks.textbook import TextbookAttention, textbook_model

N, S, T, D, H = 3, 6, 4, 5, 2


def test_batched_attention_equals_one_step_after_another(rng):
    hs, q, dc = normal(rng, N, S, H), normal(rng, N, T, H), normal(rng, N, T, H)
    fast, plain = Attention(), TextbookAttention()
    assert_same(fast.forward(hs, q), plain.forward(hs, q), 1e-10)
    assert_same(fast.weights, plain.weights, 1e-10)
    assert_same(fast.backward(dc), plain.backward(dc), 1e-10)


@pytest.mark.parametrize("kind", ["seq2seq", "attention dot"])
def test_the_whole_model_equals_the_plain_one(kind, rng):
    sizes = (9, 8, D, H)
    fast = MODELS[kind](*sizes, np.random.default_rng(1), dtype=np.float64)
    plain = textbook_model(kind.split()[0], *sizes, rng=np.random.default_rng(1), dtype=np.float64)
    xs, ts = random_pairs(rng, 9, 8, sources=[S] * N, targets=[T] * N)
    assert plain.forward(xs, ts) == pytest.approx(fast.forward(xs, ts), rel=1e-10)
    fast.backward()
    plain.backward()
    assert_same(plain.grads, fast.grads, 1e-10)
