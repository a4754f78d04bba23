"""Layers over whole sequences: TimeRNN, TimeLSTM, TimeGRU, Bidirectional, Stacked.

The cells in common/cells.py are one step; here a step follows another. The letters and the
contract are in common/contract.py; common/plain_lstm.py does the same, step by step.
"""

import copy

import numpy as np

from common.cells import GRU, LSTM, RNN
from common.checks import check_array, check_mask, check_state
from common.contract import Layer
from common.layers import Dropout


class TimeCell(Layer):
    """A cell applied to a whole sequence: state goes in and comes out.

        state_t = cell(xs[:, t], state_{t-1})   where mask[:, t] is True
        state_t = state_{t-1}                   where it is False (padding)
        hs[:, t] = h_t

    What does not depend on the state is done for all T steps in one product: x Wx + b before the
    loop, the gradients of the weights and of xs after it. Only h_prev Wh has to wait its turn. So
    one cell serves all steps here, where otherwise each step would have a twin.
    Inside, time is the first axis, so that the rows of one step lie side by side in memory.

    Args:
        cell: an RNN, LSTM or GRU, whose params and grads are those of this layer.
    Source: Deep Learning from Scratch 2, 5.3 and 6.3.
    """

    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.D, self.H, self.state_names = cell.D, cell.H, cell.state_names
        self.block_names = cell.block_names
        # No part, so that its weights keep their names: "encoder.lstm.Wx", not "...lstm.cell.Wx".
        self.params, self.grads = cell.params, cell.grads

    def forward(self, xs, state=None, mask=None):
        """Read a sequence.

        Args:
            xs: (N, T, D).
            state: arrays (N, H): (h, c) for the LSTM, (h,) for RNN and GRU; zeros if None.
            mask: boolean (N, T), True at a real token; all True if None.

        Returns:
            hs (N, T, H), and the state after the last step, like `state`.
        """
        state = self.check_input(xs, state, mask)
        N, T, D = xs.shape
        self.x = xs.transpose(1, 0, 2).reshape(T * N, D)
        px = self.cell.project(self.x).reshape(T, N, -1)  # (T, N, K)
        # Without padding the loop need not choose.
        self.mask = None if mask is None or mask.all() else mask
        self.caches = []
        self.h = np.empty((T + 1, N, self.H), self.dtype)  # h[t] is the h before step t
        self.h[0] = state[0]
        for t in range(T):
            new_state, cache = self.cell.step(px[t], state)
            state = new_state if self.mask is None else choose(mask[:, t], new_state, state)
            self.h[t + 1] = state[0]
            self.caches.append(cache)
        return self.h[1:].transpose(1, 0, 2), state  # hs (N, T, H)

    def backward(self, dhs, dstate=None):
        """Send the gradient back through time.

        Args:
            dhs: (N, T, H), or None if hs was not used.
            dstate: gradient of the state after the last step, or None if it was not used.

        Returns:
            dxs (N, T, D), and the gradient of the initial state, a tuple like `state`.
        """
        dstate = self.check_gradients(dhs, dstate)
        T, N = len(self.caches), self.h.shape[1]
        dp = np.empty((T, N, self.cell.gradient_blocks * self.H), self.dtype)
        for t in reversed(range(T)):
            if dhs is not None:
                dstate = (dstate[0] + dhs[:, t], *dstate[1:])  # h_t is also hs[:, t]
            if self.mask is None:
                dp[t], dstate = self.cell.step_backward(dstate, self.caches[t])
                continue
            # state = choose(mask, new_state, state): each row's gradient goes the way it came.
            nothing = tuple(np.zeros_like(d) for d in dstate)
            dnew = choose(self.mask[:, t], dstate, nothing)
            dkept = choose(self.mask[:, t], nothing, dstate)
            dp[t], dprev = self.cell.step_backward(dnew, self.caches[t])
            dstate = tuple(through + kept for through, kept in zip(dprev, dkept))

        # Every row of every step at once: one product for each weight.
        h_prev = self.h[:-1].reshape(T * N, self.H)
        dx = self.cell.project_backward(self.x, h_prev, dp.reshape(T * N, -1))  # (T N, D)
        return dx.reshape(T, N, self.D).transpose(1, 0, 2), dstate  # dxs (N, T, D)

    def twin(self):
        """As for every layer; the twin's cell is a twin as well."""
        twin = copy.copy(self)
        twin.cell = self.cell.twin()
        twin.grads = twin.cell.grads
        return twin

    def zero_state(self, N):
        """A state of zeros, or the gradient of a state that was not used."""
        return tuple(np.zeros((N, self.H), self.dtype) for _ in self.state_names)

    def check_input(self, xs, state, mask):
        """Raise ValueError if shapes or dtypes do not fit; the state, of zeros if it is None."""
        check_array("xs", xs, ("N", "T", self.D), self.dtype)
        check_mask(mask, xs.shape[:2])
        state = self.zero_state(len(xs)) if state is None else state
        check_state("state", state, self.state_names, (len(xs), self.H), self.dtype)
        return state

    def check_gradients(self, dhs, dstate):
        """As check_input, for the arguments of backward."""
        N = self.h.shape[1]
        if dhs is not None:
            check_array("dhs", dhs, (N, len(self.caches), self.H), self.dtype)
        dstate = self.zero_state(N) if dstate is None else dstate
        check_state("dstate", dstate, self.state_names, (N, self.H), self.dtype)
        return dstate


