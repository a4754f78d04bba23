"""Which layer is blamed for a wrong gradient: the innermost whose backward is wrong, no other."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.attention_layers import AttentionWeight
from common.contract import Layer
from common.layers import Affine
from common.time_layers import TimeLSTM
from common.time_softmax import TimeSoftmax
from common.tools.backward_checks import (
    Spy, check_slopes, dot, named_layers, own_copies, wrong_gradients, wrong_layers)
from common.tools.forward_checks import made_up_batch
from tests.common.tools.patients import BREAK, examine, tiny_model, wrap
from tests.helpers import MODELS, VARIANTS, default_kind, randomize


def blamed(model):
    """The layers that are blamed, without the end of the sentence."""
    return [text.split(", for ")[0].replace(" (", ": ") for text in
            wrong_layers(model, *made_up_batch(model, np.random.default_rng(0)))]


def test_layers_have_the_names_of_their_parameters():
    model = tiny_model("attention general")
    names = dict(named_layers(model))
    assert names[""] is model and names["encoder"] is model.encoder
    assert {key.rpartition(".")[0] for key in model.params} <= set(names)
    for key, param in model.params.items():
        layer, _, name = key.rpartition(".")
        assert names[layer].params[name] is param


@pytest.mark.parametrize("kind", ["seq2seq", "attention general", "peeky"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_layer_is_blamed_and_neither_its_parts_nor_what_it_is_part_of(kind, bidirectional):
    def model():
        return tiny_model(kind, bidirectional=bidirectional)

    broken = model()
    BREAK["halved gradient"](broken)
    assert blamed(broken) == ["decoder.dropout_out: Dropout"]
    broken = model()
    wrap(broken.encoder, "backward", lambda f, dhs, dstate: f(dhs, (
        dstate[0] / 2, *dstate[1:])))
    assert blamed(broken) == ["encoder: Encoder"]
    broken = model()
    for layer in (broken.encoder.dropout, broken.decoder.dropout_in):
        wrap(layer, "backward", lambda f, dy: -f(dy))
    assert blamed(broken) == ["decoder.dropout_in: Dropout", "encoder.dropout: Dropout"]


@pytest.mark.parametrize("name", dict.fromkeys(kind.split()[0] for kind in VARIANTS))
def test_in_every_model_the_wrong_layer_is_found(name):
    model = tiny_model(default_kind(name))
    wrap(model.decoder.affine, "backward", lambda f, dy: 3 * f(dy))
    assert blamed(model) == ["decoder.affine: Affine"]


def test_a_residual_connection_that_lets_no_gradient_by_is_blamed():
    model = tiny_model(default_kind("transformer"))
    residual = model.encoder.stack[0].feed_forward
    wrap(residual, "backward", lambda f, dy: f(dy) - dy)
    assert blamed(model) == ["encoder.layer1.feed_forward: Residual"]


def test_a_weight_that_is_read_but_changes_nothing_is_not_said_to_be_frozen():
    model = tiny_model()
    affine = model.decoder.affine
    wrap(affine, "forward", lambda f, x: (
        f(x), x @ affine.params["W"] + 0 * affine.params["b"])[1])  # as a bias of keys
    assert examine(check_slopes, model).cause == (
        "a wrong line in backward of decoder.affine (Affine, for b)")


def test_where_only_the_model_itself_is_wrong_it_is_blamed():
    model = tiny_model("attention dot")
    wrap(model, "backward", lambda f: (
        source := model.decoder.backward(model.loss.backward()),
        model.encoder.backward(source[1] / 2, source[0])))
    assert blamed(model) == ["the model: AttentionSeq2Seq"]


def test_all_that_are_wrong_are_blamed_and_what_is_wrong_in_them_is_named():
    model = tiny_model("attention dot")
    wrap(model.decoder.attention.attention_weight, "backward", lambda f, da: (
        f(da)[0], 2 * f(da)[1]))
    wrap(model.decoder.affine, "forward", lambda f, *inputs: f(*inputs))
    wrap(model.decoder.affine, "backward", lambda f, dy: 3 * f(dy))
    assert examine(check_slopes, model).cause == (
        "a wrong line in backward of decoder.attention.attention_weight (AttentionWeight, for q), "
        "decoder.affine (Affine, for input 0)")  # its forward does not name what it reads


def test_the_names_of_many_weights_are_cut():
    model = tiny_model()
    wrap(model.encoder.recurrent, "backward", lambda f, dhs, dstate: (
        2 * f(2 * dhs if dhs is not None else None, tuple(2 * d for d in dstate))[0], None))
    (found,) = wrong_layers(model, *made_up_batch(model, np.random.default_rng(0)))
    assert found == "encoder.lstm (TimeLSTM, for xs, Wx, Wh and 1 more)"


def test_of_a_weight_that_two_layers_share_the_layers_are_right_and_the_model_is_not():
    model = MODELS["seq2seq"](7, 7, 3, 4, np.random.default_rng(0), dtype=np.float64)
    randomize(model, np.random.default_rng(0))
    shared = model.decoder.embedding
    for layer, name in ((model.encoder.embedding, "W"), (model.encoder, "embedding.W"),
                        (model, "encoder.embedding.W")):
        layer.params[name], layer.grads[name] = shared.params["W"], shared.grads["W"]
    assert blamed(model) == ["the model: Seq2Seq"]  # the encoder's gradient overwrites the other


def test_where_no_layer_is_wrong_by_itself_one_that_is_used_more_than_once_may_be():
    model = tiny_model()
    assert blamed(model) == ["a layer that is used more than once"]


def test_a_layer_that_is_used_twice_is_not_blamed_for_its_second_use():
    model = tiny_model()
    wrap(model.decoder, "backward", lambda f, dlogits: f(dlogits / 2))
    affine = model.decoder.affine
    wrap(model.decoder.dropout_out, "forward", lambda f, x: (affine.forward(0 * x), f(x))[1])
    assert blamed(model) == ["decoder: Decoder"]


# The spy


def test_a_spy_hears_one_pass_and_changes_nothing(rng):
    layer = Affine(3, 2, rng, np.float64)
    x, dy = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    y, dx = layer.forward(x), layer.backward(dy)
    spy = Spy(layer)
    assert (layer.forward(x) == y).all() and (layer.backward(dy) == dx).all()
    assert spy.heard() and spy.inputs == (x,) and spy.upstream == (dy,)
    assert (spy.returned[0] == dx).all() and len(spy.returned) == 1
    assert {name: g.tolist() for name, g in spy.grads.items()} == {
        name: g.tolist() for name, g in layer.grads.items()}
    layer.backward(dy)
    assert not spy.heard()


@pytest.mark.parametrize("forwards, backwards, heard", [
    (1, 1, True), (2, 1, False), (1, 2, False), (1, 0, False), (0, 0, False), (2, 2, False)])
def test_only_a_layer_that_was_used_once_was_heard(forwards, backwards, heard):
    layer = SimpleNamespace(forward=lambda x: x, backward=lambda dy: dy, twin=None, grads={})
    spy = Spy(layer)
    for method, count in ((layer.forward, forwards), (layer.backward, backwards)):
        for _ in range(count):
            method(np.zeros(2))
    assert spy.heard() is heard


@pytest.mark.parametrize("upstream, heard", [
    ((np.zeros(2), None), True), ((np.array([1.0, math.nan]), np.zeros(2)), False),
    ((np.zeros(2), (None, np.array([math.inf, 1.0]))), False), ((1.0,), True), ((), True)])
def test_a_layer_to_which_no_finite_gradient_came_back_was_not_heard(upstream, heard):
    layer = SimpleNamespace(forward=lambda: 0.0, backward=lambda *dy: dy, twin=None, grads={})
    spy = Spy(layer)
    layer.forward()
    layer.backward(*upstream)
    assert spy.heard() is heard


def test_a_twin_of_a_layer_is_not_listened_to(rng):
    layer = Affine(3, 2, rng, np.float64)
    spy = Spy(layer)
    twin = layer.twin()
    assert not {"forward", "backward", "twin"} & set(vars(twin))
    twin.backward(twin.forward(np.ones((1, 3))))
    assert (spy.forwards, spy.backwards) == (0, 0)
    assert twin.params["W"] is layer.params["W"] and twin.grads["W"] is not layer.grads["W"]


# One layer


def heard(layer, *inputs, upstream=None, options=None, backward_options=None):
    """The spy of a layer after one forward and one backward pass."""
    spy = Spy(layer)
    output = layer.forward(*inputs, **(options or {}))
    if upstream is None:
        rng = np.random.default_rng(2)
        upstream = tuple(rng.standard_normal(np.shape(y)) for y in (
            output if isinstance(output, tuple) else (output,)))
    layer.backward(*upstream, **(backward_options or {}))
    return spy


class Made(Layer):
    """A layer made of two functions."""

    def __init__(self, forward, backward):
        super().__init__()
        self.forward, self.backward = forward, backward


def test_a_gradient_is_held_against_that_of_every_input_and_parameter(rng):
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    assert wrong_gradients(heard(Made(lambda x, y: x * y, lambda d: (d * b, d * a)), a, b)) == []
    assert wrong_gradients(heard(Made(lambda x, y: x * y, lambda d: (d * a, d * a)), a, b)) == ["x"]
    assert wrong_gradients(heard(Made(lambda x, y: x * y, lambda d: (d * b, d * b)), a, b)) == ["y"]
    assert wrong_gradients(heard(Made(lambda *x: x[0] * x[1], lambda d: (d, d)), a, b)) == [
        "input 0", "input 1"]


def test_an_array_that_comes_in_twice_has_two_gradients(rng):
    a = rng.standard_normal(4)
    assert wrong_gradients(heard(Made(lambda x, y: x * y, lambda d: (d * a, d * a)), a, a)) == []
    layer = Made(lambda x, state: x * state[0], lambda d: (d * a, (d * a,)))
    assert wrong_gradients(heard(layer, a, (a,))) == []
    kept = a.copy()
    assert (a == kept).all()


def test_none_says_that_an_input_is_not_used_and_is_wrong_if_it_is(rng):
    a, b = rng.standard_normal(4), rng.standard_normal(4)
    assert wrong_gradients(heard(Made(lambda x, y: 2 * x, lambda d: (2 * d, None)), a, b)) == []
    assert wrong_gradients(heard(Made(lambda x, y: x + y, lambda d: (d, None)), a, b)) == ["y"]


def test_the_gradient_behind_that_of_an_input_that_was_left_out_is_of_the_next_input(rng):
    a, b = rng.standard_normal(4), rng.standard_normal(4)
    for given in (None, np.zeros(3)):
        layer = Made(lambda x, state, y: x * y, lambda d: (d * b, given, d * a))
        assert wrong_gradients(heard(layer, a, None, b)) == []


def test_a_gradient_of_another_shape_is_wrong(rng):
    a, b = rng.standard_normal(4), rng.standard_normal((2, 3))
    layer = Made(lambda x, y: x.sum() * y, lambda d: (np.ones((2, 3)), np.ones(4)))
    assert wrong_gradients(heard(layer, a, b)) == ["x", "y"]


def test_ids_masks_and_what_is_left_out_have_no_gradient(rng):
    layer = randomize(TimeLSTM(3, 4, rng, np.float64), rng)
    xs, mask = rng.standard_normal((2, 5, 3)), np.arange(5) < np.array([[5], [2]])
    upstream = (rng.standard_normal((2, 5, 4)),)
    state = (rng.standard_normal((2, 4)), rng.standard_normal((2, 4)))
    for inputs, options in (((xs, None, mask), {}), ((xs,), {"mask": mask}),
                            ((xs, state, mask), {}), ((xs,), {})):
        assert wrong_gradients(heard(layer, *inputs, upstream=upstream, options=options)) == []
        layer = layer.twin()
    spy = heard(layer, xs, None, mask, upstream=upstream, backward_options={"dstate": state})
    assert wrong_gradients(spy) == [] and spy.upstream == (*upstream, state)
    layer = randomize(AttentionWeight(SimpleDot()), rng)
    assert wrong_gradients(heard(layer, xs, xs[:, :2], mask)) == []


class SimpleDot(Layer):
    """hs q^T, one after the other."""

    def forward(self, hs, q):
        self.hs, self.q = hs, q
        return q @ hs.transpose(0, 2, 1)

    def backward(self, d):
        return d.transpose(0, 2, 1) @ self.q, d @ self.hs


@pytest.mark.parametrize("upstream", [(), (0.5,)])
def test_the_loss_is_right_whether_or_not_it_is_told_what_it_counts(upstream, rng):
    logits, targets = rng.standard_normal((2, 3, 5)), rng.integers(0, 5, (2, 3))
    assert wrong_gradients(heard(TimeSoftmax(), logits, targets, upstream=upstream)) == []
    layer = TimeSoftmax()
    wrap(layer, "backward", lambda f, *dloss: f(*dloss) * 2)
    assert wrong_gradients(heard(layer, logits, targets, upstream=upstream)) == ["logits"]


def test_a_product_is_summed_over_all_arrays_and_none_counts_as_zeros():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert dot(a, b) == 11
    assert dot((a, (b, a)), (b, (b, None))) == 11 + 25
    assert dot((None, a), (a, a)) == 5 and dot(a, None) == dot(None, None) == 0


def test_own_copies_are_of_every_array_in_a_state():
    a, ids = np.ones(2), np.arange(2)
    x, (y, z), nothing = own_copies((a, (a, ids), None))
    assert nothing is None and (x == a).all() and (z == ids).all()
    assert x is not a and y is not a and x is not y and z is not ids
