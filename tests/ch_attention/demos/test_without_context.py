"""The demonstration of an attention model that writes without its context vector."""

import numpy as np
import pytest

from ch_attention.demos import date_model, without_context
from ch_attention.demos.without_context import PLACES
from common.tools.answers import Answer
from common.tools.demonstration import demo_parser
from tests.helpers import random_pairs, randomize, small_model


class FewDates:
    """A dataset of few dates, with the codec of all of them."""

    def __init__(self, dataset, train, test):
        self.codec = dataset.codec
        self.max_target_length = dataset.max_target_length
        self.train, self.test = ([("", target) for target in part] for part in (train, test))


@pytest.fixture
def dataset():
    """The dates that --quick trains on."""
    args = demo_parser("", "x").parse_args(["--quick"])
    (trainer,) = date_model.date_trainers(args)
    return trainer.dataset


def test_quick_prints_a_row_for_each_character_and_writes_one_picture(tmp_path, capsys,
                                                                      monkeypatch):
    monkeypatch.setattr(date_model, "QUICK_TRAIN", 2000)
    monkeypatch.setattr(date_model, "QUICK_TEST", 200)
    without_context.main(["--quick", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    first = next(k for k, line in enumerate(lines) if line.endswith("just before it")) + 1
    rows = [line.split() for line in lines[first : first + len(PLACES)]]
    assert [row[0] for row in rows] == list(PLACES)
    assert all(len(row) == 7 for row in rows)
    assert [path.name for path in tmp_path.iterdir()] == ["without_context.png"]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_silenced_context_is_a_context_of_zeros(cell, rng, monkeypatch):
    model = randomize(small_model("attention dot", cell), rng)
    xs, ts = random_pairs(rng, model.V_source, model.V_target, [5, 3], [4, 4])

    def logits():
        hs, state = model.encoder.forward(xs, xs != 0)
        return model.decoder.forward(ts[:, :-1], state, hs, xs != 0)

    before = logits()
    with monkeypatch.context() as patch:
        see = model.decoder.attention.forward
        patch.setattr(model.decoder.attention, "forward", lambda *args: np.zeros_like(see(*args)))
        wanted = logits()
    without_context.silence_context(model)
    np.testing.assert_allclose(logits(), wanted, atol=1e-12)
    assert np.abs(before - wanted).max() > 0.1


def test_a_guess_knows_the_place_and_the_character_before_and_nothing_else(dataset):
    train = ["1994-09-27", "1995-09-28", "1995-09-27", "2001-10-27"]
    right = without_context.guess(FewDates(dataset, train, ["1995-09-27", "2001-09-17"]))
    # Wrong: the 2 of the second year, the 1 of its day, and what follows that 1, never seen there.
    np.testing.assert_array_equal(right, [.5, 1, 1, 1, 1, 1, 1, 1, .5, .5, 1])


def test_a_character_that_nothing_like_it_came_before_counts_as_wrong(dataset):
    right = without_context.guess(FewDates(dataset, ["1994-09-27"], ["2030-09-27"]))
    np.testing.assert_array_equal(right, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])


def test_the_rows_of_wrong_answers_are_not_counted(dataset, monkeypatch):
    pairs = [("1994/9/27", "1994-09-27"), ("27 Sep 1994", "1994-09-27"),
             ("28 Sep 1994", "1994-09-28")]
    few = FewDates(dataset, [], [])
    few.test = pairs
    looks = [np.zeros((11, len(source))) for source, _ in pairs]
    looks[0][:, :4] = 0.25  # all on the year, before which nothing stands
    looks[1][:, 6] = 0.75  # on the blank before the year
    looks[1][:, 10] = 0.25  # on the last character, which belongs to the year
    looks[2][:] = 1
    answers = [Answer(source, text, [], a) for (source, _), text, a in
               zip(pairs, ["1994-09-27", "1994-09-27", "1994-09-29"], looks, strict=True)]
    monkeypatch.setattr(without_context, "answer_with_attention", lambda *args: answers)
    found = without_context.attention_of_rows(None, few)
    np.testing.assert_allclose(found["on the year"], (1 + 0.25) / 2)
    np.testing.assert_allclose(found["on the last"], (0 + 0.25) / 2)
    np.testing.assert_allclose(found["just before it"], 0.75)


def test_without_a_right_answer_there_is_no_attention_to_tell(dataset, monkeypatch):
    few = FewDates(dataset, [], [])
    monkeypatch.setattr(without_context, "answer_with_attention", lambda *args: [])
    found = without_context.attention_of_rows(None, few)
    assert all(np.isnan(column).all() for column in found.values())
