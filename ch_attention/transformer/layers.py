"""What stands between the attentions of a Transformer: positions, feed-forward, residuals."""

import inspect

import numpy as np

from common.checks import check_array, check_choice
from common.contract import Layer
from common.layers import Affine, Dropout, LayerNorm

LENGTH = 100  # positions that a learnt table knows: later ones share its last row
NORMS = ("pre", "post")


def sinusoids(first, T, D, dtype=np.float32):
    """The encodings of the positions first, first + 1, ...: (T, D).

        P[s, 2k]     = sin(s / 10000^(2k / D))
        P[s, 2k + 1] = cos(s / 10000^(2k / D))

    Each pair of columns is a hand that turns, the first once in 2 pi = 6.3 positions, the last in
    up to 62832. A step of k positions turns each hand by an angle that does not depend on where it
    was: so a linear map leads from P[s] to P[s + k], and what stands k places before is easy to ask
    for. If D is odd, the last cosine is left out.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.5.
    """
    s = np.arange(first, first + T)[:, None]
    angles = s / 10000 ** (np.arange(0, D, 2) / D)  # (T, D / 2, rounded up)
    pairs = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (T, D / 2, 2)
    return pairs.reshape(T, -1)[:, :D].astype(dtype)


class PositionalEncoding(Layer):
    """Tells each token where it stands, since attention does not know: y_s = x_s + P[s].

    P are sinusoids, see there: nothing is learnt. A sentence may be of any length, but what a model
    does at positions that it never met in its training is another question.

    Args:
        D: size of x. rng, dtype: as for the layers, for the kinds below.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.5. There x is sqrt(D) times an embedding
        whose rows are short; those of Embedding are as long as that from the beginning.
    """

    equations = {"P": "sinusoids(t, 1, D)", "y": "x + P"}  # for the trace

    def __init__(self, D, rng, dtype=np.float32):
        super().__init__()
        self.D = D

    def forward(self, x, first=0):
        """x (N, T, D) -> y (N, T, D); first: the position of x[:, 0]."""
        check_array("x", x, ("N", "T", self.D), self.dtype)
        self.shape = x.shape
        self.P = self.encodings(first, x.shape[1], x.dtype)
        return x + self.P

    def encodings(self, first, T, dtype):
        """P of T positions, (T, D)."""
        return sinusoids(first, T, self.D, dtype)

    def backward(self, dy):
        """dy (N, T, D) -> dx (N, T, D)."""
        check_array("dy", dy, self.shape)
        return dy  # y = x + P


class LearntPositions(PositionalEncoding):
    """A row to learn for each of the first LENGTH positions; later ones share the last row.

    Args: as for PositionalEncoding. Parameter: table (LENGTH, D).
    Source: Gehring et al. 2017 (arXiv 1705.03122), 3.1.
    """

    equations = {"P": "table[t]", "y": "x + P"}

    def __init__(self, D, rng, dtype=np.float32):
        super().__init__(D, rng, dtype)
        self.add_param("table", rng.standard_normal((LENGTH, D)).astype(dtype))

    def encodings(self, first, T, dtype):
        """P of T positions, (T, D)."""
        table = self.params["table"]
        self.rows = np.minimum(np.arange(first, first + T), len(table) - 1)
        return table[self.rows]

    def backward(self, dy):
        """dy (N, T, D) -> dx (N, T, D)."""
        dx = super().backward(dy)
        dtable = self.grads["table"]
        dtable[...] = 0
        np.add.at(dtable, self.rows, dy.sum(axis=0))  # y = x + P, the same P for each sentence
        return dx


class NoPositions(PositionalEncoding):
    """y = x: the model cannot know in which order the source stands."""

    def forward(self, x, first=0):
        """x (N, T, D) -> x."""
        check_array("x", x, ("N", "T", self.D))
        self.shape = x.shape
        return x


class Relu(Layer):
    """h = max(0, x), number by number.

    Source: Deep Learning from Scratch, 5.5.1.
    """

    equations = {"h": "maximum(0, x)"}  # for the trace

    def forward(self, x):
        """x -> h of the same shape."""
        check_array("x", x, ("...",))
        self.positive = x > 0
        return np.maximum(x, 0)

    def backward(self, dh):
        """dh -> dx of the same shape."""
        check_array("dh", dh, self.positive.shape)
        return dh * self.positive  # h = max(0, x)


