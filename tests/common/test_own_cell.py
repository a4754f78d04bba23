"""A recurrent cell of a student's own."""

import numpy as np

from common.cells import Cell
from common.gradient_check import check_gradients
from common.time_layers import TimeCell
from tests.helpers import normal, randomize


class Sum(Cell):
    """A cell of a student's own, with two blocks: h = tanh(p_a) + tanh(p_b)."""

    blocks = 2

    def step(self, px, state):
        (h_prev,) = state
        parts = np.tanh(px + h_prev @ self.params["Wh"])
        return (parts[:, : self.H] + parts[:, self.H :],), parts

    def step_backward(self, dstate, parts):
        (dh,) = dstate
        dp = np.concatenate([dh, dh], axis=1) * (1 - parts**2)
        return dp, (dp @ self.params["Wh"].T,)


def test_a_cell_of_ones_own_needs_a_step_its_backward_and_the_number_of_its_blocks(rng):
    layer = randomize(TimeCell(Sum(3, 2, rng, np.float64)), rng)
    check_gradients(layer, normal(rng, 2, 4, 3), None, None, rng=rng)