def choose(where, first, second):
    """Row by row, the state `first` where `where` (N,) is True and `second` elsewhere."""
    return tuple(np.where(where[:, None], a, b) for a, b in zip(first, second))


class TimeRNN(TimeCell):
    """`RNN` over a whole sequence: TimeRNN(D, H, rng); the state is (h,). See TimeCell."""

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(RNN(D, H, rng, dtype))


class TimeLSTM(TimeCell):
    """`LSTM` over a whole sequence: TimeLSTM(D, H, rng); the state is (h, c). See TimeCell."""

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(LSTM(D, H, rng, dtype))


class TimeGRU(TimeCell):
    """`GRU` over a whole sequence: TimeGRU(D, H, rng); the state is (h,). See TimeCell."""

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__(GRU(D, H, rng, dtype))


TIME_CELLS = {"rnn": TimeRNN, "lstm": TimeLSTM, "gru": TimeGRU}


class Bidirectional(Layer):
    """Two recurrent layers side by side, one reading left to right, one right to left.

        hs = [left-to-right hs ; right-to-left hs], and so for each array of the state

    A masked step leaves a state as it was, so the right-to-left layer, which meets the padding
    first, is still in its initial state when it comes to the last real token.

    Args:
        forward_layer, backward_layer: two Time layers of the same kind and the same sizes.
    Source: Schuster and Paliwal 1997; Bahdanau et al. 2015 (arXiv 1409.0473), 3.2.
    """

    def __init__(self, forward_layer, backward_layer):
        super().__init__()
        kinds = [(type(layer).__name__, layer.D, layer.H) for layer in (forward_layer,
                                                                        backward_layer)]
        if kinds[0] != kinds[1]:
            raise ValueError(f"expected layers of one kind and size, got {kinds[0]}, {kinds[1]}")
        self.forward_layer = self.add_part("forward", forward_layer)
        self.backward_layer = self.add_part("backward", backward_layer)
        self.D, self.H = forward_layer.D, forward_layer.H + backward_layer.H
        self.state_names = forward_layer.state_names

    def forward(self, xs, state=None, mask=None):
        """xs (N, T, D), state and mask as in TimeCell -> hs (N, T, 2H), state of (N, 2H).

        H is the size of each of the two layers; the first H columns are the left-to-right part.
        """
        check_array("xs", xs, ("N", "T", self.D), self.dtype)
        check_mask(mask, xs.shape[:2])
        self.shape = xs.shape
        state_f, state_b = self.split("state", state)
        flipped = None if mask is None else mask[:, ::-1]
        hs_f, state_f = self.forward_layer.forward(xs, state_f, mask)
        hs_b, state_b = self.backward_layer.forward(xs[:, ::-1], state_b, flipped)
        hs = np.concatenate([hs_f, hs_b[:, ::-1]], axis=-1)  # (N, T, 2H)
        return hs, self.join(state_f, state_b)

    def backward(self, dhs, dstate=None):
        """dhs (N, T, 2H) or None, dstate of (N, 2H) or None -> dxs (N, T, D), dstate0."""
        H = self.forward_layer.H
        if dhs is not None:
            check_array("dhs", dhs, (*self.shape[:2], self.H), self.dtype)
        dstate_f, dstate_b = self.split("dstate", dstate)
        dhs_f = None if dhs is None else dhs[..., :H]  # hs = concatenate
        dhs_b = None if dhs is None else dhs[:, ::-1, H:]  # hs = concatenate, hs_b[:, ::-1]
        dxs_f, dstate_f = self.forward_layer.backward(dhs_f, dstate_f)
        dxs_b, dstate_b = self.backward_layer.backward(dhs_b, dstate_b)
        return dxs_f + dxs_b[:, ::-1], self.join(dstate_f, dstate_b)  # xs went both ways

    def split(self, name, state):
        """A state of (N, 2H) arrays -> the states of the two layers; None -> None, None."""
        if state is None:
            return None, None
        check_state(name, state, self.state_names, (self.shape[0], self.H), self.dtype)
        H = self.forward_layer.H
        return tuple(s[:, :H] for s in state), tuple(s[:, H:] for s in state)

    def join(self, state_f, state_b):
        """The states of the two layers -> one state of (N, 2H) arrays."""
        return tuple(np.concatenate(pair, axis=1) for pair in zip(state_f, state_b))


