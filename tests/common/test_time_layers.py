"""TimeRNN, TimeLSTM, TimeGRU and Bidirectional over whole, padded sequences."""

import re

import numpy as np
import pytest

from common.cells import GRU, LSTM, RNN
from common.gradient_check import check_gradients
from common.time_layers import Bidirectional
from tests.helpers import (
    CELLS,
    LOUD,
    assert_same,
    copied,
    mask_of,
    normal,
    random_state,
    time_layer,
)

N, T, D, H = 5, 6, 3, 2
LENGTHS = [6, 3, 1, 0, 4]  # one sentence fills its row, one is nothing but padding
CLASSES = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
NAMES = [*CELLS, *(f"bidirectional {cell}" for cell in CELLS)]


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def layer(name, rng):
    return time_layer(name, D, H, rng)


@pytest.fixture
def xs(rng):
    return normal(rng, N, T, D)


@pytest.fixture
def state(name, layer, rng):
    return random_state(name, rng, N, layer.H)


@pytest.fixture
def upstream(name, layer, rng):
    """dhs and dstate."""
    return normal(rng, N, T, layer.H), random_state(name, rng, N, layer.H)


@pytest.fixture
def mask():
    return mask_of(LENGTHS, T)


def both_ways(layer, xs, state, mask, upstream):
    """Everything that a forward and a backward pass give, as a copy."""
    result = layer.forward(xs, state, mask)
    return copied((*result, *layer.backward(*upstream), layer.grads))


@pytest.mark.parametrize("steps", [1, T])
@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
def test_every_gradient_is_right(layer, xs, state, mask, rng, steps, masked):
    mask = mask[:, :steps] if masked else None
    errors = check_gradients(layer, xs[:, :steps].copy(), state, mask, rng=rng)
    inputs = {"xs"} | {f"state[{k}]" for k in range(len(state))}
    assert set(errors) == inputs | {f"param {key}" for key in layer.params}


@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
def test_every_gradient_is_right_without_an_initial_state(layer, xs, mask, rng, masked):
    errors = check_gradients(layer, xs, None, mask if masked else None, rng=rng)
    assert {"xs"} | {f"param {key}" for key in layer.params} <= set(errors)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_stepped_t_times_equals_its_time_layer(name, layer, xs, state, upstream):
    cell = CLASSES[name](D, H, np.random.default_rng(1), np.float64)
    for key, param in layer.params.items():
        cell.params[key][...] = param

    states = [state]
    for t in range(T):
        new = cell.forward(xs[:, t], *states[-1])
        states.append(new if isinstance(new, tuple) else (new,))
    hs = np.stack([s[0] for s in states[1:]], axis=1)

    dhs, dstate = upstream
    dxs, grads = np.empty_like(xs), {key: np.zeros_like(g) for key, g in cell.grads.items()}
    for t in reversed(range(T)):
        cell.forward(xs[:, t], *states[t])  # a cell remembers only its last step
        dxs[:, t], *dstate = cell.backward(dstate[0] + dhs[:, t], *dstate[1:])
        for key, gradient in cell.grads.items():
            grads[key] += gradient

    wanted = (hs, states[-1], dxs, tuple(dstate), grads)
    assert_same(both_ways(layer, xs, state, None, upstream), wanted, 1e-12)


@pytest.mark.parametrize("name", NAMES[len(CELLS):])
def test_bidirectional_puts_a_reading_of_the_turned_sentence_beside_the_plain_one(
    name, layer, xs, state
):
    hs, last = layer.forward(xs, state)
    ahead, ahead_last = layer.forward_layer.forward(xs, tuple(s[:, :H] for s in state))
    back, back_last = layer.backward_layer.forward(
        xs[:, ::-1].copy(), tuple(s[:, H:] for s in state)
    )
    assert_same((hs[..., :H], hs[..., H:]), (ahead, back[:, ::-1]), 1e-13)
    assert_same(tuple(s[:, :H] for s in last), ahead_last, 1e-13)
    assert_same(tuple(s[:, H:] for s in last), back_last, 1e-13)


def test_no_state_no_dhs_and_no_dstate_mean_zeros(layer, xs, state, mask, upstream):
    zeros = tuple(np.zeros_like(s) for s in state)
    dhs, dstate = upstream
    for some, full in (
        ((None, upstream), (zeros, upstream)),
        ((state, (None, dstate)), (state, (np.zeros_like(dhs), dstate))),
        ((state, (dhs, None)), (state, (dhs, zeros))),
        ((state, (None, None)), (state, (np.zeros_like(dhs), zeros))),
    ):
        wanted = both_ways(layer, xs, full[0], mask, full[1])
        assert_same(both_ways(layer, xs, some[0], mask, some[1]), wanted, 1e-13)


