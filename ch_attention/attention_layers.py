"""Attention: score, softmax, weighted sum, each with its backward pass.

    hs (N, S, H)   the encoder's hidden states: keys and values
    q  (N, T, H)   the decoder's hidden states: queries, all T of them at once
    a  (N, T, S)   attention weights: how much step t looks at source token s
    c  (N, T, H)   context vectors: what it sees there

Read WeightSum, then AttentionWeight, then Attention, which puts the two together; QKVAttention is
the same with keys that are not the values, which the Transformer needs. The scores, any
of which AttentionWeight takes, are in ch_attention/scores.py.
"""

import numpy as np

from ch_attention.scores import DotScore
from common.checks import check_array, check_mask
from common.contract import Layer
from common.functions import softmax, softmax_backward


class WeightSum(Layer):
    """Context vectors: sums of the hidden states, weighted.

        c[n, t] = sum_s a[n, t, s] hs[n, s]

    Source: Bahdanau et al. 2015 (arXiv 1409.0473), equation 5; Deep Learning from Scratch 2, 8.1.3.
    """

    def forward(self, hs, a):
        """hs (N, S, H), a (N, T, S) -> c (N, T, H)."""
        check_array("hs", hs, ("N", "S", "H"))
        check_array("a", a, (len(hs), "T", hs.shape[1]), hs.dtype)
        self.hs, self.a = hs, a
        return a @ hs  # (N, T, H)

    def backward(self, dc):
        """dc (N, T, H) -> dhs (N, S, H), da (N, T, S)."""
        N, T, _ = self.a.shape
        check_array("dc", dc, (N, T, self.hs.shape[2]), self.hs.dtype)
        dhs = self.a.transpose(0, 2, 1) @ dc  # c = a hs, (N, S, H)
        da = dc @ self.hs.transpose(0, 2, 1)  # c = a hs, (N, T, S)
        return dhs, da


class AttentionWeight(Layer):
    """Attention weights: how well each query fits each hidden state, as shares of 1.

        a[n, t] = softmax over s of score(hs[n, s], q[n, t])

    A masked source token gets a weight of exactly zero; the others share the 1.

    Args:
        score: one of the classes in ch_attention/scores.py, the dot product if None; its
            parameters show under "score.".
    Source: Bahdanau et al. 2015, equation 6; Deep Learning from Scratch 2, 8.1.4.
    """

    def __init__(self, score=None):
        super().__init__()
        self.score = self.add_part("score", score or DotScore())

    def forward(self, hs, q, mask=None):
        """hs (N, S, H), q (N, T, H) -> a (N, T, S).

        mask: boolean, (N, S) for all t alike, or (N, T, S), where N, T and S may each be 1 to
        count for all; or None. The score may admit queries of another size than H.
        """
        mask = self.check_input(hs, q, mask)
        scores = self.score.forward(hs, q)  # (N, T, S)
        self.a = softmax(scores, mask)
        return self.a

    def backward(self, da):
        """da (N, T, S) -> dhs (N, S, H), dq (N, T, H)."""
        check_array("da", da, self.a.shape, self.a.dtype)
        dscores = softmax_backward(da, self.a)  # a = softmax(scores)
        return self.score.backward(dscores)  # scores = score(hs, q)

    @staticmethod
    def check_input(hs, q, mask):
        """Raise ValueError if the three do not fit; the mask in three axes, None if all count."""
        check_array("hs", hs, ("N", "S", "H"))
        check_array("q", q, (len(hs), "T", "M"), hs.dtype)
        if mask is None:
            return None
        shape = len(hs), q.shape[1], hs.shape[1]  # (N, T, S)
        if isinstance(mask, np.ndarray) and mask.ndim == 3:
            check_mask(mask, [1 if given == 1 else size for given, size in zip(mask.shape, shape)])
        else:
            check_mask(mask, hs.shape[:2])
            mask = mask[:, None]  # (N, 1, S)
        return None if mask.all() else mask  # without padding softmax has less to do


class Attention(Layer):
    """Attention from queries to context vectors.

        a = softmax(score(hs, q)),  c = a hs

    In the words of Vaswani et al. 2017, Attention(Q, K, V) with Q = q and K = V = hs; with three
    arrays it is QKVAttention. After `forward`, `weights` holds a (N, T, S).

    Args:
        score: see AttentionWeight.
    Source: Luong et al. 2015 (arXiv 1508.04025), 3.1; Deep Learning from Scratch 2, 8.1.5.
    """

    def __init__(self, score=None):
        super().__init__()
        self.attention_weight = self.add_part("attention_weight", AttentionWeight(score))
        self.weight_sum = self.add_part("weight_sum", WeightSum())
        self.weights = None

    def forward(self, hs, q, mask=None):
        """hs (N, S, H), q (N, T, H), mask as for AttentionWeight -> c (N, T, H)."""
        self.weights = self.attention_weight.forward(hs, q, mask)
        return self.weight_sum.forward(hs, self.weights)

    def backward(self, dc):
        """dc (N, T, H) -> dhs (N, S, H), dq (N, T, H)."""
        dhs_sum, da = self.weight_sum.backward(dc)  # c = a hs
        dhs_weight, dq = self.attention_weight.backward(da)  # a = softmax(score(hs, q))
        # hs went two ways, as values into the sum and as keys into the weights: the two
        # gradients meet here and add up.
        return dhs_sum + dhs_weight, dq


class QKVAttention(Attention):
    """Attention(Q, K, V): looked up by the keys, answered with the values.

        a = softmax(score(keys, q)),  c = a values

    Of each of the S places there are a key, which is compared with the queries, and a value, which
    is what a query gets from there; the two may be of different sizes. With keys = values = hs it
    is Attention(hs, q), and dkeys + dvalues is its dhs. With the score "scaled" it is the
    "scaled dot-product attention" softmax(q keys^T / sqrt(d_k)) values. After `forward`, `weights`
    holds a (N, T, S).

    Args:
        score: see AttentionWeight. K and M, the sizes of keys and queries, must be those that the
            score admits: the same where no matrix stands between the two.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.2.1 and equation 1.
    """

    def forward(self, q, keys, values, mask=None):
        """q (N, T, M), keys (N, S, K), values (N, S, H), mask as above -> c (N, T, H)."""
        self.weights = self.attention_weight.forward(keys, q, mask)
        return self.weight_sum.forward(values, self.weights)

    def backward(self, dc):
        """dc (N, T, H) -> dq (N, T, M), dkeys (N, S, K), dvalues (N, S, H)."""
        dvalues, da = self.weight_sum.backward(dc)  # c = a values
        dkeys, dq = self.attention_weight.backward(da)  # a = softmax(score(keys, q))
        return dq, dkeys, dvalues
