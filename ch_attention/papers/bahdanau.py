"""BahdanauDecoder and BahdanauSeq2Seq: attention inside the recurrence, as in the paper of 2015.

Compare with AttentionDecoder in ch_attention/attention_seq2seq.py, which looks after the step, so
that all its steps can be taken before the first look. The equations of the paper beside these
lines are in ch_attention/papers/README.md.
"""

import numpy as np

from ch_attention.papers.additive import AdditiveAttention
from ch_seq2seq.papers.cho import half
from ch_seq2seq.papers.gru import ChoGRU
from ch_seq2seq.papers.maxout import Maxout
from ch_seq2seq.papers.paper_model import PaperDecoder, PaperSeq2Seq
from common.layers import Affine


class BahdanauDecoder(PaperDecoder):
    """A decoder that looks at the source before each step, and steps with what it has seen.

        h_0 = tanh(W_s hb_1)                    hb_1: the state of the encoder's way back, which
                                                ends at s = 1, the token that is read first
        c_t = attention(hs, q_t = h_{t-1})      the state before the step asks
        h_t = ChoGRU([E[y_t] ; c_t], h_{t-1})
        s_t = maxout([h_{t-1} ; E[y_t] ; c_t])  M = H / 2, rounded up
        logits_t = Affine(s_t)

    The paper's decoder state s_i is h here, its h_j is h_s, its alpha is a, its t_i is s_t, and it
    counts words from the other end: its y_{i-1}, the word before the one that step i writes, is
    the y_t that is read here. That the output reads the state before the step is the appendix
    (A.2.2); equation 4 has the state after it. W_o is affine.W, and [U_o ; V_o ; C_o] is
    maxout.affine.W.

    Args: as for Decoder, cell always "gru" and layers 1. H must be even: one half for each
        direction.
    Source: Bahdanau et al. 2015 (arXiv 1409.0473), 3.1 and appendix A.
    """

    cells = {"gru": ChoGRU}  # one step at a time: each has to wait for a look
    attends = True

    def __init__(self, V, D, H, rng, *, dtype=np.float32, **shared):
        super().__init__(V, D, H, rng, dtype=dtype, **shared)
        self.first = self.add_part("first", Affine(H // 2, H, rng, dtype))  # W_s
        self.attention = self.add_part("attention", AdditiveAttention(H, H, rng, dtype))
        self.maxout = self.add_part("maxout", Maxout(H + D + H, half(H), rng, dtype))

    @staticmethod
    def sizes(D, H):
        """Sizes of what the cell reads and of what Affine reads."""
        return D + H, half(H)

    def start(self, state, hs=None, mask=None):
        """What goes from step to step: h_0, and the keys, hs and the mask as they are."""
        self.h0 = np.tanh(self.first.forward(state[0][:, self.H // 2 :]))  # (N, H)
        return self.h0, self.attention.project(hs, mask), hs, mask

    def recur(self, y, state):
        """y (N, T, D), (h, keys, hs, mask) -> s (N, T, M), the state after the last step."""
        h, keys, hs, mask = state
        N, T, D = y.shape
        # Time is the first axis in the loop, so that the rows of one step lie side by side.
        self.h = np.empty((T + 1, N, self.H), self.dtype)  # h[t] is the h before step t
        self.x = np.empty((T, N, D + self.H), self.dtype)  # x[t] = [y_t ; c_t]
        self.a = np.empty((N, T, hs.shape[1]), self.dtype)
        self.h[0], self.x[..., :D] = h, y.transpose(1, 0, 2)
        self.looks, self.caches = [], []
        for t in range(T):
            self.x[t, :, D:], self.a[:, t], look = self.attention.step(self.h[t], keys, hs, mask)
            px = self.recurrent.project(self.x[t])
            (self.h[t + 1],), cache = self.recurrent.step(px, (self.h[t],))
            self.looks.append(look)
            self.caches.append(cache)
        self.weights = self.a[:, -1]
        hyc = np.concatenate([self.h[:-1], self.x], axis=-1).transpose(1, 0, 2)  # (N, T, 2H + D)
        return self.maxout.forward(hyc), (self.h[-1], keys, hs, mask)

    def recur_backward(self, ds):
        """ds (N, T, M) -> dy (N, T, D), dstate of the encoder, dhs (N, S, H)."""
        H, D = self.H, self.D
        T, N, _ = self.x.shape
        dhyc = self.maxout.backward(ds).transpose(1, 0, 2)  # s = maxout([h_before ; y ; c])
        Wx = self.recurrent.params["Wx"]
        dp = np.empty((T, N, self.recurrent.gradient_blocks * H), self.dtype)
        dx, dq = np.empty_like(self.x), np.empty_like(self.h[1:])
        dkeys, dva = np.zeros_like(self.looks[0][1]), np.zeros_like(self.attention.params["va"])
        dh = np.zeros((N, H), self.dtype)  # nothing reads the state after the last step
        for t in reversed(range(T)):
            dp[t], (dh,) = self.recurrent.step_backward((dh,), self.caches[t])
            dx[t] = dp[t, :, : 3 * H] @ Wx.T + dhyc[t, :, H:]  # px = x Wx + b, hyc = [h ; x]
            dq[t], dh_asking = self.attention.step_backward(
                dx[t, :, D:], self.looks[t], dkeys, dva)  # c = attention(hs, h)
            dh = dh + dh_asking + dhyc[t, :, :H]  # h went into the cell, the look and the output

        # Every row of every step at once: one product for each weight.
        h_before = self.h[:-1].reshape(T * N, H)
        self.recurrent.weights_backward(self.x.reshape(T * N, -1), h_before, dp.reshape(T * N, -1))
        dhs = self.attention.project_backward(h_before, dq.reshape(T * N, H), dkeys, dva, self.a,
                                              dx[..., D:].transpose(1, 0, 2))
        dhb = self.first.backward(dh * (1 - self.h0 * self.h0))  # h0 = tanh(first(hb))
        dstate = np.concatenate([np.zeros_like(dhb), dhb], axis=1)  # hb = state[0][:, H // 2 :]
        return dx[..., :D].transpose(1, 0, 2), (dstate,), dhs


class BahdanauSeq2Seq(PaperSeq2Seq):
    """RNNsearch, the model of Bahdanau et al. 2015; arguments as for Seq2Seq."""

    decoder_class = BahdanauDecoder
    fixed = {"cell": "gru", "layers": 1, "bidirectional": True}
