"""The worksheet itself: how equations are shown, and how they are compared with a model."""

import numpy as np
import pytest

from common.contract import Layer
from common.layers import Affine
from common.tools.trace_sheet import Sheet, Unknown, decimals, from_numpy, typed

TOOLS = from_numpy("array", "ones", "zeros")
FORWARD = "x = array([[1, 2]])\ny = x @ W + b  # affine.y\nloss = y.sum()  # loss"
BACKWARD = "dy = ones((1, 2))  # affine.dy\ndW = x.T @ dy\ndb = dy.sum(axis=0)"


class Tiny(Layer):
    """The sum of one Affine."""

    def __init__(self):
        super().__init__()
        self.affine = self.add_part("affine", Affine(2, 2, np.random.default_rng(0), float))

    def forward(self, xs, ts):
        return float(self.affine.forward(xs).sum())

    def backward(self):
        self.affine.backward(np.ones((1, 2)))


WEIGHTS = {"W": "affine.W", "b": "affine.b"}


def sheet(*blocks, weights=WEIGHTS, **layout):
    """A sheet about the tiny model, with these equations."""
    made = Sheet("here.py", Tiny(), weights, TOOLS, **layout)
    for block in blocks:
        made.equations(block)
    return made


def compared(*blocks, **options):
    """What the sheet with these equations says last."""
    made = sheet(*blocks, **options)
    made.compare(np.array([[1.0, 2.0]]), None)
    return made.lines[-1]


def test_equations_that_are_those_of_the_model_end_with_how_far_they_are_from_it():
    assert compared(FORWARD, BACKWARD).startswith("The model's own arrays are the same: ")


def test_a_model_that_computes_no_number_is_not_the_same(monkeypatch):
    monkeypatch.setattr(Tiny, "forward", lambda self, xs, ts: (
        self.affine.forward(xs), float("nan"))[1])
    with pytest.raises(Unknown, match="does not know how the model computes loss: the largest "
                                      "difference is nan"):
        compared(FORWARD, BACKWARD)


@pytest.mark.parametrize("old, new, name", [
    ("x @ W + b", "x @ W.T + b", "y"), ("y.sum()", "y.sum() * 2", "loss"),
    ("ones((1, 2))", "2 * ones((1, 2))", "dy"), ("x.T @ dy", "-x.T @ dy", "dW"),
    ("dy.sum(axis=0)", "zeros(2)", "db")])
def test_the_first_array_that_the_model_does_not_have_is_named(old, new, name):
    text = FORWARD + "\n" + BACKWARD
    assert text.count(old) == 1
    with pytest.raises(Unknown, match=f"^--numbers: the worksheet in here.py does not know how the "
                                      f"model computes {name}: the largest difference is "):
        compared(text.replace(old, new))


def test_a_part_of_an_array_may_have_a_name_of_its_own():
    halves = {"U": "affine.W[:, 0:1]", "V": "affine.W[:, 1:2]", "b": "affine.b"}
    text = ("x = array([[1, 2]])\nu = x @ U + b[0]  # affine.y[:, 0:1]\n"
            "dU = x.T @ ones((1, 1))\ndV = x.T @ ones((1, 1))\ndb = ones(2)")
    assert "are the same" in compared(text, weights=halves)
    with pytest.raises(Unknown, match="how the model computes dV"):
        compared(text.replace("dV = ", "dV = 2 * "), weights=halves)
    with pytest.raises(Unknown, match="how the model computes u"):
        compared(text.replace("[:, 0:1]", "[:, 1:2]"), weights=halves)


def test_an_array_that_is_filled_bit_by_bit_is_compared_when_it_is_full():
    text = "dW = zeros((2, 2))\ndW[0] = ones(2)\ndW[1] = 2 * ones(2)"
    assert "are the same" in compared(text)
    with pytest.raises(Unknown, match="how the model computes dW:"):
        compared(text.replace("2 * ones", "3 * ones"))


def test_only_a_name_with_a_d_before_that_of_a_weight_is_its_gradient():
    assert "are the same" in compared(FORWARD, BACKWARD, "gW = zeros((2, 2))\ndy = dy\nad = dy")


@pytest.mark.parametrize("equation, said", [
    ("z = ones(2)  # other.z", "asks for z of the only other.forward: the model has 0 such calls, "
                               "with nothing"),
    ("z = ones(2)  # affine.z", "asks for z of the only affine.forward: the model has 1 such "
                                "calls, with x, y"),
    ("z = ones(3)  # affine.y", r"has z \(3,\), the model \(1, 2\)"),
    ("z = ones(3) @ W", "cannot compute 'z = ones(3) @ W': matmul"),
])
def test_what_cannot_be_compared_or_computed_is_said(equation, said):
    with pytest.raises(Unknown) as error:
        compared(equation)
    assert said.replace("\\", "") in str(error.value)


def test_weights_that_only_one_of_both_has_are_named():
    with pytest.raises(Unknown, match="do not both have the weights affine.b, other.b$"):
        sheet(weights={"W": "affine.W", "b": "other.b"})


def test_a_line_that_begins_with_a_mark_is_shown_and_what_stands_behind_an_equation_is_not():
    lines = sheet("# why\nx = ones(2)  # affine.y").lines
    assert lines == ["  # why", f"  {'x = ones(2)':<44}[1.000, 1.000]"]


def test_rows_stand_below_or_where_that_is_wanted_and_possible_beside_their_equation():
    below = ["  x = ones((2, 2))", "      [[1.000, 1.000],", "       [1.000, 1.000]]"]
    assert sheet("x = ones((2, 2))").lines == below
    assert sheet("x = ones((2, 4))", column=40, beside=True).lines == [
        f"  {'x = ones((2, 4))':<38}[[1.000, 1.000, 1.000, 1.000],",
        " " * 41 + "[1.000, 1.000, 1.000, 1.000]]"]
    assert sheet("x = ones((2, 2))", column=30, beside=True).lines == [
        "  x = ones((2, 2))            [[1.000, 1.000], [1.000, 1.000]]"]
    assert sheet("x = ones((2, 2))", column=18, beside=True).lines == [
        "  x = ones((2, 2))", "      [[1.000, 1.000], [1.000, 1.000]]"]
    assert sheet("x = ones((2, 4))", column=70, beside=True).lines[0] == "  x = ones((2, 4))"


def test_what_is_given_can_be_typed_and_is_known_to_what_follows():
    made = sheet()
    for name, value in (("x", np.array([[1.0, -2.0]])), ("eps", 1e-5), ("z", np.array([0.25, 3]))):
        made.given(name, value)
        assert np.array_equal(eval(typed(value), {"array": np.array}), value)
    assert made.lines == ["  x = array([[1, -2]])", "  eps = 1e-05", "  z = array([0.25, 3])"]
    made.equations("y = x + eps")
    assert np.array_equal(made.values["y"], np.array([[1 + 1e-5, -2 + 1e-5]]))


def test_a_number_has_three_decimals_and_zero_has_no_sign():
    shown = [decimals(number) for number in (-0.0001, 0.0, -0.0006, 1.0)]
    assert shown == ["0.000", "0.000", "-0.001", "1.000"]