class FeedForward(Layer):
    """A small network for each token by itself: y = max(0, x W_1 + b_1) W_2 + b_2.

    Args:
        D: size of x and y. H: of the layer between. rng, dtype: as for the layers.
        Parts: inner (W_1, b_1), outer (W_2, b_2).
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.3, equation 2.
    """

    def __init__(self, D, H, rng, dtype=np.float32):
        super().__init__()
        self.inner = self.add_part("inner", Affine(D, H, rng, dtype))
        self.relu = self.add_part("relu", Relu())
        self.outer = self.add_part("outer", Affine(H, D, rng, dtype))

    def forward(self, x):
        """x (..., D) -> y (..., D)."""
        h = self.relu.forward(self.inner.forward(x))  # (..., H)
        return self.outer.forward(h)

    def backward(self, dy):
        """dy (..., D) -> dx (..., D)."""
        dh = self.outer.backward(dy)  # y = outer(h)
        return self.inner.backward(self.relu.backward(dh))  # h = relu(inner(x))


class Sum(Layer):
    """sum = passed + added. What residual connections are there for: the gradient goes by as it is.

    Source: He et al. 2016 (arXiv 1512.03385), 3.2.
    """

    equations = {"sum": "passed + added"}  # for the trace

    def forward(self, passed, added):
        """passed, added of the same shape -> their sum."""
        check_array("added", added, passed.shape, passed.dtype)
        return passed + added

    def backward(self, dsum):
        """dsum -> dpassed, dadded: it itself, twice."""
        return dsum, dsum


class Residual(Layer):
    """Around a layer: what it says is added to what it was told.

        pre:   y = x + dropout(sublayer(norm(x)))
        post:  y = norm(x + dropout(sublayer(x)))

    The sum lets the gradient go by the layer as it is: of "pre" dx is dy and something more, from
    the top of a high stack down to its bottom. In "post", as the paper has it, each norm on the way
    changes it, and a high stack needs a slow start.

    Args:
        sublayer: a layer whose first argument and output are of size D.
        D: of x. norm: "pre" or "post". dropout: share of the layer's output dropped in training.
        rng, dtype: as for the layers.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1 and 5.4; "pre" and what it is good for:
        Xiong et al. 2020 (arXiv 2002.04745), 3 and figure 1.
    """

    def __init__(self, sublayer, D, norm, dropout, rng, dtype=np.float32):
        super().__init__()
        self.pre = check_choice("norm", norm, NORMS) == "pre"
        self.norm = self.add_part("norm", LayerNorm(D, dtype=dtype))
        self.sublayer = self.add_part("sublayer", sublayer)
        self.dropout = self.add_part("dropout", Dropout(dropout, rng))
        self.sum = self.add_part("sum", Sum())
        _, *others = inspect.signature(sublayer.forward).parameters
        self.takes = {"forward": ["x", *others]}  # for the trace

    def forward(self, x, *others):
        """x (N, T, D), and what else the sublayer takes -> y (N, T, D)."""
        told = self.norm.forward(x) if self.pre else x
        said = self.dropout.forward(self.sublayer.forward(told, *others))
        y = self.sum.forward(x, said)  # (N, T, D)
        return y if self.pre else self.norm.forward(y)

    def backward(self, dy):
        """dy (N, T, D) -> dx (N, T, D), and the gradients of the others if there are any."""
        dy = dy if self.pre else self.norm.backward(dy)  # norm(y)
        dx, dsaid = self.sum.backward(dy)  # y = sum(x, said)
        found = self.sublayer.backward(self.dropout.backward(dsaid))  # dropout(sublayer(told))
        dtold, *dothers = found if isinstance(found, tuple) else (found,)
        # x went two ways, as it is and through the layer: told = norm(x), or x itself
        dx = dx + (self.norm.backward(dtold) if self.pre else dtold)
        return (dx, *dothers) if dothers else dx


POSITIONS = {"sinusoid": PositionalEncoding, "learnt": LearntPositions, "none": NoPositions}
