"""Embedding, Affine, Dropout and LayerNorm: values, gradients, and what they refuse."""

import numpy as np
import pytest

from common.gradient_check import check_gradients
from common.layers import Affine, Dropout, Embedding, LayerNorm
from tests.helpers import assert_same, copied, normal, randomize

V, D, M = 6, 3, 4

IDS = [
    np.array([2, 5, 2, 0, 2]),
    np.array([[1, 1], [4, 0], [1, 5]]),
    np.array([[[3, 3], [0, 3]], [[5, 3], [1, 1]], [[2, 2], [2, 2]]]),
]
LEADING = [(5,), (2, 5), (2, 5, 7)]


@pytest.fixture
def embedding(rng):
    return Embedding(V, D, rng, np.float64)


@pytest.fixture
def affine(rng):
    return randomize(Affine(D, M, rng, np.float64), rng)


@pytest.fixture
def dropout(rng):
    layer = Dropout(0.4, rng)
    layer.set_training(True)
    return layer


@pytest.mark.parametrize("ids", IDS, ids=["1 axis", "2 axes", "3 axes"])
def test_embedding_looks_up_a_row_for_each_id(embedding, ids):
    out = embedding.forward(ids)
    assert out.shape == (*ids.shape, D)
    for place in np.ndindex(ids.shape):
        assert (out[place] == embedding.params["W"][ids[place]]).all()


@pytest.mark.parametrize("ids", IDS, ids=["1 axis", "2 axes", "3 axes"])
def test_embedding_has_the_right_gradient_with_repeated_ids(embedding, rng, ids):
    assert set(check_gradients(embedding, ids, rng=rng)) == {"param W"}


def test_an_id_that_did_not_occur_has_no_gradient(embedding):
    for used in ([0, 1, 2], [5, 5, 1]):  # the second pass must not keep rows of the first
        embedding.forward(np.array(used))
        embedding.backward(np.ones((3, D)))
        rows = embedding.grads["W"][:, 0]
        assert rows.tolist() == [used.count(i) for i in range(V)]


@pytest.mark.parametrize("shape", LEADING)
def test_affine_is_a_product_and_a_sum_on_the_last_axis(affine, rng, shape):
    x = normal(rng, *shape, D)
    W, b = affine.params["W"], affine.params["b"]
    wanted = np.stack([(x * W[:, m]).sum(axis=-1) + b[m] for m in range(M)], axis=-1)
    assert_same(affine.forward(x), wanted, 1e-14)


@pytest.mark.parametrize("shape", LEADING)
def test_affine_has_the_right_gradients_with_any_leading_axes(affine, rng, shape):
    errors = check_gradients(affine, normal(rng, *shape, D), rng=rng)
    assert set(errors) == {"x", "param W", "param b"}


def test_affine_takes_arrays_that_are_not_contiguous(affine, rng):
    x, dy = normal(rng, D, 5, 2).transpose(2, 1, 0), normal(rng, M, 5, 2).transpose(2, 1, 0)
    answers = []
    for a, b in ((x, dy), (x.copy(order="C"), dy.copy(order="C"))):
        y = affine.forward(a)
        answers.append((y, affine.backward(b), copied(affine.grads)))
    assert_same(answers[0], answers[1], 1e-13)


def test_dropout_has_the_right_gradient_while_training(dropout, rng):
    def same_draws():
        dropout.rng = np.random.default_rng(7)

    errors = check_gradients(dropout, normal(rng, 4, 5), rng=rng, before_forward=same_draws)
    assert set(errors) == {"x"}


@pytest.mark.parametrize("training, ratio", [(False, 0.4), (True, 0.0)])
def test_dropout_is_the_identity_unless_it_trains_with_a_ratio(rng, training, ratio):
    layer = Dropout(ratio, rng)
    layer.set_training(training)
    x, dy = normal(rng, 4, 5), normal(rng, 4, 5)
    assert_same((layer.forward(x), layer.backward(dy)), (x, dy))


def test_dropout_sends_the_gradient_back_the_way_that_the_last_forward_came(dropout):
    x = np.ones((4, 5))
    dropout.forward(x)
    dropout.set_training(False)
    dropout.forward(x)
    dropout.set_training(True)  # a switch after forward must not change its backward
    assert_same(dropout.backward(x), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_drops_its_share_scales_up_the_rest_and_keeps_the_dtype(dropout, dtype):
    y = dropout.forward(np.full((500, 400), 3, dtype))
    assert y.dtype == dtype
    kept = y != 0
    np.testing.assert_allclose(y[kept], 3 / 0.6, rtol=1e-6)
    assert kept.mean() == pytest.approx(0.6, abs=0.005)
    assert y.mean() == pytest.approx(3, rel=0.01)


def test_dropout_draws_anew_in_each_forward_pass(dropout):
    x = np.ones((10, 10))
    assert (dropout.forward(x) != dropout.forward(x)).any()


class Draws:
    """A generator whose next numbers are known."""

    def __init__(self, *numbers):
        self.numbers = np.array(numbers)

    def random(self, shape):
        return self.numbers.reshape(shape)


def test_a_draw_equal_to_the_ratio_keeps_its_entry():
    # Draws lie in [0, 1): those below 0.5 are one half of them, 0.5 belongs to the other half.
    layer = Dropout(0.5, Draws(0.0, np.nextafter(0.5, 0), 0.5, np.nextafter(1, 0)))
    layer.set_training(True)
    assert layer.forward(np.ones(4)).tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("training, ratio", [(False, 0.4), (True, 0.0)])
def test_dropout_that_drops_nothing_draws_nothing(training, ratio):
    rng = np.random.default_rng(3)
    layer = Dropout(ratio, rng)
    layer.set_training(training)
    layer.forward(np.ones((4, 5)))
    assert rng.bit_generator.state == np.random.default_rng(3).bit_generator.state


@pytest.mark.parametrize("ratio", [-0.1, 1, 1.5, float("nan")])
def test_a_ratio_outside_0_to_1_is_refused(rng, ratio):
    with pytest.raises(ValueError, match=f"ratio: expected 0 <= ratio < 1, got {ratio}"):
        Dropout(ratio, rng)


@pytest.mark.parametrize("training", [False, True])
def test_dropout_refuses_what_is_no_float_array_and_a_gradient_of_another_shape(dropout, training):
    dropout.set_training(training)
    for x, message in (([1.0], "expected an array, got list"), (np.ones(2, int), "expected a fl")):
        with pytest.raises(ValueError, match=f"^x: {message}"):
            dropout.forward(x)
    dropout.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"^dy: expected shape \(2, 3\), got \(1, 3\)"):
        dropout.backward(np.ones((1, 3)))


