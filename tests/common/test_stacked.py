"""Stacked: layers on top of each other, each with a state of its own."""

import re

import numpy as np
import pytest

from common.gradient_check import check_gradients
from common.time_layers import Stacked
from tests.helpers import CELLS, assert_same, copied, mask_of, normal, random_state, time_layer

N, T, D = 4, 3, 4
SIZES = [2, 3, 1]  # what each layer writes; all differ, so that none can stand in another's place
LENGTHS = [3, 2, 0, 1]
NAMES = [*CELLS, "bidirectional gru"]


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=[1, 3], ids=["one layer", "three layers"])
def size(request):
    return request.param


def make_stack(name, size, rng, dropout=0.0, dtype=np.float64):
    """A stack with random weights; of a bidirectional layer each half has the size in SIZES."""
    layers, width = [], D
    for H in SIZES[:size]:
        layers.append(time_layer(name, width, H, rng, dtype))
        width = layers[-1].H
    return Stacked(layers, dropout, rng)


def parts_of(stack):
    """The layers of a stack, from the bottom up."""
    return [stack.parts[f"layer{k}"] for k in range(1, stack.size + 1)]


def states_of(name, stack, rng):
    """A random state of a stack."""
    return tuple(random_state(name, rng, N, layer.H) for layer in parts_of(stack))


@pytest.fixture
def xs(rng):
    return normal(rng, N, T, D)


@pytest.mark.parametrize("steps, masked, dropout", [
    (T, True, 0.4), (T, False, 0.0), (1, False, 0.4), (1, True, 0.0)])
def test_every_gradient_is_right(name, size, xs, rng, steps, masked, dropout):
    draws = np.random.default_rng(3)
    stack = make_stack(name, size, draws, dropout)
    stack.set_training(True)
    start = draws.bit_generator.state

    def same_draws():
        draws.bit_generator.state = start

    state = states_of(name, stack, rng)
    mask = mask_of(LENGTHS, steps) if masked else None
    errors = check_gradients(stack, xs[:, :steps].copy(), state, mask, rng=rng,
                             before_forward=same_draws)
    arrays = {f"state[{k}][{j}]" for k, part in enumerate(state) for j in range(len(part))}
    assert set(errors) == {"xs", *arrays, *(f"param {key}" for key in stack.params)}


def test_each_layer_reads_what_the_one_below_it_writes(name, size, xs, rng):
    stack = make_stack(name, size, rng)
    state, mask = states_of(name, stack, rng), mask_of(LENGTHS, T)
    wanted, last = xs, []
    for layer, begin in zip(parts_of(stack), state):
        wanted, end = layer.forward(wanted, begin, mask)
        last.append(end)
    assert_same(stack.forward(xs, state, mask), (wanted, tuple(last)))
    assert (stack.D, stack.H) == (D, wanted.shape[2])


def test_one_layer_is_the_layer_itself(name, xs, rng):
    stack = make_stack(name, 1, rng)
    layer, state = stack.parts["layer1"], states_of(name, stack, rng)
    hs, (last,) = stack.forward(xs, state)
    dxs, (dstate,) = stack.backward(hs, (last,))
    wanted = copied((hs, last, dxs, dstate, stack.grads))
    hs, last = layer.forward(xs, *state)
    grads = {f"layer1.{key}": gradient for key, gradient in layer.grads.items()}
    assert_same((hs, last, *layer.backward(hs, last), grads), wanted)


def test_no_state_no_dhs_and_no_dstate_mean_zeros(name, size, xs, rng):
    stack, mask = make_stack(name, size, rng), mask_of(LENGTHS, T)
    state, dstate = states_of(name, stack, rng), states_of(name, stack, rng)
    zeros, dhs = copied(state), normal(rng, N, T, stack.H)
    for part in zeros:
        for array in part:
            array[...] = 0

    def both_ways(state, dhs, dstate):
        result = stack.forward(xs, state, mask)
        return copied((*result, *stack.backward(dhs, dstate), stack.grads))

    for some, full in (((None, dhs, dstate), (zeros, dhs, dstate)),
                       ((state, None, dstate), (state, 0 * dhs, dstate)),
                       ((state, dhs, None), (state, dhs, zeros))):
        assert_same(both_ways(*some), both_ways(*full), 1e-13)


@pytest.mark.parametrize("name", CELLS)
def test_a_masked_step_leaves_the_state_of_every_layer_as_it_was(name, xs, rng):
    stack = make_stack(name, 3, rng)
    state = states_of(name, stack, rng)
    _, last = stack.forward(xs, state, mask_of(LENGTHS, T))
    for n, length in enumerate(LENGTHS):
        wanted = tuple(tuple(array[n : n + 1] for array in part) for part in state)
        if length:
            _, wanted = stack.forward(xs[n : n + 1, :length], wanted)
        got = tuple(tuple(array[n : n + 1] for array in part) for part in last)
        assert_same(got, wanted, 1e-13)


