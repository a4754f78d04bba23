"""Encoder, Decoder and Seq2Seq: read a sequence into a state, write another one out of it.

The letters and the contract are in common/contract.py; S is the length of the source, T that of
what the decoder reads: the target with <sos>, without <eos>. The equations and pictures are in
ch_seq2seq/README.md.
"""

from functools import partial

import numpy as np

from common.checks import check_array, check_choice, check_ids
from common.contract import PAD, Layer
from common.decoding import greedy, read_own
from common.layers import Affine, Dropout, Embedding
from common.time_layers import TIME_CELLS, Bidirectional, Stacked
from common.time_softmax import TimeSoftmax


class Encoder(Layer):
    """Reads the source: ids -> Embedding -> Time layer -> a hidden state for each token.

    Args:
        V, D, H, rng, dtype: as for the layers.
        cell: "rnn", "lstm" or "gru"; also the name of the part in params ("lstm.Wx").
        dropout: share of the embedded entries to drop while training.
        layers: how many recurrent layers stand on top of each other; of more than one, each is a
            part of that part ("lstm.layer2.Wx"), and dropout also stands between them.
        bidirectional: read in both directions, each with a state of H / 2, so that what comes
            out is of size H, which must be even, all the same. So does every layer.
    Source: Sutskever et al. 2014 (arXiv 1409.3215); Deep Learning from Scratch 2, 7.3.1.
    """

    cells = TIME_CELLS  # its recurrent layer by the name of the cell
    options = {}  # those of the model's options, see Decoder.options, that its encoder takes, too

    def __init__(
        self, V, D, H, rng, *,
        cell="lstm", layers=1, dropout=0.0, bidirectional=False, dtype=np.float32,
    ):
        super().__init__()
        self.embedding = self.add_part("embedding", Embedding(V, D, rng, dtype))
        self.dropout = self.add_part("dropout", Dropout(dropout, rng))
        make = time_cell(cell, self.cells)
        if bidirectional:
            make = partial(both_directions, make)
        self.recurrent = self.add_part(cell, make_layers(make, D, H, rng, layers, dropout, dtype))

    def forward(self, xs, mask=None):
        """xs (N, S) ids, mask (N, S) -> hs (N, S, H) and the state after the last real token.

        Of several layers hs is that of the top one, and the state a tuple with that of each.
        """
        x = self.embedding.forward(xs)  # (N, S, D)
        x = self.dropout.forward(x)
        return self.recurrent.forward(x, mask=mask)

    def backward(self, dhs, dstate=None):
        """dhs (N, S, H) or None, dstate (a tuple like the state) or None -> None (ids)."""
        dx, _ = self.recurrent.backward(dhs, dstate)  # hs, state = recurrent(x)
        self.embedding.backward(self.dropout.backward(dx))  # x = dropout(embedding(xs))


