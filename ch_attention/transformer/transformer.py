"""TransformerEncoder, TransformerDecoder and TransformerSeq2Seq: attention, and no recurrence.

Compare with Encoder and Decoder in ch_seq2seq/seq2seq.py: there a token waits for the state after
the one before it. Here all tokens of a sentence are read at once, and what a token knows of the
others it has looked up. D is the size of all that goes from layer to layer, so hs is (N, S, D);
H is that of the layer inside of FeedForward.
"""

import numpy as np

from ch_attention.transformer.heads import causal_mask
from ch_attention.transformer.layers import NORMS, POSITIONS
from ch_attention.transformer.stack import DecoderLayer, EncoderLayer
from ch_seq2seq.papers.paper_model import PaperSeq2Seq
from ch_seq2seq.seq2seq import Decoder, check_layers
from common.checks import check_choice
from common.contract import Layer
from common.layers import Affine, Dropout, Embedding, LayerNorm

OPTIONS = {"heads": ("4", "1", "2", "8"), "norm": NORMS, "positions": tuple(POSITIONS)}
CELL = "self-attention"  # what stands where other models have a recurrent cell


class Tower(Layer):
    """What encoder and decoder share: tokens with their positions, layers, and a last norm.

        x_t = dropout(E[x_t] + P[t])
        out = norm(layer_k(... layer_1(x)))         norm: of "pre" only

    Args:
        layer_class: EncoderLayer or DecoderLayer. layers: how many.
        V, D, H, rng, dropout, dtype: as for Encoder; D and H as above.
        heads, as text like every option, norm, positions: see MultiHeadAttention, Residual and
            PositionalEncoding, whose kinds are in POSITIONS.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1, 3.4 and 5.4; the last norm: Xiong et al.
        2020 (arXiv 2002.04745), table 1.
    """

    options = OPTIONS

    def __init__(self, layer_class, V, D, H, rng, layers, dropout, heads, norm, positions, dtype):
        Layer.__init__(self)  # and no other: its parts are not those of a recurrent model
        self.D, self.H, self.layers = D, H, check_layers(layers)
        heads = int(check_choice("heads", heads, OPTIONS["heads"]))
        self.embedding = self.add_part("embedding", Embedding(V, D, rng, dtype))
        positions = POSITIONS[check_choice("positions", positions, OPTIONS["positions"])]
        self.positions = self.add_part("positions", positions(D, rng, dtype))
        self.dropout = self.add_part("dropout", Dropout(dropout, rng))
        for k in range(1, layers + 1):
            self.add_part(f"layer{k}", layer_class(
                D, H, rng, heads=heads, norm=norm, dropout=dropout, dtype=dtype))
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
        """What the last layer gives (N, T, D) -> what the tower gives (N, T, D)."""
        return x if self.norm is None else self.norm.forward(x)

    def leave_backward(self, dout):
        """dout (N, T, D) -> dx (N, T, D)."""
        return dout if self.norm is None else self.norm.backward(dout)  # out = norm(x)

    def looks_of(self, attention):
        """The weights of an attention in the latest forward pass: (layers, N, heads, T, S)."""
        return np.stack([layer.parts[attention].sublayer.weights for layer in self.stack])


class TransformerEncoder(Tower):
    """Reads the source: all tokens at once -> hs (N, S, D).

        hs = norm(layer_k(... layer_1(x)))          see Tower and EncoderLayer

    There is no last state: all that the decoder gets is hs, and the state is ().
    `looks_of("self_attention")` says who looked at whom.

    Args: as for Tower; cell and bidirectional leave no choice, see TransformerSeq2Seq.fixed.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1.
    """

    def __init__(
        self, V, D, H, rng, *, cell=CELL, layers=1, dropout=0.0, bidirectional=True,
        heads="4", norm="pre", positions="sinusoid", dtype=np.float32,
    ):
        super().__init__(
            EncoderLayer, V, D, H, rng, layers, dropout, heads, norm, positions, dtype)

    def forward(self, xs, mask=None):
        """xs (N, S) ids, mask (N, S) -> hs (N, S, D) and the state, which is empty."""
        x = self.enter(xs)  # (N, S, D)
        for layer in self.stack:
            x = layer.forward(x, mask)
        return self.leave(x), ()

    def backward(self, dhs, dstate=None):
        """dhs (N, S, D) -> None (ids); dstate is empty."""
        dx = self.leave_backward(dhs)  # hs = leave(x)
        for layer in reversed(self.stack):
            dx = layer.backward(dx)  # x = layer(x)
        self.enter_backward(dx)  # x = enter(xs)


