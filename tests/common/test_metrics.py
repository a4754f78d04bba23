"""Exact match and token accuracy."""

import numpy as np
import pytest

from common.metrics import exact_match, token_accuracy

TS = np.array([[3, 4, 2, 0], [5, 2, 0, 0], [3, 3, 3, 2]])


@pytest.mark.parametrize(
    "ys, wanted",
    [
        ([[3, 4, 2, 0], [5, 2, 0, 0], [3, 3, 3, 2]], [True, True, True]),
        ([[3, 5, 2, 0], [5, 2, 0, 0], [3, 3, 3, 3]], [False, True, False]),
        ([[3, 4, 2, 0], [5, 2, 2, 0], [3, 3, 3, 0]], [True, False, False]),  # too long, too short
    ],
)
def test_an_answer_matches_if_every_token_does(ys, wanted):
    assert exact_match(np.array(ys), TS).tolist() == wanted


@pytest.mark.parametrize("more", [1, 3])
def test_more_padding_changes_no_metric(more):
    padded = np.pad(TS, ((0, 0), (0, more)))
    for ys, ts in ((padded, TS), (TS, padded)):
        assert exact_match(ys, ts).all()
        assert token_accuracy(ys, ts) == 1


def test_an_answer_cut_short_does_not_match():
    assert exact_match(TS[:, :2], TS).tolist() == [False, True, False]
    assert token_accuracy(TS[:, :2], TS) == 6 / 9


def test_an_answer_that_goes_on_does_not_match():
    longer = np.concatenate([TS, [[4], [0], [2]]], axis=1)
    assert exact_match(longer, TS).tolist() == [False, True, False]


def test_token_accuracy_counts_the_target_tokens_and_not_the_padding():
    ys = np.array([[3, 5, 2, 5], [4, 4, 4, 4], [3, 3, 2, 2]])
    assert token_accuracy(ys, TS) == 5 / 9


@pytest.mark.parametrize("pad", [0, 9])
def test_the_id_of_padding_can_be_chosen(pad):
    ts = np.array([[3, 2, pad], [3, 3, 2]])
    assert exact_match(np.array([[3, 2], [3, 3]]), ts, pad).tolist() == [True, False]
    assert token_accuracy(np.array([[3, 2], [3, 3]]), ts, pad) == 4 / 5


def test_without_a_target_token_the_accuracy_is_0():
    assert token_accuracy(np.array([[3, 2]]), np.zeros((1, 2), int)) == 0


@pytest.mark.parametrize("metric", [exact_match, token_accuracy])
@pytest.mark.parametrize("ys", [TS[:2], TS[0], TS[None]])
def test_answers_that_do_not_fit_the_targets_are_refused(metric, ys):
    with pytest.raises(ValueError, match="expected two arrays of ids of the same N, got"):
        metric(ys, TS)
    with pytest.raises(ValueError, match="expected two arrays of ids of the same N, got"):
        metric(TS, ys)
