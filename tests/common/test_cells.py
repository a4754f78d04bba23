"""One step of RNN, LSTM and GRU: values, gradients, gate order, and what they refuse."""

import math

import numpy as np
import pytest

from common.cells import GRU, LSTM, RNN
from common.gradient_check import check_gradients
from tests.helpers import CELLS, assert_same, copied, normal, random_state, randomize, time_layer

N, D, H = 4, 3, 2
CLASSES = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


@pytest.fixture(params=CELLS)
def name(request):
    return request.param


@pytest.fixture
def cell(name, rng):
    return randomize(CLASSES[name](D, H, rng, np.float64), rng)


@pytest.fixture
def inputs(name, rng):
    """x and each array of the state before."""
    return normal(rng, N, D), *random_state(name, rng, N, H)


def sigmoid(p):
    return 1 / (1 + math.exp(-p))


def product(vector, matrix, bias, column):
    """One entry of vector @ matrix + bias."""
    return bias[column] + sum(v * row[column] for v, row in zip(vector, matrix, strict=True))


def naive_rnn(params, x, h_prev):
    """One row, one entry at a time."""
    no_bias = np.zeros(H)
    return ([
        math.tanh(product(x, params["Wx"], params["b"], j)
                  + product(h_prev, params["Wh"], no_bias, j))
        for j in range(H)
    ],)


def naive_lstm(params, x, h_prev, c_prev):
    """One row, one entry at a time; gate k of "ifgo" owns the columns from k * H on."""
    h, c, no_bias = [], [], np.zeros(4 * H)
    for j in range(H):
        p = {
            gate: product(x, params["Wx"], params["b"], k * H + j)
            + product(h_prev, params["Wh"], no_bias, k * H + j)
            for k, gate in enumerate("ifgo")
        }
        kept, written = sigmoid(p["f"]) * c_prev[j], sigmoid(p["i"]) * math.tanh(p["g"])
        c.append(kept + written)
        h.append(sigmoid(p["o"]) * math.tanh(c[j]))
    return h, c


def naive_gru(params, x, h_prev):
    """One row, one entry at a time; gate k of "rzn" owns the columns from k * H on."""
    h = []
    for j in range(H):
        px = {g: product(x, params["Wx"], params["b"], k * H + j) for k, g in enumerate("rzn")}
        ph = {
            g: product(h_prev, params["Wh"], params["bh"], k * H + j) for k, g in enumerate("rzn")
        }
        r, z = sigmoid(px["r"] + ph["r"]), sigmoid(px["z"] + ph["z"])
        n = math.tanh(px["n"] + r * ph["n"])
        h.append((1 - z) * n + z * h_prev[j])
    return (h,)


NAIVE = {"rnn": naive_rnn, "lstm": naive_lstm, "gru": naive_gru}


def as_tuple(output):
    return output if isinstance(output, tuple) else (output,)


def test_a_step_gives_what_the_equations_give_entry_by_entry(name, cell, inputs):
    rows = [NAIVE[name](cell.params, *row) for row in zip(*inputs, strict=True)]
    wanted = tuple(np.array(part) for part in zip(*rows, strict=True))
    assert_same(as_tuple(cell.forward(*inputs)), wanted, 1e-13)


def test_a_step_has_the_right_gradient_of_every_input_and_parameter(cell, inputs, rng):
    errors = check_gradients(cell, *inputs, rng=rng)
    wanted = set(("x", "h_prev", "c_prev")[: len(inputs)]) | {f"param {k}" for k in cell.params}
    assert set(errors) == wanted


def test_parameters_have_one_block_of_h_columns_for_each_gate(name, cell):
    G = GATES[name]
    shapes = {"Wx": (D, G * H), "Wh": (H, G * H), "b": (G * H,)}
    if name == "gru":
        shapes["bh"] = (G * H,)
    assert {key: param.shape for key, param in cell.params.items()} == shapes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_results_of_a_step_have_the_dtype_of_the_parameters(name, rng, dtype):
    cell = CLASSES[name](D, H, rng, dtype)
    arrays = [a.astype(dtype) for a in (normal(rng, N, D), *random_state(name, rng, N, H))]
    new = as_tuple(cell.forward(*arrays))
    results = (*new, *cell.backward(*new), *cell.grads.values())
    assert {a.dtype for a in results} == {np.dtype(dtype)}


