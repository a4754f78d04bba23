"""The gradient check finds planted errors, names the entry, and passes what is right."""

import numpy as np
import pytest

from common.cells import LSTM, RNN
from common.contract import Layer
from common.gradient_check import GradientError, check_gradients, numerical_gradient
from common.layers import Affine, Embedding
from common.time_softmax import TimeSoftmax
from tests.helpers import normal, randomize

N, T, V, D, H = 4, 5, 6, 3, 2


# Layers with an error each, such as a student may make.


class SignFlipped(Affine):
    def backward(self, dy):
        return -super().backward(dy)


class BiasMean(Affine):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["b"][...] = dy.mean(axis=0)
        return dx


class Accumulated(Affine):
    def backward(self, dy):
        before = self.grads["W"].copy()
        dx = super().backward(dy)
        self.grads["W"] += before
        return dx


class Infinite(Affine):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["W"][1, 0] = np.inf
        return dx


class NotFilled(Affine):
    def backward(self, dy):
        return dy @ self.params["W"].T


class NotANumber(Affine):
    def backward(self, dy):
        dx = super().backward(dy)
        dx[1, 2] = np.nan
        return dx


class ReturnForgotten(Affine):
    def backward(self, dy):
        super().backward(dy)


class WrongShape(Affine):
    def backward(self, dy):
        return super().backward(dy).sum(axis=0)


class WrongGradShape(Affine):
    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["b"] = self.grads["b"][:1]
        return dx


class NotTransposed(RNN):
    def backward(self, dh):
        dx, dh_prev = super().backward(dh)
        Wh = self.params["Wh"]  # square, so both products have the same shape
        return dx, dh_prev @ np.linalg.inv(Wh.T) @ Wh


class TermDropped(LSTM):
    def step_backward(self, dstate, cache):
        dh, dc = dstate
        return super().step_backward((dh, np.zeros_like(dc)), cache)


class CellTermDropped(LSTM):
    def backward(self, dh, dc):
        dx, dh_prev, dc_prev = super().backward(dh, dc)
        return dx, dh_prev, np.zeros_like(dc_prev)


class GatesSwapped(LSTM):
    def backward(self, dh, dc):
        result = super().backward(dh, dc)
        dWh = self.grads["Wh"]
        dWh[...] = np.concatenate([dWh[:, H : 2 * H], dWh[:, :H], dWh[:, 2 * H :]], axis=1)
        return result


class RepeatedIdsOverwritten(Embedding):
    def backward(self, dout):
        self.grads["W"][...] = 0
        self.grads["W"][self.ids] = dout


class OneHotForgotten(TimeSoftmax):
    def backward(self, dloss=1.0):
        return np.exp(self.log_p) * self.share[..., None]


def broken(layer_class, *sizes):
    rng = np.random.default_rng(1)
    return randomize(layer_class(*sizes, rng, np.float64), rng)


def cell_inputs(rng, states):
    return normal(rng, N, D), *(normal(rng, N, H) for _ in range(states))


PLANTED = {
    SignFlipped: "^wrong: x\nright: param W, param b\n",
    BiasMean: "^wrong: param b\n",
    Accumulated: "^wrong: param W\n",
    NotFilled: "^wrong: param W, param b\nright: x\n",
    NotANumber: r"^wrong: x\n(.*\n)*x +nan +\[1, 2\] +nan",
    ReturnForgotten: "backward returned 0 gradients for 1 float inputs: x",
    WrongShape: r"^x: gradient of shape \(3,\) for \(4, 3\)",
    WrongGradShape: "param b: backward must write into grads",
}


@pytest.mark.parametrize("layer_class", PLANTED)
def test_an_error_in_affine_is_found_and_named(layer_class, rng):
    layer = broken(layer_class, D, H)
    with pytest.raises(GradientError, match=PLANTED[layer_class]):
        check_gradients(layer, normal(rng, N, D), rng=rng)


@pytest.mark.parametrize(
    "layer_class, states, wrong",
    [
        (NotTransposed, 1, "h_prev"),
        (TermDropped, 2, r"h_prev, param Wx \(blocks i, f, g\), [^\n]*"),
        (CellTermDropped, 2, "c_prev"),
        (GatesSwapped, 2, r"param Wh \(blocks i, f\)"),
    ],
)
def test_an_error_in_a_cell_is_found_and_named(layer_class, states, wrong, rng):
    message = f"^wrong: {wrong}\nright: .*\n{layer_class.__name__}.backward against"
    with pytest.raises(GradientError, match=message):
        check_gradients(broken(layer_class, D, H), *cell_inputs(rng, states), rng=rng)


def test_a_lookup_that_loses_repeated_ids_is_found(rng):
    layer = broken(RepeatedIdsOverwritten, V, D)
    with pytest.raises(GradientError, match="param W"):
        check_gradients(layer, np.array([2, 2, 1]), rng=rng)
    assert check_gradients(layer, np.array([2, 0, 1]), rng=rng)  # without repeats it is right


def test_an_error_in_a_layer_that_returns_its_loss_is_found(rng):
    inputs = normal(rng, N, T, V), rng.integers(0, V, (N, T))
    with pytest.raises(GradientError, match="^wrong: logits\n"):
        check_gradients(OneHotForgotten(), *inputs, rng=rng)