class Decoder(Layer):
    """Writes the target from the encoder's last state: Embedding -> Time layer -> Affine.

        h_t = cell(E[y_t], h_{t-1})         E[y_t]: the embedding of the token at step t
        logits_t = Affine(h_t)              scores of every token that could come next

    The state is all that this decoder gets from the source: the context vector, of a fixed size
    however long the source is. Of several layers each begins with the state of the encoder's layer
    at the same height, and h_t is that of the top one. It is also offered hs and mask, as every
    decoder is, and does not look at them. That is the bottleneck which attention removes.

    Who calls whom: `forward` is `start`, then `advance` over all T steps; `advance` is embedding,
    `recur`, affine; `step` is `advance` over one step. Another decoder writes its own `sizes`,
    `start`, `recur` and `recur_backward`, and keeps the rest. What `start` makes of the encoder's
    state is its own business: `recur_backward` undoes both, and returns the gradient of that state.

    Args:
        V, D, H, rng, cell, layers, dtype: as for Encoder.
        dropout: share dropped, while training, of what goes into the Time layer and into Affine.
    Source: Sutskever et al. 2014 (arXiv 1409.3215); Deep Learning from Scratch 2, 7.3.2.
    """

    cells = TIME_CELLS  # as for Encoder
    attends = False  # does it look at hs, and can it show where?
    options = {}  # what only this kind of model takes: name -> its values, the default first
    weights = None  # attention weights (N, S) of the latest step; None: nothing yet
    layers_and_heads = None  # how many, if a step looks several times; `shown` then chooses

    def __init__(self, V, D, H, rng, *, cell="lstm", layers=1, dropout=0.0, dtype=np.float32):
        super().__init__()
        self.D, self.H, self.layers = D, H, layers
        D_in, H_out = self.sizes(D, H)
        self.embedding = self.add_part("embedding", Embedding(V, D, rng, dtype))
        self.dropout_in = self.add_part("dropout_in", Dropout(dropout, rng))
        make = time_cell(cell, self.cells)
        recurrent = make_layers(make, D_in, H, rng, layers, dropout, dtype)
        self.recurrent = self.add_part(cell, recurrent)
        self.dropout_out = self.add_part("dropout_out", Dropout(dropout, rng))
        self.affine = self.add_part("affine", Affine(H_out, V, rng, dtype))

    @staticmethod
    def sizes(D, H):
        """Sizes of what the Time layer reads and of what Affine reads."""
        return D, H

    def start(self, state, hs=None, mask=None):
        """What goes from step to step, before the first: made of what the encoder returned."""
        return state

    def recur(self, y, state):
        """y (N, T, D) and what `start` gave -> what Affine reads (N, T, H), the state after it."""
        ht, state = self.recurrent.forward(y, state)  # (N, T, H)
        return ht, state

    def recur_backward(self, dht):
        """dht (N, T, H) -> dy (N, T, D), dstate, dhs (N, S, H) or None if hs was not used."""
        dy, dstate = self.recurrent.backward(dht)  # ht, state = recurrent(y, state)
        return dy, dstate, None

    def forward(self, ys, state, hs=None, mask=None):
        """Teacher forcing: score every next token of a target that is given.

        Args:
            ys: ids (N, T), beginning with <sos>.
            state: the encoder's state, which becomes the state before the first token.
            hs, mask: the encoder's states (N, S, H), and which of them are real (N, S).

        Returns:
            logits (N, T, V): logits[:, t] rates what may follow ys[:, : t + 1].
        """
        logits, _ = self.advance(ys, self.start(state, hs, mask))
        return logits

    def advance(self, ys, state):
        """Read ys (N, T) from what `start` gave -> logits (N, T, V), the state after them."""
        y = self.dropout_in.forward(self.embedding.forward(ys))  # (N, T, D)
        out, state = self.recur(y, state)
        return self.affine.forward(self.dropout_out.forward(out)), state

    def backward(self, dlogits):
        """dlogits (N, T, V) -> dstate (a tuple like the encoder's), dhs (N, S, H) or None."""
        # logits = affine(dropout(out))
        dout = self.dropout_out.backward(self.affine.backward(dlogits))
        dy, dstate, dhs = self.recur_backward(dout)  # out, state = recur(y, state)
        self.embedding.backward(self.dropout_in.backward(dy))  # y = dropout(embedding(ys))
        return dstate, dhs

    def step(self, ids, state):
        """One token at a time: ids (N,), state -> logits (N, V) of the next token, state."""
        logits, state = self.advance(ids[:, None], state)
        return logits[:, 0], state


