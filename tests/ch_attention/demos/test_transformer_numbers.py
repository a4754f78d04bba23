"""The worksheet of a Transformer: it can be typed into Python, and has all that the model has."""

import re
from functools import wraps

import numpy as np
import pytest

from ch_attention.attention_layers import AttentionWeight, QKVAttention
from ch_attention.demos import trace, transformer_numbers
from ch_attention.demos.transformer_numbers import small_model, transformer_worksheet, weights
from ch_attention.scores import ScaledDotScore
from ch_attention.transformer import transformer
from ch_attention.transformer.heads import MultiHeadAttention, SelfAttention
from ch_attention.transformer.layers import FeedForward, PositionalEncoding, Relu, Residual
from common.layers import Affine, Embedding, LayerNorm
from common.time_softmax import TimeSoftmax
from common.tools.trace import recording
from tests.common.tools.trace_scripts import mistake

XS, TS = np.array([[3, 4]]), np.array([[1, 3, 2]])
LINE = re.compile(r"  (#.*|from .*|[a-zA-Z]\w*(?:\[.*?\]+)? = .*?)(?:  +(\[*-?\d+\.\d{3}.*))?")


def typed(lines):
    """Type the lines into Python: the names, and triples (name, its value, what is printed).

    Each name stands for what its line gives, not for what is printed behind it.
    """
    names, found = {}, []
    for line in lines:
        begins = LINE.fullmatch(line)
        if begins:
            exec(begins[1], names)
            if " = " in begins[1] and begins[1][0] != "#":
                name = begins[1].split(" = ")[0]
                found.append([name, np.copy(eval(name, names)), begins[2] or ""])
        elif re.match(r" {6,}\[", line):
            found[-1][2] += line.strip()
    return names, found


@pytest.fixture(scope="module")
def lines():
    return transformer_worksheet()


@pytest.fixture(scope="module")
def names(lines):
    return typed(lines)[0]


@pytest.fixture(scope="module")
def calls():
    """What the model does, recorded, and the model."""
    model = small_model()
    with recording(model) as calls:
        model.forward(XS, TS)
        model.backward()
    return calls, model


def assert_printed(lines):
    """Fail unless behind or below each equation stands what it gives; -> how many there are."""
    count = 0
    for name, value, printed in typed(lines)[1]:
        if printed:
            shown = np.array(eval(printed))
            assert shown.shape == value.shape, name
            np.testing.assert_allclose(shown, value, rtol=0, atol=0.000501, err_msg=name)
            count += 1
        else:
            assert name in (*weights(), "eps")
    return count


def test_each_line_typed_into_python_gives_what_is_printed(lines):
    equations = [line for line in lines if re.match(r"  [a-zA-Z]\w*(\[.*?\]+)? = ", line)]
    assert assert_printed(lines) == len(equations) - len(weights()) - 1  # 1: eps


@pytest.mark.parametrize("name", ["var_s1", "x_t3", "a1_t1", "dscores2_t2", "dW_1_s2", "loss"])
def test_a_wrong_number_would_be_seen(name, lines):
    (place,) = [k for k, line in enumerate(lines) if line.startswith(f"  {name} = ")]
    place += not re.search(r"\d\.\d{3}", lines[place])
    wrong = re.sub(r"\.(\d)", lambda digit: f".{(int(digit[1]) + 5) % 10}", lines[place])
    with pytest.raises(AssertionError, match=re.escape(name)):
        assert_printed([*lines[:place], wrong, *lines[place + 1 :]])


def test_every_weight_and_its_gradient_are_shown_and_are_those_of_the_model(names, calls):
    _, model = calls
    seen = {long: np.zeros_like(param) for long, param in model.params.items()}
    for name, place in weights().items():
        long, _, index = place.partition("[")
        part = f"array[{index}" if index else "array"
        exec(f"{part}[...] += 1", {"array": seen[long]})
        for values, mine in ((model.params, names[name]), (model.grads, names[f"d{name}"])):
            its = eval(part, {"array": values[long]})
            np.testing.assert_allclose(mine, its, rtol=0, atol=1e-12, err_msg=name)
    assert all((array == 1).all() for array in seen.values())


