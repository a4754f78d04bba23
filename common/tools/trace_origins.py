"""Where the arrays come from that a step of a decoder finds already there.

An origin is a pair (label, array): "h of LSTM, t - 1" was made in the step before, "keys of ...,
start" before the first step. Nobody says so: equal numbers do.
"""

import numpy as np

from common.tools.trace import names_of_state, taken_apart

MOST_PIECES = 4


def of_encoder(encoder, hs, state):
    """The origins that the encoder has made: its hidden states and its last state."""
    kind = type(encoder).__name__
    parts = taken_apart("state", state, names_of_state(encoder), "{name}.{part}")
    return [(f"{name} of {kind}", array) for name, array in {"hs": hs, **parts}.items()]


def of_decoder(decoder):
    """The origins that a decoder has made itself before its first step, and holds."""
    return [(f"{name} of {type(decoder).__name__}", value.copy())
            for name, value in vars(decoder).items() if is_float(value)]


def of_calls(calls, when):
    """The origins that the parts below recorded calls have returned."""
    found = []
    for call in calls:
        found += of_calls(call.calls, when)
        found += [(f"{name} of {call.kind}, {when}", array)
                  for name, array in call.arrays("outputs").items() if is_float(array)]
    return found


def is_float(value):
    """Is this an array of floats?"""
    return isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.floating)


def is_same(one, other):
    """Have two arrays the same numbers, whatever axes of length 1 they have?"""
    return np.array_equal(one.ravel(), other.ravel())


def joined(array, pairs):
    """The fewest arrays which, one behind the other, make up an array; [] if none do.

    pairs: (label, array) of those that can be used, of equal ones the first. What is left and is
    zero needs none: ("zeros", array).
    """
    return pieces_of(array.ravel(), pairs, MOST_PIECES) or []


def pieces_of(numbers, pairs, most):
    """As joined, of numbers in one row, in at most so many pieces; None if there is no way."""
    best = None
    for label, array in pairs if most else ():
        row, rest = array.ravel(), numbers[array.size :]
        if not np.array_equal(row, numbers[: row.size]):
            continue
        others = pieces_of(rest, pairs, most - 1) if rest.size else []
        if others is not None and (best is None or 1 + len(others) < len(best)):
            best = [(label, array), *others]
    if best is None and most and not numbers.any():
        return [("zeros", numbers)]
    return best
