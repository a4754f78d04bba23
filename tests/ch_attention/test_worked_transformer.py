"""The numbers of worked_transformer.md are those of the layers."""

from pathlib import Path

import numpy as np
import pytest

from ch_attention.attention_layers import Attention, QKVAttention, WeightSum
from ch_attention.demos.positions import turned
from ch_attention.scores import ScaledDotScore
from ch_attention.transformer.heads import MultiHeadAttention, SelfAttention, causal_mask
from ch_attention.transformer.layers import FeedForward, Residual, sinusoids
from common.layers import LayerNorm
from common.tools.trace import recording
from tests.helpers import assert_same
from tests.worked_numbers import assert_equations_hold, assert_numbers, read_numbers

TEXT = (Path(__file__).parents[2] / "ch_attention" / "transformer"
        / "worked_transformer.md").read_text("utf-8")
# Steps between two numbers of the layers, left to their equations.
BETWEEN = {"seen", "keys_now", "values_now", "asked", "R", "scores_before", "c_head1", "c_head2",
           "turned_round", "scores_turned", "along_ones", "along_n", "a_R", "a_10R", "asked_by_5",
           "finds_4", "finds_10", "look_1"}


def given(page, *names):
    """Arrays of the page with an axis N = 1."""
    return [page[name][1][None] for name in names]


def looking(page):
    """Steps 1 to 3: one query, and a sequence that looks at itself."""
    x, q, values = given(page, "x", "q", "values")
    plain, scaled = QKVAttention(), QKVAttention(ScaledDotScore())
    found = {"x": x, "q": q, "values": values, "c": plain.forward(q, x, values),
             "a": plain.weights, "c_scaled": scaled.forward(q, x, values),
             "a_scaled": scaled.weights, "scaled": ScaledDotScore().forward(x, q)}
    layer = of_itself(page)
    with recording(layer) as calls:
        residual = x + layer.forward(x)
    (cut,), (score,) = calls[0].find("cut"), calls[0].find("attention.attention_weight.score")
    weights = layer.weights
    of_cut = (cut.outputs[name][0] for name in ("queries", "keys", "values"))
    found |= zip(("Q", "K", "V"), of_cut)
    found |= {"scores": score.outputs["scores"], "weights": weights, "out": residual,
              "answers": residual - x, "scores_now": score.outputs["scores"][:, 2:]}
    found |= {"mask": causal_mask(3), "answers_causal": layer.forward(x, causal_mask(3)),
              "weights_causal": layer.weights}
    plain = MultiHeadAttention(2, 1, np.random.default_rng(0), np.float64)
    plain.params["query.W"][...], plain.params["output.W"][...] = page["W_Q"][1], np.eye(2)
    plain.params["key_value.W"][...] = np.hstack([page["W_K"][1], page["W_V"][1]])
    found["same_answer"] = plain.forward(x[:, :1], x[:, [2, 0, 1]])
    return found | {name: page[name][1] for name in ("W_Q", "W_K", "W_V")}


def of_itself(page):
    """The SelfAttention of step 3."""
    layer = SelfAttention(2, 1, np.random.default_rng(0), np.float64)
    W = [page[name][1] for name in ("W_Q", "W_K", "W_V")]
    layer.params["query_key_value.W"][...] = np.concatenate(W, axis=1)
    layer.params["output.W"][...] = np.eye(2)
    return layer


def kept(page):
    """The third token, read when the first two have been."""
    layer, (x,) = of_itself(page), given(page, "x")
    layer.forward(x[:, :2], causal_mask(2))
    keys, values = layer.after
    y = layer.forward(x[:, 2:], causal_mask(1, 2), layer.after)
    return {"before_keys": keys[0, 0], "before_values": values[0, 0], "answer_now": y}


def heads(page):
    """Step 4: the same arrays, cut for two heads and for one."""
    q, keys, values = given(page, "Q4", "K4", "V4")
    found = {"Q4": q, "K4": keys, "V4": values}
    for count, names in ((2, ("head1", "head2")), (1, ("one",))):
        layer = MultiHeadAttention(4, count, np.random.default_rng(0), np.float64)
        layer.params["query.W"][...] = layer.params["output.W"][...] = np.eye(4)
        cut = tuple(np.stack(np.split(array[0], count, axis=-1))[None] for array in (keys, values))
        with recording(layer) as calls:
            c = layer.forward(q, keys, None, cut)
        (score,) = calls[0].find("attention.attention_weight.score")
        for k, name in enumerate(names):
            found |= {f"scores_{name}": score.outputs["scores"][k],
                      f"a_{name}": layer.weights[0, k]}
        found["c_heads" if count == 2 else "c_one"] = c
        if count == 2:
            found["W_O"] = layer.params["output.W"][...] = page["W_O"][1]
            found["y"] = layer.forward(q, keys, None, cut)
    return found