def test_the_forget_bias_of_a_new_lstm_is_1_and_every_other_bias_0(name, rng):
    cell = CLASSES[name](D, H, rng)
    wanted = np.zeros(GATES[name] * H)
    if name == "lstm":
        wanted[H : 2 * H] = 1
    assert cell.params["b"].tolist() == wanted.tolist()
    assert not any(cell.params.get("bh", np.zeros(1)))


def test_backward_twice_gives_the_same_and_writes_into_nothing_it_was_given(cell, inputs, rng):
    upstream = tuple(normal(rng, N, H) for _ in inputs[1:])
    cell.forward(*inputs)
    given = copied((inputs, upstream, cell.params))
    first = copied((cell.backward(*upstream), cell.grads))
    assert_same((cell.backward(*upstream), cell.grads), first)
    assert_same((inputs, upstream, cell.params), given)


WRONG = {
    "more columns": (lambda a: np.ones((len(a), a.shape[1] + 1)), "expected shape"),
    "more rows": (lambda a: np.ones((len(a) + 1, a.shape[1])), "expected shape"),
    "one axis": (lambda a: a[0], "expected shape"),
    "float32": (lambda a: a.astype(np.float32), "expected dtype float64, got float32"),
    "a list": (lambda a: a.tolist(), "expected an array, got list"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_input_or_state_is_refused_by_name(name, cell, inputs, wrong):
    change, message = WRONG[wrong]
    for k, array_name in enumerate(["x", "h_prev", "c_prev"][: len(inputs)]):
        # N is what x says, so x with more rows makes the state wrong.
        named = "h_prev" if (k, wrong) == (0, "more rows") else array_name
        changed = [change(a) if i == k else a for i, a in enumerate(inputs)]
        with pytest.raises(ValueError, match=f"^{named}: {message}"):
            cell.forward(*changed)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_gradient_that_does_not_fit_the_output_is_refused_by_name(cell, inputs, rng, wrong):
    change, message = WRONG[wrong]
    cell.forward(*inputs)
    upstream = [normal(rng, N, H) for _ in inputs[1:]]
    for k, array_name in enumerate(["dh", "dc"][: len(upstream)]):
        changed = [change(a) if i == k else a for i, a in enumerate(upstream)]
        with pytest.raises(ValueError, match=f"^{array_name}: {message}"):
            cell.backward(*changed)


def test_weights_are_the_transpose_of_those_of_pytorch(name, rng):
    torch = pytest.importorskip("torch")
    T = 5
    layer = time_layer(name, D, H, rng)
    theirs = getattr(torch.nn, name.upper())(D, H, batch_first=True, dtype=torch.float64)
    bias_h = layer.params.get("bh", np.zeros(GATES[name] * H))
    pairs = (("weight_ih_l0", layer.params["Wx"].T), ("weight_hh_l0", layer.params["Wh"].T),
             ("bias_ih_l0", layer.params["b"]), ("bias_hh_l0", bias_h))
    xs, state = normal(rng, N, T, D), random_state(name, rng, N, H)
    with torch.no_grad():
        for key, value in pairs:
            getattr(theirs, key).copy_(torch.from_numpy(value.copy()))
        start = tuple(torch.from_numpy(s)[None] for s in state)  # (1, N, H)
        wanted, last = theirs(torch.from_numpy(xs), start if name == "lstm" else start[0])
    hs, new_state = layer.forward(xs, state)
    assert_same(hs, wanted.numpy(), 1e-12)
    assert_same(new_state, tuple(s[0].numpy() for s in as_tuple(last)), 1e-12)
