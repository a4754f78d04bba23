"""The worksheet: the numbers beside an equation satisfy it, and are those of the model."""

import re

import numpy as np
import pytest

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_seq2seq.seq2seq import Seq2Seq
from common.functions import sigmoid, softmax
from common.tools import trace_numbers
from common.tools.trace_numbers import PARAMS, decimals, worksheet

MODELS = {"plain": Seq2Seq, "attention": AttentionSeq2Seq}
NUMPY = {name: getattr(np, name) for name in ("array", "concatenate", "log", "outer", "stack",
                                              "tanh", "zeros")}
ROUNDING = 0.004  # three decimals, in sums and products of a few such numbers


def equations(lines):
    """Triples (name, expression, printed numbers) of a worksheet."""
    found = []
    for line in lines:
        begins = re.match(r"  (\S+) = (.*?)(?:  +(\[.*\]|-?\d+\.\d+))?$", line)
        if begins:
            found.append([*begins.groups()[:2], begins[3] or ""])
        elif line.startswith("      "):
            found[-1][2] += line
    return [(name, text, np.array(eval(numbers))) for name, text, numbers in found]


def assert_true(lines):
    """Fail unless every printed line follows from the printed numbers above it."""
    values = {}
    for name, text, numbers in equations(lines):
        if not text.startswith("params["):
            wanted = eval(text, {"sigmoid": sigmoid, "softmax": softmax, **NUMPY}, values)
            assert numbers.shape == np.shape(wanted), name
            np.testing.assert_allclose(numbers, wanted, rtol=0, atol=ROUNDING, err_msg=name)
        if name.isidentifier():
            values[name] = numbers
        else:
            exec(f"{name} = numbers", {"numbers": numbers}, values)
    return values


@pytest.mark.parametrize("kind", MODELS)
def test_every_line_follows_from_the_numbers_above_it(kind):
    assert_true(worksheet(MODELS[kind]))


@pytest.mark.parametrize("kind", MODELS)
def test_weights_gradients_and_loss_are_those_of_the_model(kind):
    values = assert_true(worksheet(MODELS[kind]))
    model = MODELS[kind](5, 4, 2, 2, np.random.default_rng(0), dtype=np.float64)
    loss = model.forward(np.array([[3, 4]]), np.array([[1, 3, 2]]))
    model.backward()
    assert abs(values["loss"] - loss) <= 0.0005
    assert set(PARAMS.values()) == set(model.params)
    for name, long in PARAMS.items():
        np.testing.assert_allclose(values[name], model.params[long], rtol=0, atol=0.0005001)
        np.testing.assert_allclose(values[f"d{name}"], model.grads[long], rtol=0, atol=0.0005001)


@pytest.mark.parametrize("kind", MODELS)
def test_the_last_line_says_how_far_the_model_is_from_it(kind):
    difference = float(worksheet(MODELS[kind])[-1].split()[-1].rstrip("."))
    assert difference < 1e-14


@pytest.mark.parametrize("old, new", [("softmax(scores)", "softmax(-scores)"),
                                      ("dhs_sum + dhs_weight", "dhs_sum - dhs_weight")])
def test_a_wrong_equation_is_seen_in_the_last_line(old, new, monkeypatch):
    for name in ("ATTENTION", "ATTENTION_BACKWARD"):
        monkeypatch.setattr(trace_numbers, name, getattr(trace_numbers, name).replace(old, new))
    assert float(worksheet(AttentionSeq2Seq)[-1].split()[-1].rstrip(".")) > 1e-4


def test_a_wrong_number_would_be_seen():
    lines = worksheet(Seq2Seq)
    (place,) = [k for k, line in enumerate(lines) if line.startswith("  h_t1 = ")]
    lines[place] = re.sub(r"\[(-?)0\.", r"[\g<1>1.", lines[place])
    with pytest.raises(AssertionError):
        assert_true(lines)


def test_no_line_is_too_long_and_zero_has_no_sign():
    assert max(map(len, worksheet(AttentionSeq2Seq))) <= 100
    shown = [decimals(number) for number in (-0.0001, 0.0, -0.0006, 1.0)]
    assert shown == ["0.000", "0.000", "-0.001", "1.000"]
