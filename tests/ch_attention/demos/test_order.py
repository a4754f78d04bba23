"""The demonstration of what order is worth."""

import numpy as np
import pytest

from ch_attention.demos import date_model, order
from ch_attention.demos.order import ANAGRAMS, POSITIONS, bag, by_form, fields_right, guessed, right
from ch_attention.train_date import RECIPE
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.tools.answers import answer
from common.tools.recipe import make_trainer
from dataset.make_date import find_fields


@pytest.fixture
def few(monkeypatch):
    """Few dates, so that a model is trained in a second, and few days to guess from."""
    monkeypatch.setattr(date_model, "QUICK_TRAIN", 300)
    monkeypatch.setattr(date_model, "QUICK_TEST", 70)
    monkeypatch.setattr(order, "DAYS", 40)
    monkeypatch.setattr(order, "guessed", lambda pairs: np.full(len(pairs), 0.5))


def test_quick_prints_a_row_for_each_form_and_field_and_writes_one_picture(few, tmp_path, capsys):
    order.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [f"trained: positions {name}, seed 0" for name in POSITIONS]
    rows = [line for line in lines if line.startswith(("{", "all", "year", "month", "day"))]
    assert len(rows) > 10 and rows[-4].startswith("all")
    assert len(rows[-4].split()) == 1 + len(POSITIONS) + 1  # and what the characters tell
    assert sum(line.startswith(source) for line in lines for pair in ANAGRAMS
               for source in pair) == 2 * len(ANAGRAMS)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["order.png"]


@pytest.mark.parametrize("positions, same", [("none", True), ("sinusoid", False)])
def test_only_without_positions_are_logits_the_same_for_the_same_characters(positions, same):
    dataset = date_model.date_dataset(quick=True)
    model = make_trainer(TransformerSeq2Seq, dataset, RECIPE.of(TransformerSeq2Seq), 0,
                         positions=positions).model
    for pair in ANAGRAMS:
        xs = dataset.codec.encode_sources(pair)
        ys = np.array([[1, 3, 4, 5]] * 2)
        hs, state = model.encoder.forward(xs)
        one, other = model.decoder.forward(ys, state, hs)
        assert np.allclose(one, other, atol=1e-4) is same


def test_the_two_sides_of_an_anagram_have_the_same_characters_and_the_vocabulary_has_them():
    codec = date_model.date_dataset(quick=True).codec
    for one, other in ANAGRAMS:
        assert one != other and bag(one) == bag(other)
        codec.encode_sources([one, other])


def test_an_anagram_could_have_been_written_by_the_generator():
    dates = ("1994-09-27", "1974-09-29"), ("1994-01-12", "1994-12-01"), ("2014-03-21", "2014-01-23")
    for sources, targets in zip(ANAGRAMS, dates, strict=True):
        for source, target in zip(sources, targets):
            assert find_fields(source, target)[0] in order.FORMS


def test_a_guess_counts_the_dates_that_have_these_characters(monkeypatch):
    # 1950/1/1 ... 1950/1/31: of 1950/1/12 and 1950/1/21 the first is as likely as the second.
    monkeypatch.setattr(order, "DAYS", 31)
    pairs = [("1950/1/1", "1950-01-01"), ("1950/1/12", "1950-01-12"), ("1950/1/21", "1950-01-21")]
    assert guessed(pairs).tolist() == [1, 1 / 2, 1 / 2]
    monkeypatch.setattr(order, "DAYS", 365)  # also 1950/2/11, 1950/11/2 and 1950/12/1
    assert guessed(pairs)[1] == 1 / 5


def test_the_fields_of_an_answer_are_counted_one_by_one():
    pairs = [("x", "1994-09-27"), ("y", "2001-12-03")]
    texts = ["1994-10-27", "2001-12-"]
    assert fields_right(texts, pairs) == {"year": 1, "month": 0.5, "day": 0.5}
    assert right(["1994-09-27", ""], pairs).tolist() == [True, False]


def test_a_form_is_the_mean_of_its_dates():
    forms = np.array(["{month} {day}, {year}", "{year}/{m}/{day}", "{year}/{m}/{day}"])
    found = by_form(np.array([1.0, 0, 1]), forms)
    assert found == {"{month} {day}, {year}": 1, "{year}/{m}/{day}": 0.5, "all": 2 / 3}


def test_the_answers_are_those_of_the_model_after_its_training(few, monkeypatch):
    asked = []

    def note(model, codec, sources, max_length):
        asked.append(sources)
        return answer(model, codec, sources, max_length)

    monkeypatch.setattr(order, "answer", note)
    texts, example = order.learn("learnt", 1, True)
    dataset = date_model.date_dataset(True)
    assert asked[0] == [source for source, _ in dataset.test] and len(texts) == len(dataset.test)
    assert asked[1] == [text for pair in ANAGRAMS for text in pair] and len(example) == 6
