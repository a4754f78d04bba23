"""Healthy models get a clean bill with any data; bad data and bad learning are named."""


import numpy as np
import pytest

from common.contract import PAD
from common.tools import diagnosis
from common.tools.diagnosis import RATE, STEPS, diagnose, learn
from dataset.pairs import Codec, PairDataset
from tests.common.tools.patients import (
    FAST, NAMES, broken, dataset_of, default_model, first_problem, make_model, problems,
    trained_model)
from tests.helpers import KINDS_AND_CELLS, ORDERLESS, assert_same, copied


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(reverse=True)


def words(length, count):
    """Texts that differ in their first five letters."""
    letters = str.maketrans("01", "ab")
    return [f"{k:05b}".translate(letters).ljust(length, "c") for k in range(count)]


ODD = {
    "one character": [(a, a.upper()) for a in "abcdefgh"],
    "sources of one character": [(a, a.upper() * 3) for a in "abcdefgh"],
    "targets of one character": [(a, a[0]) for a in words(6, 16)] + [("ccc", "c")],
    "two pairs": [("ab", "x"), ("b", "yy")],
    "two pairs of one character": [("a", "x"), ("b", "y")],
    "equal lengths": [(a, a[::-1]) for a in words(6, 16)],
    "mixed lengths": [(a * (k % 4 + 1), a[: k % 5 + 1] + a) for k, a in enumerate(words(5, 16))],
    "targets of 120 characters": [(a, a * 24) for a in words(5, 9)],
    "targets that begin alike": [(a, "https://www.example.org/" + a) for a in words(5, 4)],
    "sources of 100 characters": [(a * 20, a) for a in words(5, 9)],
    "one symbol": [("a" * n, "a" * 2 * n) for n in range(1, 9)],
    "targets of one symbol": [(a, "a" * (k % 9 + 1)) for k, a in enumerate(words(5, 16))],
}


# Each data set meets two kinds, and each kind, with every cell, some data sets. The stride parts
# the cells of a kind, which stand side by side.
STRIDE = 7
PATIENTS = [pair for pair in KINDS_AND_CELLS if pair[0] not in ORDERLESS]  # who can learn them
MEETINGS = [(name, *PATIENTS[STRIDE * (2 * n + k) % len(PATIENTS)])
            for n, name in enumerate(ODD) for k in range(2)]


@pytest.mark.parametrize("name, kind, cell", MEETINGS)
def test_a_healthy_model_of_any_kind_has_no_problem_with_odd_data(name, kind, cell):
    dataset = dataset_of(ODD[name])
    assert problems(make_model(dataset, kind, cell=cell), dataset, STEPS) == {}


def test_odd_data_meet_every_kind_with_every_cell():
    assert {(kind, cell) for _, kind, cell in MEETINGS} == set(PATIENTS)
    for name in ODD:
        assert len({kind for meeting, kind, _ in MEETINGS if meeting == name}) == 2


@pytest.mark.parametrize("kind, cell", KINDS_AND_CELLS)
def test_a_healthy_model_has_no_problem_and_every_check_is_made(kind, cell, make_dataset):
    dataset = make_dataset(reverse=kind != "peeky")
    findings = diagnose(default_model(dataset, kind, cell=cell), dataset)
    assert [str(finding) for finding in findings if not finding.ok] == []
    assert [finding.name for finding in findings] == NAMES


@pytest.mark.parametrize("options", [
    {"bidirectional": True}, {"dtype": np.float64}, {"dropout": 0.5}, {"layers": 3}, {"seed": 1}])
def test_other_healthy_models_have_no_problem_either(options, dataset):
    assert problems(make_model(dataset, "attention general", **options), dataset, STEPS) == {}


def test_data_that_are_hard_for_a_cell_are_no_problem_of_the_model():
    dataset = dataset_of([("a" * n, "a" * 2 * n) for n in range(20, 28)])
    findings = diagnose(make_model(dataset, cell="rnn"), dataset, rate=FAST)
    assert all(finding.ok for finding in findings)
    assert "; made-up pairs, which are easier: 0.7" in findings[-2].seen


def test_the_model_is_the_same_afterwards_and_so_is_a_second_diagnosis(dataset):
    model = make_model(dataset, dropout=0.5)
    model.set_training(True)
    before = copied(model.params), copied(model.grads)
    findings = diagnose(model, dataset, rate=FAST)
    assert_same((model.params, model.grads), before)
    assert model.training and model.encoder.dropout.training
    assert diagnose(model, dataset, rate=FAST) == findings


@pytest.mark.parametrize("kind", ["seq2seq", "peeky", "attention dot"])
def test_a_trained_model_is_healthy_only_if_it_is_said_to_be_trained(kind, dataset):
    model = trained_model(dataset, kind)
    assert problems(model, dataset, STEPS, trained=True) == {}
    found = problems(model, dataset, STEPS)
    assert list(found) == ["first loss"] and "trained already" in found["first loss"].cause