class Stacked(Layer):
    """Layers on top of each other: each reads what the one below it writes.

        hs_1 = layer_1(xs)
        hs_k = layer_k(dropout(hs_{k-1}))       k = 2, 3, ...
        hs = hs of the top layer

    Each layer has a state of its own, and the state of the stack is the tuple of them, from the
    bottom up. Dropout stands only between the layers: on the way from step to step nothing is
    dropped, or what is to be remembered would not last.

    Args:
        layers: list of TimeCell or Bidirectional layers, the bottom one first.
        dropout: share of the entries to drop between two layers while training.
        rng: the numpy Generator that draws what is dropped; not needed if nothing is.
    Source: Sutskever et al. 2014 (arXiv 1409.3215), 3; for dropout Zaremba et al. 2014
        (arXiv 1409.2329), 3.2.
    """

    def __init__(self, layers, dropout=0.0, rng=None):
        super().__init__()
        if not layers:
            raise ValueError("layers: expected at least one, got none")
        if dropout and rng is None:
            raise ValueError("rng: expected a Generator, which dropout needs, got None")
        for below, above in zip(layers, layers[1:]):
            if above.D != below.H:
                raise ValueError("layers: expected a layer to read as much as the one below it "
                                 f"writes, {below.H} columns, got {above.D}")
        self.add_part("layer1", layers[0])
        for k, layer in enumerate(layers[1:], start=2):
            self.add_part(f"dropout{k}", Dropout(dropout, rng))
            self.add_part(f"layer{k}", layer)
        self.D, self.H, self.size = layers[0].D, layers[-1].H, len(layers)

    def forward(self, xs, state=None, mask=None):
        """Read a sequence.

        Args:
            xs: (N, T, D).
            state: a tuple with the state of each layer; zeros if None.
            mask: boolean (N, T), True at a real token; all True if None.

        Returns:
            hs (N, T, H) of the top layer, and the states after the last step, like `state`.
        """
        states = self.split("state", state)
        hs, states[0] = self.parts["layer1"].forward(xs, states[0], mask)
        for k in range(2, self.size + 1):
            below = self.parts[f"dropout{k}"].forward(hs)
            hs, states[k - 1] = self.parts[f"layer{k}"].forward(below, states[k - 1], mask)
        return hs, tuple(states)

    def backward(self, dhs, dstate=None):
        """dhs (N, T, H) or None, dstate like the state or None -> dxs (N, T, D), dstate0."""
        dstates = self.split("dstate", dstate)
        for k in range(self.size, 1, -1):  # from the top down
            # hs, states[k - 1] = layer(below, ...)
            dbelow, dstates[k - 1] = self.parts[f"layer{k}"].backward(dhs, dstates[k - 1])
            dhs = self.parts[f"dropout{k}"].backward(dbelow)  # below = dropout(hs)
        dxs, dstates[0] = self.parts["layer1"].backward(dhs, dstates[0])
        return dxs, tuple(dstates)

    def split(self, name, state):
        """A new list of the states of the layers, each None if the state is None; ValueError."""
        if state is None:
            return [None] * self.size
        if not isinstance(state, tuple) or len(state) != self.size:
            size = f" of {len(state)}" if isinstance(state, tuple) else ""
            raise ValueError(f"{name}: expected a tuple of the states of {self.size} layers, "
                             f"got {type(state).__name__}{size}")
        return list(state)
