"""One step of a decoder: each printed array follows by its equation from those above it."""

import re

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from common.cells import GRU, LSTM, RNN
from common.contract import Layer
from common.functions import sigmoid, softmax
from common.layers import Affine
from common.tools import trace_step
from common.tools.symbols import columns_of
from common.tools.trace import recording
from common.tools.trace_step import array_lines, looks, step_lines
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import CELLS, CHAPTER_KINDS, normal, randomize, small_model

CODEC = Codec(Vocabulary("abcde"), Vocabulary("wxyz"), True)
XS = CODEC.encode_sources(["abcd"])
TS = CODEC.encode_targets(["wxyz"])
T = 2  # the step that is shown
ROUNDING = 0.006  # three decimals, in sums of a few such numbers with weights
NUMPY = {"sqrt": np.sqrt, "tanh": np.tanh, "sigmoid": sigmoid, "softmax": softmax, "H": 4}
CLASSES = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
GATES = {"rnn": [], "lstm": ["i", "f", "g", "o", "c"], "gru": ["r", "z", "n"]}
LINE = re.compile(r"  (\w+) (\([\d, ]+\)) +(?:is (\w+) of (\w+)|([-\d. ]+?))(?: += (.+))?")
BLOCK_LINE = re.compile(r"  (\w+) = (.+), in blocks of H columns: (.+)")


@pytest.fixture(autouse=True)
def all_numbers(monkeypatch):
    """Every number of an array is printed."""
    monkeypatch.setattr(trace_step, "SHOWN", 1000)


def page_of(kind, cell):
    """A model with random weights, and what is printed of its arrays."""
    model = randomize(small_model(kind, cell), np.random.default_rng(3))
    lines = step_lines(model, CODEC, XS, TS, T)
    first = next(k for k, line in enumerate(lines) if line.startswith("its arrays"))
    return model, lines[first + 1 : lines.index("", first)]


def assert_true(model, lines):
    """Fail unless each line follows from those above it -> names with equations, and "is"."""
    weights = {"out": model.decoder.embedding.params, "y": model.decoder.affine.params}
    if model.decoder.attends:
        weights["scores"] = model.decoder.attention.attention_weight.score.params
    values, explained, handed = {"ids": TS[0, T : T + 1]}, [], []
    for line in lines:
        cut = BLOCK_LINE.fullmatch(line)
        if cut:
            name, equation, names = cut.groups()
            values[name] = eval(equation, NUMPY, values | model.decoder.recurrent.params)
            for array in {block.split("_")[0] for block in names.split(", ")}:
                mine = [block for block in names.split(", ") if block.startswith(f"{array}_")]
                values |= zip(mine, values[array].reshape(len(mine), 4))
            continue
        name, shape, other, owner, numbers, equation = LINE.fullmatch(line).groups()
        shape = eval(shape)
        value = values[other] if other else np.array(numbers.split(), float)
        value = value.reshape(shape)[0]
        if other:
            handed.append((name, f"{other} of {owner}"))
        if equation:
            explained.append(name)
            equation = equation.removesuffix(", the logits")
            own = weights.get(name, model.decoder.recurrent.params)
            wanted = eval(equation, NUMPY, values | own)
            np.testing.assert_allclose(value.ravel(), np.ravel(wanted), rtol=0, atol=ROUNDING,
                                       err_msg=name)
        values[name] = value
    return explained, handed


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", CHAPTER_KINDS)
def test_every_array_follows_by_its_equation_from_those_above_it(kind, cell):
    explained, handed = assert_true(*page_of(kind, cell))
    looks_back = ["scores", "a", "c"] * kind.startswith("attention")
    assert explained == ["out", "px", *GATES[cell], "h", *looks_back, "y"]
    state = f"h of {CLASSES[cell].__name__}"
    if kind == "seq2seq":
        assert handed == [("x", "out of Embedding"), ("x", state)]
    elif kind != "peeky":
        assert handed == [("x", "out of Embedding"), ("q", state)]


@pytest.mark.parametrize("old, new", [
    (" i (1", " f (1"), ("= sigmoid(p_i)", "= sigmoid(p_o)"), ("is h of", "is c of"),
    ("p_i, p_f", "p_f, p_i"), ("= q @ W.T @ hs.T", "= q @ W @ hs.T"), ("f * c_prev", "i * c_prev"),
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
    assert trace_step.GATES[CLASSES[cell].__name__] == CLASSES[cell].block_names
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
    lines = looks(calls[0], CODEC, XS)
    assert lines[0] == "where it looks: s, symbol, weight a"
    assert [line.split()[:3] for line in lines[1:]] == [
        [str(s), "dcba"[s], f"{a[0, 0, s]:.3f}"] for s in range(4)]
    assert "nan" not in "\n".join(lines)


def test_where_no_part_returns_weights_nothing_is_said_of_looking(rng):
    layer = Holder(Affine(4, 4, rng, np.float64), "affine")
    layer.forward = lambda x: layer.parts["affine"].forward(x)
    with recording(layer) as calls:
        layer.forward(normal(rng, 1, 1, 4))
    assert looks(calls[0], CODEC, XS) == []


def test_wide_symbols_keep_the_columns_in_line(rng):
    codec = Codec(Vocabulary("\u65e5b\u0301e"), Vocabulary("wxyz"), True)
    layer = Holder(Own(), "own")
    with recording(layer) as calls:
        layer.forward(normal(rng, 1, 4, 4), normal(rng, 1, 1, 4))
    lines = looks(calls[0], codec, np.array([[3, 4, 5, 6]]))
    assert len({columns_of(line.partition(" 0.")[0]) for line in lines[1:]}) == 1
