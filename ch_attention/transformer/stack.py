"""EncoderLayer and DecoderLayer: one floor of a Transformer each."""

import numpy as np

from ch_attention.transformer.heads import MultiHeadAttention, SelfAttention
from ch_attention.transformer.layers import FeedForward, Residual
from common.contract import Layer


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
        """x (N, S, D), mask (N, S) or (N, S, S) -> (N, S, D)."""
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

    def forward(self, y, hs, causal=None, mask=None, before=(None, None)):
        """y (N, T, D), hs (N, S, D) -> (N, T, D).

        causal: see causal_mask. mask: (N, S), which of hs are real. before: what `after` was when
        the tokens before these had been read, if there were any.
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
