"""LuongDecoder and LuongSeq2Seq: attention after the step, handed on to the next one.

Compare with AttentionDecoder in ch_attention/attention_seq2seq.py, which has neither the layer of
equation 5 nor input feeding. The equations of the paper beside these lines are in
ch_attention/papers/README.md; the window of local attention is in local_attention.py.
"""

import numpy as np

from ch_attention.attention_layers import Attention
from ch_attention.papers.local_attention import PredictiveAttention, window
from ch_attention.papers.location import LENGTH, LocationScore
from ch_attention.scores import SCORES
from ch_seq2seq.seq2seq import Decoder, Seq2Seq
from common.checks import check_choice
from common.contract import Layer
from common.layers import Affine

# By name, the four scores of the paper: function (H, rng, dtype) -> layer.
LUONG_SCORES = {
    **{name: SCORES[name] for name in ("dot", "general", "concat")},
    "location": lambda H, rng, dtype: LocationScore(H, LENGTH, rng, dtype),
}


class AttentionalVector(Layer):
    """What a decoder state says together with what it sees in the source.

        c_t = attention(hs, q_t = h_t)
        v_t = tanh([c_t ; h_t] W + b)           the attentional vector; h with a tilde in the paper

    Args:
        attention: an Attention. H: size of h_s, h_t and v_t. rng, dtype: as for the layers.
    Source: Luong et al. 2015 (arXiv 1508.04025), equation 5.
    """

    equations = {"v": "tanh(y)"}  # for the trace; y of affine

    def __init__(self, attention, H, rng, dtype=np.float32):
        super().__init__()
        self.H = H
        self.attention = self.add_part("attention", attention)
        self.affine = self.add_part("affine", Affine(2 * H, H, rng, dtype))  # W_c

    def forward(self, hs, ht, mask=None):
        """hs (N, S, H), ht (N, T, H), mask as for Attention -> v (N, T, H)."""
        c = self.attention.forward(hs, ht, mask)  # (N, T, H)
        self.v = np.tanh(self.affine.forward(np.concatenate([c, ht], axis=-1)))
        return self.v

    def backward(self, dv):
        """dv (N, T, H) -> dhs (N, S, H), dht (N, T, H)."""
        dch = self.affine.backward(dv * (1 - self.v * self.v))  # v = tanh(affine([c ; ht]))
        dhs, dq = self.attention.backward(dch[..., : self.H])  # c = attention(hs, ht)
        return dhs, dch[..., self.H :] + dq  # ht went beside c and, as the query, into attention


