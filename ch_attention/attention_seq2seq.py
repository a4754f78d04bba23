"""AttentionDecoder and AttentionSeq2Seq: only what attention adds to chapter 1.

Compare with Decoder in ch_seq2seq/seq2seq.py: there hs and mask are offered and not looked at.
"""

import numpy as np

from ch_attention.attention_layers import Attention
from ch_attention.scores import make_score
from ch_seq2seq.seq2seq import Decoder, Seq2Seq


class AttentionDecoder(Decoder):
    """A decoder that looks back at the source at every step.

        h_t = cell(y_t, h_{t-1})                as in Decoder
        c_t = attention(hs, h_t)                what it sees in the source
        scores_t = Affine([c_t ; h_t])          Affine reads 2H columns

    Args: as for Decoder, and
        score: one of SCORES in ch_attention/scores.py.
    Source: Luong et al. 2015 (arXiv 1508.04025), 3.1, without the extra tanh layer of its
        equation 5, as in Deep Learning from Scratch 2, 8.2.2.
    """

    def __init__(self, V, D, H, rng, cell="lstm", dropout=0.0, score="dot", dtype=np.float32):
        super().__init__(V, D, H, rng, cell, dropout, dtype)
        self.attention = self.add_part("attention", Attention(make_score(score, H, rng, dtype)))

    @staticmethod
    def sizes(D, H):
        """Sizes of what the Time layer reads and of what Affine reads."""
        return D, 2 * H

    @property
    def weights(self):
        """What the last token that was read looked at: (N, S)."""
        return self.attention.weights[:, -1]

    def forward(self, ys, state, hs=None, mask=None):
        """Teacher forcing: ys (N, T), state, hs (N, S, H), mask (N, S) -> scores (N, T, V)."""
        scores, _ = self.advance(ys, (state, hs, mask))
        return scores

    def advance(self, ys, state):
        """Read ys (N, T) from (recurrent state, hs, mask) -> scores (N, T, V), state."""
        recurrent_state, hs, mask = state
        y = self.dropout_in.forward(self.embedding.forward(ys))  # (N, T, D)
        h, recurrent_state = self.recurrent.forward(y, recurrent_state)  # (N, T, H)
        c = self.attention.forward(hs, h, mask)  # (N, T, H)
        ch = np.concatenate([c, h], axis=-1)  # (N, T, 2H)
        return self.affine.forward(self.dropout_out.forward(ch)), (recurrent_state, hs, mask)

    def backward(self, dscores):
        """dscores (N, T, V) -> dstate (a tuple like the state), dhs (N, S, H)."""
        H = self.H
        # scores = affine(dropout(ch))
        dch = self.dropout_out.backward(self.affine.backward(dscores))  # (N, T, 2H)
        dhs, dq = self.attention.backward(dch[..., :H])  # ch = [c ; h]
        dh = dch[..., H:] + dq  # h went into ch and, as the query, into attention
        dy, dstate = self.recurrent.backward(dh)  # h, state = recurrent(y, state)
        self.embedding.backward(self.dropout_in.backward(dy))  # y = dropout(embedding(ys))
        return dstate, dhs

    def start(self, state, hs=None, mask=None):
        """What `step` needs before the first token: the encoder's state, hs and the mask."""
        return state, hs, mask


class AttentionSeq2Seq(Seq2Seq):
    """Seq2Seq with an AttentionDecoder; arguments as for Seq2Seq, and `score`."""

    decoder_class = AttentionDecoder
