"""Local attention: a window around one position of the source, and nothing outside of it.

Read `window`, which is all that the monotonic kind needs, then Position, then PredictiveWeight.
Positions are counted from 1, as in the paper: the first token stands at s = 1.
"""

import numpy as np

from ch_attention.attention_layers import Attention, AttentionWeight, WeightSum
from common.checks import check_array
from common.contract import Layer, scaled_normal
from common.functions import sigmoid, softmax_backward

REACH = 10  # the paper's D: how many positions a window reaches to either side


def window(p, S, reach=REACH, mask=None):
    """Which positions lie within the reach: p (N, T), mask (N, S) or None -> boolean (N, T, S).

    True where s = 1, ..., S has |s - p_t| <= reach, and is real. What of a window lies before the
    first token or behind the last real one is left out, which may be all of it.
    Source: Luong et al. 2015 (arXiv 1508.04025), 3.2 and footnote 8.
    """
    inside = np.abs(np.arange(1, S + 1) - p[..., None]) <= reach  # (N, T, S)
    return inside if mask is None else inside & mask[:, None]


class Position(Layer):
    """Where to look, as a real number between 0 and the length of the source.

        p_t = S_n sigmoid(tanh(q_t W_p) v_p)    S_n: how many real tokens sentence n has

    Args:
        M: size of q_t. rng, dtype: as for the layers. Parameters: Wp (M, M), vp (M,).
    Source: Luong et al. 2015 (arXiv 1508.04025), equation 9.
    """

    equations = {"y": "tanh(q @ Wp)", "share": "sigmoid(y @ vp)", "p": "S * share"}  # for the trace

    def __init__(self, M, rng, dtype=np.float32):
        super().__init__()
        self.add_param("Wp", scaled_normal(rng, M, M, dtype))
        self.add_param("vp", scaled_normal(rng, M, 1, dtype)[:, 0])

    def forward(self, q, lengths):
        """q (N, T, M), lengths (N,) whole numbers -> p (N, T)."""
        Wp, vp = self.params["Wp"], self.params["vp"]
        check_array("q", q, ("N", "T", len(vp)), self.dtype)
        self.q, self.lengths = q, lengths[:, None].astype(self.dtype)
        self.y = np.tanh(q @ Wp)  # (N, T, M)
        self.share = sigmoid(self.y @ vp)  # (N, T)
        return self.lengths * self.share

    def backward(self, dp):
        """dp (N, T) -> dq (N, T, M)."""
        Wp, vp = self.params["Wp"], self.params["vp"]
        M = len(vp)
        dz = dp * self.lengths * self.share * (1 - self.share)  # p = lengths * sigmoid(z)
        self.grads["vp"][...] = dz.ravel() @ self.y.reshape(-1, M)  # z = y vp
        dsum = dz[..., None] * vp * (1 - self.y * self.y)  # y = tanh(sum), (N, T, M)
        self.grads["Wp"][...] = self.q.reshape(-1, M).T @ dsum.reshape(-1, M)  # sum = q Wp
        return dsum @ Wp.T  # sum = q Wp


class PredictiveWeight(AttentionWeight):
    """Attention weights within a window around a position that the query predicts.

        align = softmax(score(hs, q)) over the window      AttentionWeight, with the window as mask
        g_ts = exp(-(s - p_t)^2 / (2 sigma^2))             sigma = reach / 2
        a = align * g

    As in the paper the product is not normalized again: a row of weights sums to less than 1. The
    window itself jumps from token to token and has no gradient; p_t learns through g alone.
    After `forward`, `p` holds the positions (N, T).

    Args:
        score: see AttentionWeight. M: size of the queries. reach: see `window`.
        rng, dtype: as for the layers.
    Source: Luong et al. 2015 (arXiv 1508.04025), 3.2, equations 9 and 10.
    """

    equations = {  # for the trace, of a sentence without padding
        "distance": "arange(1, S + 1) - p", "g": "exp(-distance**2 / (2 * (reach / 2)**2))",
        "align": "softmax(scores, abs(distance) <= reach)", "a": "align * g",
    }

    def __init__(self, score, M, rng, reach=REACH, dtype=np.float32):
        super().__init__(score)
        self.position = self.add_part("position", Position(M, rng, dtype))
        self.reach = reach

    def forward(self, hs, q, mask=None):
        """hs (N, S, H), q (N, T, M), mask (N, S) or None -> a (N, T, S)."""
        N, S, _ = hs.shape
        lengths = np.full(N, S) if mask is None else mask.sum(axis=1)
        self.p = self.position.forward(q, lengths)  # (N, T)
        self.align = super().forward(hs, q, window(self.p, S, self.reach, mask))  # (N, T, S)
        self.distance = np.arange(1, S + 1, dtype=q.dtype) - self.p[..., None]
        self.variance = (self.reach / 2) ** 2
        self.g = np.exp(self.distance * self.distance / (-2 * self.variance))
        self.a = self.align * self.g
        return self.a

    def backward(self, da):
        """da (N, T, S) -> dhs (N, S, H), dq (N, T, M)."""
        check_array("da", da, self.a.shape, self.a.dtype)
        # g = exp(-distance^2 / (2 variance)) and distance = s - p, so dg/dp = g distance / variance
        dp = (da * self.a * self.distance).sum(axis=-1) / self.variance  # a = align * g
        dalign = da * self.g  # a = align * g
        dscores = softmax_backward(dalign, self.align)  # align = softmax(scores)
        dhs, dq = self.score.backward(dscores)  # scores = score(hs, q)
        return dhs, dq + self.position.backward(dp)  # p = position(q)


class PredictiveAttention(Attention):
    """Attention with the weights of PredictiveWeight; arguments as there."""

    def __init__(self, score, M, rng, reach=REACH, dtype=np.float32):
        Layer.__init__(self)  # with another part than Attention has
        weight = PredictiveWeight(score, M, rng, reach, dtype)
        self.attention_weight = self.add_part("attention_weight", weight)
        self.weight_sum = self.add_part("weight_sum", WeightSum())
        self.weights = None