def two_layers(page):
    """Step 7: what the first look has found is the key of the second."""
    letters, look = given(page, "letters", "look_1")
    first, second = WeightSum(), QKVAttention(ScaledDotScore())
    before = first.forward(letters, look)
    with recording(second) as calls:
        found = second.forward(10 * letters[:, 4:], before, letters)
    (score,) = calls[0].find("attention_weight.score")
    return {"letters": letters, "before": before, "found": found, "a_2": second.weights,
            "scores_2": score.outputs["scores"]}


def other_layers(page):
    """Steps 5 and 6: positions, layer norm, feed-forward."""
    norm, thinks = LayerNorm(4, dtype=np.float64), FeedForward(2, 2, np.random.default_rng(0),
                                                               np.float64)
    (token, x, dn), names = given(page, "token", "tokens", "dn"), ("W_1", "b_1", "W_2", "b_2")
    norm.forward(token)
    found = {"token": token, "dn": dn, "n": norm.n, "dtoken": norm.backward(dn)}
    for name in ("g", "b"):
        found[name] = norm.params[name][...] = page[name][1]
    for name, param in zip(names, ("inner.W", "inner.b", "outer.W", "outer.b")):
        found[name] = thinks.params[param][...] = page[name][1]
    with recording(thinks) as calls:
        thought = thinks.forward(x)
    (relu,) = calls[0].find("relu")
    return found | {"normed": norm.forward(token), "tokens": x,
                    "first": relu.inputs["x"], "inner": relu.outputs["h"],
                    "thought": thought, "P": sinusoids(0, 4, 4, np.float64)}


def way_back(page):
    """Step 8: through a residual connection and the attention of step 3."""
    x, dout = given(page, "x", "dout")
    layer = of_itself(page)
    around = Residual(layer, 2, "pre", 0.0, np.random.default_rng(0), np.float64)
    around.norm.forward = around.norm.backward = lambda array: array  # no norm on the page
    around.forward(x)
    with recording(around) as calls:
        dx = around.backward(dout)
    (cut,), (weight,) = calls[0].find("sublayer.cut", "backward"), calls[0].find(
        "sublayer.attention.attention_weight", "backward")
    dq, dkeys, dvalues = (array[0, 0] for array in cut.inputs.values())
    (score,) = calls[0].find("sublayer.attention.attention_weight.score", "backward")
    return {"dout": dout, "dx": dx, "dQ": dq, "dK": dkeys, "dV": dvalues,
            "dweights": weight.inputs["da"], "dscores": score.inputs["dscores"],
            "db_K": layer.grads["query_key_value.b"][2:4]}


def check(text):
    page = read_numbers(text)
    assert_equations_hold(page)
    computed = (looking(page) | kept(page) | heads(page) | other_layers(page) | two_layers(page)
                | way_back(page))
    assert_numbers(page, computed, BETWEEN)


def test_every_number_of_the_page_is_what_the_layers_compute():
    check(TEXT)


def test_the_first_answer_of_the_page_is_not_that_of_equal_weights():
    page = read_numbers(TEXT)
    x, q, values = given(page, "x", "q", "values")
    assert abs(values.mean() - page["c"][1].item()) > 0.3
    assert_same(Attention().forward(x, q), QKVAttention().forward(q, x, x))


def test_the_token_before_is_found_at_every_place():
    P = sinusoids(0, 30, 8, np.float64)
    scores = P @ turned(-1, 8) @ P.T
    np.testing.assert_array_equal(scores[1:].argmax(axis=1), np.arange(29))


def test_a_residual_that_forgets_what_goes_by_would_be_seen(monkeypatch):
    right = Residual.backward
    monkeypatch.setattr(Residual, "backward", lambda layer, dy: right(layer, dy) - dy)
    with pytest.raises(AssertionError):
        check(TEXT)
