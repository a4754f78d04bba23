"""One step of a recurrent network: RNN, LSTM and GRU, and what the three share.

p is a pre-activation: what goes into a sigmoid or a tanh. A whole sequence is the business of
common/time_layers.py, which calls the `step` and `step_backward` written here.
"""

import numpy as np

from common.functions import sigmoid
from common.checks import check_array
from common.contract import Layer, scaled_normal


class Cell(Layer):
    """What RNN, LSTM and GRU share: the product with the input, and the gradients of the weights.

    A cell computes a pre-activation of the input, px = x Wx + b, and of the state before,
    ph = h_prev Wh. `step` and `step_backward`, which each cell writes for itself, do the rest. The
    `Time` layers call the same two methods, so every equation stands in one place.

    Parameters: Wx (D, K), Wh (H, K), b (K,), where K is `blocks` times H: each gate, and each
    candidate for the state, has a block of H columns.
    """

    blocks = 1
    state_names = ("h",)
    dph_is_dpx = True  # where px and ph are only added, they share one gradient

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__()
        self.D, self.H = D, H
        self.add_param("Wx", scaled_normal(rng, D, self.blocks * H, dtype))
        self.add_param("Wh", scaled_normal(rng, H, self.blocks * H, dtype))
        self.add_param("b", np.zeros(self.blocks * H, dtype))

    def project(self, x):
        """px = x Wx + b for any number of rows: x (M, D) -> px (M, K)."""
        px = x @ self.params["Wx"]
        px += self.params["b"]
        return px

    def project_backward(self, x, h_prev, dpx, dph):
        """Fill the gradients of all weights and return dx (M, D), from M rows at once.

        x (M, D), h_prev (M, H); dpx and dph (M, K) are the gradients of px and ph.
        """
        self.grads["b"][...] = dpx.sum(axis=0)  # px = x Wx + b
        np.matmul(x.T, dpx, out=self.grads["Wx"])  # px = x Wx + b
        np.matmul(h_prev.T, dph, out=self.grads["Wh"])  # ph = h_prev Wh
        return dpx @ self.params["Wx"].T  # px = x Wx + b

    def check_input(self, x, *state):
        """Raise ValueError unless x is (N, D) and each array of the state is (N, H)."""
        check_array("x", x, ("N", self.D), self.dtype)
        for name, array in zip(self.state_names, state):
            check_array(f"{name}_prev", array, (len(x), self.H), self.dtype)

    def one_step_backward(self, dstate):
        """Backward pass of a single step: gradients of the new state -> dx, *dstate_prev."""
        for name, array in zip(self.state_names, dstate):
            check_array(f"d{name}", array, self.h_prev.shape, self.dtype)
        # step_backward fills arrays from outside: a Time layer hands it rows of one large array.
        dpx = np.empty((len(self.x), self.blocks * self.H), self.dtype)
        dph = dpx if self.dph_is_dpx else np.empty_like(dpx)
        dstate_prev = self.step_backward(dstate, self.cache, dpx, dph)
        return self.project_backward(self.x, self.h_prev, dpx, dph), *dstate_prev


class RNN(Cell):
    """One step of a simple recurrent network.

        h = tanh(x Wx + h_prev Wh + b)

    Args:
        D, H: sizes of the input and of the hidden state.
        Parameters: Wx (D, H), Wh (H, H), b (H,).
    Raises:
        ValueError: an input or a state of the wrong shape or dtype.
    Source: Elman 1990; Deep Learning from Scratch 2, 5.3.
    """

    def forward(self, x, h_prev):
        """x (N, D), h_prev (N, H) -> h (N, H)."""
        self.check_input(x, h_prev)
        self.x, self.h_prev = x, h_prev
        (h,), self.cache = self.step(self.project(x), (h_prev,))
        return h

    def backward(self, dh):
        """dh (N, H) -> dx (N, D), dh_prev (N, H)."""
        return self.one_step_backward((dh,))

    def step(self, px, state):
        """px (N, H), state (h_prev,) -> (h,), cache."""
        (h_prev,) = state
        h = np.tanh(px + h_prev @ self.params["Wh"])  # (N, H)
        return (h,), h

    def step_backward(self, dstate, cache, dpx, dph):
        """(dh,), cache -> (dh_prev,); writes into dpx, which is dph, (N, H)."""
        (dh,), h = dstate, cache
        np.multiply(dh, 1 - h * h, out=dpx)  # h = tanh(p)
        return (dpx @ self.params["Wh"].T,)  # p = px + h_prev Wh


