"""LocationScore, which does not look at the hidden states: the fourth score of Luong et al."""

import numpy as np

from common.checks import check_array
from common.contract import Layer, scaled_normal

LENGTH = 50  # positions that a LocationScore knows: the paper trains on sentences of up to 50 words


class LocationScore(Layer):
    """score(s, q_t) = q_t W, column s: the query says where to look, whatever stands there.

    The weights have a column for each position, so there is a longest sentence. A shorter one
    uses the first columns; in a longer one the positions without a column get a weight of zero.

    Args:
        M: size of q_t. length: how many positions have a column. rng, dtype: as for the layers.
        Parameter: W (M, length).
    Source: Luong et al. 2015 (arXiv 1508.04025), equation 8 and footnote 6.
    """

    equations = {"scores": "(q @ W)[:, :S]"}  # for the trace, of a source that is not too long

    def __init__(self, M, length, rng, dtype=np.float32):
        super().__init__()
        self.add_param("W", scaled_normal(rng, M, length, dtype))

    def forward(self, hs, q):
        """hs (N, S, H), of which only the shape counts, q (N, T, M) -> scores (N, T, S)."""
        W = self.params["W"]
        check_array("hs", hs, ("N", "S", "H"), W.dtype)
        check_array("q", q, (len(hs), "T", len(W)), W.dtype)
        self.q, self.shape = q, hs.shape
        S, known = hs.shape[1], min(hs.shape[1], W.shape[1])
        # The lowest number there is: softmax makes exactly zero of it.
        scores = np.full((*q.shape[:2], S), np.finfo(W.dtype).min, W.dtype)
        scores[..., :known] = q @ W[:, :known]
        return scores

    def backward(self, dscores):
        """dscores (N, T, S) -> dhs (N, S, H), all zero, and dq (N, T, M)."""
        W, dW = self.params["W"], self.grads["W"]
        N, T, M = self.q.shape
        known = min(self.shape[1], W.shape[1])
        dknown = dscores[..., :known].reshape(N * T, known)
        dW[:, known:] = 0  # columns that were not used
        dW[:, :known] = self.q.reshape(N * T, M).T @ dknown  # scores = q W
        dq = dknown @ W[:, :known].T  # scores = q W
        return np.zeros(self.shape, W.dtype), dq.reshape(N, T, M)
