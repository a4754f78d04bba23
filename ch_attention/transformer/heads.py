"""MultiHeadAttention and SelfAttention: several looks at once, each in a small space of its own.

    N  batch      T  queries      S  keys and values      D  size of the model
    d_k           size of a head, D / heads: M = heads d_k numbers in all heads together

To the attention inside, a head is one more sentence of the batch: it gets (N·heads, T, d_k), knows
nothing of heads, and does all of them in one product.
"""

import numpy as np

from ch_attention.attention_layers import AttentionWeight, QKVAttention
from ch_attention.scores import ScaledDotScore
from common.checks import check_array, check_state
from common.contract import Layer
from common.layers import Affine


def split(y, heads, blocks=1):
    """Cut the columns into blocks, and each block into heads.

    y (N, T, blocks heads d_k) -> (blocks, N, heads, T, d_k): head j has the columns j d_k to
    (j + 1) d_k of a block.
    """
    N, T, columns = y.shape
    cut = y.reshape(N, T, blocks, heads, columns // (blocks * heads))
    return np.ascontiguousarray(cut.transpose(2, 0, 3, 1, 4))


def merge(blocks):
    """What `split` has cut, side by side again: list of (N, heads, T, d_k) -> (N, T, columns)."""
    N, heads, T, d_k = blocks[0].shape
    y = np.empty((N, T, len(blocks), heads, d_k), blocks[0].dtype)
    for k, block in enumerate(blocks):
        y[:, :, k] = block.transpose(0, 2, 1, 3)
    return y.reshape(N, T, -1)


class Cut(Layer):
    """Cuts what an Affine makes for all heads at once into the heads; nothing is computed.

        y (N, T, blocks M) -> for each block (N, heads, T, d_k)

    Args:
        names: of the blocks, in their order: some of "queries", "keys", "values".
        heads: how many. M: columns of a block.
    """

    # For the trace. by_head(z) is z.reshape(-1, heads, d_k).swapaxes(0, 1).
    equations = {"queries": "by_head(y[:, :M])", "keys": "by_head(y[:, -2 * M : -M])",
                 "values": "by_head(y[:, -M:])"}

    def __init__(self, names, heads, M):
        super().__init__()
        self.returns = {"forward": names}  # for the trace, too
        self.takes = {"backward": [f"d{name}" for name in names]}
        self.blocks, self.heads, self.M = len(names), heads, M

    def forward(self, y):
        """y (N, T, blocks M) -> a tuple with (N, heads, T, d_k) for each block."""
        check_array("y", y, ("N", "T", self.blocks * self.M))
        return tuple(split(y, self.heads, self.blocks))

    def backward(self, *dblocks):
        """(N, heads, T, d_k) for each block -> dy (N, T, blocks M)."""
        return merge(dblocks)  # split(y)


class Append(Layer):
    """Keys and values of earlier tokens, and behind them those of the new ones.

    All are (N, heads, T, d_k), with another T for each pair. For writing token by token, where
    nothing goes back: SelfAttention has no use for `backward`, a check of the layer has.
    """

    # For the trace.
    equations = {"all_keys": "concatenate([before_keys, keys], axis=1)",
                 "all_values": "concatenate([before_values, values], axis=1)"}

    def forward(self, keys, values, before_keys, before_values):
        """The new, the earlier -> keys and values of all."""
        self.earlier = before_keys.shape[2]
        return (np.concatenate([before_keys, keys], axis=2),
                np.concatenate([before_values, values], axis=2))

    def backward(self, dall_keys, dall_values):
        """Of all -> dkeys, dvalues, dbefore_keys, dbefore_values."""
        (dbefore_keys, dkeys), (dbefore_values, dvalues) = (
            np.split(d, [self.earlier], axis=2) for d in (dall_keys, dall_values))
        return dkeys, dvalues, dbefore_keys, dbefore_values  # concatenate([before, new])


class MultiHeadAttention(Layer):
    """Queries from one sequence look at keys and values from another, with several heads.

        Q = xs W_Q + b_Q,   [K ; V] = hs [W_K ; W_V] + [b_K ; b_V]
        c^j = Attention(Q^j, K^j, V^j)              head j has d_k columns of each
        y = [c^1 ; ... ; c^heads] W_O + b_O

    One softmax can hardly look at two places: what it gives to one it takes from the other. Each
    head has a softmax of its own. Together they have as many parameters as one head of size D, and
    `heads` times its scores.

    The bias of the keys changes nothing: it adds q . b_K to all scores of a query, and softmax
    does not notice. Its gradient is zero.

    After `forward`, `weights` holds (N, heads, T, S), and `after` the keys and values (N, heads,
    S, d_k): a later call on the same hs may be given these as `before`, for writing.

    Args:
        D: size of xs, hs and y. heads: how many. d_k is D / heads, rounded up.
        rng, dtype: as for the layers. Parts: query (W_Q), key_value (W_K and W_V side by side),
            output (W_O), each an Affine.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.2.2; the biases are those of PyTorch.
    """

    def __init__(self, D, heads, rng, dtype=np.float32):
        super().__init__()
        if type(heads) is not int or heads < 1:
            raise ValueError(f"heads: expected a number of at least 1, got {heads!r}")
        self.D, self.heads, self.d_k = D, heads, -(-D // heads)
        M = heads * self.d_k
        self.add_projections(D, M, rng, dtype)
        self.attention = self.add_part("attention", QKVAttention(ScaledDotScore()))
        self.output = self.add_part("output", Affine(M, D, rng, dtype))
        self.weights = None

    def add_projections(self, D, M, rng, dtype):
        """Register what makes queries, keys and values."""
        self.query = self.add_part("query", Affine(D, M, rng, dtype))
        self.query_cut = self.add_part("query_cut", Cut(("queries",), self.heads, M))
        self.key_value = self.add_part("key_value", Affine(D, 2 * M, rng, dtype))
        self.key_value_cut = self.add_part("key_value_cut", Cut(
            ("keys", "values"), self.heads, M))

    def forward(self, xs, hs, mask=None, before=None):
        """xs (N, T, D), hs (N, S, D) -> y (N, T, D).

        mask: boolean (N, S) or (N, T, S), see AttentionWeight. before: the keys and values of an
        earlier call on the same hs, which are then not made again; there is no way back through
        them, and backward raises ValueError.
        """
        check_array("xs", xs, ("N", "T", self.D), self.dtype)
        check_array("hs", hs, (len(xs), "S", self.D), self.dtype)
        (q,) = self.query_cut.forward(self.query.forward(xs))  # (N, heads, T, d_k)
        self.kept = before is not None
        if self.kept:
            self.check_kept(before, len(xs), hs.shape[1])
        else:
            before = self.key_value_cut.forward(self.key_value.forward(hs))
        keys, values = before  # (N, heads, S, d_k)
        return self.look(q, keys, values, mask)

    def backward(self, dy):
        """dy (N, T, D) -> dxs (N, T, D), dhs (N, S, D)."""
        dq, dkeys, dvalues = self.look_backward(dy)  # y = look(q, keys, values)
        dhs = self.key_value.backward(self.key_value_cut.backward(dkeys, dvalues))
        return self.query.backward(self.query_cut.backward(dq)), dhs  # q = cut(query(xs))

    def check_kept(self, before, N, S):
        """Raise ValueError unless `before` has keys and values of N sentences and S places."""
        check_state("before", before, ("keys", "values"), (N, self.heads, S, self.d_k), self.dtype)
        check_array("before values", before[1], before[0].shape)

    def look(self, q, keys, values, mask):
        """All heads at once: q (N, heads, T, d_k), keys and values (N, heads, S, d_k) -> y."""
        mask = AttentionWeight.check_input(keys[:, 0], q[:, 0], mask)  # (N or 1, T or 1, S)
        if mask is not None and len(mask) > 1:  # not one for all sentences
            mask = np.repeat(mask, self.heads, axis=0)  # the same for each head
        c = self.attention.forward(*map(self.as_batch, (q, keys, values)), mask)
        self.weights = self.by_head(self.attention.weights)
        self.after = keys, values
        return self.output.forward(merge([self.by_head(c)]))

    def look_backward(self, dy):
        """dy (N, T, D) -> dq (N, heads, T, d_k), dkeys, dvalues (N, heads, S, d_k)."""
        if self.kept:
            raise ValueError("before: no gradient goes back through keys and values that were kept")
        (dc,) = split(self.output.backward(dy), self.heads)  # y = output(merge(c))
        found = self.attention.backward(self.as_batch(dc))  # c = attention(q, keys, values)
        return map(self.by_head, found)

    @staticmethod
    def as_batch(x):
        """(N, heads, ...) -> (N·heads, ...)."""
        return x.reshape(-1, *x.shape[2:])

    def by_head(self, x):
        """(N·heads, ...) -> (N, heads, ...)."""
        return x.reshape(-1, self.heads, *x.shape[1:])


class SelfAttention(MultiHeadAttention):
    """MultiHeadAttention of a sequence to itself: queries, keys and values all from xs.

        [Q ; K ; V] = xs [W_Q ; W_K ; W_V] + b      one product, and in backward one for all three

    In a decoder, which writes token by token, the keys and values of earlier tokens do not change:
    `before` brings them along, and `after` holds them together with the new ones.

    Args, parts: as for MultiHeadAttention, with query_key_value in the place of the first two.
    Source: Vaswani et al. 2017, 3.2.3.
    """

    def add_projections(self, D, M, rng, dtype):
        """Register what makes queries, keys and values."""
        self.query_key_value = self.add_part("query_key_value", Affine(D, 3 * M, rng, dtype))
        self.cut = self.add_part("cut", Cut(("queries", "keys", "values"), self.heads, M))
        self.append = self.add_part("append", Append())

    def forward(self, xs, mask=None, before=None):
        """xs (N, T, D) -> y (N, T, D).

        mask: boolean (N, S) or (N, T, S), where S counts the earlier tokens and the T new ones.
        before: keys and values of the earlier tokens, (N, heads, S - T, d_k) each, or None; there
            is no way back through them.
        """
        check_array("xs", xs, ("N", "T", self.D), self.dtype)
        q, keys, values = self.cut.forward(self.query_key_value.forward(xs))  # (N, heads, T, d_k)
        self.kept = before is not None
        if self.kept:
            self.check_kept(before, len(xs), "S - T")
            keys, values = self.append.forward(keys, values, *before)  # (N, heads, S, d_k)
        return self.look(q, keys, values, mask)

    def backward(self, dy):
        """dy (N, T, D) -> dxs (N, T, D)."""
        dq, dkeys, dvalues = self.look_backward(dy)  # y = look(q, keys, values)
        return self.query_key_value.backward(self.cut.backward(dq, dkeys, dvalues))


def causal_mask(T, earlier=0):
    """Who may look at whom while writing: nobody at what comes later. Boolean (1, T, earlier + T).

    Row t is True up to the token t itself, and at all that came before the T tokens.
    Source: Vaswani et al. 2017, 3.2.3, the third kind of attention.
    """
    return np.tri(T, earlier + T, earlier, dtype=bool)[None]
