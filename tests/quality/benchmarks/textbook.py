"""The plain reference of the benchmarks: a TimeLSTM and an attention as a textbook writes them.

They do step by step what the layers of this project do for a whole sequence at once. Used only by
the benchmarks and by tests/test_textbook.py, which holds the fast layers equal to them.
"""

import numpy as np

from ch_attention.all_models import MODELS
from common.functions import softmax, softmax_backward
from common.contract import Layer


class TextbookCell:
    """One LSTM step as a textbook writes it, with gradients of its own for Wx, Wh and b."""

    def __init__(self, params):
        self.params = params
        self.grads = {}

    def forward(self, x, h_prev, c_prev):
        """x (N, D), h_prev, c_prev (N, H) -> h, c."""
        Wx, Wh, b = (self.params[name] for name in ("Wx", "Wh", "b"))
        H = h_prev.shape[1]
        p = np.dot(x, Wx) + np.dot(h_prev, Wh) + b  # (N, 4H)
        i, f = logistic(p[:, :H]), logistic(p[:, H : 2 * H])
        g, o = np.tanh(p[:, 2 * H : 3 * H]), logistic(p[:, 3 * H :])
        c = f * c_prev + i * g
        h = o * np.tanh(c)
        self.cache = x, h_prev, c_prev, i, f, g, o, c
        return h, c

    def backward(self, dh, dc):
        """dh, dc (N, H) -> dx, dh_prev, dc_prev."""
        x, h_prev, c_prev, i, f, g, o, c = self.cache
        tanh_c = np.tanh(c)
        dc = dc + (dh * o) * (1 - tanh_c**2)
        di = dc * g * i * (1 - i)
        df = dc * c_prev * f * (1 - f)
        dg = dc * i * (1 - g**2)
        do = dh * tanh_c * o * (1 - o)
        dp = np.hstack((di, df, dg, do))  # (N, 4H)
        self.grads = {"Wx": np.dot(x.T, dp), "Wh": np.dot(h_prev.T, dp), "b": dp.sum(axis=0)}
        return np.dot(dp, self.params["Wx"].T), np.dot(dp, self.params["Wh"].T), dc * f


def logistic(x):
    """The sigmoid by its definition."""
    return 1 / (1 + np.exp(-x))


class TextbookTimeLSTM(Layer):
    """A TimeLSTM that makes one cell a time step and sums the weight gradients of all cells.

    All steps are real tokens: there is no mask.

    Args:
        cell: an LSTM, whose params and grads are those of this layer.
    """

    def __init__(self, cell):
        super().__init__()
        self.D, self.H = cell.D, cell.H
        self.params, self.grads = cell.params, cell.grads

    def forward(self, xs, state=None, mask=None):
        """xs (N, T, D), state (h, c) or None -> hs (N, T, H), state."""
        N, T, _ = xs.shape
        h, c = state or (np.zeros((N, self.H), xs.dtype), np.zeros((N, self.H), xs.dtype))
        hs = np.empty((N, T, self.H), xs.dtype)
        self.cells = [TextbookCell(self.params) for _ in range(T)]
        for t in range(T):
            h, c = self.cells[t].forward(xs[:, t], h, c)
            hs[:, t] = h
        return hs, (h, c)

    def backward(self, dhs, dstate=None):
        """dhs (N, T, H) or None, dstate or None -> dxs (N, T, D), dstate0."""
        N, T = len(self.cells[0].cache[0]), len(self.cells)
        zeros = np.zeros((N, self.H), self.dtype)
        dh, dc = dstate or (zeros, zeros)
        if dhs is None:
            dhs = np.zeros((N, T, self.H), self.dtype)
        dxs = np.empty((N, T, self.D), self.dtype)
        for gradient in self.grads.values():
            gradient[...] = 0
        for t in reversed(range(T)):
            dxs[:, t], dh, dc = self.cells[t].backward(dh + dhs[:, t], dc)
            for name, gradient in self.grads.items():
                gradient += self.cells[t].grads[name]
        return dxs, (dh, dc)


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
    """A model of ch_attention.models with its LSTMs, and its attention, replaced by the above.

    Built with the same generator it has the same weights as the model itself.
    """
    model = MODELS[kind](*sizes, rng, dtype=dtype)
    for part in (model.encoder, model.decoder):
        part.recurrent = TextbookTimeLSTM(part.recurrent.cell)
    if kind == "attention":
        model.decoder.attention = TextbookAttention()
    return model
