"""Recording a pass: all is seen, by its right name, and nothing is changed."""

import numpy as np
import pytest

from common.contract import Layer
from common.layers import Affine
from common.plain_lstm import PlainTimeLSTM
from common.tools.finding import layers_of
from common.tools.trace import recording
from common.tools.trace_names import UNDOES, UNDONE_BY
from tests.helpers import (
    CELLS, CHAPTER_KINDS, KINDS, KINDS_AND_CELLS, assert_same, copied, normal, random_pairs,
    small_model,
)

METHODS = {*UNDONE_BY, *UNDOES, "twin"}
SIZES = {"lstm": 4, "gru": 3, "rnn": 1}  # blocks of a cell


def pairs(rng):
    return random_pairs(rng, 8, 7, [4, 2], [3, 4])


def one_pass(model, xs, ts):
    """The loss and copies of all gradients and parameters."""
    loss = model.forward(xs, ts)
    model.backward()
    return loss, copied(model.grads), copied(model.params)


def is_untouched(model):
    """Has no layer of the model a method of its own?"""
    return not any(METHODS & set(vars(layer)) for layer in layers_of(model))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind, cell", KINDS_AND_CELLS)
def test_a_recorded_pass_gives_the_same_numbers_to_the_last_bit(kind, cell, bidirectional, rng):
    xs, ts = pairs(rng)
    options = {"dropout": 0.3, "bidirectional": bidirectional, "dtype": np.float32}
    plain, recorded = (small_model(kind, cell, **options) for _ in range(2))
    plain.set_training(True)
    recorded.set_training(True)
    wanted = one_pass(plain, xs, ts)
    with recording(recorded):
        got = one_pass(recorded, xs, ts)
    assert_same(got, wanted)
    assert is_untouched(recorded)
    assert_same(one_pass(recorded, xs, ts), one_pass(plain, xs, ts))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", CHAPTER_KINDS)
def test_every_part_is_seen_under_its_name_in_both_directions(kind, cell, rng):
    model = small_model(kind, cell)
    with recording(model) as calls:
        one_pass(model, *pairs(rng))
    assert [call.method for call in calls] == ["forward", "backward"]
    prefixes = {name.rpartition(".")[0] for name in model.params}
    for method, call in zip(("forward", "backward"), calls):
        for name in prefixes:
            assert len(call.find(name, method)) == 1, name
    assert len(calls[0].find(f"encoder.{cell}.cell", "step")) == 4
    assert len(calls[1].find(f"decoder.{cell}.cell", "step_backward")) == 5


@pytest.mark.parametrize("kind, cell", [
    pair for pair in KINDS_AND_CELLS if pair[0] not in CHAPTER_KINDS and pair[1] != "rnn"])
def test_every_part_of_a_model_of_a_paper_is_seen_in_both_directions(kind, cell, rng):
    model = small_model(kind, cell)
    with recording(model) as calls:
        one_pass(model, *pairs(rng))
    owners = {name.rpartition(".")[0] for name in model.params}
    for call in calls:
        seen = names_below(call)
        # The weights of a Time layer are those of its cell, those of a composite of its parts.
        assert all(owner in seen for owner in owners)


def names_below(call):
    """The names of all parts that were called."""
    return {call.name}.union(*map(names_below, call.calls))


def test_a_layer_says_itself_what_its_own_methods_return(rng):
    model = small_model("bahdanau", "gru")
    attention = model.decoder.attention
    with recording(model) as calls:
        one_pass(model, *pairs(rng))
    down, up = calls
    (projected,) = down.find("decoder.attention", "project")
    hs = projected.inputs["hs"]
    assert_same(projected.outputs, {"keys": hs @ attention.params["Ua"]})
    looks = down.find("decoder.attention", "step")
    back = up.find("decoder.attention", "step_backward")[::-1]
    assert len(looks) == len(back) == 5
    for t, (look, undone) in enumerate(zip(looks, back)):
        assert_same(look.arrays("outputs")["a"], model.decoder.a[:, t])
        assert_same(look.outputs["c"], (look.outputs["a"][:, None] @ hs)[:, 0])
        assert_same(look.inside["y"], model.decoder.looks[t][1])
        assert list(undone.outputs) == ["dp", "dq"]
        assert_same(undone.outputs["dq"], undone.outputs["dp"] @ attention.params["Wa"].T)
    (finished,) = up.find("decoder.attention", "project_backward")
    (decoder,) = up.find("decoder", "backward")
    assert_same(finished.outputs, {"dhs": decoder.outputs["dhs"]})