@pytest.mark.parametrize("name", CELLS)
def test_a_masked_step_leaves_the_state_as_it_was(layer, xs, state, rng):
    mask = rng.random((N, T)) < 0.5  # holes anywhere, not only at the end
    mask[:, 2] = True
    hs, last = layer.forward(xs, state, mask)
    before = np.concatenate([state[0][:, None], hs[:, :-1]], axis=1)
    assert (hs[~mask] == before[~mask]).all()
    assert (hs[mask] != before[mask]).all()
    for n in range(N):  # as if the masked tokens were not there
        alone = layer.forward(xs[n : n + 1, mask[n]], tuple(s[n : n + 1] for s in state))[1]
        assert_same(tuple(s[n : n + 1] for s in last), alone, 1e-13)


def test_a_row_of_nothing_but_padding_keeps_its_state_and_passes_its_gradient_on(
    layer, xs, state, mask, upstream
):
    dhs, dstate = upstream
    _, last, dxs, dstate0, _ = both_ways(layer, xs, state, mask, upstream)
    row = LENGTHS.index(0)
    assert_same(tuple(s[row] for s in last), tuple(s[row] for s in state))
    assert (dxs[row] == 0).all()
    through = dhs[row].sum(axis=0)  # its h stands in every hs[row, t]
    assert_same(dstate0[0][row], dstate[0][row] + through, 1e-13)
    assert_same(tuple(d[row] for d in dstate0[1:]), tuple(d[row] for d in dstate[1:]))


def test_a_sentence_gets_the_same_numbers_alone_and_padded_in_a_batch(
    layer, xs, state, mask, upstream
):
    dhs, dstate = upstream
    dhs = dhs * mask[..., None]  # nobody looks at hs where there is padding
    hs, last, dxs, dstate0, grads = both_ways(layer, xs, state, mask, (dhs, dstate))
    summed = {key: np.zeros_like(g) for key, g in grads.items()}
    for n, length in enumerate(LENGTHS):
        if length == 0:
            continue

        def row(arrays, n=n):
            return tuple(a[n : n + 1] for a in arrays)

        alone = both_ways(layer, xs[n : n + 1, :length], row(state), None,
                          (dhs[n : n + 1, :length], row(dstate)))
        wanted = (hs[n : n + 1, :length], row(last), dxs[n : n + 1, :length], row(dstate0))
        assert_same(alone[:4], wanted, 1e-12)
        for key, gradient in alone[4].items():
            summed[key] += gradient
    assert_same(summed, grads, 1e-12)


def test_values_at_padded_positions_do_not_matter(layer, xs, state, mask, upstream):
    wanted = both_ways(layer, xs, state, mask, upstream)
    xs[~mask] = 1e4
    with np.errstate(**LOUD):
        got = both_ways(layer, xs, state, mask, upstream)
    assert_same(got, wanted, 1e-13)
    assert (got[2][~mask] == 0).all()  # dxs


def test_an_all_true_mask_changes_nothing(layer, xs, state, upstream):
    everything = np.full((N, T), True)
    wanted = both_ways(layer, xs, state, None, upstream)
    assert_same(both_ways(layer, xs, state, everything, upstream), wanted)


def test_arrays_that_are_not_contiguous_give_the_same_answer(layer, rng, mask):
    def strided(*shape):
        """Every second entry of a larger array with its axes turned round."""
        return normal(rng, *(2 * size for size in shape[::-1])).transpose()[
            tuple(slice(None, None, 2) for _ in shape)
        ]

    states = len(layer.forward(np.zeros((1, 1, D)))[1])
    xs, dhs = strided(N, T, D), np.broadcast_to(strided(N, 1, layer.H), (N, T, layer.H))
    state, dstate = (tuple(strided(N, layer.H) for _ in range(states)) for _ in range(2))
    turned = mask[:, ::-1]
    got = both_ways(layer, xs, state, turned, (dhs, dstate))
    assert not xs.flags.c_contiguous and not state[0].flags.c_contiguous
    contiguous = copied((xs, state, turned, (dhs, dstate)))
    assert_same(got, both_ways(layer, *contiguous), 1e-13)


