"""One step of a decoder: each printed array follows by its equation from those above it."""

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from ch_attention.attention_layers import Attention
from common.cells import GRU, LSTM, RNN
from common.contract import Layer
from common.functions import softmax
from common.layers import Affine
from common.tools import trace_step
from common.tools.symbols import columns_of
from common.tools.trace import recording
from common.tools.trace_step import array_lines, looks, step_lines
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.common.tools.step_arrays import (
    BLOCK_LINE, CODEC, LINE, T, TS, XS, assert_true, page_of)
from tests.helpers import (
    CELLS, CHAPTER_KINDS, KINDS, KINDS_AND_CELLS, normal, randomize, small_model)

CLASSES = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
GATES = {"rnn": [], "lstm": ["i", "f", "g", "o", "c"], "gru": ["r", "z", "n"]}
# A model of a paper with one cell, those of the chapters with each.
EVERY = [(kind, cell) for kind, cell in KINDS_AND_CELLS if kind in CHAPTER_KINDS] + [
    next(pair for pair in KINDS_AND_CELLS if pair[0] == kind)
    for kind in KINDS if kind not in CHAPTER_KINDS]


@pytest.fixture(autouse=True)
def all_numbers(monkeypatch):
    """Every number of an array is printed."""
    monkeypatch.setattr(trace_step, "SHOWN", 1000)


@pytest.mark.parametrize("kind, cell", EVERY)
def test_every_array_follows_by_its_equation_from_those_above_it(kind, cell):
    model, lines = page_of(kind, cell)
    explained, handed, given = assert_true(model, lines)
    said = [line for line in lines if not BLOCK_LINE.fullmatch(line)]
    assert len(explained + handed + given) == len(said)  # nothing is left that nobody explains
    if kind not in CHAPTER_KINDS:
        return
    looks_back = ["scores", "a", "c"] * kind.startswith("attention")
    assert explained == ["out", "px", *GATES[cell], "h", *looks_back, "y"]
    state = f"h of {CLASSES[cell].__name__}"
    if kind == "seq2seq":
        assert handed == [("x", "out of Embedding"), ("x", state)]
    elif kind == "peeky":
        assert handed == [("x", "[out of Embedding ; state.h of Encoder]"),
                          ("x", f"[{state} ; state.h of Encoder]")]
    else:
        assert handed == [("x", "out of Embedding"), ("q", state),
                          ("x", f"[c of WeightSum ; {state}]")]


@pytest.mark.parametrize("kind, t, wanted", [
    ("seq2seq", 0, ["h_prev from state.h of Encoder", "c_prev from state.c of Encoder"]),
    ("seq2seq", 2, ["h_prev from h of LSTM, t - 1", "c_prev from c of LSTM, t - 1"]),
    ("cho", 0, ["c from c of ChoDecoder", "h_prev from h0 of ChoDecoder"]),
    ("cho", 2, ["c from c of ChoDecoder", "h_prev from h of ChoGRU, t - 1"]),
    ("bahdanau", 0, ["q from h0 of BahdanauDecoder", "keys from keys of AdditiveAttention, start",
                     "hs from hs of PaperEncoder"]),
    ("bahdanau", 2, ["q from h of ChoGRU, t - 1", "keys from keys of AdditiveAttention, start",
                     "hs from hs of PaperEncoder"]),
    ("luong dot on none 10", 0, [
        "h_prev from state.h of Encoder", "c_prev from state.c of Encoder", "hs from hs of Encoder",
    ]),
    ("luong dot on none 10", 2, [
        "v from v of AttentionalVector, t - 1", "h_prev from h of LSTM, t - 1",
        "c_prev from c of LSTM, t - 1", "hs from hs of Encoder",
    ]),
])
def test_what_the_step_finds_there_is_said_to_come_from_the_part_that_made_it(kind, t, wanted):
    cell = next(cell for name, cell in KINDS_AND_CELLS if name == kind and cell != "rnn")
    _, lines = page_of(kind, cell, t)
    found = (LINE.fullmatch(line) for line in lines if " from " in line)
    assert [f"{line[1]} from {line[6]}" for line in found] == wanted


@pytest.mark.parametrize("kind, cell", [
    (kind, cell) for kind, cell in EVERY if kind not in CHAPTER_KINDS and kind != "cho"])
def test_a_model_of_a_paper_is_shown_with_the_weights_of_this_look(kind, cell):
    model = randomize(small_model(kind, cell), np.random.default_rng(3))
    lines = step_lines(model, CODEC, XS, TS, T)
    first = next(k for k, line in enumerate(lines) if line.startswith("where it looks"))
    rows = [line.split() for line in lines[first + 1 : first + 5]]
    at = 3 if "score" in lines[first] else 2
    assert [row[:2] for row in rows] == [["0", "d"], ["1", "c"], ["2", "b"], ["3", "a"]]
    assert [row[at] for row in rows] == [f"{a:.3f}" for a in model.decoder.weights[0]]