@pytest.mark.parametrize("cell", CELLS)
def test_arrays_have_the_names_and_the_values_of_the_code(cell, rng):
    model = small_model("attention dot", cell)
    xs, ts = pairs(rng)
    with recording(model) as calls:
        loss = model.forward(xs, ts)
        model.backward()
    down, up = calls
    assert down.inputs.keys() == {"xs", "ts"} and down.outputs == {"loss": loss}
    hs, state = model.encoder.forward(xs, xs != 0)
    (encoder,) = down.find("encoder")
    assert_same(encoder.outputs, {"hs": hs, "state": state})
    assert list(encoder.arrays("outputs")) == ["hs", *(f"state.{n}" for n in encoder.state_names)]
    (attention,) = up.find("decoder.attention", "backward")
    assert list(attention.inputs) == ["dc"] and list(attention.outputs) == ["dhs", "dq"]
    dhs, dq = model.decoder.attention.backward(attention.inputs["dc"])
    assert_same(attention.outputs, {"dhs": dhs, "dq": dq})
    (decoder,) = up.find("decoder", "backward")
    assert list(decoder.outputs) == ["dstate", "dhs"]
    step = down.find(f"decoder.{cell}.cell", "step")[0]
    assert step.arrays("inputs")["h_prev"].shape == (2, 4)
    assert step.arrays("inputs")["px"].shape == (2, SIZES[cell] * 4)
    assert "cache" not in step.arrays("outputs") and "h" in step.arrays("outputs")


