"""ChoDecoder and ChoSeq2Seq: the RNN Encoder-Decoder as Cho et al. 2014 wrote it.

Compare with PeekyDecoder in ch_seq2seq/peeky_seq2seq.py; the table of what differs, and the
equations of the paper beside these lines, are in ch_seq2seq/papers/README.md.
"""

import numpy as np

from ch_seq2seq.papers.maxout import Maxout
from ch_seq2seq.papers.paper_model import PaperDecoder, PaperSeq2Seq
from common.layers import Affine


class ChoDecoder(PaperDecoder):
    """A decoder that sees the context vector and the previous word at every step, twice.

        c = tanh(V h_S)                         h_S: the encoder's last state
        h_0 = tanh(V' c)
        h_t = ChoGRU([E[y_t] ; c], h_{t-1})     the Time layer reads D + H columns
        s_t = maxout([h_t ; E[y_t] ; c])        M = H / 2, rounded up
        logits_t = Affine(s_t)

    The paper counts words from the other end: its y_{t-1}, the word before the one that step t
    writes, is the y_t that is read here; its h' is h, its s' the p of Maxout, its G is affine.W,
    and [O_h ; O_y ; O_c] is maxout.affine.W.

    Args: as for Decoder, cell always "gru" and layers 1.
    Source: Cho et al. 2014 (arXiv 1406.1078), 2.2, 2.3 and appendix A.
    """

    def __init__(self, V, D, H, rng, *, dtype=np.float32, **shared):
        super().__init__(V, D, H, rng, dtype=dtype, **shared)
        self.summary = self.add_part("summary", Affine(H, H, rng, dtype))  # V
        self.first = self.add_part("first", Affine(H, H, rng, dtype))  # V'
        self.maxout = self.add_part("maxout", Maxout(H + D + H, half(H), rng, dtype))

    @staticmethod
    def sizes(D, H):
        """Sizes of what the Time layer reads and of what Affine reads."""
        return D + H, half(H)

    def start(self, state, hs=None, mask=None):
        """What goes from step to step: the recurrent state (h_0,) and, beside it, c."""
        self.c = np.tanh(self.summary.forward(state[0]))  # (N, H)
        self.h0 = np.tanh(self.first.forward(self.c))  # (N, H)
        return (self.h0,), self.c

    def recur(self, y, state):
        """y (N, T, D), a pair (recurrent state, c) -> s (N, T, M), the pair after it."""
        recurrent_state, c = state
        cs = np.broadcast_to(c[:, None], (*y.shape[:2], self.H))  # (N, T, H)
        yc = np.concatenate([y, cs], axis=-1)  # (N, T, D + H)
        ht, recurrent_state = self.recurrent.forward(yc, recurrent_state)  # (N, T, H)
        s = self.maxout.forward(np.concatenate([ht, yc], axis=-1))  # (N, T, M)
        return s, (recurrent_state, c)

    def recur_backward(self, ds):
        """ds (N, T, M) -> dy (N, T, D), dstate of the encoder, None (hs was not used)."""
        D, H = self.D, self.H
        dhyc = self.maxout.backward(ds)  # s = maxout([ht ; yc])
        dyc, (dh0,) = self.recurrent.backward(dhyc[..., :H])  # ht, state = recurrent(yc, (h0,))
        dyc = dyc + dhyc[..., H:]  # yc went into the cell and into the output
        dc = dyc[..., D:].sum(axis=1)  # yc = [y ; c], the same c at every step, (N, H)
        dc += self.first.backward(dh0 * (1 - self.h0 * self.h0))  # h0 = tanh(first(c))
        dh = self.summary.backward(dc * (1 - self.c * self.c))  # c = tanh(summary(state[0]))
        return dyc[..., :D], (dh,), None


def half(H):
    """How many maxout units: 500 for the 1000 hidden units of both papers."""
    return (H + 1) // 2


class ChoSeq2Seq(PaperSeq2Seq):
    """The RNN Encoder-Decoder of Cho et al. 2014; arguments as for Seq2Seq."""

    decoder_class = ChoDecoder
    fixed = {"cell": "gru", "layers": 1, "bidirectional": False}
