"""An LSTM over a sequence as a textbook writes it. Read this before cells.py.

A recurrent network reads a sequence token by token. At each step it gets the token and what it
made itself one step before, its hidden state h, and makes the next h: so h can tell of all that was
read so far. An LSTM carries a second state along, the cell c, which is changed by adding.

Nothing is fast here, and only the checks of shapes are left out: one step forward, the same step
backward, and a loop over the steps. common/cells.py and common/time_layers.py do the same with
fewer and larger products; a test holds the two equal. The letters and the contract are in
common/contract.py.
"""

import numpy as np

from common.contract import Layer, scaled_normal
from common.functions import sigmoid


class PlainLSTM(Layer):
    """One step of a long short-term memory.

        p = x Wx + h_prev Wh + b            (N, 4H), in blocks of H columns: i, f, g, o
        i = sigmoid(p_i)                    input gate: how much of g is written
        f = sigmoid(p_f)                    forget gate: how much of c_prev is kept
        g = tanh(p_g)                       what could be written
        o = sigmoid(p_o)                    output gate: how much of the cell is shown
        c = f * c_prev + i * g              the cell
        h = o * tanh(c)                     the hidden state

    Args:
        D, H: sizes of the input and of the hidden state.
        Parameters: Wx (D, 4H), Wh (H, 4H), b (4H,), whose part for the forget gate begins at 1.
    Source: Deep Learning from Scratch 2, 6.2 and 6.3.
    """

    block_names = ("i", "f", "g", "o")  # the gradient check tells which are wrong

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__()
        self.H = H
        self.add_param("Wx", scaled_normal(rng, D, 4 * H, dtype))
        self.add_param("Wh", scaled_normal(rng, H, 4 * H, dtype))
        self.add_param("b", np.zeros(4 * H, dtype))
        self.params["b"][H : 2 * H] = 1

    def forward(self, x, h_prev, c_prev):
        """x (N, D), h_prev, c_prev (N, H) -> h (N, H), c (N, H)."""
        H = self.H
        p = x @ self.params["Wx"] + h_prev @ self.params["Wh"] + self.params["b"]  # (N, 4H)
        i = sigmoid(p[:, :H])
        f = sigmoid(p[:, H : 2 * H])
        g = np.tanh(p[:, 2 * H : 3 * H])
        o = sigmoid(p[:, 3 * H :])
        c = f * c_prev + i * g
        h = o * np.tanh(c)
        self.cache = x, h_prev, c_prev, i, f, g, o, c
        return h, c

    def backward(self, dh, dc):
        """dh, dc (N, H) -> dx (N, D), dh_prev (N, H), dc_prev (N, H).

        Each line undoes one of forward, the last one first. c went two ways, into h and into the
        next step: what comes back through h is added to dc, which comes from the next step.
        """
        x, h_prev, c_prev, i, f, g, o, c = self.cache
        do = dh * np.tanh(c)  # h = o * tanh(c)
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)  # h = o * tanh(c)
        df, di, dg, dc_prev = dc * c_prev, dc * g, dc * i, dc * f  # c = f * c_prev + i * g
        dp_o = do * o * (1 - o)  # o = sigmoid(p_o)
        dp_g = dg * (1 - g**2)  # g = tanh(p_g)
        dp_f = df * f * (1 - f)  # f = sigmoid(p_f)
        dp_i = di * i * (1 - i)  # i = sigmoid(p_i)
        dp = np.concatenate([dp_i, dp_f, dp_g, dp_o], axis=1)  # (N, 4H)
        # p = x Wx + h_prev Wh + b
        self.grads["Wx"][...] = x.T @ dp
        self.grads["Wh"][...] = h_prev.T @ dp
        self.grads["b"][...] = dp.sum(axis=0)
        return dp @ self.params["Wx"].T, dp @ self.params["Wh"].T, dc_prev


class PlainTimeLSTM(Layer):
    """A PlainLSTM at every step of a sequence: T twins with one set of weights.

        h_t, c_t = cell(xs[:, t], h_{t-1}, c_{t-1}),   hs[:, t] = h_t

    All steps are real tokens: there is no mask.

    Args: as for PlainLSTM.
    Source: Deep Learning from Scratch 2, 6.3.
    """

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__()
        self.H = H
        self.cell = self.add_part("cell", PlainLSTM(D, H, rng, dtype))

    def forward(self, xs, state=None):
        """xs (N, T, D), state (h, c) of arrays (N, H) or None -> hs (N, T, H), state."""
        N, T, _ = xs.shape
        h, c = state or (np.zeros((N, self.H), xs.dtype), np.zeros((N, self.H), xs.dtype))
        hs = np.empty((N, T, self.H), xs.dtype)
        self.twins = [self.cell.twin() for _ in range(T)]  # each remembers its own step
        for t in range(T):
            h, c = self.twins[t].forward(xs[:, t], h, c)
            hs[:, t] = h
        self.xs_shape = xs.shape
        return hs, (h, c)

    def backward(self, dhs, dstate=None):
        """dhs (N, T, H), dstate (dh, dc) of the last step or None -> dxs (N, T, D), dstate0."""
        N, T, _ = self.xs_shape
        dh, dc = dstate or (np.zeros((N, self.H), dhs.dtype), np.zeros((N, self.H), dhs.dtype))
        dxs = np.empty(self.xs_shape, dhs.dtype)
        for t in reversed(range(T)):
            # h_t went two ways, out as hs[:, t] and into the next step: both gradients add up.
            dxs[:, t], dh, dc = self.twins[t].backward(dh + dhs[:, t], dc)
        self.cell.sum_gradients(self.twins)  # one set of weights, used T times
        return dxs, (dh, dc)
