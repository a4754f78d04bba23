"""TimeSoftmax: the loss, its gradient, ignored targets, extreme logits."""

import math

import numpy as np
import pytest

from common.gradient_check import check_gradients, numerical_gradient, relative_error
from common.time_softmax import TimeSoftmax
from tests.helpers import LOUD, assert_same, copied, mask_of, normal

N, T, V = 4, 3, 5
PAD = 0


@pytest.fixture
def logits(rng):
    return 2 * normal(rng, N, T, V)


@pytest.fixture
def targets(rng):
    """Ids from 1, padded to lengths 3, 1, 0 and 2."""
    return np.where(mask_of([3, 1, 0, 2], T), rng.integers(1, V, (N, T)), PAD)


def naive_loss(logits, targets, ignore_id):
    """The mean over the counted tokens, token by token."""
    losses = [
        math.log(sum(math.exp(s) for s in row)) - row[target]
        for row, target in zip(logits.reshape(-1, V), targets.ravel(), strict=True)
        if target != ignore_id
    ]
    return sum(losses) / len(losses)


@pytest.mark.parametrize("ignore_id", [None, PAD, 3])
def test_the_loss_is_the_mean_over_the_counted_tokens(logits, targets, ignore_id):
    loss = TimeSoftmax(ignore_id).forward(logits, targets)
    assert isinstance(loss, float)
    assert loss == pytest.approx(naive_loss(logits, targets, ignore_id), rel=1e-13)


@pytest.mark.parametrize("ignore_id", [None, PAD])
def test_the_gradient_of_the_scores_is_right(logits, targets, rng, ignore_id):
    errors = check_gradients(TimeSoftmax(ignore_id), logits, targets, rng=rng)
    assert set(errors) == {"logits"}


def test_the_mean_over_one_counted_token_is_the_loss_of_that_token(logits):
    targets = np.full((N, T), PAD)
    targets[1, 0] = 2
    layer = TimeSoftmax(PAD)
    assert layer.forward(logits, targets) == pytest.approx(naive_loss(logits, targets, PAD))
    p = np.exp(logits[1, 0]) / np.exp(logits[1, 0]).sum()
    assert_same(layer.backward()[1, 0], p - (np.arange(V) == 2), 1e-12)


def test_the_gradient_is_scaled_by_the_gradient_of_the_loss(logits, targets):
    layer = TimeSoftmax(PAD)
    wanted = numerical_gradient(lambda: -2.5 * layer.forward(logits, targets), logits)
    assert relative_error(layer.backward(-2.5), wanted) < 1e-8


def test_ignored_targets_add_nothing_and_get_no_gradient(logits, targets):
    layer = TimeSoftmax(PAD)
    loss = layer.forward(logits, targets)
    dlogits = layer.backward()
    padded = targets == PAD
    assert (dlogits[padded] == 0).all() and (dlogits[~padded] != 0).all()
    logits[padded] = 1e4
    assert layer.forward(logits, targets) == pytest.approx(loss, rel=1e-14)
    assert_same(layer.backward(), dlogits, 1e-14)


def test_more_padding_changes_neither_loss_nor_gradient(logits, targets, rng):
    layer = TimeSoftmax(PAD)
    wanted = layer.forward(logits, targets), layer.backward()
    longer = np.concatenate([logits, normal(rng, N, 2, V)], axis=1)
    loss = layer.forward(longer, np.pad(targets, ((0, 0), (0, 2))))
    assert loss == pytest.approx(wanted[0], rel=1e-14)
    assert_same(layer.backward()[:, :T], wanted[1], 1e-14)


def test_if_every_target_is_ignored_loss_and_gradient_are_zero(logits):
    layer = TimeSoftmax(PAD)
    with np.errstate(**LOUD):
        assert layer.forward(logits, np.full((N, T), PAD)) == 0
        assert (layer.backward() == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_scores_give_the_logarithm_of_the_vocabulary_size(targets, dtype):
    loss = TimeSoftmax(PAD).forward(np.full((N, T, V), 7, dtype), targets)
    assert loss == pytest.approx(math.log(V), rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_scores_give_a_finite_loss_and_gradient_without_a_warning(dtype):
    layer = TimeSoftmax()
    logits = np.array([[[1e4, -1e4, 0], [1e4, -1e4, 0]]], dtype)
    with np.errstate(**LOUD):
        loss = layer.forward(logits, np.array([[0, 1]]))
        dlogits = layer.backward()
    assert loss == 1e4  # the mean of a token that is right and one that is 20,000 below
    assert dlogits.dtype == dtype
    assert dlogits.tolist() == [[[0, 0, 0], [0.5, -0.5, 0]]]


def test_backward_twice_gives_the_same_and_writes_into_nothing_it_was_given(logits, targets):
    layer = TimeSoftmax(PAD)
    given = copied((logits, targets))
    layer.forward(logits, targets)
    first = layer.backward()
    kept = first.copy()
    assert_same((layer.backward(), first), (kept, kept))
    assert_same((logits, targets), given)


@pytest.mark.parametrize(
    "change_logits, change_targets, message",
    [
        (lambda s: s[0], None, r"logits: expected shape \(N, T, V\), got \(3, 5\)"),
        (lambda s: s.astype(int), None, "logits: expected .*float.*, got int64"),
        (lambda s: s.tolist(), None, "logits: expected an array, got list"),
        (None, lambda t: t[:, 1:], r"targets: expected shape \(4, 3\), got \(4, 2\)"),
        (None, lambda t: t[0], r"targets: expected shape \(4, 3\), got \(3,\)"),
        (None, lambda t: t + V, "targets: expected ids from 0 to 4, got"),
        (None, lambda t: t - 1, "targets: expected ids from 0 to 4, got -1"),
        (None, lambda t: t * 1.0, "targets: expected an array of integer ids, got float64"),
    ],
)
def test_wrong_scores_or_targets_are_refused_by_name(
    logits, targets, change_logits, change_targets, message
):
    logits = change_logits(logits) if change_logits else logits
    targets = change_targets(targets) if change_targets else targets
    with pytest.raises(ValueError, match=f"^{message}"):
        TimeSoftmax(PAD).forward(logits, targets)
