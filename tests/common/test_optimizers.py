"""Optimizers against their textbook formulas, clipping, and learning-rate schedules."""

import math
from itertools import pairwise

import numpy as np
import pytest

from common.optimizers import SGD, Adam, Momentum, clip_grads
from common.schedules import ConstantRate, WarmupCosine, WarmupLinear
from tests.helpers import assert_same, copied, normal

STEPS = 6
RATES = [0.1, 0.02, 0.3, 0.1, 0.05, 0.2]  # lr is set anew before each step


def sgd(params, gradients, rates):
    for grads, lr in zip(gradients, rates, strict=True):
        params = {name: W - lr * grads[name] for name, W in params.items()}
    return params


def momentum(params, gradients, rates):
    v = dict.fromkeys(params, 0.0)
    for grads, lr in zip(gradients, rates, strict=True):
        v = {name: 0.8 * v[name] - lr * grads[name] for name in params}
        params = {name: W + v[name] for name, W in params.items()}
    return params


def adam(params, gradients, rates):
    m, v = dict.fromkeys(params, 0.0), dict.fromkeys(params, 0.0)
    for t, (grads, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = {name: 0.7 * m[name] + 0.3 * grads[name] for name in params}
        v = {name: 0.95 * v[name] + 0.05 * grads[name] ** 2 for name in params}
        params = {
            name: W - lr * (m[name] / (1 - 0.7**t)) / (np.sqrt(v[name] / (1 - 0.95**t)) + 1e-3)
            for name, W in params.items()
        }
    return params


OPTIMIZERS = {
    "sgd": (SGD, {}, sgd),
    "momentum": (Momentum, {"momentum": 0.8}, momentum),
    "adam": (Adam, {"beta1": 0.7, "beta2": 0.95, "eps": 1e-3}, adam),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_several_steps_follow_the_textbook_and_change_the_arrays_in_place(name, rng):
    make, options, textbook = OPTIMIZERS[name]
    params = {"W": normal(rng, 3, 4), "b": normal(rng, 4)}
    arrays = dict(params)
    gradients = [{key: normal(rng, *W.shape) for key, W in params.items()} for _ in range(STEPS)]
    kept = copied(tuple(gradients))
    wanted = textbook(copied(params), gradients, RATES)

    optimizer = make(1.0, **options)
    for grads, lr in zip(gradients, RATES, strict=True):
        optimizer.lr = lr
        optimizer.update(params, grads)
    assert_same(params, wanted, 1e-12)
    assert all(params[key] is arrays[key] for key in arrays)
    assert_same(tuple(gradients), kept)


@pytest.mark.parametrize("make, options", [
    (SGD, {"lr": 0.01}),
    (Momentum, {"lr": 0.01, "momentum": 0.9}),
    (Adam, {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
])
def test_what_is_not_given_is_as_in_the_books_and_papers(make, options):
    optimizer = make()
    assert {name: getattr(optimizer, name) for name in options} == options


def test_adam_computes_a_float32_step_in_float32(rng):
    W, dW = normal(rng, 2, 1000).astype(np.float32)
    params = {"W": W.copy()}
    optimizer = Adam(0.1, beta1=0.5, beta2=0.75, eps=1e-3)
    optimizer.update(params, {"W": dW})
    m, v = 0.5 * dW, 0.25 * (dW * dW)
    assert_same(params["W"], W - 0.1 * m / (np.sqrt(v) + 5e-4))  # the corrections are 1/2, 1/2


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_parameters_stay_float32(name, rng):
    make, options, _ = OPTIMIZERS[name]
    params = {"W": normal(rng, 3).astype(np.float32)}
    optimizer = make(0.1, **options)
    optimizer.lr = np.float64(0.1)
    optimizer.update(params, {"W": np.ones(3, np.float32)})
    assert params["W"].dtype == np.float32
    assert all(array.dtype == np.float32 for key, array in optimizer.state.items() if key != "t")


@pytest.mark.parametrize(
    "optimizer, steps", [(SGD(0.1), 200), (Momentum(0.05, 0.8), 200), (Adam(0.05), 600)]
)
def test_each_optimizer_finds_the_lowest_point_of_a_bowl(optimizer, steps):
    lowest, steepness = np.array([3.0, -2.0, 0.5]), np.array([1.0, 4.0, 0.5])
    params = {"W": np.zeros(3)}
    for _ in range(steps):
        optimizer.update(params, {"W": steepness * (params["W"] - lowest)})
    np.testing.assert_allclose(params["W"], lowest, atol=1e-2)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_the_first_step_of_adam_is_lr_whatever_the_size_of_the_gradient(scale):
    params = {"W": np.zeros(2)}
    Adam(0.01).update(params, {"W": scale * np.array([1.0, -3.0])})
    np.testing.assert_allclose(params["W"], [-0.01, 0.01], rtol=1e-3)


def gradients_of_norm_13():
    return {"W": np.array([[3.0, 0.0], [0.0, -4.0]]), "b": np.array([12.0])}


@pytest.mark.parametrize("max_norm", [13.0, 14.0])
def test_gradients_within_the_bound_are_left_as_they_are(max_norm):
    grads = gradients_of_norm_13()
    assert clip_grads(grads, max_norm) == 13
    assert_same(grads, gradients_of_norm_13())


@pytest.mark.parametrize("max_norm", [0.01, 6.5, 12.9])
def test_gradients_above_the_bound_are_scaled_together_and_in_place(max_norm):
    grads = gradients_of_norm_13()
    arrays = dict(grads)
    assert clip_grads(grads, max_norm) == 13  # the norm before
    wanted = {name: g * max_norm / 13 for name, g in gradients_of_norm_13().items()}
    assert_same(grads, wanted, 1e-14)
    assert clip_grads(grads, 100.0) == pytest.approx(max_norm, rel=1e-14)
    assert all(grads[name] is arrays[name] for name in arrays)


def test_gradients_of_zero_stay_zero():
    grads = {"W": np.zeros(3)}
    assert clip_grads(grads, 1.0) == 0
    assert grads["W"].tolist() == [0, 0, 0]


SCHEDULES = [WarmupLinear, WarmupCosine]


@pytest.mark.parametrize("make", SCHEDULES)
@pytest.mark.parametrize("warmup, total", [(0, 1), (0, 50), (1, 50), (10, 50), (49, 50)])
def test_a_schedule_rises_to_its_peak_and_falls_to_zero(make, warmup, total):
    schedule = make(0.5, warmup, total)
    rates = [schedule(step) for step in range(total)]
    assert all(0 < rate <= 0.5 for rate in rates)
    rising, falling = rates[:warmup], rates[warmup:]
    assert all(a < b for a, b in pairwise(rising))
    assert all(a > b for a, b in pairwise(falling))
    assert falling[0] == pytest.approx(0.5)  # the warm-up is over
    assert warmup == 0 or rates[0] == pytest.approx(0.5 / warmup)
    assert schedule(total) == pytest.approx(0, abs=1e-15)
    assert schedule(total + 5) == pytest.approx(0, abs=1e-15)  # and it stays there


@pytest.mark.parametrize(
    "make, rates",
    [
        (WarmupLinear, {0: 0.05, 4: 0.25, 9: 0.5, 20: 0.375, 30: 0.25, 40: 0.125}),
        (WarmupCosine, {0: 0.05, 9: 0.5, 20: 0.25 + 0.25 * math.sqrt(0.5), 30: 0.25,
                        40: 0.25 - 0.25 * math.sqrt(0.5)}),
    ],
)
def test_a_schedule_has_its_known_values(make, rates):
    schedule = make(0.5, 10, 50)
    assert {step: schedule(step) for step in rates} == pytest.approx(rates)


def test_a_constant_rate_never_changes():
    assert {ConstantRate(0.3)(step) for step in range(100)} == {0.3}


@pytest.mark.parametrize(
    "make, name",
    [(SGD, "lr"), (Momentum, "lr"), (Adam, "lr"), (ConstantRate, "rate"),
     (lambda lr: WarmupLinear(lr, 1, 9), "peak"), (lambda lr: WarmupCosine(lr, 1, 9), "peak"),
     (lambda lr: clip_grads({}, lr), "max_norm"), (lambda lr: Adam(eps=lr), "eps")],
)
@pytest.mark.parametrize("rate", [0, -0.1, math.nan, math.inf])
def test_a_rate_a_norm_or_an_eps_that_is_not_positive_and_finite_is_refused(make, name, rate):
    with pytest.raises(ValueError, match=f"^{name}: expected a positive, finite number, got "):
        make(rate)


@pytest.mark.parametrize(
    "make, option", [(Momentum, "momentum"), (Adam, "beta1"), (Adam, "beta2")]
)
@pytest.mark.parametrize("value", [-0.1, 1, math.nan])
def test_a_share_outside_0_to_1_is_refused(make, option, value):
    with pytest.raises(ValueError, match=f"^{option}: expected 0 <= {option} < 1, got {value}"):
        make(**{option: value})


@pytest.mark.parametrize("make", SCHEDULES)
@pytest.mark.parametrize("warmup, total", [(-1, 5), (5, 5), (6, 5), (0, 0)])
def test_a_warm_up_that_does_not_fit_the_run_is_refused(make, warmup, total):
    with pytest.raises(ValueError, match=f"warmup < total .{total}., got {warmup}"):
        make(0.1, warmup, total)


@pytest.mark.parametrize("make", [SGD, Momentum, Adam])
def test_an_optimizer_names_what_it_will_remember(make):
    params = {"a.W": np.ones(3), "b": np.ones(2)}
    optimizer = make(0.1)
    wanted = optimizer.state_names(params)
    optimizer.update(params, {name: np.ones_like(param) for name, param in params.items()})
    assert isinstance(wanted, set) and set(optimizer.state) == wanted