def test_what_is_kept_is_as_it_was_at_that_moment(rng):
    layer = Affine(3, 2, rng, np.float64)
    x = normal(rng, 4, 3)
    with recording(layer) as calls:
        y = layer.forward(x)
    wanted = copied(x), copied(y)
    x[...], y[...] = 0, 0
    assert_same((calls[0].inputs["x"], calls[0].outputs["y"]), wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_in_a_pass_leaves_every_layer_as_it_was(kind, rng):
    model = small_model(kind)
    xs, ts = pairs(rng)
    before = [dict(vars(layer)) for layer in layers_of(model)]
    with pytest.raises(ValueError, match="expected ids"), recording(model) as calls:
        model.encoder.forward(np.full_like(xs, 99))
    assert is_untouched(model)
    assert [set(vars(layer)) for layer in layers_of(model)] == [set(one) for one in before]
    assert calls[0].name == "encoder" and calls[0].outputs == {}
    assert calls[0].calls[0].name == "encoder.embedding"
    one_pass(model, xs, ts)
    assert len(calls) == 1


def test_twins_are_recorded_as_the_layer_whose_twins_they_are(rng):
    xs, dhs = normal(rng, 2, 5, 3), normal(rng, 2, 5, 4)
    layers = [PlainTimeLSTM(3, 4, np.random.default_rng(1), np.float64) for _ in range(2)]
    plain, recorded = layers
    wanted = plain.forward(xs), plain.backward(dhs), plain.grads
    with recording(recorded) as calls:
        got = recorded.forward(xs), recorded.backward(dhs), recorded.grads
    assert_same(got, wanted)
    assert [call.name for call in calls[0].calls] == ["cell"] * 5
    assert [call.method for call in calls[1].calls] == ["backward"] * 5
    inputs = [call.inputs["x"] for call in calls[0].calls]
    assert_same(np.stack(inputs, axis=1), xs)
    assert is_untouched(recorded) and not any(METHODS & set(vars(t)) for t in recorded.twins)
    with recording(recorded) as calls:  # twins that an earlier pass has left
        recorded.backward(dhs)
    assert [call.name for call in calls[0].calls] == ["cell"] * 5


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", CHAPTER_KINDS)
def test_a_step_of_a_decoder_gives_logits_and_a_state_and_a_step_of_a_cell_its_state(
        kind, cell, rng):
    model = small_model(kind, cell)
    xs, _ = pairs(rng)
    with recording(model) as calls:
        ys = model.generate(xs, 3)
    assert_same(model.generate(xs, 3), ys)
    steps = [call for call in calls if (call.name, call.method) == ("decoder", "step")]
    assert len(steps) == ys.shape[1]
    for step, column in zip(steps, ys.T):
        assert list(step.inputs) == ["ids", "state"]
        assert list(step.outputs) == ["logits", "state"]
        assert step.outputs["logits"].shape == (2, 7) and isinstance(step.outputs["state"], tuple)
        (inner,) = step.find(f"decoder.{cell}.cell", "step")
        assert list(inner.outputs) == ["state", "cache"]
        assert_same(step.arrays("outputs")["h"], inner.arrays("outputs")["h"])
    assert_same(steps[0].outputs["logits"].argmax(axis=1), ys[:, 0])


class Square(Layer):
    """A student's own layer: y = scale x^2."""

    def __init__(self, D):
        super().__init__()
        self.add_param("scale", np.ones(D))

    def forward(self, x):
        self.x = x
        return self.params["scale"] * x * x

    def backward(self, grad):
        self.grads["scale"][...] = (grad * self.x**2).reshape(-1, len(self.grads["scale"])).sum(0)
        return 2 * self.params["scale"] * self.x * grad


class Two(Layer):
    """A student's own composite, with a list of layers that are no parts by attribute."""

    def __init__(self, rng):
        super().__init__()
        self.first = self.add_part("first", Square(3))
        self.rest = [self.add_part("second", Affine(3, 2, rng, np.float64))]

    def forward(self, x, weight):
        return self.rest[0].forward(self.first.forward(x)) * weight, x.sum()

    def backward(self, dy, dsum):
        dx = self.first.backward(self.rest[0].backward(dy))
        return dx + dsum, None


def test_a_layer_and_a_composite_of_ones_own_are_recorded(rng):
    layer, x = Two(rng), normal(rng, 4, 3)
    with recording(layer) as calls:
        layer.forward(x, 2.0)
        layer.backward(np.ones((4, 2)), 0.5)
    down, up = calls
    assert [call.name for call in down.calls] == ["first", "second"]
    assert [call.name for call in up.calls] == ["second", "first"]
    assert list(down.outputs) == ["y", "sum"] and list(up.outputs) == ["dx", "dweight"]
    # Its backward does not say what its forward returns, but what its forward takes.
    assert list(down.calls[0].outputs) == ["out"] and list(up.calls[1].outputs) == ["dx"]
    assert is_untouched(layer)


def test_a_method_that_a_layer_has_of_its_own_is_recorded_and_given_back(rng):
    layer = Square(3)
    own = layer.forward
    layer.forward = own
    with recording(layer) as calls:
        layer.forward(np.ones(3))
    assert len(calls) == 1 and vars(layer)["forward"] is own


class Heads(Layer):
    """A student's own composite, whose layers stand in a dict and are no parts."""

    def __init__(self):
        super().__init__()
        self.heads = {"left": Square(3), "more": [Square(3)]}

    def forward(self, x):
        return self.heads["left"].forward(x) + self.heads["more"][0].forward(x)


def test_layers_in_a_dict_are_recorded(rng):
    layer = Heads()
    with recording(layer) as calls:
        layer.forward(normal(rng, 4, 3))
    assert [call.name for call in calls[0].calls] == ["heads['left']", "heads['more'][0]"]
    assert len(layers_of(layer)) == 3 and is_untouched(layer)


class Walker(Layer):
    """A student's own layer, with a step that is undone and returns what it likes."""

    def step(self, x, speed):
        return x + speed, speed

    def step_backward(self, dplace, dpace):
        return dplace, dplace + dpace


def test_a_step_that_is_no_cells_has_the_names_of_what_undoes_it(rng):
    layer, x = Walker(), normal(rng, 2, 3)
    with recording(layer) as calls:
        layer.step(x, x)
        layer.step_backward(x, x)
    assert [list(call.outputs) for call in calls] == [["place", "pace"], ["dx", "dspeed"]]