class Seq2Seq(Layer):
    """Encoder, decoder and loss.

        hs, state = encoder(xs)
        logits = decoder(ts[:, :-1], state)       teacher forcing: it reads the right answer
        loss = mean of - log softmax(logits)[ts[:, 1:]] over the real tokens

    Args:
        V_source, V_target: sizes of the two vocabularies.
        D, H: sizes of the embeddings and of the hidden states.
        rng: the numpy Generator for the initial weights and for dropout.
        cell, layers, dropout, bidirectional: see Encoder.
        dtype: np.float32 to train, np.float64 for gradient checks.
        own: what only this kind of model takes, see Decoder.options.
    Source: Sutskever et al. 2014 (arXiv 1409.3215); Deep Learning from Scratch 2, 7.3.3.
    """

    encoder_class, decoder_class = Encoder, Decoder
    looks = {}  # who looks at whom with several heads -> the part that looks, its attention
    fixed = {}  # what of cell, layers and bidirectional this model leaves no choice of
    recipe = {}  # numbers that suit it better than a script's own: see common/tools/recipe.py

    def __init__(
        self, V_source, V_target, D, H, rng, *,
        cell="lstm", layers=1, dropout=0.0, bidirectional=False, dtype=np.float32,
        **own,
    ):
        super().__init__()
        shared = {"cell": cell, "layers": layers, "dropout": dropout}
        own = {**self.default_options(), **own}
        of_encoder = {name: own[name] for name in self.encoder_class.options}
        # All that is needed, besides the weights, to build this model again.
        self.config = {"V_source": V_source, "V_target": V_target, "D": D, "H": H,
                       "bidirectional": bidirectional, "dtype": np.dtype(dtype).name,
                       **shared, **own}
        self.V_source, self.V_target = V_source, V_target
        encoder = self.encoder_class(V_source, D, H, rng, bidirectional=bidirectional, dtype=dtype,
                                     **shared, **of_encoder)
        decoder = self.decoder_class(V_target, D, H, rng, dtype=dtype, **shared, **own)
        self.encoder = self.add_part("encoder", encoder)
        self.decoder = self.add_part("decoder", decoder)
        self.loss = self.add_part("loss", TimeSoftmax(ignore_id=PAD))

    @classmethod
    def default_options(cls):
        """The options that only this model takes, with their defaults."""
        return {name: values[0] for name, values in cls.decoder_class.options.items()}

    def forward(self, xs, ts, forced=None):
        """Read the sources, and score every next token of the targets.

        Args:
            xs: ids (N, S). ts: ids (N, T + 1), from <sos> to <eos>. Both are padded at the right.
            forced: boolean (N, T), True where the decoder reads the right token, and False where
                it reads the one that it would write itself; None is True everywhere.

        Returns:
            the loss, a float.
        """
        self.check_input(xs, ts, forced)
        mask = xs != PAD
        hs, state = self.encoder.forward(xs, mask)
        ys = ts[:, :-1]
        if forced is not None:
            with self.decoder.in_use():
                ys = read_own(self.decoder, self.decoder.start(state, hs, mask), ts, forced)
        logits = self.decoder.forward(ys, state, hs, mask)  # (N, T, V)
        return self.loss.forward(logits, ts[:, 1:])

    def backward(self):
        """Fill every gradient of the loss that forward returned."""
        dlogits = self.loss.backward()  # loss = TimeSoftmax(logits, ts[:, 1:])
        dstate, dhs = self.decoder.backward(dlogits)  # logits = decoder(...)
        self.encoder.backward(dhs, dstate)  # hs, state = encoder(xs)

    def generate(self, xs, max_length, decode=greedy, return_weights=False):
        """Write an answer to each source: no right answer is given, each token feeds the next.

        Nothing is dropped, whether the model is in training or not.

        Args:
            xs: ids (N, S), padded at the right.
            max_length: the longest answer, in tokens with <eos>.
            decode: a function of common/decoding.py; its own options can be bound with
                functools.partial(beam_search, width=4).
            return_weights: also return the attention weights of this very generation.

        Returns:
            ys (N, T) ids with <eos> and then padding; with return_weights also the weights
            (N, T, S), which are None for a model without attention.
        """
        check_batch("xs", xs, self.V_source, 1)
        mask = xs != PAD
        with self.in_use():
            hs, state = self.encoder.forward(xs, mask)
            state = self.decoder.start(state, hs, mask)
            ys, weights = decode(self.decoder, state, len(xs), max_length)
        return (ys, weights) if return_weights else ys

    def check_input(self, xs, ts, forced):
        """Raise ValueError unless xs and ts are padded ids of as many sentences."""
        check_batch("xs", xs, self.V_source, 1)
        check_batch("ts", ts, self.V_target, 2)
        if len(xs) != len(ts):
            raise ValueError(f"expected as many sources as targets, got {len(xs)} and {len(ts)}")
        if forced is not None:
            check_array("forced", forced, (len(ts), ts.shape[1] - 1), bool)


def check_batch(name, ids, V, least):
    """Raise ValueError unless ids is (N, L) ids below V with N >= 1 and L >= least."""
    check_ids(name, ids, V)
    if ids.ndim != 2 or len(ids) < 1 or ids.shape[1] < least:
        raise ValueError(f"{name}: expected (N, length), length >= {least}, got {ids.shape}")


def time_cell(cell, cells):
    """The recurrent layer of a name in the table `cells`, or ValueError."""
    return cells[check_choice("cell", cell, cells)]


def both_directions(make, D, H, rng, dtype):
    """Two Time layers of a kind, one for each direction, with half of the state each."""
    if H % 2:
        raise ValueError(f"H: expected an even number for two directions, got {H}")
    return Bidirectional(make(D, H // 2, rng, dtype), make(D, H // 2, rng, dtype))


def make_layers(make, D, H, rng, layers, dropout, dtype):
    """One layer, or a stack of several: the lowest reads D columns, the others H.

    make: function (D, H, rng, dtype) -> a layer.
    """
    stack = [make(D if k == 0 else H, H, rng, dtype) for k in range(check_layers(layers))]
    return stack[0] if layers == 1 else Stacked(stack, dropout, rng)


def check_layers(layers):
    """The number of layers, or ValueError unless it is one."""
    if type(layers) is not int or layers < 1:
        raise ValueError(f"layers: expected a number of at least 1, got {layers!r}")
    return layers