@pytest.mark.parametrize("how, cause", [
    ("huge affine", "weights too large, or a loss that is no mean; the largest weights are "
                    "decoder.affine.W"),
    ("nan weight", "the largest weights are encoder.lstm.Wx, typically nan"),
])
def test_a_first_loss_far_from_guessing_names_the_largest_weights(how, cause, dataset):
    found = first_problem(broken(dataset, how), dataset)
    assert found.name == "first loss" and cause in found.cause


def test_a_first_loss_that_is_not_finite_ends_the_diagnosis(dataset):
    findings = diagnose(broken(dataset, "nan weight"), dataset)
    assert [finding.name for finding in findings] == ["source", "targets", "first loss"]


@pytest.mark.parametrize("kind, cell", [("seq2seq", "gru"), ("peeky", "rnn"),
                                        ("attention dot", "lstm")])
def test_a_rate_that_is_too_high_is_named_with_and_without_clipping(
    kind, cell, dataset, monkeypatch
):
    model = default_model(dataset, kind, cell=cell)
    assert problems(model, dataset, STEPS, RATE) == {}
    monkeypatch.setattr(diagnosis, "WIRING", ())  # it is as it was, and takes longest to check
    for max_norm in (5.0, 1e9):
        assert problems(model, dataset, STEPS, RATE, max_norm=max_norm) == {}
        found = problems(model, dataset, 30, 0.5, max_norm=max_norm)
        assert list(found) == ["learning by heart"]
        assert found["learning by heart"].cause.startswith("a rate of 0.5 is too high: on the way")


def test_a_run_that_diverges_or_is_too_short_is_a_finding(dataset):
    model = make_model(dataset)
    before = copied(model.params)
    found = problems(model, dataset, rate=1e38)
    assert list(found) == ["learning by heart"]
    assert found["learning by heart"].cause.startswith("diverged: a rate of 1e+38 is too high")
    assert_same(model.params, before)
    found = problems(model, dataset, 3)["learning by heart"]
    assert "too few steps" in found.cause
    assert "; made-up pairs, which are as hard: 0.0" in found.seen


def test_learning_ends_when_a_whole_answer_is_likely(dataset):
    model = make_model(dataset)
    xs, ts = next(dataset.batches(dataset.train, 8))
    lesson = learn(model, xs, ts, FAST, 5.0, STEPS)
    tokens = (ts[:, 1:] != PAD).sum() / 8
    assert lesson.learnt and 0.7 <= lesson.probability < 0.9
    assert lesson.probability == pytest.approx(np.exp(-tokens * model.forward(xs, ts)), rel=1e-5)
    assert learn(model, xs, ts, FAST, 5.0, STEPS).steps == 0
    assert learn(make_model(dataset), xs, ts, FAST, 5.0, 2).steps == 2


# Each replaces one method of a codec.
BREAK_CODEC = {
    "not reversed": ("encode_sources", lambda codec, texts: Codec(
        codec.source_vocabulary, codec.target_vocabulary).encode_sources(texts)),
    "other symbols": ("encode_sources", lambda codec, texts: Codec.encode_sources(
        codec, [text.replace("a", "b") for text in texts])),
    "shown reversed": ("decode_source", lambda codec, ids: codec.source_vocabulary.decode(ids)),
    "without sos": ("target_ids", lambda codec, text: Codec.target_ids(codec, text)[1:]),
    "without eos": ("target_ids", lambda codec, text: Codec.target_ids(codec, text)[:-1]),
    "padding inside": ("target_ids", lambda codec, text: np.insert(
        Codec.target_ids(codec, text), 1, PAD)),
}


def with_codec(dataset, how):
    """The same pairs with a codec that is broken in one way."""
    codec_class = type("BrokenCodec", (Codec,), dict([BREAK_CODEC[how]]))
    return PairDataset(dataset.train, dataset.test, codec_class(**vars(dataset.codec)))


@pytest.mark.parametrize("how, name, cause", [
    ("not reversed", "source", "only one of the two reverses the source"),
    ("other symbols", "source", "encode differently"),
    ("shown reversed", "source", "decode_source does not undo the reversal"),
    ("without sos", "targets", "<sos> missing"),
    ("without eos", "targets", "<eos> missing"),
    ("padding inside", "targets", "padding stands before the end"),
])
def test_a_broken_dataset_is_named_and_the_model_is_not_blamed(how, name, cause, dataset):
    found = problems(make_model(dataset), with_codec(dataset, how), STEPS)
    assert cause in found[name].cause
    assert set(found) <= {name, "learning by heart"}


def test_other_vocabularies_and_too_few_pairs_are_mistakes(dataset):
    model = make_model(dataset)
    with pytest.raises(ValueError, match="at least two pairs with different sources"):
        diagnose(model, PairDataset([("a", "A")] * 5, [("b", "B")], dataset.codec))
    model.V_source += 1
    with pytest.raises(ValueError, match=r"vocabularies of \(8, 7\) symbols, got \(7, 7\)"):
        diagnose(model, dataset)


def test_an_error_in_the_model_itself_is_raised(dataset):
    model = make_model(dataset)
    model.decoder.backward = lambda dlogits: dlogits.no_such_thing
    with pytest.raises(AttributeError, match="no_such_thing"):
        diagnose(model, dataset)