def pieces(array):
    """An array of a layer as the worksheet has it: one sentence, by head, by four columns."""
    rows = array.reshape(-1, *array.shape[-2:])
    return [block for part in rows for block in np.split(part, max(1, part.shape[1] // 4), axis=1)]


def parts_below(call):
    """A call and all that it has made."""
    yield call
    for below in call.calls:
        yield from parts_below(below)


def test_every_array_that_goes_from_layer_to_layer_is_shown(names, calls):
    shown = [value for value in names.values() if isinstance(value, np.ndarray) and value.ndim == 2]
    shown += [half for value in shown if value.shape[1] == 4 for half in np.split(value, 2, axis=1)]
    count = 0
    for call in (below for call in calls[0] for below in parts_below(call)):
        if call.layer_class is Embedding:
            continue  # stands inside of the equation of its sum with P
        for name, array in (call.inside | call.arrays("outputs")).items():
            for piece in pieces(array) if np.ndim(array) > 1 else ():
                assert any(value.shape == piece.shape and np.allclose(value, piece, atol=1e-12)
                           for value in shown), (call.name, call.method, name)
                count += 1
    assert count > 150


def test_what_the_model_says_of_itself_is_what_is_shown(names, calls):
    _, model = calls
    for p, stack, attention in (("s1", model.encoder, "self_attention"),
                                ("t1", model.decoder, "self_attention"),
                                ("t2", model.decoder, "cross_attention")):
        looks = stack.looks_of(attention)[0, 0]
        for j in (1, 2):
            np.testing.assert_allclose(names[f"a{j}_{p}"], looks[j - 1], rtol=0, atol=1e-12)
    assert abs(names["loss"] - model.forward(XS, TS)) < 1e-12


def test_the_numbers_are_worth_looking_at(names):
    for p in ("s1", "t1", "t2"):
        looks = np.stack([names[f"a{j}_{p}"] for j in (1, 2)])
        assert (p == "t1" or looks.min() > 0.1) and looks[:, 1].min() > 0.1
        assert np.abs(looks[0] - looks[1]).max() > 0.1
    for p in ("s2", "t3"):
        assert (names[f"first_{p}"] > 0).any(axis=1).all() and (names[f"first_{p}"] < 0).any()
    for name in weights():
        assert name.startswith("b_K") or np.abs(names[f"d{name}"]).max() > 0.005, name


def test_the_places_where_gradients_meet_are_marked(lines):
    marked = [lines[k + 1].split(" = ")[0].strip() for k, line in enumerate(lines)
              if line.startswith("  # + ")]
    assert marked == ["dx_t2", "dhs", "dx_t1", "dtold_t1", "dx_t0", "dx_s1", "dtold_s1", "dx_s0"]


def test_no_line_is_too_long(lines):
    assert max(map(len, lines)) <= 100


def twice(method):
    """A method that returns twice what it should: of a tuple, all of it."""

    @wraps(method)  # recording asks for the names of its arguments
    def wrong(self, *args, **options):
        value = method(self, *args, **options)
        return tuple(2 * part for part in value) if isinstance(value, tuple) else 2 * value

    return wrong


@pytest.mark.parametrize("layer, method, name", [
    (LayerNorm, "forward", "told_s1"), (PositionalEncoding, "forward", "x_s0"),
    (SelfAttention, "forward", "y_s1"), (MultiHeadAttention, "forward", "y_t2"),
    (QKVAttention, "forward", "c1_s1"), (AttentionWeight, "forward", "a1_s1"),
    (ScaledDotScore, "forward", "scores1_s1"), (FeedForward, "forward", "y_s2"),
    (Relu, "forward", "inner_s2"), (Residual, "forward", "x_s1"), (Affine, "forward", "Q_s1"),
    (TimeSoftmax, "forward", "loss"), (TimeSoftmax, "backward", "dlogits"),
    (LayerNorm, "backward", "dx_t3"), (Affine, "backward", "dout"), (Relu, "backward", "dfirst_t3"),
    (FeedForward, "backward", "dtold_t3"), (Residual, "backward", "dx_t2"),
    (MultiHeadAttention, "backward", "dtold_t2"), (QKVAttention, "backward", "dV1_t2"),
    (ScaledDotScore, "backward", "dQ1_t2"), (SelfAttention, "backward", "dtold_t1")])
def test_a_layer_that_computes_something_else_is_found_and_nothing_else_is_printed(
        layer, method, name, monkeypatch, capsys):
    monkeypatch.setattr(layer, method, twice(getattr(layer, method)))
    said = mistake(trace, capsys, "--numbers", "transformer")
    assert "the worksheet in ch_attention/demos/transformer_numbers.py does not know how" in said
    assert f" how the model computes {name}: the largest difference is " in said


@pytest.mark.parametrize("layer, weight, name", [
    (LayerNorm, "g", "dg_t4"), (LayerNorm, "b", "db_t4"), (Affine, "W", "dW"), (Affine, "b", "db"),
    (Embedding, "W", "dE_t")])
def test_a_gradient_of_weights_that_is_wrong_is_found(layer, weight, name, monkeypatch, capsys):
    backward = layer.backward

    @wraps(backward)
    def wrong(self, dy):
        value = backward(self, dy)
        self.grads[weight][...] *= 2
        return value

    monkeypatch.setattr(layer, "backward", wrong)
    assert f" how the model computes {name}: " in mistake(trace, capsys, "--numbers", "transformer")


def test_a_decoder_that_looks_ahead_is_found(monkeypatch, capsys):
    monkeypatch.setattr(transformer, "causal_mask", lambda T, earlier: np.ones((1, T, T), bool))
    said = mistake(trace, capsys, "--numbers", "transformer")
    assert " how the model computes a1_t1: " in said


def test_a_gradient_that_is_left_out_where_two_meet_is_found(monkeypatch, capsys):
    block = transformer_numbers.RESIDUAL_BACKWARD
    monkeypatch.setattr(transformer_numbers, "RESIDUAL_BACKWARD", block.replace("dx_{p} + ", ""))
    said = mistake(trace, capsys, "--numbers", "transformer")
    assert " how the model computes dx_t2: " in said
