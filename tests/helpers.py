"""What several test files share: sizes, random arrays, masks, layers by name, comparisons."""

from functools import partial

import numpy as np

from ch_attention.all_models import MODELS as ALL_MODELS
from common.contract import EOS, PAD, SOS
from common.time_layers import TIME_CELLS, Bidirectional
from common.tools.registry import variants
from dataset.pairs import pad


def build(model, own, *sizes, **options):
    """A model with values of its own options; what it leaves no choice of is not handed on."""
    left_open = {name: value for name, value in options.items() if name not in model.fixed}
    return model(*sizes, **own, **left_open)


VARIANTS = variants(ALL_MODELS)
# Every model of both chapters, with each value of its own options: attention with each score.
MODELS = {name: partial(build, model, options) for name, (model, options) in VARIANTS.items()}
KINDS = list(MODELS)
CELLS = list(TIME_CELLS)
# A model as it is by default meets each cell that it takes, with other options one cell in turn:
# they see the states and not the cell that has made them. One may have a cell that is not in CELLS.
KINDS_AND_CELLS = [(name, cell) for k, (name, (model, options)) in enumerate(VARIANTS.items())
                   for cell in ([model.fixed["cell"]] if "cell" in model.fixed else
                                CELLS if options == model.default_options() else
                                [CELLS[k % len(CELLS)]])]
# The models of the chapters themselves, whose parts have the same names; those of papers differ.
CHAPTER_KINDS = [name for name, (model, _) in VARIANTS.items() if model.__module__.count(".") == 1]
# Those that read a source as a bag of symbols, and cannot learn what its order says.
ORDERLESS = [name for name, (_, options) in VARIANTS.items() if options.get("positions") == "none"]
STATES = {"rnn": 1, "lstm": 2, "gru": 1}  # arrays in the state of a cell

# Underflow is left out: exp of a very low score is rightly 0.
LOUD = {"over": "raise", "invalid": "raise", "divide": "raise"}


def default_kind(name):
    """The kind in KINDS that is this model with its default options."""
    return next(kind for kind, (model, options) in VARIANTS.items()
                if kind.split()[0] == name and options == model.default_options())


def in_turn(values, kinds=KINDS):
    """Every kind and cell with one of the values: [(kind, cell, value)], each pair but no triple.

    Of three values a kind with three cells meets all, and the next kind each with another cell.
    """
    return [(kind, cell, values[(KINDS.index(kind) + k) % len(values)])
            for kind, cell in KINDS_AND_CELLS if kind in kinds
            for k in [CELLS.index(cell) if cell in CELLS else 0]]


def normal(rng, *shape):
    """Random float64 numbers of a shape."""
    return rng.standard_normal(shape)


def randomize(layer, rng, scale=0.7):
    """Give every parameter, biases too, random values, so that none hides behind a zero."""
    for param in layer.params.values():
        param[...] = scale * rng.standard_normal(param.shape)
    return layer


def mask_of(lengths, T):
    """Boolean (N, T): the first lengths[n] steps of row n are real."""
    return np.arange(T) < np.array(lengths)[:, None]


def time_layer(name, D, H, rng, dtype=np.float64):
    """A Time layer with random weights: "lstm", or "bidirectional lstm" with two of size H."""
    make = TIME_CELLS[name.split()[-1]]
    if name.startswith("bidirectional"):
        layer = Bidirectional(make(D, H, rng, dtype), make(D, H, rng, dtype))
    else:
        layer = make(D, H, rng, dtype)
    return randomize(layer, rng)


def random_state(name, rng, N, H):
    """A random state for a layer or cell of that name and of size H."""
    return tuple(normal(rng, N, H) for _ in range(STATES[name.split()[-1]]))


def small_model(kind, cell="lstm", dtype=np.float64, seed=0, **options):
    """A model with V_source = 8, V_target = 7, D = 3 and H = 4."""
    return MODELS[kind](8, 7, 3, 4, np.random.default_rng(seed), cell=cell, dtype=dtype, **options)


def random_pairs(rng, V_source, V_target, sources, targets):
    """Padded ids (N, S) and (N, T) for sentences with so many symbols, <sos> and <eos> added."""
    xs = pad([rng.integers(3, V_source, length) for length in sources])
    ts = pad([[SOS, *rng.integers(3, V_target, length), EOS] for length in targets])
    return xs, ts


def encoded(model, xs):
    """The encoder's state, its hidden states and the mask: what a decoder starts from."""
    mask = xs != PAD
    hs, state = model.encoder.forward(xs, mask)
    return state, hs, mask


class FromEncoder:
    """A decoder as a layer of float inputs: the encoder's state and hs, for fixed ys and mask."""

    def __init__(self, decoder, ys, mask):
        self.decoder, self.ys, self.mask = decoder, ys, mask
        self.params, self.grads = decoder.params, decoder.grads

    def forward(self, state, hs):
        self.hs = hs
        return self.decoder.forward(self.ys, state, hs, self.mask)

    def backward(self, dlogits):
        dstate, dhs = self.decoder.backward(dlogits)
        return dstate, np.zeros_like(self.hs) if dhs is None else dhs


def copied(value):
    """A deep copy of a value made of tuples, dicts, arrays and None."""
    if isinstance(value, tuple):
        return tuple(copied(part) for part in value)
    if isinstance(value, dict):
        return {name: copied(part) for name, part in value.items()}
    return None if value is None else np.array(value)


def assert_same(got, wanted, tolerance=0.0):
    """Fail unless two values made of tuples, dicts, arrays and None agree to the tolerance."""
    if wanted is None:
        assert got is None
    elif isinstance(wanted, tuple):
        assert isinstance(got, tuple) and len(got) == len(wanted)
        for part, wanted_part in zip(got, wanted, strict=True):
            assert_same(part, wanted_part, tolerance)
    elif isinstance(wanted, dict):
        assert set(got) == set(wanted)
        for name in wanted:
            assert_same(got[name], wanted[name], tolerance)
    else:
        got, wanted = np.asarray(got), np.asarray(wanted)
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance, equal_nan=False)
