"""Checks of what a caller hands over: ValueError says what was expected and what came.

They are no part of any equation: a reader may skip them.
"""

import math

import numpy as np


def check_array(name, x, shape, dtype=None):
    """Raise ValueError unless x is an array of this shape and dtype.

    Args:
        shape: numbers, which must match, and letters, which match any size of at least 1:
            ("N", "T", 16). With "..." in the first place any leading axes may stand there.
        dtype: any float dtype if None.
    """
    if not isinstance(x, np.ndarray):
        raise ValueError(f"{name}: expected an array, got {type(x).__name__}")
    leading = shape[0] == "..."
    wanted = shape[1:] if leading else shape
    got = x.shape[max(x.ndim - len(wanted), 0) :] if leading else x.shape
    fits = len(got) == len(wanted) and all(
        size >= 1 if isinstance(want, str) else size == want for want, size in zip(wanted, got)
    )
    if not fits:
        raise ValueError(f"{name}: expected shape ({', '.join(map(str, shape))}), got {x.shape}")
    if dtype is None and not np.issubdtype(x.dtype, np.floating):
        raise ValueError(f"{name}: expected a float dtype, got {x.dtype}")
    if dtype is not None and x.dtype != dtype:
        raise ValueError(f"{name}: expected dtype {np.dtype(dtype)}, got {x.dtype}")


def check_mask(mask, shape):
    """Raise ValueError unless the mask is None or a boolean array of this shape."""
    if mask is not None:
        check_array("mask", mask, shape, bool)


def check_state(name, state, parts, shape, dtype):
    """Raise ValueError unless the state is a tuple with an array of this shape for each part."""
    if not isinstance(state, tuple) or len(state) != len(parts):
        size = f" of {len(state)}" if isinstance(state, tuple) else ""
        wanted = ", ".join(parts) + "," * (len(parts) == 1)
        raise ValueError(f"{name}: expected a tuple ({wanted}), "
                         f"got {type(state).__name__}{size}")
    for part, array in zip(parts, state):
        check_array(f"{name} {part}", array, shape, dtype)


def check_ids(name, ids, size):
    """Raise ValueError unless ids is an array of integers from 0 to size - 1."""
    if not isinstance(ids, np.ndarray) or not np.issubdtype(ids.dtype, np.integer):
        got = ids.dtype if isinstance(ids, np.ndarray) else type(ids).__name__
        raise ValueError(f"{name}: expected an array of integer ids, got {got}")
    if ids.size and not 0 <= ids.min() <= ids.max() < size:
        wrong = ids[(ids < 0) | (ids >= size)][0]
        raise ValueError(f"{name}: expected ids from 0 to {size - 1}, got {wrong}")


def check_choice(name, value, choices):
    """The value, or ValueError unless it is one of the choices."""
    if value not in list(choices):  # whatever it is: not all that a file may hold can be hashed
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, got {value!r}")
    return value


def check_rate(name, value):
    """The value, or ValueError unless it is a positive, finite number."""
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name}: expected a positive, finite number, got {value}")
    return value


def check_share(name, value):
    """The value, or ValueError unless 0 <= value < 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name}: expected 0 <= {name} < 1, got {value}")
    return value