def test_values_at_padded_positions_do_not_matter(name, xs, rng):
    stack, mask = make_stack(name, 3, rng), mask_of(LENGTHS, T)
    dhs = normal(rng, N, T, stack.H) * mask[..., None]
    hs, last = stack.forward(xs, None, mask)
    wanted = copied((hs[mask], last, stack.backward(dhs), stack.grads))
    xs[~mask] = 1e4
    hs, last = stack.forward(xs, None, mask)
    dxs, dstate0 = stack.backward(dhs)
    assert_same((hs[mask], last, (dxs, dstate0), stack.grads), wanted, 1e-13)
    assert (dxs[~mask] == 0).all()


def test_backward_twice_gives_the_same_and_writes_into_nothing_it_was_given(name, xs, rng):
    stack = make_stack(name, 3, rng, dropout=0.3)
    stack.set_training(True)
    state, dstate = states_of(name, stack, rng), states_of(name, stack, rng)
    dhs = normal(rng, N, T, stack.H)
    given = copied((xs, state, dhs, dstate, stack.params))
    stack.forward(xs, state)
    first = copied((stack.backward(dhs, dstate), stack.grads))
    assert_same((stack.backward(dhs, dstate), stack.grads), first)
    assert_same((xs, state, dhs, dstate, stack.params), given)


def test_dropout_stands_between_the_layers_and_nowhere_else(xs, rng):
    stack = make_stack("lstm", 3, rng, dropout=0.5)
    assert [key for key in stack.parts] == ["layer1", "dropout2", "layer2", "dropout3", "layer3"]
    bottom, _ = stack.parts["layer1"].forward(xs)
    stack.set_training(True)
    seen = []
    for k in (2, 3):
        layer = stack.parts[f"layer{k}"]
        layer.forward = lambda xs, *rest, forward=layer.forward: (seen.append(xs),
                                                                  forward(xs, *rest))[1]
    hs, last = stack.forward(xs)
    assert_same(seen[0], np.where(seen[0] == 0, 0, 2 * bottom))  # kept and doubled, or dropped
    assert 0 < (seen[0] == 0).mean() < 1 and (hs != 0).all()
    assert all((array != 0).all() for part in last for array in part)
    stack.set_training(False)
    assert_same(stack.forward(xs), stack.forward(xs))


def test_parameters_are_shown_under_the_names_of_the_layers(rng):
    stack = make_stack("rnn", 3, rng)
    assert list(stack.params) == [f"layer{k}.{key}" for k in (1, 2, 3)
                                  for key in ("Wx", "Wh", "b")]
    assert stack.params["layer2.Wx"] is stack.parts["layer2"].params["Wx"]
    assert stack.params["layer2.Wx"].shape == (SIZES[0], SIZES[1])


def test_a_twin_has_a_memory_of_its_own(xs, rng):
    stack = make_stack("gru", 3, rng)
    hs, _ = stack.forward(xs)
    wanted = copied(stack.backward(hs))
    twin = stack.twin()
    twin.backward(twin.forward(normal(rng, N, 2, D))[0])
    assert_same(stack.backward(hs), wanted)
    assert twin.params["layer3.Wh"] is stack.params["layer3.Wh"]
    assert (twin.grads["layer3.Wh"] != stack.grads["layer3.Wh"]).any()


def test_float32_parameters_give_float32_results(name, xs, rng):
    stack = make_stack(name, 3, rng, 0.2, np.float32)
    stack.set_training(True)
    hs, state = stack.forward(xs.astype(np.float32), mask=mask_of(LENGTHS, T))
    dxs, dstate0 = stack.backward(hs, state)
    arrays = [a for part in (*state, *dstate0) for a in part]
    for array in (hs, dxs, *arrays, *stack.grads.values()):
        assert array.dtype == np.float32


@pytest.mark.parametrize("change, message", [
    (lambda state: state[:2], "state: expected a tuple of the states of 3 layers, got tuple of 2"),
    (lambda state: list(state), "state: expected a tuple of the states of 3 layers, got list"),
    (lambda state: (state[0], state[0], state[2]), "state h: expected shape"),
])
def test_a_wrong_state_is_refused(xs, rng, change, message):
    stack = make_stack("lstm", 3, rng)
    state = states_of("lstm", stack, rng)
    with pytest.raises(ValueError, match=f"^{message}"):
        stack.forward(xs, change(state))
    stack.forward(xs, state)
    with pytest.raises(ValueError, match=f"^d{message}"):
        stack.backward(None, change(state))


def test_layers_that_do_not_fit_are_refused(rng):
    layers = [time_layer("gru", 3, 2, rng), time_layer("gru", 3, 2, rng)]
    wanted = "layers: expected a layer to read as much as the one below it writes, 2 columns, got 3"
    with pytest.raises(ValueError, match=f"^{re.escape(wanted)}$"):
        Stacked(layers)
    with pytest.raises(ValueError, match="^layers: expected at least one, got none$"):
        Stacked([])
    with pytest.raises(ValueError, match="^rng: expected a Generator, which dropout needs"):
        Stacked(layers[:1], 0.5)