@pytest.mark.parametrize("name", ["embedding", "affine", "dropout"])
def test_backward_twice_gives_the_same_and_writes_into_nothing_it_was_given(name, request, rng):
    layer = request.getfixturevalue(name)
    x = IDS[1] if name == "embedding" else normal(rng, 2, 5, D)
    y = layer.forward(x)
    dy = normal(rng, *y.shape)
    given = copied((x, dy, layer.params))
    first = copied((layer.backward(dy), layer.grads))
    second = (layer.backward(dy), layer.grads)
    assert_same(second, first)
    assert_same((x, dy, layer.params), given)


@pytest.mark.parametrize(
    "ids, message",
    [
        (np.array([1, 6]), "ids: expected ids from 0 to 5, got 6"),
        (np.array([-1]), "ids: expected ids from 0 to 5, got -1"),
        (np.array([1.0]), "ids: expected an array of integer ids, got float64"),
        ([1, 2], "ids: expected an array of integer ids, got list"),
    ],
)
def test_embedding_refuses_what_is_no_id(embedding, ids, message):
    with pytest.raises(ValueError, match=message):
        embedding.forward(ids)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.ones((2, 4)), r"x: expected shape \(\.\.\., 3\), got \(2, 4\)"),
        (np.ones((2, 3), np.float32), "x: expected dtype float64, got float32"),
        ([[1.0, 2.0, 3.0]], "x: expected an array, got list"),
    ],
)
def test_affine_refuses_a_wrong_input(affine, x, message):
    with pytest.raises(ValueError, match=message):
        affine.forward(x)


@pytest.mark.parametrize(
    "name, x, dy, message",
    [
        ("affine", np.ones((2, 3)), np.ones((2, 3)), r"dy: expected shape \(2, 4\), got \(2, 3\)"),
        ("affine", np.ones((2, 3)), np.ones((1, 4)), r"dy: expected shape \(2, 4\), got \(1, 4\)"),
        ("affine", np.ones((2, 3)), np.ones((2, 4), np.float32), "dy: expected dtype float64"),
        ("embedding", np.array([1, 2]), np.ones((2, 4)), r"dout: expected shape \(2, 3\), got"),
        ("embedding", np.array([1, 2]), np.ones((2, 3), int), "dout: expected dtype float64"),
    ],
)
def test_backward_refuses_a_gradient_that_does_not_fit_the_output(name, x, dy, message, request):
    layer = request.getfixturevalue(name)
    layer.forward(x)
    with pytest.raises(ValueError, match=message):
        layer.backward(dy)


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 5)])
def test_every_gradient_of_a_layer_norm_is_right(shape, rng):
    layer = randomize(LayerNorm(5, dtype=np.float64), rng)
    assert set(check_gradients(layer, normal(rng, *shape), rng=rng)) == {"x", "param g", "param b"}


def test_a_fresh_layer_norm_gives_rows_of_mean_0_and_variance_1_whatever_comes(rng):
    layer = LayerNorm(8, eps=1e-12, dtype=np.float64)
    y = layer.forward(7 + 100 * normal(rng, 2, 3, 8))
    np.testing.assert_allclose(y.mean(axis=-1), 0, atol=1e-9)
    np.testing.assert_allclose(y.var(axis=-1), 1, atol=1e-9)
    np.testing.assert_allclose(layer.forward(7 + 3 * y), y, atol=1e-9)


def test_a_row_of_equal_numbers_becomes_the_bias_of_a_layer_norm(rng):
    layer = randomize(LayerNorm(4), rng)
    np.testing.assert_array_equal(layer.forward(np.full((2, 4), 3, np.float32))[1],
                                  layer.params["b"])


def test_the_variance_of_a_layer_norm_is_increased_by_1e_minus_5():
    x = np.sqrt(1e-5) * np.array([[1.0, -1, 1, -1]])  # of variance 1e-5: half of what is divided by
    y = LayerNorm(4, dtype=np.float64).forward(x)
    np.testing.assert_allclose(y, np.sqrt(0.5) * np.array([[1, -1, 1, -1]]), rtol=1e-9)


@pytest.mark.parametrize("eps", [0, -1e-5, np.nan])
def test_a_layer_norm_needs_an_eps_above_0(eps):
    with pytest.raises(ValueError, match="^eps: expected a positive, finite number, got"):
        LayerNorm(4, eps=eps)