class LSTM(Cell):
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
        Parameters: Wx (D, 4H), Wh (H, 4H), b (4H,). The forget gate's part of b starts at 1, so
        that the cell remembers before it has learnt what to forget (Jozefowicz et al. 2015).
    Raises:
        ValueError: an input or a state of the wrong shape or dtype.
    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000;
        Deep Learning from Scratch 2, 6.2. Column order as in cuDNN and PyTorch.
    """

    blocks = 4
    state_names = ("h", "c")

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(D, H, rng, dtype)
        self.params["b"][H : 2 * H] = 1

    def forward(self, x, h_prev, c_prev):
        """x (N, D), h_prev (N, H), c_prev (N, H) -> h (N, H), c (N, H)."""
        self.check_input(x, h_prev, c_prev)
        self.x, self.h_prev = x, h_prev
        (h, c), self.cache = self.step(self.project(x), (h_prev, c_prev))
        return h, c

    def backward(self, dh, dc):
        """dh, dc (N, H) -> dx (N, D), dh_prev (N, H), dc_prev (N, H)."""
        return self.one_step_backward((dh, dc))

    def step(self, px, state):
        """px (N, 4H), state (h_prev, c_prev) -> (h, c), cache."""
        h_prev, c_prev = state
        H = self.H
        p = px + h_prev @ self.params["Wh"]  # (N, 4H)
        i = sigmoid(p[:, :H])
        f = sigmoid(p[:, H : 2 * H])
        g = np.tanh(p[:, 2 * H : 3 * H])
        o = sigmoid(p[:, 3 * H :])
        c = f * c_prev + i * g
        tanh_c = np.tanh(c)
        h = o * tanh_c
        return (h, c), (i, f, g, o, c_prev, tanh_c)

    def step_backward(self, dstate, cache, dpx, dph):
        """(dh, dc), cache -> (dh_prev, dc_prev); writes into dpx, which is dph, (N, 4H)."""
        dh, dc = dstate
        i, f, g, o, c_prev, tanh_c = cache
        H = self.H
        do = dh * tanh_c  # h = o * tanh(c)
        dc = dc + dh * o * (1 - tanh_c * tanh_c)  # h = o * tanh(c)
        df, di, dg = dc * c_prev, dc * g, dc * i  # c = f * c_prev + i * g
        dc_prev = dc * f  # c = f * c_prev + i * g
        dpx[:, 3 * H :] = do * o * (1 - o)  # o = sigmoid(p_o)
        dpx[:, 2 * H : 3 * H] = dg * (1 - g * g)  # g = tanh(p_g)
        dpx[:, H : 2 * H] = df * f * (1 - f)  # f = sigmoid(p_f)
        dpx[:, :H] = di * i * (1 - i)  # i = sigmoid(p_i)
        dh_prev = dpx @ self.params["Wh"].T  # p = px + h_prev Wh
        return dh_prev, dc_prev


class GRU(Cell):
    """One step of a gated recurrent unit.

        px = x Wx + b, ph = h_prev Wh + bh  (N, 3H), in blocks of H columns: r, z, n
        r = sigmoid(px_r + ph_r)            reset gate: how much of the past n may see
        z = sigmoid(px_z + ph_z)            update gate: how much of the past is kept
        n = tanh(px_n + r * ph_n)           what could be written
        h = (1 - z) * n + z * h_prev

    Args:
        D, H: sizes of the input and of the hidden state.
        Parameters: Wx (D, 3H), Wh (H, 3H), b (3H,), bh (3H,).
    Raises:
        ValueError: an input or a state of the wrong shape or dtype.
    Source: Cho et al. 2014 (arXiv 1406.1078), equations 5 to 8, with the reset gate where cuDNN
        and PyTorch put it. There it scales h_prev Wh_n + bh_n, one product for all gates; in the
        paper it scales h_prev first, r * h_prev, which is then multiplied. Chung et al. 2014
        (arXiv 1412.3555) swap z and 1 - z.
    """

    blocks = 3
    dph_is_dpx = False  # the reset gate stands between ph_n and the sum

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(D, H, rng, dtype)
        self.add_param("bh", np.zeros(3 * H, dtype))

    def forward(self, x, h_prev):
        """x (N, D), h_prev (N, H) -> h (N, H)."""
        self.check_input(x, h_prev)
        self.x, self.h_prev = x, h_prev
        (h,), self.cache = self.step(self.project(x), (h_prev,))
        return h

    def backward(self, dh):
        """dh (N, H) -> dx (N, D), dh_prev (N, H)."""
        return self.one_step_backward((dh,))

    def step(self, px, state):
        """px (N, 3H), state (h_prev,) -> (h,), cache."""
        (h_prev,) = state
        H = self.H
        ph = h_prev @ self.params["Wh"] + self.params["bh"]  # (N, 3H)
        r = sigmoid(px[:, :H] + ph[:, :H])
        z = sigmoid(px[:, H : 2 * H] + ph[:, H : 2 * H])
        ph_n = ph[:, 2 * H :]
        n = np.tanh(px[:, 2 * H :] + r * ph_n)
        h = (1 - z) * n + z * h_prev
        return (h,), (r, z, n, ph_n, h_prev)

    def step_backward(self, dstate, cache, dpx, dph):
        """(dh,), cache -> (dh_prev,); writes into dpx and dph, (N, 3H)."""
        (dh,) = dstate
        r, z, n, ph_n, h_prev = cache
        H = self.H
        dn, dz, dh_prev = dh * (1 - z), dh * (h_prev - n), dh * z  # h = (1 - z) * n + z * h_prev
        dp_n = dn * (1 - n * n)  # n = tanh(p_n)
        dr = dp_n * ph_n  # p_n = px_n + r * ph_n
        dpx[:, 2 * H :] = dp_n  # p_n = px_n + r * ph_n
        dph[:, 2 * H :] = dp_n * r  # p_n = px_n + r * ph_n
        dpx[:, H : 2 * H] = dz * z * (1 - z)  # z = sigmoid(p_z)
        dpx[:, :H] = dr * r * (1 - r)  # r = sigmoid(p_r)
        dph[:, : 2 * H] = dpx[:, : 2 * H]  # p_r = px_r + ph_r, p_z = px_z + ph_z
        dh_prev += dph @ self.params["Wh"].T  # ph = h_prev Wh + bh
        return (dh_prev,)

    def project_backward(self, x, h_prev, dpx, dph):
        """As for every cell, and the gradient of bh."""
        self.grads["bh"][...] = dph.sum(axis=0)  # ph = h_prev Wh + bh
        return super().project_backward(x, h_prev, dpx, dph)
