"""One step of a recurrent network: RNN, LSTM and GRU, and what the three share.

p is a pre-activation: what goes into a sigmoid or a tanh. A whole sequence is the business of
common/time_layers.py, which calls the `step` and `step_backward` written here.
"""

import numpy as np

from common.checks import check_array
from common.contract import Layer, scaled_normal
from common.functions import sigmoid


class Cell(Layer):
    """What RNN, LSTM and GRU share: the product with the input, and the gradients of the weights.

    A cell computes a pre-activation of the input, px = x Wx + b, and of the state before,
    ph = h_prev Wh. `step` and `step_backward`, which each cell writes for itself, do the rest. The
    `Time` layers call the same two methods, so every equation stands in one place:

        step(px, state) -> new state, cache
        step_backward(gradient of the new state, cache) -> gradient of p, gradient of the state

    They keep nothing on the cell. `forward` and `backward`, one step by itself, keep the cache.

    The GRU has a bias in ph and two more gradients, see there.

    Parameters: Wx (D, K), Wh (H, K), b (K,), where K is `blocks` times H: each gate, and each
    candidate for the state, has a block of H columns. `block_names` says in which order they come;
    only the gradient check asks, to tell which of them are wrong, and the trace.
    """

    blocks = 1
    block_names = ()
    state_names = ("h",)

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__()
        self.D, self.H = D, H
        self.add_param("Wx", scaled_normal(rng, D, self.blocks * H, dtype))
        self.add_param("Wh", scaled_normal(rng, H, self.blocks * H, dtype))
        self.add_param("b", np.zeros(self.blocks * H, dtype))

    @property
    def gradient_blocks(self):
        """Blocks of H columns in the gradient of p, as step_backward returns it."""
        return self.blocks

    def forward(self, x, h_prev):
        """x (N, D), h_prev (N, H) -> h (N, H)."""
        (h,) = self.one_step(x, h_prev)
        return h

    def backward(self, dh):
        """dh (N, H) -> dx (N, D), dh_prev (N, H)."""
        return self.one_step_backward(dh)

    def one_step(self, x, *state):
        """x (N, D) and the state before, arrays (N, H) -> the new state."""
        self.check(x, "{}_prev", state)
        self.x, self.h_prev = x, state[0]
        new_state, self.cache = self.step(self.project(x), state)
        return new_state

    def one_step_backward(self, *dstate):
        """Gradients of the new state -> dx, and the gradients of the state before."""
        self.check(self.x, "d{}", dstate)
        dp, dstate_prev = self.step_backward(dstate, self.cache)
        return self.project_backward(self.x, self.h_prev, dp), *dstate_prev

    def project(self, x):
        """px = x Wx + b for any number of rows: x (M, D) -> px (M, K)."""
        px = x @ self.params["Wx"]
        px += self.params["b"]
        return px

    def project_backward(self, x, h_prev, dp):
        """Fill the gradients of all weights and return dx (M, D), from M rows at once.

        x (M, D), h_prev (M, H); dp (M, K) is the gradient of p = px + ph.
        """
        self.grads["b"][...] = dp.sum(axis=0)  # px = x Wx + b
        np.matmul(x.T, dp, out=self.grads["Wx"])  # px = x Wx + b
        np.matmul(h_prev.T, dp, out=self.grads["Wh"])  # ph = h_prev Wh
        return dp @ self.params["Wx"].T  # px = x Wx + b

    def check(self, x, form, state):
        """Raise ValueError unless x is (N, D) and each array of the state is (N, H)."""
        check_array("x", x, ("N", self.D), self.dtype)
        for name, array in zip(self.state_names, state):
            check_array(form.format(name), array, (len(x), self.H), self.dtype)


