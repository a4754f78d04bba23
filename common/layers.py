"""Layers without time: Embedding, Affine, Dropout, LayerNorm.

Read `Affine` first: it shows how forward and backward face each other. `[...] =` writes into the
array that is there, the one that the optimizer reads. The letters and the contract are in
common/contract.py.
"""

import numpy as np

from common.checks import check_array, check_ids, check_rate, check_share
from common.contract import Layer, scaled_normal


class Embedding(Layer):
    """A table with one row for each id: out = W[ids].

    Args:
        V, D: number of ids, size of a row. Parameter: W (V, D).
    Source: Deep Learning from Scratch 2, 4.1.
    """

    def __init__(self, V, D, rng, dtype=np.float32):
        super().__init__()
        self.add_param("W", rng.standard_normal((V, D)).astype(dtype))

    def forward(self, ids):
        """ids (...) integers -> rows (..., D)."""
        W = self.params["W"]
        check_ids("ids", ids, len(W))
        self.ids = ids
        return W[ids]  # (..., D)

    def backward(self, dout):
        """dout (..., D) -> None: ids are integers and have no gradient.

        An id that stood in several places collects the gradients of all of them.
        """
        dW = self.grads["W"]
        check_array("dout", dout, (*self.ids.shape, dW.shape[1]), dW.dtype)
        dW[...] = 0
        # out = W[ids]. Plain dW[ids] += dout would count an id that is repeated only once. Number
        # by number add.at takes a quarter of the time that it takes row by row.
        D = dW.shape[1]
        places = self.ids.reshape(-1, 1) * D + np.arange(D)  # in a flat dW
        np.add.at(dW.reshape(-1), places.ravel(), dout.ravel())


class Affine(Layer):
    """y = x W + b, on the last axis of x.

    Args:
        D, M: size of the last axis before and after. Parameters: W (D, M), b (M,).
    Source: Deep Learning from Scratch, 5.6.
    """

    def __init__(self, D, M, rng, dtype=np.float32):
        super().__init__()
        self.add_param("W", scaled_normal(rng, D, M, dtype))
        self.add_param("b", np.zeros(M, dtype))

    def forward(self, x):
        """x (..., D) -> y (..., M)."""
        W, b = self.params["W"], self.params["b"]
        check_array("x", x, ("...", len(W)), W.dtype)
        self.x = x
        y = x @ W  # (..., M)
        y += b
        return y

    def backward(self, dy):
        """dy (..., M) -> dx (..., D)."""
        W = self.params["W"]
        D, M = W.shape
        check_array("dy", dy, (*self.x.shape[:-1], M), W.dtype)
        rows, drows = self.x.reshape(-1, D), dy.reshape(-1, M)  # every leading axis is a row
        self.grads["b"][...] = drows.sum(axis=0)  # y = x W + b
        self.grads["W"][...] = rows.T @ drows  # y = x W + b
        return (drows @ W.T).reshape(self.x.shape)  # y = x W + b


class Dropout(Layer):
    """While training, set a share of the entries to zero and scale up the rest.

    y = x * keep / (1 - ratio), keep drawn anew in each forward pass; y = x when not training.

    Args:
        ratio: share of entries to drop, 0 <= ratio < 1.
        rng: the numpy Generator that draws.
    Source: Srivastava et al. 2014, in the "inverted" form of Deep Learning from Scratch 2, 6.5.
    """

    def __init__(self, ratio, rng):
        super().__init__()
        self.ratio = check_share("ratio", ratio)
        self.rng = rng

    def forward(self, x):
        """x -> y of the same shape."""
        check_array("x", x, ("...",))
        self.shape, self.scale = x.shape, None
        if not self.training or self.ratio == 0:
            return x
        keep = self.rng.random(x.shape) >= self.ratio
        self.scale = keep.astype(x.dtype) / x.dtype.type(1 - self.ratio)
        return x * self.scale

    def backward(self, dy):
        """dy -> dx of the same shape."""
        check_array("dy", dy, self.shape)
        return dy if self.scale is None else dy * self.scale  # y = x * scale


class LayerNorm(Layer):
    """Every row with mean 0 and variance 1, then stretched and moved as it is learnt.

        n = (x - mean(x)) / sqrt(var(x) + eps)      mean and variance of the D numbers of a row
        y = g n + b

    Args:
        D: size of the last axis. eps: keeps a row of equal numbers from being divided by zero.
        dtype: as for the layers. Parameters: g (D,), all 1 at first, b (D,), all 0.
    Source: Ba et al. 2016 (arXiv 1607.06450), equations 3 and 4, eps as in PyTorch.
    """

    # For the trace, of one row.
    equations = {"n": "(x - mean(x)) / sqrt(var(x) + eps)", "y": "g * n + b"}

    def __init__(self, D, *, eps=1e-5, dtype=np.float32):
        super().__init__()
        self.eps = check_rate("eps", eps)
        self.add_param("g", np.ones(D, dtype))
        self.add_param("b", np.zeros(D, dtype))

    def forward(self, x):
        """x (..., D) -> y (..., D)."""
        g, b = self.params["g"], self.params["b"]
        check_array("x", x, ("...", len(g)), g.dtype)
        from_mean = x - mean(x)
        variance = mean(from_mean * from_mean)  # (..., 1)
        self.scale = 1 / np.sqrt(variance + g.dtype.type(self.eps))
        self.n = from_mean * self.scale
        y = self.n * g
        y += b
        return y

    def backward(self, dy):
        """dy (..., D) -> dx (..., D).

        A number of a row goes three ways: into its own n, and into all n of the row through the
        mean and through the variance. So what dn has of the direction of a row of ones, and of
        that of n, is taken out: along these nothing of x comes through.
        """
        g, n = self.params["g"], self.n
        check_array("dy", dy, n.shape, g.dtype)
        dyn = dy * n
        self.grads["b"][...] = dy.reshape(-1, len(g)).sum(axis=0)  # y = g n + b
        self.grads["g"][...] = dyn.reshape(-1, len(g)).sum(axis=0)  # y = g n + b
        dx = dy * g  # y = g n + b; from here on in its own place
        along = dyn @ g[:, None] / len(g)  # mean(dn * n), (..., 1)
        dx -= mean(dx)  # n = (x - mean(x)) * scale
        dx -= n * along  # scale = 1 / sqrt(var(x) + eps)
        dx *= self.scale  # n = (x - mean(x)) * scale
        return dx


def mean(x):
    """The mean of each row, (..., D) -> (..., 1).

    As a product with a column, which takes a fraction of the time of x.mean(axis=-1).
    """
    D = x.shape[-1]
    return x @ np.full((D, 1), 1 / D, x.dtype)
