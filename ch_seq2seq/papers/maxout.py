"""Maxout: the hidden layer between decoder and softmax in Cho et al. and Bahdanau et al."""

import numpy as np

from common.checks import check_array
from common.contract import Layer
from common.layers import Affine


class Maxout(Layer):
    """An affine layer of twice as many numbers as come out: of each two neighbours, the larger.

        p = x W + b                             (..., 2M)
        y_j = max(p_{2j-1}, p_{2j})             (..., M), j counted from 1

    Where the papers add up products of several inputs, U h + V y + C c, x is their concatenation
    and W has their matrices below one another: the same sum.

    Args:
        D, M: size of the last axis before and after. Parameters: affine.W (D, 2M), affine.b (2M,).
    Source: Goodfellow et al. 2013 (arXiv 1302.4389), with k = 2.
    """

    equations = {"y": "maximum(y[..., 0::2], y[..., 1::2])"}  # for the trace; y of affine

    def __init__(self, D, M, rng, dtype=np.float32):
        super().__init__()
        self.affine = self.add_part("affine", Affine(D, 2 * M, rng, dtype))

    def forward(self, x):
        """x (..., D) -> y (..., M)."""
        p = self.affine.forward(x)  # (..., 2M)
        first, second = p[..., 0::2], p[..., 1::2]
        self.first_wins = first >= second
        return np.maximum(first, second)

    def backward(self, dy):
        """dy (..., M) -> dx (..., D)."""
        check_array("dy", dy, self.first_wins.shape, self.dtype)
        dp = np.empty((*dy.shape[:-1], 2 * dy.shape[-1]), dy.dtype)  # (..., 2M)
        dp[..., 0::2] = dy * self.first_wins  # y = max(first, second)
        dp[..., 1::2] = dy * ~self.first_wins
        return self.affine.backward(dp)  # p = x W + b
