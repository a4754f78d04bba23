"""Scores: how well does a query fit a hidden state? Four answers, each with its backward pass.

    forward(hs (N, S, H), q (N, T, H)) -> scores (N, T, S)
    backward(dscores (N, T, S)) -> dhs (N, S, H), dq (N, T, H)

h_s is a hidden state of the encoder, q_t a query. Vectors are rows here: where Luong writes
h_t^T W h_s, this is h_s W q_t^T with the transpose of W. Where a matrix stands between the two,
queries may have a size M of their own; without one they have the size H, too.
Source: Luong et al. 2015 (arXiv 1508.04025), 3.1, unless said otherwise.
"""

import math

import numpy as np

from common.checks import check_array, check_choice
from common.contract import Layer, scaled_normal


class DotScore(Layer):
    """score(h_s, q_t) = h_s . q_t: large where both are long and point the same way.

    Nothing to learn: encoder and decoder have to agree on a common language by themselves.
    """

    def forward(self, hs, q):
        """hs (N, S, H), q (N, T, H) -> scores (N, T, S)."""
        check_array("q", q, (len(hs), "T", hs.shape[2]), hs.dtype)
        self.hs, self.q = hs, q
        return q @ hs.transpose(0, 2, 1)  # (N, T, S)

    def backward(self, dscores):
        """dscores (N, T, S) -> dhs (N, S, H), dq (N, T, H)."""
        dhs = dscores.transpose(0, 2, 1) @ self.q  # scores = q hs^T
        dq = dscores @ self.hs  # scores = q hs^T
        return dhs, dq


class ScaledDotScore(DotScore):
    """score(h_s, q_t) = h_s . q_t / sqrt(H).

    A dot product of H numbers has a spread that grows like sqrt(H). Without the division the
    softmax of a large model starts out nearly one-hot, where its gradient is nearly zero.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), equation 1.
    """

    def forward(self, hs, q):
        """hs (N, S, H), q (N, T, H) -> scores (N, T, S)."""
        self.scale = 1 / math.sqrt(hs.shape[-1])
        scores = super().forward(hs, q)
        scores *= self.scale
        return scores

    def backward(self, dscores):
        """dscores (N, T, S) -> dhs (N, S, H), dq (N, T, H)."""
        return super().backward(dscores * self.scale)  # scores = dot * scale


class GeneralScore(Layer):
    """score(h_s, q_t) = h_s W q_t^T: a learnt matrix translates between encoder and decoder.

    Args:
        H, M: sizes of h_s and q_t. rng, dtype: as for the layers. Parameter: W (H, M).
    """

    def __init__(self, H, M, rng, dtype=np.float32):
        super().__init__()
        self.add_param("W", scaled_normal(rng, H, M, dtype))

    def forward(self, hs, q):
        """hs (N, S, H), q (N, T, M) -> scores (N, T, S)."""
        W = self.params["W"]
        check_sides(hs, q, *W.shape, W.dtype)
        self.hs, self.q = hs, q
        self.qW = q @ W.T  # (N, T, H); on this side, since T is as a rule shorter than S
        return self.qW @ hs.transpose(0, 2, 1)  # (N, T, S)

    def backward(self, dscores):
        """dscores (N, T, S) -> dhs (N, S, H), dq (N, T, M)."""
        W = self.params["W"]
        H, M = W.shape
        dqW = dscores @ self.hs  # scores = qW hs^T
        dhs = dscores.transpose(0, 2, 1) @ self.qW  # scores = qW hs^T
        self.grads["W"][...] = dqW.reshape(-1, H).T @ self.q.reshape(-1, M)  # qW = q W^T
        return dhs, dqW @ W  # qW = q W^T


class ConcatScore(Layer):
    """score(h_s, q_t) = tanh([h_s ; q_t] W) v^T: a small network judges the pair.

    The product with the concatenation is the sum of two products, h_s W_s + q_t W_t, with W_s the
    upper and W_t the lower part of W. So each is done once for each token, not once for each pair.

    Args:
        H, M: sizes of h_s and q_t. rng, dtype: as for the layers.
        Parameters: W (H + M, M), v (M,): the small network has as many units as q_t has numbers.
    Source: Luong's "concat"; the additive score of Bahdanau et al. 2015 (arXiv 1409.0473),
        appendix A.1.2, where q_t is the state before the step rather than after it.
    """

    def __init__(self, H, M, rng, dtype=np.float32):
        super().__init__()
        self.H = H
        self.add_param("W", scaled_normal(rng, H + M, M, dtype))
        self.add_param("v", scaled_normal(rng, M, 1, dtype)[:, 0])

    def forward(self, hs, q):
        """hs (N, S, H), q (N, T, M) -> scores (N, T, S)."""
        W, v, H = self.params["W"], self.params["v"], self.H
        check_sides(hs, q, H, len(v), W.dtype)
        self.hs, self.q = hs, q
        keys, queries = hs @ W[:H], q @ W[H:]  # (N, S, M), (N, T, M)
        self.y = np.tanh(keys[:, None] + queries[:, :, None])  # (N, T, S, M)
        return self.y @ v  # (N, T, S)

    def backward(self, dscores):
        """dscores (N, T, S) -> dhs (N, S, H), dq (N, T, M)."""
        W, v, H = self.params["W"], self.params["v"], self.H
        M = len(v)
        self.grads["v"][...] = dscores.ravel() @ self.y.reshape(-1, M)  # scores = y v
        dp = dscores[..., None] * v * (1 - self.y * self.y)  # y = tanh(p), (N, T, S, M)
        dkeys, dqueries = dp.sum(axis=1), dp.sum(axis=2)  # p = keys + queries
        dW = self.grads["W"]
        dW[:H] = self.hs.reshape(-1, H).T @ dkeys.reshape(-1, M)  # keys = hs W_s
        dW[H:] = self.q.reshape(-1, M).T @ dqueries.reshape(-1, M)  # queries = q W_t
        return dkeys @ W[:H].T, dqueries @ W[H:].T  # keys = hs W_s, queries = q W_t


def check_sides(hs, q, H, M, dtype):
    """Raise ValueError unless hs is (N, S, H) and q is (N, T, M), both of this dtype."""
    check_array("hs", hs, ("N", "S", H), dtype)
    check_array("q", q, (len(hs), "T", M), dtype)


SCORES = {
    "dot": lambda H, rng, dtype: DotScore(),
    "scaled": lambda H, rng, dtype: ScaledDotScore(),
    "general": lambda H, rng, dtype: GeneralScore(H, H, rng, dtype),
    "concat": lambda H, rng, dtype: ConcatScore(H, H, rng, dtype),
}


def make_score(name, H, rng, dtype=np.float32):
    """The score of a name in SCORES, for hidden states and queries of size H, or ValueError."""
    return SCORES[check_choice("score", name, SCORES)](H, rng, dtype)
