"""The plain reference of the benchmarks: a model with its LSTMs and its attention step by step.

It does one step after another what the layers of this project do for a whole sequence at once.
Used only by the benchmarks and by their test, which holds the fast model equal to it.
"""

import numpy as np

from ch_attention.all_models import MODELS
from common.contract import Layer
from common.functions import softmax, softmax_backward
from common.plain_lstm import PlainTimeLSTM


class TextbookTimeLSTM(PlainTimeLSTM):
    """A PlainTimeLSTM in the place of a TimeLSTM, whose weights and gradients it uses.

    All steps are real tokens: the mask is not looked at.
    """

    def __init__(self, fast):
        super().__init__(fast.D, fast.H, np.random.default_rng(0), fast.dtype)
        self.params = self.cell.params = fast.params
        self.grads = self.cell.grads = fast.grads

    def forward(self, xs, state=None, mask=None):
        """As PlainTimeLSTM."""
        return super().forward(xs, state)

    def backward(self, dhs, dstate=None):
        """As PlainTimeLSTM; dhs may be None, if only the last state was used."""
        if dhs is None:
            dhs = np.zeros((*self.xs_shape[:2], self.H), self.dtype)
        return super().backward(dhs, dstate)


class TextbookAttention(Layer):
    """Dot-product attention, one decoder step after another, with products and sums by element.

    All source tokens are real: there is no mask.
    """

    def forward(self, hs, q, mask=None):
        """hs (N, S, H), q (N, T, H) -> c (N, T, H)."""
        self.hs, self.q = hs, q
        N, S, H = hs.shape
        T = q.shape[1]
        c = np.empty_like(q)
        self.weights = np.empty((N, T, S), hs.dtype)
        for t in range(T):
            repeated = q[:, t, None].repeat(S, axis=1)  # (N, S, H)
            self.weights[:, t] = softmax((hs * repeated).sum(axis=2))
            repeated = self.weights[:, t, :, None].repeat(H, axis=2)  # (N, S, H)
            c[:, t] = (hs * repeated).sum(axis=1)
        return c

    def backward(self, dc):
        """dc (N, T, H) -> dhs (N, S, H), dq (N, T, H)."""
        hs, q = self.hs, self.q
        N, S, H = hs.shape
        dhs, dq = np.zeros_like(hs), np.empty_like(q)
        for t in range(dc.shape[1]):
            a = self.weights[:, t]  # (N, S)
            dproduct = dc[:, t, None].repeat(S, axis=1)  # c = sum of hs * a
            dhs += dproduct * a[..., None].repeat(H, axis=2)
            da = (dproduct * hs).sum(axis=2)
            dscores = softmax_backward(da, a)
            dproduct = dscores[..., None].repeat(H, axis=2)  # scores = sum of hs * q
            dhs += dproduct * q[:, t, None].repeat(S, axis=1)
            dq[:, t] = (dproduct * hs).sum(axis=1)
        return dhs, dq


def textbook_model(kind, *sizes, rng, dtype=np.float32):
    """A model of ch_attention.all_models with its LSTMs, and its attention, replaced by the above.

    Built with the same generator it has the same weights as the model itself.
    """
    model = MODELS[kind](*sizes, rng, dtype=dtype)
    for part in (model.encoder, model.decoder):
        part.recurrent = TextbookTimeLSTM(part.recurrent)
    if model.decoder.attends:
        model.decoder.attention = TextbookAttention()
    return model
