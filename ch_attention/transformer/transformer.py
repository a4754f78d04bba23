"""TransformerEncoder, TransformerDecoder and TransformerSeq2Seq: attention, and no recurrence.

Compare with Encoder and Decoder in ch_seq2seq/seq2seq.py: there a token waits for the state after
the one before it. Here all tokens of a sentence are read at once, and what a token knows of the
others it has looked up. D is the size of all that goes from layer to layer, so hs is (N, S, D);
H is that of the layer inside of FeedForward.
"""

from ch_attention.transformer.heads import causal_mask
from ch_attention.transformer.stack import CELL, DecoderLayer, EncoderLayer, TransformerStack
from ch_seq2seq.papers.paper_model import PaperSeq2Seq
from ch_seq2seq.seq2seq import Decoder
from common.layers import Affine


class TransformerEncoder(TransformerStack):
    """Reads the source: all tokens at once -> hs (N, S, D).

        hs = norm(layer_k(... layer_1(x)))          see TransformerStack and EncoderLayer

    There is no last state: all that the decoder gets is hs, and the state is ().
    `looks_of("self_attention")` says who looked at whom.

    Args: as for TransformerStack; bidirectional leaves no choice, see TransformerSeq2Seq.fixed.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1.
    """

    def __init__(self, V, D, H, rng, *, bidirectional=True, **options):
        super().__init__(EncoderLayer, V, D, H, rng, **options)

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


class TransformerDecoder(TransformerStack):
    """Writes the target: ids -> layers, which look at hs -> logits.

        out = norm(layer_k(... layer_1(y, hs), hs)) see TransformerStack and DecoderLayer
        logits = Affine(out)

    A token looks only at those before it and at itself, so all T of a given target are read at
    once. While writing, each step brings the keys and values of the steps before it along.

    What `weights` shows, one look for each token, is the last layer's look at the source, as the
    mean of all heads. `shown` = (layer, head), counted from 0, chooses another; a head of None is
    the mean. `layers_and_heads` says how many there are. `looks_of("cross_attention")` has
    all the weights, `looks_of("self_attention")` those of the target at itself.

    Args: as for TransformerStack.
    Source: Vaswani et al. 2017 (arXiv 1706.03762), 3.1; for the mask 3.2.3.
    """

    attends = True
    forward, step = Decoder.forward, Decoder.step  # as in every decoder: `start`, then `advance`

    def __init__(self, V, D, H, rng, **options):
        super().__init__(DecoderLayer, V, D, H, rng, **options)
        self.affine = self.add_part("affine", Affine(D, V, rng, self.dtype))
        self.layers_and_heads, self.shown = (self.layers, self.heads), (-1, None)

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
    # Who looks at whom -> the part that looks, and what the attention is called in its layers.
    looks = {"source at source": ("encoder", "self_attention"),
             "answer at answer": ("decoder", "self_attention"),
             "answer at source": ("decoder", "cross_attention")}
    # The encoder reads in both directions at once: every token looks at those on both its sides.
    fixed = {"cell": CELL, "bidirectional": True}
    recipe = {
        "D": 64, "H": 128,
        "rate": 3e-3, "warmup": 200,  # lower, and reached more slowly, than in a recurrent model
        "dropout": 0.1,  # the paper's, and the most: every sublayer drops, so less of it is enough
    }
