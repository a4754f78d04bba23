"""AdditiveAttention: one look at the source inside a recurrence, with the keys made only once."""

import numpy as np

from common.checks import check_array, check_mask
from common.contract import Layer, scaled_normal
from common.functions import softmax, softmax_backward


class AdditiveAttention(Layer):
    """Where to look, asked with a state, and what is seen there: one step at a time.

        k_s = h_s U_a                           the keys, (N, S, M): the same at every step
        e_s = tanh(q W_a + k_s) v_a             the score of source position s
        a = softmax(e)                          attention weights (N, S)
        c = sum_s a_s h_s                       the context vector (N, H)

    ConcatScore in ch_attention/scores.py is the same score, for all queries at once. Here a query
    is known only when the step before is done. So `step` returns a cache of its own and
    `step_backward` takes it, as those of the cells do; what can be done for all steps in one
    product is `project` before them and `project_backward` after them. `forward` and `backward`
    are one look by itself.

    Args:
        H, M: sizes of h_s and of the query, and as many hidden units as the query has numbers.
        rng, dtype: as for the layers. Parameters: Wa (M, M), Ua (H, M), va (M,).
    Source: Bahdanau et al. 2015 (arXiv 1409.0473), equations 5 and 6, appendices A.1.2 and A.2.2.
    """

    # For the trace: what the methods return and cache, and what is made in them.
    returns = {"project": ("keys",), "step": ("c", "a", "cache"), "step_backward": ("dp", "dq"),
               "project_backward": ("dhs",)}
    cache_names = ("hs", "y", "a")
    equations = {"keys": "hs @ Ua", "y": "tanh(q @ Wa + keys)", "a": "softmax(y @ va)",
                 "c": "a @ hs"}

    def __init__(self, H, M, rng, dtype=np.float32):
        super().__init__()
        self.H, self.M = H, M
        self.add_param("Wa", scaled_normal(rng, M, M, dtype))
        self.add_param("Ua", scaled_normal(rng, H, M, dtype))
        self.add_param("va", scaled_normal(rng, M, 1, dtype)[:, 0])

    def forward(self, hs, q, mask=None):
        """hs (N, S, H), q (N, M), mask (N, S) or None -> c (N, H)."""
        check_array("q", q, (len(hs), self.M), self.dtype)
        keys = self.project(hs, mask)
        c, _, self.cache = self.step(q, keys, hs, mask)
        self.q = q
        return c

    def backward(self, dc):
        """dc (N, H) -> dhs (N, S, H), dq (N, M)."""
        check_array("dc", dc, (len(self.q), self.H), self.dtype)
        dkeys, dva = np.zeros_like(self.cache[1]), np.zeros_like(self.params["va"])
        dp, dq = self.step_backward(dc, self.cache, dkeys, dva)
        a = self.cache[2]
        return self.project_backward(self.q, dp, dkeys, dva, a[:, None], dc[:, None]), dq

    def project(self, hs, mask=None):
        """The keys for all steps: hs (N, S, H) -> keys (N, S, M)."""
        check_array("hs", hs, ("N", "S", self.H), self.dtype)
        check_mask(mask, hs.shape[:2])
        self.hs = hs
        return hs @ self.params["Ua"]  # (N, S, M)

    def step(self, q, keys, hs, mask):
        """q (N, M), keys (N, S, M), hs (N, S, H), mask -> c (N, H), weights a (N, S), cache."""
        y = (q @ self.params["Wa"])[:, None] + keys  # (N, S, M)
        np.tanh(y, out=y)  # the largest array of a step: in its own place
        a = softmax(y @ self.params["va"], mask)  # (N, S)
        c = (a[:, None] @ hs)[:, 0]  # (N, H)
        return c, a, (hs, y, a)

    def step_backward(self, dc, cache, dkeys, dva):
        """dc (N, H), cache -> dp (N, M), the gradient of p = q W_a, and dq (N, M).

        The gradients of the keys (N, S, M) and of va (M,) are added to dkeys and dva: every step
        uses the same ones.
        """
        hs, y, a = cache
        da = (hs @ dc[..., None])[..., 0]  # c = a hs, (N, S)
        de = softmax_backward(da, a)  # a = softmax(e)
        dva += de.ravel() @ y.reshape(-1, self.M)  # e = y va
        dsum = y * y  # (N, S, M); from here on in its own place, which halves the time of a step
        np.subtract(1, dsum, out=dsum)  # y = tanh(sum)
        dsum *= de[..., None]  # e = y va
        dsum *= self.params["va"]
        dkeys += dsum  # sum = p + keys
        dp = dsum.sum(axis=1)  # sum = p + keys, (N, M)
        return dp, dp @ self.params["Wa"].T  # p = q W_a

    def project_backward(self, q, dp, dkeys, dva, a, dc):
        """Fill the gradients of all weights, from all steps at once, and return dhs (N, S, H).

        q and dp (T N, M), a row for each step of each sentence; dkeys and dva as the steps have
        left them; a (N, T, S), dc (N, T, H).
        """
        self.grads["va"][...] = dva
        np.matmul(q.T, dp, out=self.grads["Wa"])  # p = q W_a
        rows = dkeys.reshape(-1, self.M)
        np.matmul(self.hs.reshape(-1, self.H).T, rows, out=self.grads["Ua"])  # keys = hs U_a
        # hs went two ways, as values into the sums and through U_a into the keys.
        return a.transpose(0, 2, 1) @ dc + dkeys @ self.params["Ua"].T  # c = a hs, keys = hs U_a
