"""Stateless maths: each function takes float arrays and returns new ones of that dtype."""

import numpy as np


def sigmoid(x):
    """Logistic function 1 / (1 + exp(-x)), for any shape.

    Written as (1 + tanh(x / 2)) / 2, which is the same function: tanh saturates quietly,
    while exp(-x) overflows for large negative x.
    """
    y = np.tanh(0.5 * x)
    y += 1.0
    y *= 0.5
    return y


def softmax(x, mask=None):
    """Softmax over the last axis.

    Args:
        x: scores (..., K).
        mask: boolean, broadcastable to x, True where a score counts. A masked entry gets a
            weight of exactly zero. A row in which nothing counts is all zeros.

    Returns:
        Weights (..., K) that are not negative. Each row in which something counts sums to 1.

    Source: Deep Learning from Scratch, 3.5; the mask is ours.
    """
    if mask is None:
        y = x - highest(x)
        np.exp(y, out=y)  # from here on in its own place: the array may be a large one
        y /= y.sum(axis=-1, keepdims=True)
        return y
    y = x - highest(np.where(mask, x, np.finfo(x.dtype).min))
    # A masked score may be far above the highest that counts: min() keeps exp from overflowing.
    np.minimum(y, 0.0, out=y)
    np.exp(y, out=y)
    y *= mask
    total = y.sum(axis=-1, keepdims=True)
    y /= np.where(total > 0, total, 1)
    return y


def highest(x):
    """The highest number of each row, (..., K) -> (..., 1).

    It is x.max(axis=-1, keepdims=True). NumPy finds that row by row, which takes long where rows
    are short; in a copy that lies the other way it compares whole rows at once.
    """
    columns = np.ascontiguousarray(x.reshape(-1, x.shape[-1]).T)
    return columns.max(axis=0).reshape(*x.shape[:-1], 1)


def softmax_backward(dy, y):
    """Gradient of the scores, given y = softmax(x) and the gradient dy of y; both (..., K).

    dy_j/dx_k = y_j (delta_jk - y_k), so dx_k = y_k (dy_k - sum_j dy_j y_j).
    A masked entry has y = 0 and therefore gets a gradient of exactly zero.
    """
    dx = dy * y
    dx -= y * dx.sum(axis=-1, keepdims=True)
    return dx


def log_softmax(x):
    """Logarithm of the softmax over the last axis, (..., K) -> (..., K).

    log(exp(x_k) / sum_j exp(x_j)) = x_k - log sum_j exp(x_j). Taken this way the logarithm
    never sees a zero, however far apart the scores are.
    """
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