def test_a_window_that_leaves_tokens_out_is_shown_as_the_mask_of_the_softmax():
    model = MODELS["luong"](8, 7, 3, 4, np.random.default_rng(0), window="monotonic", reach="2",
                            dtype=np.float64)
    lines = step_lines(model, CODEC, XS, TS, 0)
    (mask,), (weights,) = ([line for line in lines if line.startswith(f"  {name} (1, 1, 4) ")]
                           for name in ("mask", "a"))
    assert mask.split()[4:] == ["1", "1", "1", "0"]  # the first step looks at s = 1, 2, 3
    assert weights.endswith(" = softmax(scores, mask)") and weights.split()[7] == "0.000"


def test_what_is_fed_to_the_first_step_is_zero():
    _, lines = page_of("luong dot on none 10", "lstm", 0)
    assert "  x (1, 7)             is [out of Embedding ; zeros]" in lines


@pytest.mark.parametrize("old, new", [
    (" i (1", " f (1"), ("= sigmoid(p_i)", "= sigmoid(p_o)"), ("is h of", "is c of"),
    ("p_i, p_f", "p_f, p_i"), ("[c of", "[q of"), ("= q @ W.T @ hs.T", "= q @ W @ hs.T"),
    ("f * c_prev", "i * c_prev"),
])
def test_a_wrong_line_would_be_seen(old, new):
    model, lines = page_of("attention general", "lstm")
    spoilt = "\n".join(lines).replace(old, new).splitlines()
    assert spoilt != lines
    with pytest.raises((AssertionError, KeyError, NameError)):
        assert_true(model, spoilt)


@pytest.mark.parametrize("cell", CELLS)
def test_the_gates_are_those_that_the_cell_computes_in_the_order_of_its_blocks(cell):
    model, lines = page_of("seq2seq", cell)
    hs, state = model.encoder.forward(XS, XS != 0)
    with recording(model.decoder) as calls:
        model.decoder.forward(TS[:, : T + 1], state)
    step = calls[0].find(f"{cell}.cell", "step")[-1]
    printed = {line.split()[0]: line for line in lines}
    for name, array in zip(CLASSES[cell].block_names, step.outputs["cache"]):
        assert " ".join(f"{value:8.3f}" for value in array[0]) in printed[name]


class Scored(Layer):
    """A student's own decoder: attention, and two Affine layers."""

    def __init__(self, rng):
        super().__init__()
        self.attention = self.add_part("attention", Attention())
        self.between = self.add_part("between", Affine(4, 4, rng, np.float64))
        self.affine = self.add_part("affine", Affine(4, 3, rng, np.float64))

    def forward(self, hs, q):
        return self.affine.forward(self.between.forward(self.attention.forward(hs, q)))


def test_only_the_last_layer_of_a_decoder_gives_the_logits(rng):
    layer = Scored(rng)
    with recording(layer) as calls:
        layer.forward(normal(rng, 1, 4, 4), normal(rng, 1, 1, 4))
    said = [line for line in array_lines(calls[0]) if line.startswith("  y ")]
    assert len(said) == 2 and said[0].endswith("= x @ W + b")
    assert said[1].endswith("= x @ W + b, the logits")


class Own(Layer):
    """A student's own attention, which computes its scores without a part for them."""

    def forward(self, hs, q):
        return softmax(q @ hs.transpose(0, 2, 1))

    def backward(self, da):
        return None, None


class Holder(Layer):
    """Asks a layer."""

    def __init__(self, layer, attribute):
        super().__init__()
        self.add_part(attribute, layer)

    def forward(self, hs, q):
        return next(iter(self.parts.values())).forward(hs, q)


def test_scores_that_no_part_returns_are_left_out(rng):
    hs, q = normal(rng, 1, 4, 4), normal(rng, 1, 1, 4)
    layer = Holder(Own(), "own")
    with recording(layer) as calls:
        a = layer.forward(hs, q)
    lines = looks(calls[0], a[:, 0], CODEC, XS)
    assert lines[0] == "where it looks: s, symbol, weight a"
    assert [line.split()[:3] for line in lines[1:]] == [
        [str(s), "dcba"[s], f"{a[0, 0, s]:.3f}"] for s in range(4)]
    assert "nan" not in "\n".join(lines)


def test_of_a_decoder_without_weights_nothing_is_said_of_looking(rng):
    layer = Holder(Affine(4, 4, rng, np.float64), "affine")
    layer.forward = lambda x: layer.parts["affine"].forward(x)
    with recording(layer) as calls:
        layer.forward(normal(rng, 1, 1, 4))
    assert looks(calls[0], None, CODEC, XS) == []


def test_wide_symbols_keep_the_columns_in_line(rng):
    codec = Codec(Vocabulary("\u65e5b\u0301e"), Vocabulary("wxyz"), True)
    layer = Holder(Own(), "own")
    with recording(layer) as calls:
        a = layer.forward(normal(rng, 1, 4, 4), normal(rng, 1, 1, 4))
    lines = looks(calls[0], a[:, 0], codec, np.array([[3, 4, 5, 6]]))
    assert len({columns_of(line.partition(" 0.")[0]) for line in lines[1:]}) == 1
