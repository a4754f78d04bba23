"""ChoGRU and TimeChoGRU: the gated recurrent unit as its inventors wrote it.

Compare with GRU in common/cells.py, which is the one of cuDNN and PyTorch: there the reset gate
scales a product with the state, here it scales the state before the product.
"""

import numpy as np

from common.cells import Cell
from common.functions import sigmoid
from common.time_layers import TimeCell


class ChoGRU(Cell):
    """One step of a gated recurrent unit, the reset gate before the product.

        px = x Wx + b                           (N, 3H), in blocks of H columns: r, z, n
        r = sigmoid(px_r + h_prev Wh_r)         reset gate: what of the past n may see
        z = sigmoid(px_z + h_prev Wh_z)         update gate: how much of the past is kept
        n = tanh(px_n + (r * h_prev) Wh_n)      what could be written
        h = (1 - z) * n + z * h_prev

    The reset gate chooses among the units of the past before they are mixed. So Wh_n has to wait
    for it: two products a step, one after the other, where GRU needs one.

    Args:
        D, H: sizes of the input and of the hidden state.
        Parameters: Wx (D, 3H), Wh (H, 3H), b (3H,).
    Source: Cho et al. 2014 (arXiv 1406.1078), equations 5 to 8; Bahdanau et al. 2015 (arXiv
        1409.0473), appendix A.1.1, where z and 1 - z change places.
    """

    blocks, gradient_blocks = 3, 4
    block_names = ("r", "z", "n")
    cache_names = ("r", "z", "n", "rh")  # this and the equations are for the trace
    equations = {
        "px": "x @ Wx + b",
        "r": "sigmoid(px_r + h_prev @ Wh_r)", "z": "sigmoid(px_z + h_prev @ Wh_z)",
        "rh": "r * h_prev", "n": "tanh(px_n + rh @ Wh_n)", "h": "(1 - z) * n + z * h_prev",
    }

    def step(self, px, state):
        """px (N, 3H), state (h_prev,) -> (h,), cache."""
        (h_prev,) = state
        H, Wh = self.H, self.params["Wh"]
        gates = sigmoid(px[:, : 2 * H] + h_prev @ Wh[:, : 2 * H])  # (N, 2H)
        r, z = gates[:, :H], gates[:, H:]
        rh = r * h_prev
        n = np.tanh(px[:, 2 * H :] + rh @ Wh[:, 2 * H :])
        h = (1 - z) * n + z * h_prev
        return (h,), (r, z, n, rh, h_prev)

    def step_backward(self, dstate, cache):
        """(dh,), cache -> dp (N, 4H), (dh_prev,).

        dp holds the gradients of p_r, p_z and p_n, and as a fourth block, which is no gradient,
        the r * h_prev of this step: project_backward needs it for Wh_n.
        """
        (dh,) = dstate
        r, z, n, rh, h_prev = cache
        H, Wh = self.H, self.params["Wh"]
        dn, dz, dh_prev = dh * (1 - z), dh * (h_prev - n), dh * z  # h = (1 - z) * n + z * h_prev
        dp_n = dn * (1 - n * n)  # n = tanh(p_n)
        drh = dp_n @ Wh[:, 2 * H :].T  # p_n = px_n + rh Wh_n
        dh_prev += drh * r  # rh = r * h_prev
        dr = drh * h_prev  # rh = r * h_prev
        dp = np.concatenate([
            dr * r * (1 - r),  # r = sigmoid(p_r)
            dz * z * (1 - z),  # z = sigmoid(p_z)
            dp_n,
            rh,
        ], axis=1)  # (N, 4H)
        dh_prev += dp[:, : 2 * H] @ Wh[:, : 2 * H].T  # p_r, p_z = px + h_prev Wh
        return dp, (dh_prev,)

    def weights_backward(self, x, h_prev, dp):
        """Fill the gradients of all weights, from M rows at once: x (M, D), dp (M, 4H)."""
        H, dWh = self.H, self.grads["Wh"]
        dp, rh = dp[:, : 3 * H], dp[:, 3 * H :]
        self.grads["b"][...] = dp.sum(axis=0)  # px = x Wx + b
        np.matmul(x.T, dp, out=self.grads["Wx"])  # px = x Wx + b
        dWh[:, : 2 * H] = h_prev.T @ dp[:, : 2 * H]  # p_r, p_z = px + h_prev Wh
        dWh[:, 2 * H :] = rh.T @ dp[:, 2 * H :]  # p_n = px_n + rh Wh_n

    def project_backward(self, x, h_prev, dp):
        """As for every cell, from dp (M, 4H) as step_backward returns it."""
        self.weights_backward(x, h_prev, dp)
        return dp[:, : 3 * self.H] @ self.params["Wx"].T  # px = x Wx + b


class TimeChoGRU(TimeCell):
    """`ChoGRU` over a whole sequence: TimeChoGRU(D, H, rng); the state is (h,). See TimeCell."""

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(ChoGRU(D, H, rng, dtype))
