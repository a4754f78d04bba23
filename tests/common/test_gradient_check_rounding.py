"""The gradient check tells small errors from rounding."""

from functools import partial

import numpy as np
import pytest

from ch_attention.attention_layers import Attention
from ch_attention.scores import SCORES, make_score
from common.cells import GRU, LSTM, RNN
from common.contract import EOS, PAD, SOS, Layer
from common.functions import softmax
from common.gradient_check import GradientError, check_gradients, relative_error
from common.layers import Affine, Embedding
from common.time_layers import TimeLSTM
from common.time_softmax import TimeSoftmax
from tests.helpers import MODELS, VARIANTS, normal, random_state, randomize, time_layer

N, T, S, D, H = 2, 3, 4, 5, 6


class Keys(Layer):
    """c = softmax(q (h Wk + bk)^T) h: bk adds q bk to all scores of a query, so nothing changes."""

    def __init__(self, rng, scale):
        super().__init__()
        self.add_param("Wk", scale * rng.standard_normal((D, H)))
        self.add_param("bk", scale * rng.standard_normal(H))

    def forward(self, hs, q):
        self.hs, self.q = hs, q
        self.k = hs @ self.params["Wk"] + self.params["bk"]  # (N, S, H)
        self.a = softmax(q @ self.k.transpose(0, 2, 1))  # (N, T, S)
        return self.a @ hs

    def backward(self, dc):
        da = dc @ self.hs.transpose(0, 2, 1)
        dscores = self.a * (da - (da * self.a).sum(axis=-1, keepdims=True))
        dk = dscores.transpose(0, 2, 1) @ self.q  # (N, S, H)
        self.grads["bk"][...] = dk.sum(axis=(0, 1))
        self.grads["Wk"][...] = np.tensordot(self.hs, dk, axes=((0, 1), (0, 1)))
        dhs = self.a.transpose(0, 2, 1) @ dc + dk @ self.params["Wk"].T
        return dhs, dscores @ self.k


class KeysAlmost(Keys):
    """A gradient that should be 0 and is small."""

    def backward(self, dc):
        result = super().backward(dc)
        self.grads["bk"] += 1e-7
        return result


@pytest.mark.parametrize("scale", [0.3, 1, 3])
@pytest.mark.parametrize("sizes", [(1, 1, 2), (2, 3, 4), (8, 9, 10)])
def test_a_gradient_that_is_truly_zero_passes(scale, sizes, rng):
    layer = Keys(rng, scale)
    N, T, S = sizes
    errors = check_gradients(layer, normal(rng, N, S, D), normal(rng, N, T, H), rng=rng)
    assert np.abs(layer.grads["bk"]).max() < 1e-12
    assert set(errors) == {"hs", "q", "param Wk", "param bk"}


def test_a_small_gradient_in_the_place_of_zero_is_found(rng):
    with pytest.raises(GradientError, match="^wrong: param bk\n"):
        check_gradients(KeysAlmost(rng, 1), normal(rng, N, S, D), normal(rng, N, T, H), rng=rng)


def test_the_floor_is_what_twenty_roundings_may_do_to_a_central_difference():
    class Constant(Layer):
        """Its true gradient is 0, of the central differences too; it says 1e-10."""

        def forward(self, x):
            return np.array([[3.0, -4.0]])

        def backward(self, dy):
            return np.full((1, 2), 1e-10)

    dy = np.random.default_rng(4).standard_normal((1, 2))
    for tolerance in (1e-3, 1e-2):
        errors = check_gradients(Constant(), np.zeros((1, 2)), rng=np.random.default_rng(4),
                                 tolerance=tolerance)
        u = 20 * 2.0**-53 * (3 * abs(dy[0, 0]) + 4 * abs(dy[0, 1]))
        assert errors["x"] == pytest.approx(1e-10 * tolerance / (u / 1e-5), rel=1e-9)


def test_the_floor_follows_the_size_of_the_loss(rng):
    class Shifted(Affine):
        """A gradient of 1 beside a large number that does not depend on x, and is off by 1e-5."""

        def forward(self, x):
            return super().forward(x) + self.offset

        def backward(self, dy):
            return super().backward(dy) * (1 + 1e-5)

    layer = randomize(Shifted(D, H, rng, np.float64), rng)
    x = normal(rng, N, D)
    for layer.offset in (0, 100):
        with pytest.raises(GradientError, match="wrong: x\n"):
            check_gradients(layer, x, rng=rng)
    layer.offset = 1e6  # a loss of ten million is rounded to 1e-9, a central difference to 1e-4
    assert check_gradients(layer, x, rng=rng)["x"] < 1e-6


def whole_model(kind, rng, H=4, **options):
    """A small model in float64 with random weights, and a padded batch for it."""
    model = randomize(MODELS[kind](6, 5, 3, H, rng, dtype=np.float64, **options), rng)
    xs = np.array([[3, 5, 3], [4, 4, PAD]])
    return model, xs, np.array([[SOS, 3, EOS], [SOS, EOS, PAD]])