class LuongDecoder(Decoder):
    """A decoder that looks at the source after each step, and may tell the next step what it saw.

        h_t = cell([E[y_t] ; v_{t-1}], h_{t-1})     input feeding; v before the first step is zero
        h_t = cell(E[y_t], h_{t-1})                 without it
        v_t = tanh([c_t ; h_t] W_c + b)             see AttentionalVector
        logits_t = Affine(v_t)

    Without input feeding no step needs the look of another, so all looks are one product. With it
    the recurrence runs through attention: each step has its own twins, see Layer.

    Args: as for Decoder, and
        score: one of LUONG_SCORES.
        feeding: "on" or "off".
        window: "none" looks at all of the source (the paper's global attention), "monotonic" only
            around the position p_t = t (its local-m), "predictive" only around a position p_t that
            it predicts (its local-p).
        reach: how far a window reaches to either side, the paper's D; as text, like every option.
    Source: Luong et al. 2015 (arXiv 1508.04025), 3.
    """

    attends = True
    options = {"score": tuple(LUONG_SCORES), "feeding": ("on", "off"),
               "window": ("none", "monotonic", "predictive"), "reach": ("10", "5", "3", "2")}

    def __init__(
        self, V, D, H, rng, *,
        score="dot", feeding="on", window="none", reach="10", dtype=np.float32, **shared,
    ):
        given = {"score": score, "feeding": feeding, "window": window, "reach": reach}
        for name, value in given.items():
            check_choice(name, value, self.options[name])
        self.feeding, self.window, self.reach = feeding == "on", window, int(reach)
        super().__init__(V, D, H, rng, dtype=dtype, **shared)
        score_layer = LUONG_SCORES[score](H, rng, dtype)
        if window == "predictive":
            attention = PredictiveAttention(score_layer, H, rng, self.reach, dtype)
        else:
            attention = Attention(score_layer)
        self.attentional = self.add_part("attentional", AttentionalVector(attention, H, rng, dtype))

    def sizes(self, D, H):
        """Sizes of what the recurrent layer reads and of what Affine reads."""
        return (D + H if self.feeding else D), H

    def start(self, state, hs=None, mask=None):
        """What goes from step to step.

        The encoder's state, what is fed to the next step (N, 1, H) or None, how many steps were
        made (N,), hs and the mask as they are.
        """
        N, _, H = hs.shape
        fed = np.zeros((N, 1, H), self.dtype) if self.feeding else None
        return state, fed, np.zeros(N, int), hs, mask

    def recur(self, y, state):
        """y (N, T, D), what `start` gave -> v (N, T, H), the state after the last step."""
        recurrent_state, fed, made, hs, mask = state
        T = y.shape[1]
        masks = self.masks(made, T, hs, mask)
        if not self.feeding:
            ht, recurrent_state = self.recurrent.forward(y, recurrent_state)  # (N, T, H)
            v = self.attentional.forward(hs, ht, masks)  # (N, T, H)
            self.a = self.attentional.attention.weights
        else:
            v = np.empty((*y.shape[:2], self.H), self.dtype)
            self.a = np.empty((*y.shape[:2], hs.shape[1]), self.dtype)
            self.twins = []
            for t in range(T):
                recurrent, attentional = self.recurrent.twin(), self.attentional.twin()
                self.twins.append((recurrent, attentional))
                x = np.concatenate([y[:, t : t + 1], fed], axis=-1)  # (N, 1, D + H)
                h, recurrent_state = recurrent.forward(x, recurrent_state)  # (N, 1, H)
                fed = attentional.forward(hs, h, masks if masks is mask else masks[:, t : t + 1])
                v[:, t], self.a[:, t] = fed[:, 0], attentional.attention.weights[:, 0]
        self.weights = self.a[:, -1]
        return v, (recurrent_state, fed, made + T, hs, mask)

    def masks(self, made, T, hs, mask):
        """The mask of the next T looks: as it is or, with a monotonic window, (N, T, S)."""
        if self.window != "monotonic":
            return mask
        p = made[:, None] + np.arange(1, T + 1)  # p_t = t
        return window(p, hs.shape[1], self.reach, mask)

    def recur_backward(self, dv):
        """dv (N, T, H) -> dy (N, T, D), dstate of the encoder, dhs (N, S, H)."""
        if not self.feeding:
            dhs, dht = self.attentional.backward(dv)  # v = attentional(hs, ht)
            dy, dstate = self.recurrent.backward(dht)  # ht, state = recurrent(y, state)
            return dy, dstate, dhs
        N, T, _ = dv.shape
        dy, dhs, dstate = np.empty((N, T, self.D), self.dtype), 0, None
        dfed = np.zeros((N, 1, self.H), self.dtype)  # no step reads the last v
        for t in reversed(range(T)):
            recurrent, attentional = self.twins[t]
            # v_t went into the output and into the next step
            dhs_t, dh = attentional.backward(dv[:, t : t + 1] + dfed)
            dx, dstate = recurrent.backward(dh, dstate)  # h, state = recurrent(x, state)
            dy[:, t], dfed = dx[:, 0, : self.D], dx[..., self.D :]  # x = [y_t ; fed]
            dhs = dhs + dhs_t  # every look sees the same hs
        for layer, twins in zip((self.recurrent, self.attentional), zip(*self.twins)):
            layer.sum_gradients(twins)
        return dy, dstate, dhs


class LuongSeq2Seq(Seq2Seq):
    """The model of Luong et al. 2015; arguments as for Seq2Seq, and the options of LuongDecoder."""

    decoder_class = LuongDecoder
