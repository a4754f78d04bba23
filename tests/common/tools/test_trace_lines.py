"""One line a part: what is printed of uses that differ, of what is no array, and of norms."""

import re

import numpy as np
import pytest

from common.contract import Layer
from common.time_layers import TimeLSTM
from common.tools.trace import recording
from common.tools.trace_text import tree
from tests.common.tools.trace_scripts import parts_of
from tests.helpers import normal, random_pairs, small_model


class Twice(Layer):
    """Reads one sequence, and then another one that begins where the first has ended."""

    def __init__(self, rng):
        super().__init__()
        self.lstm = self.add_part("lstm", TimeLSTM(3, 4, rng, np.float64))

    def forward(self, xs, lengths):
        state = None
        for length in lengths:
            hs, state = self.lstm.forward(xs[:, :length], state)
        return hs

    def backward(self, dhs):
        dxs, dstate = self.lstm.backward(dhs, (dhs[:, -1], dhs[:, -1]))
        return self.lstm.backward(dhs)[0] + dxs


def lines_of(calls, begins):
    """The lines of a tree that begin with this name, each in one piece, and only these."""
    lines = (" ".join(part) for part in parts_of(tree(calls)))
    return [line for line in lines if line.startswith(begins)]


def test_uses_with_other_optional_arguments_have_lines_and_norms_of_their_own(rng):
    layer, xs, dhs = Twice(rng), normal(rng, 2, 5, 3), normal(rng, 2, 5, 4)
    with recording(layer) as calls:
        layer.forward(xs, [5, 5])
        layer.backward(dhs)
    first, second = lines_of(calls[1:], "lstm ")
    size = f"{np.linalg.norm(dhs[:, -1]):.3g}"
    assert f"dstate.h (2, 4) |{size}|" in first and "dstate" not in second.split("->")[0]
    assert len(lines_of(calls[:1], "lstm ")) == 2  # without a state and with one


def test_uses_with_other_shapes_have_lines_of_their_own(rng):
    layer, xs = Twice(rng), normal(rng, 2, 6, 3)
    with recording(layer) as calls:
        layer.forward(xs, [3, 6, 6])
    first, rest = lines_of(calls, "lstm ")[0], lines_of(calls, "lstm x2 ")
    assert "xs (2, 3, 3)" in first and len(rest) == 1 and "xs (2, 6, 3)" in rest[0]
    assert lines_of(calls, "lstm.cell.step x3") and lines_of(calls, "lstm.cell.step x6")


def test_a_use_that_ended_with_an_error_has_a_line_of_its_own(rng):
    layer = Twice(rng)
    xs, dhs = normal(rng, 2, 5, 3), normal(rng, 2, 5, 4)
    with recording(layer) as calls:
        layer.forward(xs, [5])
        with pytest.raises(ValueError, match="dhs"):
            layer.lstm.backward(dhs[:, :2])
        layer.lstm.backward(dhs)
    lines = lines_of(calls[1:], "lstm ")
    assert len(lines) == 2 and "->" not in lines[0] and "-> dxs (2, 5, 3) |" in lines[1]


def test_passes_of_other_lengths_have_trees_of_their_own(rng):
    model = small_model("seq2seq")
    with recording(model) as calls:
        for length in (3, 6):
            model.forward(*random_pairs(rng, 8, 7, [5], [length]))
            model.backward()
    counts = re.findall(r"  at (\d+ of \d+) steps", "\n".join(tree(calls)))
    assert counts == ["3 of 4", "6 of 7"]


class Parts(Layer):
    """Uses one layer for two sequences, and adds up what comes back."""

    def __init__(self, rng):
        super().__init__()
        self.scale = self.add_part("scale", Keeps())

    def backward(self, one, other):
        total = one
        for _ in range(3):
            total = self.scale.backward(total, other) + one
        return self.scale.backward(one[:1], other)


def test_the_sums_of_a_line_are_those_of_its_own_uses(rng):
    layer = Parts(rng)
    with recording(layer) as calls:
        layer.backward(normal(rng, 2, 3), normal(rng, 2, 3))
    counts = re.findall(r"  at (\d+ of \d+) steps", "\n".join(tree(calls)))
    assert counts == ["2 of 3"]


class Keeps(Layer):
    """A student's own layer with options, which hands numbers out."""

    def forward(self, x, **options):
        return x.sum()

    def backward(self, grad, x):
        return grad * np.ones(3)


def test_of_a_dict_only_the_names_are_shown(rng):
    layer = Keeps()
    with recording(layer) as calls:
        layer.forward(normal(rng, 2, 3), table=normal(rng, 50, 50), strength=3)
    (line,) = tree(calls)
    assert "options {table, strength} ->" in line


def test_norms_are_printed_of_gradients_alone(rng):
    model = small_model("attention dot")
    with recording(model) as calls:
        model.forward(*random_pairs(rng, 8, 7, [5], [3]))
        model.backward()
    (line,) = lines_of(calls[1:], "decoder.lstm.cell.project_backward")
    assert re.search(r"x \(4, 3\), h_prev \(4, 4\), dp \(4, 16\) \|\S+\| -> dx \(4, 3\) \|", line)
    layer, grad = Keeps(), normal(rng, 2, 3)
    with recording(layer) as calls:
        layer.backward(grad, grad)
    (line,) = tree(calls)
    assert f"grad (2, 3) |{np.linalg.norm(grad):.3g}|, x (2, 3) -> " in line
    assert line.split("-> ")[1].count("|") == 2


def test_a_number_of_several_uses_is_shown_of_the_first_and_of_the_last(rng):
    layer = Keeps()
    with recording(layer) as calls:
        layer.forward(np.ones((2, 3)))
        layer.forward(np.ones((2, 3)) / 2)
    (line,) = tree(calls)
    assert line.startswith("Keeps x2") and line.endswith("-> out 6, ..., 3")
