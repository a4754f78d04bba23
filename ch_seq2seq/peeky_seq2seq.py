"""PeekyDecoder and PeekySeq2Seq: the decoder sees the context vector at every step.

Compare with Decoder in ch_seq2seq/seq2seq.py: there the context vector is only the first state,
and has to survive every step up to the last.
"""

import numpy as np

from ch_seq2seq.seq2seq import Decoder, Seq2Seq


class PeekyDecoder(Decoder):
    """A decoder that peeks: the context vector z goes into every step, twice.

        z = h of the encoder's last state       (N, H), of several layers that of the top one
        h_t = cell([E[y_t] ; z], h_{t-1})       the Time layer reads D + H columns
        logits_t = Affine([h_t ; z])            Affine reads 2H columns

    Args: as for Decoder.
    Source: Cho et al. 2014 (arXiv 1406.1078), 2.2; Deep Learning from Scratch 2, 7.4.2.
    """

    @staticmethod
    def sizes(D, H):
        """Sizes of what the Time layer reads and of what Affine reads."""
        return D + H, 2 * H

    def start(self, state, hs=None, mask=None):
        """What goes from step to step: the encoder's state and, beside it, z."""
        top = state if self.layers == 1 else state[-1]
        return state, top[0]

    def recur(self, y, state):
        """y (N, T, D), a pair (recurrent state, z) -> [h_t ; z] (N, T, 2H), the pair after it."""
        recurrent_state, z = state
        zs = np.broadcast_to(z[:, None], (*y.shape[:2], self.H))  # (N, T, H)
        yz = np.concatenate([y, zs], axis=-1)  # (N, T, D + H)
        ht, recurrent_state = self.recurrent.forward(yz, recurrent_state)
        hz = np.concatenate([ht, zs], axis=-1)  # (N, T, 2H)
        return hz, (recurrent_state, z)

    def recur_backward(self, dhz):
        """dhz (N, T, 2H) -> dy (N, T, D), dstate, None (hs was not used)."""
        D, H = self.D, self.H
        dyz, dstate = self.recurrent.backward(dhz[..., :H])  # hz = [ht ; z], ht = recurrent(yz)
        # z went into every step of both, and is the first state's h: its gradient is their sum.
        dz = dhz[..., H:].sum(axis=1) + dyz[..., D:].sum(axis=1)  # (N, H)
        *lower, dtop = (dstate,) if self.layers == 1 else dstate
        dtop = (dtop[0] + dz, *dtop[1:])  # z = top[0]
        return dyz[..., :D], dtop if self.layers == 1 else (*lower, dtop), None  # yz = [y ; z]


class PeekySeq2Seq(Seq2Seq):
    """Seq2Seq with a PeekyDecoder; arguments as for Seq2Seq."""

    decoder_class = PeekyDecoder