def test_backward_twice_gives_the_same_and_writes_into_nothing_it_was_given(
    layer, xs, state, mask, upstream
):
    given = copied((xs, state, mask, upstream, layer.params))
    layer.forward(xs, state, mask)
    first = copied((layer.backward(*upstream), layer.grads))
    assert_same((layer.backward(*upstream), layer.grads), first)
    assert_same((xs, state, mask, upstream, layer.params), given)


def test_results_are_not_overwritten_by_the_next_pass(layer, xs, state, mask, upstream, rng):
    results = (*layer.forward(xs, state, mask), *layer.backward(*upstream))
    kept = copied(results)
    layer.forward(normal(rng, N, T, D), state, mask)
    layer.backward(*upstream)
    assert_same(results, kept)


@pytest.mark.parametrize("second", [("gru", 3, 2), ("lstm", 4, 2), ("lstm", 3, 4)])
def test_two_directions_that_differ_are_refused_and_shown_in_their_order(second, rng):
    name, *sizes = second
    layers = time_layer("lstm", 3, 2, rng), time_layer(name, *sizes, rng)
    wanted = f"got ('TimeLSTM', 3, 2), ('{type(layers[1]).__name__}', {sizes[0]}, {sizes[1]})"
    with pytest.raises(ValueError, match=re.escape(wanted)):
        Bidirectional(*layers)


def test_each_direction_shows_its_parameters_under_its_own_name(rng):
    layer = time_layer("bidirectional rnn", D, H, rng)
    names = [f"{way}.{name}" for way in ("forward", "backward") for name in ("Wx", "Wh", "b")]
    assert list(layer.params) == names
    assert layer.params["forward.Wx"] is layer.forward_layer.params["Wx"]
    assert layer.params["backward.Wx"] is layer.backward_layer.params["Wx"]


def test_float32_parameters_give_float32_results(name, rng):
    layer = time_layer(name, D, H, rng, np.float32)
    hs, state = layer.forward(normal(rng, N, T, D).astype(np.float32), mask=mask_of(LENGTHS, T))
    dxs, dstate0 = layer.backward(hs, state)
    for array in (hs, *state, dxs, *dstate0, *layer.grads.values()):
        assert array.dtype == np.float32


@pytest.mark.parametrize(
    "argument, change, message",
    [
        ("xs", lambda xs: xs[0], "xs: expected shape"),
        ("xs", lambda xs: np.ones((N, T, D + 1)), "xs: expected shape"),
        ("xs", lambda xs: xs[:, :0], "xs: expected shape"),
        ("xs", lambda xs: xs.astype(np.float32), "xs: expected dtype float64, got float32"),
        ("xs", lambda xs: xs.tolist(), "xs: expected an array, got list"),
        ("state", lambda state: state[0], "state: expected a tuple"),
        ("state", lambda state: (*state, state[0]), r"state: expected a tuple .* of \d$"),
        ("state", lambda state: list(state), r"state: expected a tuple \(.*\), got list$"),
        ("state", lambda state: tuple(s[1:] for s in state), "state h: expected shape"),
        ("state", lambda state: tuple(s[:, 1:] for s in state), "state h: expected shape"),
        ("state", lambda state: tuple(s.astype(np.float32) for s in state), "state h: expected d"),
        ("mask", lambda mask: mask[:, 1:], "mask: expected shape"),
        ("mask", lambda mask: mask[0], "mask: expected shape"),
        ("mask", lambda mask: mask.astype(int), "mask: expected dtype bool, got int64"),
        ("mask", lambda mask: mask.tolist(), "mask: expected an array, got list"),
        ("dhs", lambda dhs: dhs[:, 1:], "dhs: expected shape"),
        ("dhs", lambda dhs: dhs[0], "dhs: expected shape"),
        ("dhs", lambda dhs: dhs.astype(np.float32), "dhs: expected dtype float64, got float32"),
        ("dstate", lambda dstate: dstate[0], "dstate: expected a tuple"),
        ("dstate", lambda dstate: list(dstate), "dstate: expected a tuple"),
        ("dstate", lambda dstate: tuple(d[1:] for d in dstate), "dstate h: expected shape"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(
    layer, xs, state, mask, upstream, argument, change, message
):
    arguments = {"xs": xs, "state": state, "mask": mask, "dhs": upstream[0], "dstate": upstream[1]}
    arguments[argument] = change(arguments[argument])
    with pytest.raises(ValueError, match=f"^{message}"):
        layer.forward(*(arguments[key] for key in ("xs", "state", "mask")))
        layer.backward(arguments["dhs"], arguments["dstate"])
