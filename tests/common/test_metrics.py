"""Exact match, token accuracy, and attention by field."""

import numpy as np
import pytest

from ch_seq2seq.seq2seq import Seq2Seq
from common.metrics import align, attention_by_field, exact_match, perplexity, token_accuracy

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
@pytest.mark.parametrize("ys", [TS[:2], TS[0], TS[None], TS[:, 0], TS[:, :, None]])
def test_answers_that_do_not_fit_the_targets_are_refused(metric, ys):
    with pytest.raises(ValueError, match="expected two arrays of ids of the same N, got"):
        metric(ys, TS)
    with pytest.raises(ValueError, match="expected two arrays of ids of the same N, got"):
        metric(TS, ys)


def test_both_arrays_are_padded_at_the_right_to_the_longer_length():
    short, long = np.array([[3, 2], [4, 2]]), np.array([[3, 3, 2], [5, 5, 5]])
    padded = [[3, 2, 9], [4, 2, 9]]
    for ids, wanted in zip(align(short, long, 9), (padded, long), strict=True):
        assert np.array_equal(ids, wanted)
    for ids, wanted in zip(align(long, short, 9), (long, padded), strict=True):
        assert np.array_equal(ids, wanted)


def test_a_single_target_token_counts_as_one():
    assert token_accuracy(np.array([[3]]), np.array([[3]])) == 1


def test_a_model_that_guesses_has_the_perplexity_of_its_vocabulary(make_dataset):
    dataset = make_dataset()
    V = len(dataset.codec.target_vocabulary)
    model = Seq2Seq(len(dataset.codec.source_vocabulary), V, 3, 4, np.random.default_rng(0),
                    dropout=0.5)
    for param in model.params.values():
        param[...] = 0
    model.set_training(True)
    assert perplexity(model, dataset) == pytest.approx(V)
    assert model.training


def test_attention_on_a_field_and_beside_it_is_averaged_over_the_fields_characters():
    # Rows: three characters of the target. Columns: six of the source.
    weights = np.array([[0.01, 0.02, 0.03, 0.04, 0.20, 0.70],
                        [0.10, 0.20, 0.25, 0.30, 0.05, 0.10],
                        [0.20, 0.30, 0.05, 0.15, 0.16, 0.14]])
    fields = {"year": (1, 3), "day": (0, 1)}
    source = {"day": (0, 2), "year": (2, 4)}
    shares = attention_by_field(weights, fields, source)
    assert list(shares) == ["year", "day"]
    # year: rows 1 and 2, own columns 2 and 3, neighbours 1 and 4
    assert shares["year"] == pytest.approx(((0.55 + 0.20) / 2, (0.25 + 0.46) / 2))
    # day: row 0, own columns 0 and 1; nothing stands before, column 2 behind
    assert shares["day"] == pytest.approx((0.03, 0.03))
    last = attention_by_field(weights, {"x": (0, 1)}, {"x": (4, 6)})  # nothing stands behind
    assert last["x"] == pytest.approx((0.90, 0.04))
    early = attention_by_field(weights, {"x": (0, 1)}, {"x": (1, 3)})
    assert early["x"] == pytest.approx((0.05, 0.01 + 0.04))
    assert all(type(share) is float for pair in shares.values() for share in pair)
