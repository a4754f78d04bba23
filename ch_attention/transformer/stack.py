"""EncoderLayer and DecoderLayer, and TransformerStack: several of them above each other."""

import numpy as np

from ch_attention.transformer.heads import MultiHeadAttention, SelfAttention
from ch_attention.transformer.layers import NORMS, POSITIONS, FeedForward, Residual
from ch_seq2seq.seq2seq import check_layers
from common.checks import check_choice
from common.contract import Layer
from common.layers import Dropout, Embedding, LayerNorm

OPTIONS = {"heads": ("4", "1", "2", "8"), "norm": NORMS, "positions": tuple(POSITIONS)}
CELL = "self-attention"  # what stands where other models have a recurrent cell


class EncoderLayer(Layer):
    """Every token looks at all tokens of its sentence, then thinks by itself.

        x = residual(SelfAttention(x))
        x = residual(FeedForward(x))

    Args:
        D: size of x. H: of the layer inside of FeedForward. heads: see MultiHeadAttention.
        norm, dropout: see Residual. rng, dtype: as for the layers.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1.
    """

    def __init__(self, D, H, rng, *, heads, norm="pre", dropout=0.0, dtype=np.float32):
        super().__init__()
        around = D, norm, dropout, rng, dtype
        self.self_attention = self.add_part("self_attention", Residual(
            SelfAttention(D, heads, rng, dtype), *around))
        self.feed_forward = self.add_part("feed_forward", Residual(
            FeedForward(D, H, rng, dtype), *around))

    def forward(self, x, mask=None):
        """x (N, S, D), mask (N, S), (N, S, S) or (1, S, S) -> (N, S, D)."""
        x = self.self_attention.forward(x, mask)
        return self.feed_forward.forward(x)

    def backward(self, dy):
        """dy (N, S, D) -> dx (N, S, D)."""
        dx = self.feed_forward.backward(dy)  # feed_forward(x)
        return self.self_attention.backward(dx)  # x = self_attention(x)


class DecoderLayer(Layer):
    """Every token looks at those before it, then at the source, then thinks by itself.

        y = residual(SelfAttention(y))              causal: nobody looks at what comes later
        y = residual(MultiHeadAttention(y, hs))     queries from here, keys and values of the source
        y = residual(FeedForward(y))

    After `forward`, `after` holds the keys and values of both attentions, for a later call.

    Args: as for EncoderLayer.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1.
    """

    def __init__(self, D, H, rng, *, heads, norm="pre", dropout=0.0, dtype=np.float32):
        super().__init__()
        around = D, norm, dropout, rng, dtype
        self.self_attention = self.add_part("self_attention", Residual(
            SelfAttention(D, heads, rng, dtype), *around))
        self.cross_attention = self.add_part("cross_attention", Residual(
            MultiHeadAttention(D, heads, rng, dtype), *around))
        self.feed_forward = self.add_part("feed_forward", Residual(
            FeedForward(D, H, rng, dtype), *around))

    def forward(self, y, hs, causal, mask=None, before=(None, None)):
        """y (N, T, D), hs (N, S, D) -> (N, T, D).

        causal: who may look at whom of y, see causal_mask. mask: (N, S), which of hs are real.
        before: what `after` was when the tokens before these had been read, if there were any.
        """
        y = self.self_attention.forward(y, causal, before[0])
        y = self.cross_attention.forward(y, hs, mask, before[1])
        return self.feed_forward.forward(y)

    @property
    def after(self):
        """The keys and values of self_attention and of cross_attention."""
        return self.self_attention.sublayer.after, self.cross_attention.sublayer.after

    def backward(self, dout):
        """dout (N, T, D) -> dy (N, T, D), dhs (N, S, D)."""
        dy = self.feed_forward.backward(dout)  # feed_forward(y)
        dy, dhs = self.cross_attention.backward(dy)  # y = cross_attention(y, hs)
        return self.self_attention.backward(dy), dhs  # y = self_attention(y)


class TransformerStack(Layer):
    """What encoder and decoder share: tokens with their positions, layers, and a last norm.

        x_t = dropout(E[x_t] + P[t])
        out = norm(layer_k(... layer_1(x)))         norm: of "pre" only

    Args:
        layer_class: EncoderLayer or DecoderLayer.
        V, D, H, rng, layers, dropout, dtype: as for Encoder; D and H as in transformer.py.
        cell: CELL, there is no other.
        heads, as text like every option, norm, positions: see MultiHeadAttention, Residual and
            PositionalEncoding, whose kinds are in POSITIONS.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1, 3.4 and 5.4; the last norm: Xiong et al.
        2020 (arXiv 2002.04745), table 1.
    """

    options = OPTIONS

    def __init__(self, layer_class, V, D, H, rng, *, cell=CELL, layers=1, dropout=0.0,
                 heads="4", norm="pre", positions="sinusoid", dtype=np.float32):
        super().__init__()
        check_choice("cell", cell, (CELL,))
        self.D, self.H, self.layers = D, H, check_layers(layers)
        self.heads = int(check_choice("heads", heads, OPTIONS["heads"]))
        self.embedding = self.add_part("embedding", Embedding(V, D, rng, dtype))
        positions = POSITIONS[check_choice("positions", positions, OPTIONS["positions"])]
        self.positions = self.add_part("positions", positions(D, rng, dtype))
        self.dropout = self.add_part("dropout", Dropout(dropout, rng))
        for k in range(1, layers + 1):
            self.add_part(f"layer{k}", layer_class(
                D, H, rng, heads=self.heads, norm=norm, dropout=dropout, dtype=dtype))
        self.norm = self.add_part("norm", LayerNorm(D, dtype=dtype)) if norm == "pre" else None

    @property
    def stack(self):
        """The layers, from the bottom up."""
        return [self.parts[f"layer{k}"] for k in range(1, self.layers + 1)]

    def enter(self, ids, first=0):
        """ids (N, T), the first at this position -> what the first layer reads (N, T, D)."""
        return self.dropout.forward(self.positions.forward(self.embedding.forward(ids), first))

    def enter_backward(self, dx):
        """dx (N, T, D) -> None (ids)."""
        # x = dropout(positions(embedding(ids)))
        self.embedding.backward(self.positions.backward(self.dropout.backward(dx)))

    def leave(self, x):
        """What the last layer gives (N, T, D) -> what the stack gives (N, T, D)."""
        return x if self.norm is None else self.norm.forward(x)

    def leave_backward(self, dout):
        """dout (N, T, D) -> dx (N, T, D)."""
        return dout if self.norm is None else self.norm.backward(dout)  # out = norm(x)

    def looks_of(self, attention):
        """The weights of an attention in the latest forward pass: (layers, N, heads, T, S)."""
        return np.stack([layer.parts[attention].sublayer.weights for layer in self.stack])