class TransformerDecoder(Tower, Decoder):
    """Writes the target: ids -> layers, which look at hs -> logits.

        out = norm(layer_k(... layer_1(y, hs), hs)) see Tower and DecoderLayer
        logits = Affine(out)

    A token looks only at those before it and at itself, so all T of a given target are read at
    once. While writing, each step brings the keys and values of the steps before it along.

    What `weights` shows, one look for each token, is the last layer's look at the source, as the
    mean of all heads. `shown` = (layer, head), counted from 0, chooses another; a head of None is
    the mean. `looks_of("cross_attention")` has all of them, `looks_of("self_attention")` those of
    the target at itself.

    Args: as for TransformerEncoder.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1; for the mask 3.2.3.
    """

    attends = True

    def __init__(
        self, V, D, H, rng, *, cell=CELL, layers=1, dropout=0.0,
        heads="4", norm="pre", positions="sinusoid", dtype=np.float32,
    ):
        super().__init__(
            DecoderLayer, V, D, H, rng, layers, dropout, heads, norm, positions, dtype)
        self.affine = self.add_part("affine", Affine(D, V, rng, dtype))
        self.shown = -1, None

    def start(self, state, hs=None, mask=None):
        """What goes from step to step: what each layer keeps, None at first; hs and the mask.

        A layer keeps the keys and values (N, heads, t, d_k) of the t tokens that were read, and
        (N, heads, S, d_k) of hs.
        """
        return ((None, None),) * self.layers, hs, mask

    def advance(self, ys, state):
        """Read ys (N, T) from what `start` gave -> logits (N, T, V), the state after them."""
        kept, hs, mask = state
        (of_tokens, _), *_ = kept
        earlier = 0 if of_tokens is None else of_tokens[0].shape[2]
        causal = causal_mask(ys.shape[1], earlier)
        y = self.enter(ys, earlier)  # (N, T, D)
        for layer, before in zip(self.stack, kept):
            y = layer.forward(y, hs, causal, mask, before)
        kept = tuple(layer.after for layer in self.stack)
        return self.affine.forward(self.leave(y)), (kept, hs, mask)

    def backward(self, dlogits):
        """dlogits (N, T, V) -> dstate, which is empty, dhs (N, S, D)."""
        dy = self.leave_backward(self.affine.backward(dlogits))  # logits = affine(leave(y))
        dhs = 0
        for layer in reversed(self.stack):
            dy, dhs_of_layer = layer.backward(dy)  # y = layer(y, hs)
            dhs = dhs + dhs_of_layer  # every layer looks at the same hs
        self.enter_backward(dy)  # y = enter(ys)
        return (), dhs

    @property
    def weights(self):
        """Attention weights (N, S) of the latest step, those that `shown` says; None before any."""
        layer, head = self.shown
        weights = self.stack[layer].cross_attention.sublayer.weights  # (N, heads, T, S)
        if weights is None:
            return None
        return weights[:, :, -1].mean(axis=1) if head is None else weights[:, head, -1]


class TransformerSeq2Seq(PaperSeq2Seq):
    """The Transformer of Vaswani et al. 2017; arguments as for Seq2Seq, and the options.

    D must suit what goes from layer to layer, and the rate what has no gates: therefore it states
    a recipe of its own.
    """

    encoder_class, decoder_class = TransformerEncoder, TransformerDecoder
    # The encoder reads in both directions at once: every token looks at those on both its sides.
    fixed = {"cell": CELL, "bidirectional": True}
    recipe = {
        "D": 64, "H": 128,
        "rate": 3e-3, "warmup": 200,  # lower, and reached more slowly, than in a recurrent model
        "dropout": 0.1,  # the paper's: every sublayer drops, so that less of it is enough
    }