@pytest.mark.parametrize(
    "layer_class, inputs, names",
    [
        (Affine, lambda rng: (normal(rng, N, D),), {"x", "param W", "param b"}),
        (RNN, lambda rng: cell_inputs(rng, 1),
         {"x", "h_prev", "param Wx", "param Wh", "param b"}),
        (LSTM, lambda rng: cell_inputs(rng, 2),
         {"x", "h_prev", "c_prev", "param Wx", "param Wh", "param b"}),
    ],
)
def test_a_right_layer_passes_and_every_entry_has_its_error(layer_class, inputs, names, rng):
    errors = check_gradients(broken(layer_class, D, H), *inputs(rng), rng=rng)
    assert set(errors) == names
    assert all(0 <= error < 1e-6 for error in errors.values())


def test_the_message_shows_both_gradients(rng):
    layer, x = broken(SignFlipped, D, H), normal(rng, N, D)
    with pytest.raises(GradientError) as caught:
        check_gradients(layer, x, rng=np.random.default_rng(5))
    dy = np.random.default_rng(5).standard_normal((N, H))
    right = dy @ layer.params["W"].T
    message = str(caught.value)
    assert f"\nx: backward gave\n{-right}\n" in message
    assert message.endswith(f"\nx: central differences give\n{right}")


def test_float32_is_refused(rng):
    x = normal(rng, N, D).astype(np.float32)
    with pytest.raises(ValueError, match="expected float64, got float32"):
        numerical_gradient(lambda: 0.0, x)
    with pytest.raises(ValueError, match="^x: expected float64, got float32"):
        check_gradients(Affine(D, H, rng, np.float32), x, rng=rng)
    with pytest.raises(ValueError, match="^param W: expected float64, got float32"):
        check_gradients(Embedding(V, D, rng, np.float32), np.array([1]), rng=rng)


def test_the_tolerance_decides(rng):
    class Slightly(Affine):
        def backward(self, dy):
            return super().backward(dy) * (1 + 1e-4)

    layer, x = broken(Slightly, D, H), normal(rng, N, D)
    errors = check_gradients(layer, x, rng=rng, tolerance=1e-3)
    assert errors["x"] == pytest.approx(1e-4, rel=1e-3)
    with pytest.raises(GradientError, match=r"an error above 1e-05 is wrong\n(.*\n)+x +1\.0e-04 "):
        check_gradients(layer, x, rng=rng, tolerance=1e-5)


def test_an_error_as_large_as_the_tolerance_passes(rng):
    class ThreeQuarters(Layer):
        def forward(self, x):
            return float(x[0])

        def backward(self):
            return np.array([0.75])  # of 1

    assert check_gradients(ThreeQuarters(), np.zeros(1), rng=rng, tolerance=0.25) == {"x": 0.25}
    with pytest.raises(GradientError, match="wrong: x\n"):
        check_gradients(ThreeQuarters(), np.zeros(1), rng=rng, tolerance=0.249)


@pytest.mark.parametrize("share, found", [(8e-7, False), (1.2e-6, True)])
def test_unless_told_otherwise_a_millionth_is_too_much(share, found, rng):
    class Slightly(Affine):
        def backward(self, dy):
            return super().backward(dy) * (1 + share)

    layer, x = broken(Slightly, D, H), normal(rng, N, D)
    if found:
        with pytest.raises(GradientError, match="wrong: x\n"):
            check_gradients(layer, x, rng=rng)
    else:
        assert check_gradients(layer, x, rng=rng)["x"] == pytest.approx(share, rel=0.01)


@pytest.mark.parametrize("output", [np.zeros(3, int), None, (None, np.ones(2, bool))])
def test_a_layer_that_gives_no_float_array_is_refused(output, rng):
    class Whole(Layer):
        def forward(self, x):
            return output

    message = f"^expected float arrays from forward, got {type(output).__name__}$"
    with pytest.raises(ValueError, match=message):
        check_gradients(Whole(), normal(rng, N, D), rng=rng)


def test_a_layer_that_draws_gets_the_same_numbers_each_time_from_before_forward(rng):
    class Noisy(Layer):
        def forward(self, x):
            self.scale = self.rng.random(x.shape)
            return x * self.scale

        def backward(self, dy):
            return dy * self.scale

    layer, x = Noisy(), normal(rng, N, D)

    def reset():
        layer.rng = np.random.default_rng(3)

    assert set(check_gradients(layer, x, rng=rng, before_forward=reset)) == {"x"}
    with pytest.raises(GradientError, match="wrong: x\n"):
        check_gradients(layer, x, rng=rng)


def test_all_that_is_wrong_is_named_at_once(rng):
    class TwoWrong(Affine):
        def backward(self, dy):
            dx = super().backward(dy)
            self.grads["W"] *= 2
            return -dx

    with pytest.raises(GradientError, match="^wrong: x, param W\nright: param b\n"):
        check_gradients(broken(TwoWrong, D, H), normal(rng, N, D), rng=rng)


@pytest.mark.filterwarnings("error")
def test_an_infinite_gradient_is_wrong_and_no_warning_hides_that(rng):
    with pytest.raises(GradientError, match="^wrong: param W\nright: x, param b\n") as caught:
        check_gradients(Infinite(D, H, rng, np.float64), normal(rng, N, D), rng=rng)
    row = next(line for line in str(caught.value).splitlines() if line.startswith("param W  "))
    assert row.split()[2:6] == ["nan", "[1,", "0]", "inf"]
