"""The checks of gradients, each by itself: what is measured, what is named, and what is not."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from common.tools.backward_checks import (
    EXPLODED, MOVE, STEP, WRONG, check_gradients, check_slopes, check_twice, compare,
    fill_gradients, measure, slopes)
from tests.common.tools.patients import examine, tiny_model, wrap
from tests.helpers import MODELS, assert_same, copied

# Slopes


def line(*gradients):
    """Arrays of random numbers, and a function that rises by these gradients."""
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal(g.shape) for g in gradients]
    return arrays, lambda: float(sum(np.vdot(g, a) for g, a in zip(gradients, arrays)))


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e4])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_slope_along_a_direction_is_what_the_gradient_says_and_what_the_function_does(
    size, sign, rng
):
    real = [size * rng.standard_normal((2, 3)), size * rng.standard_normal(4)]
    arrays, f = line(*real)
    before = copied(tuple(arrays))
    direction = [rng.standard_normal((2, 3)), sign * rng.standard_normal(4)]
    said = [2 * real[0], 3 * real[1]]
    claimed, measured = slopes(f, arrays, said, direction)
    first, second = (np.vdot(g, d) for g, d in zip(real, direction))
    assert claimed == pytest.approx(2 * first + 3 * second, rel=1e-6)
    assert measured == pytest.approx(first + second, rel=1e-4)
    assert_same(tuple(arrays), before)


@pytest.mark.parametrize("slope, step", [
    (0.0, STEP), (0.5, STEP), (10.0, STEP), (1e4, MOVE / 1e4), (-1e4, MOVE / 1e4)])
def test_a_step_goes_both_ways_and_is_shorter_where_the_function_is_steep(slope, step):
    x, places = np.array([0.25]), []
    slopes(lambda: places.append(float(x[0])) or 0.0, [x], [np.array([slope])], [np.ones(1)])
    assert places == [0.25 + step, 0.25 - step]


def off_and_along(real, said):
    """What is found of a gradient that is said of a function that rises by the real one."""
    arrays, f = line(real)
    return compare(f, arrays, [said])


@pytest.mark.parametrize("shape", [(5, 5), (1, 2), (3,), (4,), (2, 3)])
@pytest.mark.parametrize("size", [100.0, 1.0, 0.01])
def test_a_gradient_is_off_by_the_share_of_itself_that_is_wrong(size, shape, rng):
    real = rng.standard_normal(shape)
    real *= size / np.linalg.norm(real)
    off, along = off_and_along(real, real)
    assert off < 1e-5 and along == pytest.approx(1, rel=1e-5)
    for factor in (0.5, -0.5, -1.0, 2.0, 10.0):
        off, along = off_and_along(real, factor * real)
        share = abs(1 - 1 / factor)
        assert share * 0.999 < off < 3 * share  # random directions may find somewhat more
        assert along == pytest.approx(1 / factor, rel=1e-3)


def test_a_wrong_part_of_a_gradient_is_found_though_the_slope_along_it_is_right():
    said, missed = np.ones(16), np.array([3.0, -3.0] * 8)
    off, along = off_and_along(said + missed, said)
    assert along == pytest.approx(1, rel=1e-3) and 1 < off < 9  # the missed part is 3 times as long


def test_what_is_not_used_has_no_slope_and_a_gradient_of_zero_may_be_wrong_as_well(rng):
    g = rng.standard_normal(6)
    off, along = off_and_along(0 * g, g)
    assert 0.999 < off < 3 and along == 0
    off, along = off_and_along(0 * g, 0 * g)
    assert off == 0 and math.isnan(along)
    off, along = off_and_along(0.1 * g, 0 * g)
    assert off > 1e6 and math.isnan(along)


def test_an_error_that_rounding_can_make_is_none():
    tiny = np.full(3, 1e-11)
    off, along = off_and_along(2 * tiny, tiny)
    assert off == 0


def test_a_kink_that_a_step_leads_across_is_no_mistake_and_a_mistake_beside_it_is_one():
    x, side = np.full(4, 1e-6), np.array([1.0, -2.0, 3.0, -4.0])  # the step is 1e-5

    def kinked():
        return float(np.maximum(side * x, 0) @ [1, 2, 3, 4])

    right = np.array([1.0, 0.0, 9.0, 0.0])
    assert compare(kinked, [x], [right])[0] > 100 * WRONG
    off, along = measure(kinked, [x], [right])
    assert off < 1e-6 and along == pytest.approx(1)
    assert measure(kinked, [x], [2 * right]) == compare(kinked, [x], [2 * right])


# What is said of slopes


def scaled(model, **factors):
    """Let the gradients of the affine layer of the decoder be as many times what they should be."""
    def backward(f, dlogits):
        dx = f(dlogits)
        for name, factor in factors.items():
            model.decoder.affine.grads[name] *= factor
        return dx

    wrap(model.decoder.affine, "backward", backward)
    return model


@pytest.mark.parametrize("factors, cause", [
    ({"W": 2}, "a wrong line"), ({"W": 0.5}, "a wrong line"), ({"b": -2}, "a wrong sign"),
    ({"b": -0.5}, "a wrong sign"), ({"W": -1, "b": 2}, "a wrong line"),
    ({"W": -1, "b": -3}, "a wrong sign"),
])
def test_a_wrong_sign_is_told_from_a_wrong_line(factors, cause):
    found = examine(check_slopes, scaled(tiny_model(), **factors))
    assert (found.name, found.ok) == ("slopes", False)
    assert found.cause == (
        f"{cause} in backward of decoder.affine (Affine, for {', '.join(factors)})")
    start = "gradients are off by these parts of their size: "
    parts = dict(part.split(" in ")[::-1] for part in found.seen.removeprefix(start).split(", "))
    assert list(parts) == [f"decoder.affine.{name}" for name in factors]
    for off, factor in zip(parts.values(), factors.values(), strict=True):
        assert 0.95 * abs(1 - 1 / factor) < float(off) < 3 * abs(1 - 1 / factor)


def test_weights_that_forward_does_not_read_are_named_before_a_wrong_line():
    model = scaled(tiny_model(), W=2)
    layer = model.decoder.embedding
    layer.params["W"] = layer.params["W"].copy()
    assert examine(check_slopes, model).cause == (
        "not used, or frozen: params holds other arrays than forward reads")


def test_a_wrong_gradient_of_the_symbols_that_stand_in_a_batch_is_found():
    model = tiny_model()
    wrap(model.encoder.embedding, "backward", lambda f, dx: f(dx / 2))
    assert examine(check_slopes, model).cause == (
        "a wrong line in backward of encoder.embedding (Embedding, for W)")


def test_right_gradients_are_the_measured_ones():
    found = examine(check_slopes, tiny_model("attention dot"))
    assert (found.name, found.ok) == ("slopes", True)
    assert found.seen == "each gradient is the measured one"


# Each gradient there, finite, not too large; the same twice


def with_gradients(*passes, **norms):
    """A model whose backward, called so often, gives these gradients: dicts from name to list.

    norms: of the weights, 1 if not told. The loss does not depend on them.
    """
    waiting = list(passes)
    model = SimpleNamespace(
        params={name: np.full(len(g), norms.get(name, 1.0) / math.sqrt(len(g)))
                for name, g in passes[0].items()},
        grads={name: np.full(len(g), 7.0) for name, g in passes[0].items()},
        forward=lambda xs, ts: 1.0)

    def backward():
        for name, g in waiting.pop(0).items():
            model.grads[name][...] = g

    model.backward = backward
    return model


def test_gradients_that_backward_does_not_fill_are_zero():
    model = tiny_model("seq2seq", "no encoder backward")
    for gradient in model.grads.values():
        gradient[...] = 5
    xs, ts = np.array([[3, 4]]), np.array([[1, 3, 2]])
    found = fill_gradients(model, xs, ts)
    for name, gradient in found.items():
        assert gradient.any() == name.startswith("decoder") and gradient is not model.grads[name]


def test_the_gradient_that_is_largest_beside_its_weights_is_told():
    found = check_gradients(with_gradients({"a": [30.0], "b": [0.0, 40.0], "c": [20.0]}, a=0.5, b=4,
                                           c=0.5), None, None)
    assert found.ok and found.seen == "at most 30 times the norm of the weights, in a"
    found = check_gradients(with_gradients({"a": [1.0], "b": [3.0], "c": [2.0]}), None, None)
    assert found.seen == "at most 3 times the norm of the weights, in b"


@pytest.mark.parametrize("gradient, norm, ok", [
    (EXPLODED, 1.0, True), (101.0, 1.0, False), (101.0, 0.1, False), (199.0, 2.0, True)])
def test_a_plain_step_at_a_rate_of_a_hundredth_may_not_replace_the_weights(gradient, norm, ok):
    found = check_gradients(with_gradients({"a": [gradient]}, a=norm), None, None)
    assert found.ok == ok and found.cause.startswith("exploding" if not ok else "")
    assert EXPLODED * 0.01 == 1


def test_a_gradient_that_is_not_finite_is_named_before_one_that_is_missing():
    gradients = {"a": [0.0], "b": [math.nan], "c": [math.inf], "d": [1.0]}
    with np.errstate(invalid="ignore"):
        found = check_gradients(with_gradients(gradients), None, None)
    assert found.name == "gradients"
    assert found.cause == "backward divides by zero or leaves an array unfilled, see b, c"
    gradients = {"a": [0.0], "b": [math.nan], "c": [1.0]}
    assert check_gradients(with_gradients(gradients), None, None).seen.endswith(", in b")


def test_the_cause_is_that_of_the_first_gradient_that_is_missing():
    model = tiny_model("seq2seq", "no encoder backward")
    for name in ("x", "y", "z"):
        model.params[name], model.grads[name] = np.ones((2, 2)), np.zeros((2, 2))
    before = copied(model.params)
    found = examine(check_gradients, model)
    assert found.seen == (
        "zero: encoder.embedding.W, encoder.lstm.Wx, encoder.lstm.Wh and 4 more")
    assert found.cause.startswith("they are used, but their backward is not called")
    assert (found.name, found.ok) == ("gradients", False)
    assert_same(model.params, before)


def test_of_two_gradients_that_are_missing_the_first_is_explained():
    model = tiny_model("seq2seq", "no embedding backward")
    model.params["x"], model.grads["x"] = np.ones((2, 2)), np.zeros((2, 2))
    found = examine(check_gradients, model)
    assert found.seen == "zero: decoder.embedding.W, x"
    assert found.cause.startswith("they are used, but their backward is not called")


def test_a_weight_of_zeros_is_the_cause_of_gradients_of_zero():
    model = tiny_model("seq2seq", "zeroed affine")
    found = examine(check_gradients, model)
    assert found.cause == "decoder.affine.W is all zero: no gradient passes through it"


@pytest.mark.parametrize("first, second, seen, cause", [
    ({"a": [1.0], "b": [2.0]}, {"a": [1.0], "b": [2.0]}, "no gradient", ""),
    ({"a": [1.0], "b": [2.0]}, {"a": [2.0], "b": [4.0]}, "a, b", "backward adds to grads"),
    ({"a": [1.0], "b": [2.0]}, {"a": [2.0], "b": [6.0]}, "a, b", "backward writes into"),
    ({"a": [1.0], "b": [2.0]}, {"a": [1.0], "b": [4.0]}, "b", "backward adds to grads"),
    ({"a": [0.0, 1.0]}, {"a": [0.0, 3.0]}, "a", "backward writes into"),
    ({"a": [math.nan, 1.0]}, {"a": [math.nan, 1.0]}, "no gradient", ""),
    ({name: [1.0] for name in "abcde"}, {name: [3.0] for name in "abcde"}, "a, b, c and 2 more",
     "backward writes into"),
])
def test_gradients_that_a_second_backward_changes_are_named(first, second, seen, cause):
    found = check_twice(with_gradients(first, second), None, None)
    assert (found.name, found.ok, found.seen) == ("backward twice", not cause, f"changes {seen}")
    assert found.cause.startswith(cause)


@pytest.mark.parametrize("V_source, V_target", [(40, 4), (4, 40)])
def test_vocabularies_of_very_different_sizes_are_no_problem(V_source, V_target):
    for check in (check_slopes, check_gradients, check_twice):
        model = MODELS["seq2seq"](V_source, V_target, 3, 4, np.random.default_rng(0),
                                  dtype=np.float64)
        assert examine(check, model).ok
        wrap(model.decoder, "backward", lambda f, dlogits: f(dlogits / 2))
        wrap(model.encoder, "backward", lambda f, *grads: None)
        assert examine(check, model).ok == (check is check_twice)