def test_a_change_forward_and_backward_alike_passes_though_gradients_are_small(rng, monkeypatch):
    # c = i * g everywhere. With small weights the scores of attention then hardly matter: gradients
    # below 1e-5, whose central differences are wrong by 1e-11, more than a millionth of it.
    step, step_backward = LSTM.step, LSTM.step_backward

    def without_c(state):
        return state[0], np.zeros_like(state[1])

    monkeypatch.setattr(LSTM, "step", lambda self, px, state: step(self, px, without_c(state)))
    monkeypatch.setattr(LSTM, "step_backward", lambda self, dstate, *others: step_backward(
        self, without_c(dstate), *others))
    model, *batch = whole_model("attention general", rng, bidirectional=True)
    check_gradients(randomize(model, rng, scale=0.2), *batch, rng=rng)


class Spoiled(Layer):
    """A layer with each of its gradients changed by a function."""

    def __init__(self, layer, change):
        super().__init__()
        self.layer, self.change = layer, change
        self.params, self.forward = layer.params, layer.forward
        self.grads = {name: np.zeros_like(param) for name, param in layer.params.items()}

    def backward(self, *upstream):
        given = self.layer.backward(*upstream)
        for name, gradient in self.layer.grads.items():
            self.grads[name][...] = self.change(gradient)
        return self.changed(given)

    def changed(self, given):
        """The gradients that backward returned, changed."""
        if isinstance(given, tuple):
            return tuple(self.changed(part) for part in given)
        return None if given is None else self.change(given)


def by_a_ten_thousandth(gradient):
    return gradient * (1 + 1e-4)


def in_one_entry(gradient):
    changed = gradient.copy()
    changed.flat[gradient.size // 2] += 1e-4 * np.abs(gradient).max()
    return changed


def cases():
    """Name -> a function of rng that makes a layer and its inputs."""
    def state(rng, name):
        return random_state(name, rng, N, H)

    made = {
        "affine": lambda rng: (Affine(D, H, rng, np.float64), normal(rng, N, T, D)),
        "embedding": lambda rng: (Embedding(S, D, rng, np.float64), np.array([1, 3, 3, 0])),
        "softmax": lambda rng: (TimeSoftmax(), normal(rng, N, T, S), rng.integers(0, S, (N, T))),
    }
    for name, cell in {"rnn": RNN, "lstm": LSTM, "gru": GRU}.items():
        made[name] = lambda rng, cell=cell, name=name: (
            randomize(cell(D, H, rng, np.float64), rng), normal(rng, N, D), *state(rng, name))
        made[f"time {name}"] = lambda rng, name=name: (
            time_layer(name, D, H, rng), normal(rng, N, T, D), state(rng, name))
    for name in SCORES:
        made[f"attention, {name}"] = lambda rng, name=name: (
            Attention(make_score(name, H, rng, np.float64)), normal(rng, N, S, H),
            normal(rng, N, T, H))
    for kind, (model, options) in VARIANTS.items():
        if options == model.default_options():  # the others change what is inside of attention
            made[f"model, {kind}"] = partial(whole_model, kind, H=2)
    return made


@pytest.mark.parametrize("name", cases())
def test_small_errors_are_found_in_every_gradient_of_every_layer(name, rng):
    layer, *inputs = cases()[name](rng)
    right = check_gradients(layer, *inputs, rng=rng)
    for change in (by_a_ten_thousandth, in_one_entry):
        with pytest.raises(GradientError) as caught:
            check_gradients(Spoiled(layer, change), *inputs, rng=rng)
        first = str(caught.value).split("\n")[0]  # the worst first, and so in any order
        assert sorted(first.removeprefix("wrong: ").split(", ")) == sorted(right)


class SumForgotten(Keys):
    """Softmax without the sum over all scores."""

    def backward(self, dc):
        dhs, dq = super().backward(dc)
        return dhs, (self.a * (dc @ self.hs.transpose(0, 2, 1))) @ self.k


class RowForgotten(Affine):
    """The first row is not in the gradient of the bias."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["b"] -= dy[0]
        return dx


class LastStateForgotten(TimeLSTM):
    """The state after the last step sends nothing back."""

    def backward(self, dhs, dstate):
        return super().backward(dhs)


@pytest.mark.parametrize("make, inputs, wrong", [
    (lambda rng: SumForgotten(rng, 1), lambda rng: [normal(rng, N, S, D), normal(rng, N, T, H)],
     {"q"}),
    (lambda rng: RowForgotten(D, H, rng, np.float64), lambda rng: [normal(rng, 40, D)],
     {"param b"}),
    (lambda rng: LastStateForgotten(D, H, rng, np.float64),
     lambda rng: [normal(rng, N, T, D), None], {"xs", "param Wx", "param Wh", "param b"}),
], ids=["sum", "row", "state"])
def test_a_missing_term_is_found(make, inputs, wrong, rng):
    with pytest.raises(GradientError) as caught:
        check_gradients(make(rng), *inputs(rng), rng=rng)
    said = str(caught.value).split("\n")[0]
    assert set(said.removeprefix("wrong: ").split(", ")) == wrong


@pytest.mark.parametrize("a, b, floor, wanted", [
    ([1.0, 2.0], [1.0, 2.5], 2.0, 0.2), ([1.0, 2.0], [1.0, 2.5], 5.0, 0.1), ([0.0], [0.0], 1.0, 0),
    ([1e-17], [1e-11], 1e-4, 1e-7),
])
def test_the_relative_error_of_what_is_below_the_floor_is_relative_to_the_floor(a, b, floor,
                                                                                wanted):
    assert relative_error(np.array(a), np.array(b), floor) == pytest.approx(wanted)
