"""Each check of the data and of learning, by itself: what it says it saw, which cause it names."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention import train_date
from common.contract import PAD
from common.tools import diagnosis, forward_checks
from common.tools.diagnosis import (
    MAX_NORM, RATE, Lesson, beginnings, check_first_loss, check_learning, check_source,
    check_targets, choose_pairs, exchange, learn)
from common.tools.finding import Finding
from dataset.pairs import Codec
from tests.common.tools.patients import make_model
from tests.helpers import assert_same, copied


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(reverse=True)


# The data


def coded(given=None, asked=None, shown=None):
    """A dataset whose codec numbers letters: "ab" is read as 1, 2; some sources otherwise.

    given, asked: {source: the source as it is given in training, when asked}. shown: {source: as
    what it is shown}.
    """
    def ids(text):
        return np.array([[ord(letter) - 96 for letter in text]])

    def text(row):
        return "".join(chr(i + 96) for i in row)

    codec = SimpleNamespace(
        source_vocabulary=SimpleNamespace(decode=text, split=list, join="".join),
        encode_sources=lambda sources: ids((asked or {}).get(sources[0], sources[0])),
        decode_source=lambda row: (shown or {}).get(text(row), text(row)))
    return SimpleNamespace(codec=codec, batches=lambda pairs, size: iter([(
        ids((given or {}).get(pairs[0][0], pairs[0][0])), None)]))


PAIRS = [("ab", "ba"), ("cd", "dc"), ("abc", "x"), ("xy", "y")]


@pytest.mark.parametrize("options, seen, cause", [
    ({}, "'xy' is 'xy' in training, 'xy' when asked, shown as 'xy'", ""),
    ({"given": {"abc": "cba"}}, "'abc' is 'cba' in training, 'abc' when asked, shown as 'abc'",
     "only one of the two reverses the source"),
    ({"asked": {"cd": "ce"}}, "'cd' is 'cd' in training, 'ce' when asked, shown as 'ce'",
     "dataset.batches and codec.encode_sources encode differently"),
    ({"shown": {"abc": "cba"}}, "'abc' is 'abc' in training, 'abc' when asked, shown as 'cba'",
     "decode_source does not undo the reversal"),
    ({"shown": {"ab": "ba"}}, "'ab' is 'ab' in training, 'ab' when asked, shown as 'ba'",
     "decode_source does not undo the reversal"),
    ({"shown": {"ab": "az", "cd": "cz"}},
     "'ab' is 'ab' in training, 'ab' when asked, shown as 'az'",
     "encoding and decoding use different vocabularies"),
    ({"given": {"cd": "ce"}, "asked": {"cd": "ce"}},
     "'cd' is 'ce' in training, 'ce' when asked, shown as 'ce'",
     "encoding and decoding use different vocabularies"),
    ({"given": {"ab": "xx"}, "shown": {"ab": "yy"}},
     "'ab' is 'xx' in training, 'ab' when asked, shown as 'yy'",
     "dataset.batches and codec.encode_sources encode differently"),
])
def test_the_first_source_that_is_not_the_same_everywhere_is_shown(options, seen, cause):
    found = check_source(coded(**options), PAIRS)
    assert (found.name, found.seen, found.ok, found.cause) == ("source", seen, not cause, cause)


def test_a_source_that_is_the_same_in_both_directions_is_not_said_to_be_reversed():
    found = check_source(coded(given={"abba": "abbc"}), [("abba", "x")])
    assert "encode differently" in found.cause
    found = check_source(coded(shown={"abba": "abbc"}), [("abba", "x")])
    assert "different vocabularies" in found.cause


RIGHT = [1, 4, 3, 2, 0]
SOS_WRONG, EOS_WRONG = (f"codec.target_ids: <{name}> missing or misplaced" for name in
                        ("sos", "eos"))


@pytest.mark.parametrize("row, cause", [
    (RIGHT, ""), ([1, 2, 0, 0, 0], ""), ([1, 4, 3, 5, 2], ""),
    ([4, 3, 5, 2, 0], SOS_WRONG), ([1, 1, 4, 2, 0], SOS_WRONG), ([1, 4, 3, 1, 2], SOS_WRONG),
    ([4, 1, 3, 2, 0], SOS_WRONG), ([1, 4, 3, 5, 0], EOS_WRONG), ([1, 4, 2, 2, 0], EOS_WRONG),
    ([1, 2, 4, 2, 0], EOS_WRONG), ([1, 2, 4, 3, 0], EOS_WRONG),
    ([1, 0, 4, 2, 0], "padding stands before the end"),
    ([0, 1, 4, 3, 2], "padding stands before the end"),
])
def test_the_first_target_that_is_no_target_is_shown(row, cause):
    found = check_targets(np.array([RIGHT, row, [1, 5, 5, 2, 0]]))
    assert (found.name, found.ok, found.cause) == ("targets", not cause, cause)
    assert found.seen == f"ids {row if cause else [1, 5, 5, 2, 0]}"


def test_the_pairs_to_learn_share_no_source_and_no_target():
    pairs = [("a", "A"), ("a", "B"), ("b", "A"), ("b", "B"), ("c", "C")]
    assert choose_pairs(pairs, Codec.of_pairs(pairs)) == [("a", "A"), ("b", "B"), ("c", "C")]
    pairs = [(a, a) for a in "abcdefghijkl"]
    assert len(choose_pairs(pairs, Codec.of_pairs(pairs))) == 8


def test_of_long_pairs_as_much_is_learnt_as_tells_them_apart():
    ids = np.tile(np.arange(3, 9), 20)[None].repeat(2, axis=0)
    ids[1, 0] = 3 + 5
    later = ids.copy()
    later[1] = later[0]
    later[1, 40] = 8
    assert [a.shape for a in beginnings(ids, ids)] == [(2, 16), (2, 17)]
    assert [a.shape for a in beginnings(ids, later)] == [(2, 64), (2, 65)]
    later[1] = later[0]
    assert [a.shape for a in beginnings(ids, later)] == [(2, 120), (2, 120)]


def test_what_is_learnt_of_very_long_pairs_is_their_beginning_or_all():
    ids = np.tile(np.arange(3, 9), 50)[None].repeat(2, axis=0)  # 300 tokens
    for different, length in ((200, 256), (280, 300)):
        xs, ts = ids.copy(), ids + 1
        xs[1, different] = ts[1, different] = 20
        x, t = beginnings(xs, ts)
        assert_same((x, t), (xs[:, :length], ts[:, : length + 1]))


# The first loss


def test_each_symbol_is_exchanged_for_the_next_and_the_last_for_the_first_but_padding_is_kept():
    ids = np.array([[1, 3, 2, 0], [1, 4, 5, 2]])
    assert exchange(ids, 0, 6).tolist() == ids.tolist()
    assert exchange(ids, 1, 6).tolist() == [[2, 4, 3, 0], [2, 5, 1, 3]]
    assert exchange(ids, 4, 6).tolist() == [[5, 2, 1, 0], [5, 3, 4, 1]]
    assert exchange(ids, 5, 6).tolist() == ids.tolist()


TS = np.array([[1, 3, 4, 2], [1, 5, 2, 0]])
V = 21  # ln 21 = 3.04


def first_loss(own, other, trained=False):
    """What is said of a model with a loss on its own targets, and another on all exchanged ones."""
    def forward(xs, ts):
        assert xs == "xs" and (ts == PAD).tolist() == (TS == PAD).tolist()
        return own if (ts == TS).all() else other

    params = {"a.W": np.full((2, 3), 0.2), "b.W": np.array([0.0, 3.0, 4.0, 0.0]),
              "c.W": np.full(9, 2.0)}
    model = SimpleNamespace(V_target=V, forward=forward, params=params, grads=dict.fromkeys("xyz"))
    return check_first_loss(model, "xs", TS, trained)


TRAINED, SEES, LARGE = ("the model has been trained already", "the model sees what it should guess",
                        "weights too large, or a loss that is no mean; the largest weights are "
                        "b.W, typically 2.5")


@pytest.mark.parametrize("own, other, trained, cause", [
    (3.0, 3.0, False, ""), (2.1, 2.1, False, ""), (4.0, 4.0, False, ""), (1.0, 3.0, False, ""),
    (0.1, 7.0, False, TRAINED), (2.9, 7.5, False, TRAINED), (3.1, 7.0, False, LARGE),
    (2.9, 5.9, False, LARGE), (1.9, 1.9, False, SEES), (4.1, 4.1, False, LARGE),
    (0.1, 7.0, True, ""), (0.1, 0.1, True, ""), (4.0, 9.0, True, ""), (4.1, 4.1, True, LARGE),
    (math.nan, math.nan, False, LARGE), (math.nan, math.nan, True, LARGE),
])
def test_a_first_loss_tells_guessing_from_knowing_from_weights_too_large(
    own, other, trained, cause
):
    found = first_loss(own, other, trained)
    assert (found.name, found.ok, found.cause) == ("first loss", not cause, cause)


def test_a_first_loss_is_shown_beside_that_of_guessing():
    assert first_loss(2.5, 2.5).seen == "on the data 2.50, guessing is ln 21 = 3.04, +- 1.0"
    assert first_loss(2.5, 9.0, True).seen == (
        "on the data 2.50, guessing is ln 21 = 3.04, at most 1.0 more")


# Learning


def test_the_doctor_learns_at_the_rate_of_the_training_scripts():
    assert (RATE, MAX_NORM) == (train_date.RECIPE.rate, train_date.RECIPE.max_norm)


def test_an_answer_is_learnt_if_it_is_more_likely_than_not():
    assert Lesson(0.7, 9, 1.0).learnt and not Lesson(0.69, 9, 1.0).learnt
    assert str(Lesson(0.694, 9, 1.0)) == "0.69 after 9 steps"
    with pytest.raises(AttributeError):
        Lesson(0.7, 9, 1.0).steps = 3


def lesson_of(*losses, steps=9):
    """How a model with these losses, one after the other, learns targets of 2 and 4 tokens."""
    losses = iter(losses)
    model = SimpleNamespace(
        V_target=21, params={"W": np.ones(2)}, grads={"W": np.zeros(2)}, backward=lambda: None,
        forward=lambda xs, ts: next(losses))
    return learn(model, None, np.array([[1, 3, 2, 0, 0], [1, 3, 4, 5, 2]]), 0.01, 5.0, steps)


def test_a_lesson_ends_where_a_whole_answer_of_average_length_is_likely():
    lesson = lesson_of(2.0, 0.2, 0.13, 0.11, 0.0)
    assert lesson == Lesson(pytest.approx(math.exp(-3 * 0.11)), 3, pytest.approx(2 / math.log(21)))
    assert lesson_of(0.1) == Lesson(pytest.approx(math.exp(-0.3)), 0, pytest.approx(
        0.1 / math.log(21)))


def test_a_lesson_ends_after_so_many_steps_or_where_the_loss_is_nan():
    assert lesson_of(4.0, 3.0, 6.0, 2.0, 1.0, steps=3) == Lesson(
        pytest.approx(math.exp(-6)), 3, pytest.approx(1.5))
    lesson = lesson_of(4.0, math.nan, 1.0)
    assert lesson.steps == 1 and math.isnan(lesson.rise) and not lesson.learnt


def test_the_gradients_of_a_lesson_are_clipped(dataset):
    model = make_model(dataset)
    before = copied(model.params)
    xs, ts = next(dataset.batches(dataset.train, 8))
    learn(model, xs, ts, 0.01, 1e-20, 2)
    assert_same(model.params, before, 1e-6)
    learn(model, xs, ts, 0.01, 1.0, 2)
    assert max(abs(model.params[name] - before[name]).max() for name in before) > 1e-3


@pytest.fixture
def taught(dataset, monkeypatch):
    """What check_learning says of lessons that went as they are told, and how many were taken."""
    def said(healthy, *lessons):
        waiting = list(lessons)
        monkeypatch.setattr(diagnosis, "learn", lambda *arguments: waiting.pop(0))
        monkeypatch.setattr(forward_checks, "check_generation",
                            lambda *arguments: Finding("generation", True, ""))
        learning, *writing = check_learning(
            make_model(dataset), (), (), 0.25, 5.0, 9, healthy)
        assert learning.name == "learning by heart"
        assert [finding.name for finding in writing] == ["generation"] * len(writing)
        return learning, len(writing), len(lessons) - len(waiting)

    return said


WELL, BADLY, LEAP = Lesson(0.9, 20, 1.9), Lesson(0.1, 300, 1.9), Lesson(0.1, 300, 2.1)
LEAP_AND_LEARN, DIVERGED = Lesson(0.9, 20, 2.1), Lesson(math.nan, 3, math.nan)
HIGH = "a rate of 0.25 is too high: on the way the loss rose to 2.1 times that of guessing"
FEW = "too few steps, too low a rate, or too few hidden units"
EXPLODES = "diverged: a rate of 0.25 is too high, or exploding gradients"
ABOVE = "the problems above"


@pytest.mark.parametrize("healthy, first, second, cause, taken", [
    (True, WELL, WELL, "", 1), (False, WELL, WELL, "", 1),
    (True, BADLY, WELL, "", 2), (True, BADLY, BADLY, FEW, 2), (False, BADLY, WELL, ABOVE, 1),
    (True, LEAP, WELL, HIGH, 1), (True, LEAP_AND_LEARN, WELL, HIGH, 1),
    (False, LEAP, WELL, ABOVE, 1), (True, DIVERGED, WELL, EXPLODES, 1),
    (False, DIVERGED, WELL, ABOVE, 1),
])
def test_what_is_not_learnt_is_laid_to_what_is_wrong_before_then_to_the_rate_then_to_the_steps(
    healthy, first, second, cause, taken, taught
):
    learning, written, lessons = taught(healthy, first, second)
    assert (learning.ok, learning.cause, lessons) == (not cause, cause, taken)
    assert written == (first is not DIVERGED)


def test_how_much_was_learnt_is_said_and_whether_made_up_pairs_are_as_hard(taught):
    start = "a whole answer has probability 0.10 after 300 steps; made-up pairs, which are "
    assert taught(True, WELL)[0].seen == "a whole answer has probability 0.90 after 20 steps"
    assert taught(True, BADLY, WELL)[0].seen == f"{start}easier: 0.90 after 20 steps"
    assert taught(True, BADLY, BADLY)[0].seen == f"{start}as hard: 0.10 after 300 steps"