class RNN(Cell):
    """One step of a simple recurrent network.

        h = tanh(x Wx + h_prev Wh + b)

    Args:
        D, H: sizes of the input and of the hidden state.
        Parameters: Wx (D, H), Wh (H, H), b (H,).
    Source: Elman 1990; Deep Learning from Scratch 2, 5.3.
    """

    def step(self, px, state):
        """px (N, H), state (h_prev,) -> (h,), cache."""
        (h_prev,) = state
        h = np.tanh(px + h_prev @ self.params["Wh"])  # (N, H)
        return (h,), h

    def step_backward(self, dstate, cache):
        """(dh,), cache -> dp (N, H), (dh_prev,)."""
        (dh,), h = dstate, cache
        dp = dh * (1 - h * h)  # h = tanh(p)
        return dp, (dp @ self.params["Wh"].T,)  # p = px + h_prev Wh


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
    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000;
        Deep Learning from Scratch 2, 6.2. Column order as in cuDNN and PyTorch.
    """

    blocks = 4
    block_names = ("i", "f", "g", "o")
    state_names = ("h", "c")

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(D, H, rng, dtype)
        self.params["b"][H : 2 * H] = 1

    def forward(self, x, h_prev, c_prev):
        """x (N, D), h_prev (N, H), c_prev (N, H) -> h (N, H), c (N, H)."""
        return self.one_step(x, h_prev, c_prev)

    def backward(self, dh, dc):
        """dh, dc (N, H) -> dx (N, D), dh_prev (N, H), dc_prev (N, H)."""
        return self.one_step_backward(dh, dc)

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

    def step_backward(self, dstate, cache):
        """(dh, dc), cache -> dp (N, 4H), (dh_prev, dc_prev)."""
        dh, dc = dstate
        i, f, g, o, c_prev, tanh_c = cache
        do = dh * tanh_c  # h = o * tanh(c)
        dc = dc + dh * o * (1 - tanh_c * tanh_c)  # h = o * tanh(c)
        df, di, dg = dc * c_prev, dc * g, dc * i  # c = f * c_prev + i * g
        dc_prev = dc * f  # c = f * c_prev + i * g
        dp = np.concatenate([
            di * i * (1 - i),  # i = sigmoid(p_i)
            df * f * (1 - f),  # f = sigmoid(p_f)
            dg * (1 - g * g),  # g = tanh(p_g)
            do * o * (1 - o),  # o = sigmoid(p_o)
        ], axis=1)  # (N, 4H)
        dh_prev = dp @ self.params["Wh"].T  # p = px + h_prev Wh
        return dp, (dh_prev, dc_prev)


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
    Source: Cho et al. 2014 (arXiv 1406.1078), equations 5 to 8, with the reset gate where cuDNN
        and PyTorch put it. There it scales h_prev Wh_n + bh_n, one product for all gates; in the
        paper it scales h_prev first, r * h_prev, which is then multiplied. Chung et al. 2014
        (arXiv 1412.3555) swap z and 1 - z.
    """

    blocks, gradient_blocks = 3, 4
    block_names = ("r", "z", "n")

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(D, H, rng, dtype)
        self.add_param("bh", np.zeros(3 * H, dtype))

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

    def step_backward(self, dstate, cache):
        """(dh,), cache -> dp (N, 4H), (dh_prev,).

        The reset gate stands between ph_n and the sum, so that px_n and ph_n have gradients of
        their own. dp holds four blocks: p_r, p_z, px_n, ph_n.
        """
        (dh,) = dstate
        r, z, n, ph_n, h_prev = cache
        dn, dz, dh_prev = dh * (1 - z), dh * (h_prev - n), dh * z  # h = (1 - z) * n + z * h_prev
        dp_n = dn * (1 - n * n)  # n = tanh(p_n)
        dr = dp_n * ph_n  # p_n = px_n + r * ph_n
        dp = np.concatenate([
            dr * r * (1 - r),  # r = sigmoid(p_r)
            dz * z * (1 - z),  # z = sigmoid(p_z)
            dp_n,  # p_n = px_n + r * ph_n
            dp_n * r,  # p_n = px_n + r * ph_n
        ], axis=1)  # (N, 4H)
        _, dph = self.split(dp)
        dh_prev += dph @ self.params["Wh"].T  # ph = h_prev Wh + bh
        return dp, (dh_prev,)

    def split(self, dp):
        """dp (M, 4H), as step_backward returns it -> dpx (M, 3H), dph (M, 3H)."""
        H = self.H
        return dp[:, : 3 * H], np.concatenate([dp[:, : 2 * H], dp[:, 3 * H :]], axis=1)

    def project_backward(self, x, h_prev, dp):
        """As for every cell, from dp (M, 4H), and the gradient of bh."""
        dpx, dph = self.split(dp)
        self.grads["b"][...] = dpx.sum(axis=0)  # px = x Wx + b
        self.grads["bh"][...] = dph.sum(axis=0)  # ph = h_prev Wh + bh
        np.matmul(x.T, dpx, out=self.grads["Wx"])  # px = x Wx + b
        np.matmul(h_prev.T, dph, out=self.grads["Wh"])  # ph = h_prev Wh + bh
        return dpx @ self.params["Wx"].T  # px = x Wx + b
