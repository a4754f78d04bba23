"""AttentionDecoder and AttentionSeq2Seq: only what attention adds to chapter 1.

Compare with Decoder in ch_seq2seq/seq2seq.py: there hs and mask are offered and not looked at.
"""

import numpy as np

from ch_attention.attention_layers import Attention
from ch_attention.scores import SCORES, make_score
from ch_seq2seq.seq2seq import Decoder, Seq2Seq


class AttentionDecoder(Decoder):
    """A decoder that looks back at the source at every step.

        h_t = cell(E[y_t], h_{t-1})             as in Decoder
        c_t = attention(hs, q_t = h_t)          what it sees in the source
        logits_t = Affine([c_t ; h_t])          Affine reads 2H columns

    Args: as for Decoder, and
        score: one of SCORES in ch_attention/scores.py.
    Source: Luong et al. 2015 (arXiv 1508.04025), 3.1, without the extra tanh layer of its
        equation 5, as in Deep Learning from Scratch 2, 8.2.2.
    """

    attends = True
    options = {"score": tuple(SCORES)}

    def __init__(self, V, D, H, rng, *, score="dot", dtype=np.float32, **shared):
        super().__init__(V, D, H, rng, dtype=dtype, **shared)
        self.attention = self.add_part("attention", Attention(make_score(score, H, rng, dtype)))

    @staticmethod
    def sizes(D, H):
        """Sizes of what the Time layer reads and of what Affine reads."""
        return D, 2 * H

    @property
    def weights(self):
        """Attention weights (N, S) of the latest step, or None before any look."""
        weights = self.attention.weights
        return None if weights is None else weights[:, -1]

    def start(self, state, hs=None, mask=None):
        """What goes from step to step: the encoder's state, and hs and the mask as they are."""
        return state, hs, mask

    def recur(self, y, state):
        """y (N, T, D), (recurrent state, hs, mask) -> [c_t ; h_t] (N, T, 2H), the state after."""
        recurrent_state, hs, mask = state
        ht, recurrent_state = self.recurrent.forward(y, recurrent_state)  # (N, T, H)
        c = self.attention.forward(hs, ht, mask)  # (N, T, H)
        ch = np.concatenate([c, ht], axis=-1)  # (N, T, 2H)
        return ch, (recurrent_state, hs, mask)

    def recur_backward(self, dch):
        """dch (N, T, 2H) -> dy (N, T, D), dstate, dhs (N, S, H)."""
        H = self.H
        dhs, dq = self.attention.backward(dch[..., :H])  # ch = [c ; ht], c = attention(hs, ht)
        dht = dch[..., H:] + dq  # ht went into ch and, as the query, into attention
        dy, dstate = self.recurrent.backward(dht)  # ht, state = recurrent(y, state)
        return dy, dstate, dhs


class AttentionSeq2Seq(Seq2Seq):
    """Seq2Seq with an AttentionDecoder; arguments as for Seq2Seq, and `score`."""

    decoder_class = AttentionDecoder
