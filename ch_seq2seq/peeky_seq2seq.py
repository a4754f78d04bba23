"""PeekyDecoder and PeekySeq2Seq: the decoder sees the context vector at every step.

Compare with Decoder in ch_seq2seq/seq2seq.py: there the context vector is only the first state,
and has to survive every step up to the last.
"""

import numpy as np

from ch_seq2seq.seq2seq import Decoder, Seq2Seq


class PeekyDecoder(Decoder):
    """A decoder that peeks: the context vector z goes into every step, twice.

        z = h of the encoder's last state       (N, H)
        h_t = cell([y_t ; z], h_{t-1})          the Time layer reads D + H columns
        scores_t = Affine([h_t ; z])            Affine reads 2H columns

    Args: as for Decoder.
    Source: Cho et al. 2014 (arXiv 1406.1078), 2.2; Deep Learning from Scratch 2, 7.4.2.
    """

    @staticmethod
    def sizes(D, H):
        """Sizes of what the Time layer reads and of what Affine reads."""
        return D + H, 2 * H

    def forward(self, ys, state, hs=None, mask=None):
        """Teacher forcing; arguments and result as in Decoder."""
        scores, _ = self.advance(ys, (state, state[0]))
        return scores

    def advance(self, ys, state):
        """Read ys (N, T) from a state, a pair (recurrent state, z) -> scores (N, T, V), state."""
        recurrent_state, z = state
        y = self.dropout_in.forward(self.embedding.forward(ys))  # (N, T, D)
        zs = np.broadcast_to(z[:, None], (*ys.shape, self.H))  # (N, T, H)
        yz = np.concatenate([y, zs], axis=-1)  # (N, T, D + H)
        h, recurrent_state = self.recurrent.forward(yz, recurrent_state)
        hz = np.concatenate([h, zs], axis=-1)  # (N, T, 2H)
        return self.affine.forward(self.dropout_out.forward(hz)), (recurrent_state, z)

    def backward(self, dscores):
        """dscores (N, T, V) -> dstate (a tuple like the state), None (hs was not used)."""
        D, H = self.D, self.H
        # scores = affine(dropout(hz))
        dhz = self.dropout_out.backward(self.affine.backward(dscores))  # (N, T, 2H)
        dyz, dstate = self.recurrent.backward(dhz[..., :H])  # hz = [h ; z], h = recurrent(yz)
        self.embedding.backward(self.dropout_in.backward(dyz[..., :D]))  # yz = [y ; z]
        # z went into every step of both, and is the first state's h: its gradient is their sum.
        dz = dhz[..., H:].sum(axis=1) + dyz[..., D:].sum(axis=1)  # (N, H)
        return (dstate[0] + dz, *dstate[1:]), None  # z = state[0]

    def start(self, state, hs=None, mask=None):
        """What `step` needs before the first token: the encoder's state and, beside it, z."""
        return state, state[0]


class PeekySeq2Seq(Seq2Seq):
    """Seq2Seq with a PeekyDecoder; arguments as for Seq2Seq."""

    decoder_class = PeekyDecoder
