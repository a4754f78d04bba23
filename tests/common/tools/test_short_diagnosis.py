"""A whole diagnosis, with short lessons: what is tried, on which data, in which order."""

import numpy as np
import pytest

from common.tools import diagnosis
from common.tools.diagnosis import check_first_loss, check_wiring, diagnose, learn
from common.tools.forward_checks import made_up_batch
from tests.common.tools.patients import NAMES, broken, dataset_of, make_model
from tests.helpers import MODELS, assert_same, copied

PAIRS = [("ab", "x"), ("b", "yxy"), ("ca", "y"), ("ccb", "xx"), ("ad", "yy")]


@pytest.fixture
def dataset():
    return dataset_of(PAIRS)


def test_every_check_is_made_of_a_fresh_model_and_it_is_the_same_afterwards(dataset):
    model = make_model(dataset, dropout=0.5)
    model.set_training(True)
    before = copied((model.params, model.grads))
    findings = diagnose(model, dataset, steps=2)
    assert [finding.name for finding in findings] == NAMES
    assert [finding.name for finding in findings if not finding.ok] == ["learning by heart"]
    assert findings[NAMES.index("first loss")].seen.endswith(", +- 1.0")
    assert "made-up pairs, which are as hard" in findings[-2].seen
    assert diagnose(model, dataset, steps=2) == findings
    assert_same((model.params, model.grads), before)


@pytest.mark.parametrize("weight", [3e38, np.nan])
def test_a_first_loss_that_is_not_finite_is_the_last_finding_and_gives_no_warning(weight, dataset):
    model = make_model(dataset)
    for param in model.params.values():
        param[...] = weight
    findings = diagnose(model, dataset)
    assert [(finding.name, finding.ok) for finding in findings] == [
        ("source", True), ("targets", True), ("first loss", False)]


def test_what_a_broken_model_does_not_learn_is_laid_to_the_problems_above(dataset):
    model = broken(dataset, "no encoder backward")
    findings = {finding.name: finding for finding in diagnose(model, dataset, steps=2)}
    assert findings["source"].ok and not findings["gradients"].ok
    assert findings["learning by heart"].cause == "the problems above"


def test_what_is_to_be_learnt_is_made_of_pairs_that_do_not_contradict_each_other(monkeypatch):
    pairs = [(a, b) for a, b in PAIRS for _ in range(3)] + [("ab", "yx"), ("c", "x")] * 3
    lessons = []

    def check_learning(model, own, made_up, *options):
        lessons.append((own, made_up, options))
        return []

    monkeypatch.setattr(diagnosis, "check_learning", check_learning)
    dataset = dataset_of(pairs)
    diagnose(make_model(dataset), dataset, rate=0.1, max_norm=2.0, steps=3)
    ((xs, ts), made_up, options), = lessons
    assert len(np.unique(xs, axis=0)) == len(np.unique(ts, axis=0)) == len(xs) >= 5
    sources = {dataset.codec.decode_source(row[row > 0]) for row in xs}
    assert sources <= {source for source, _ in pairs}
    assert made_up[0].shape == (3, 5) and options == (0.1, 2.0, 3, True)


@pytest.mark.parametrize("pairs, more", [(PAIRS, (0, 1)), (PAIRS, (1, 0)), (PAIRS, (-1, 1))])
def test_a_model_for_other_vocabularies_is_refused(pairs, more):
    dataset = dataset_of(pairs)
    sizes = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary)
    assert sizes == (7, 5)
    model = make_model(dataset)
    model.V_source, model.V_target = sizes[0] + more[0], sizes[1] + more[1]
    with pytest.raises(ValueError, match=r"expected vocabularies of .* symbols, got \(7, 5\)"):
        diagnose(model, dataset, steps=1)


@pytest.mark.parametrize("V_source, V_target", [(40, 4), (4, 40)])
def test_vocabularies_of_very_different_sizes_are_no_problem(V_source, V_target):
    model = MODELS["attention dot"](V_source, V_target, 3, 4, np.random.default_rng(0))
    batch = made_up_batch(model, np.random.default_rng(0))
    assert [str(finding) for finding in check_wiring(model, *batch) if not finding.ok] == []
    assert learn(model, *batch, 0.01, 5.0, 2).steps == 2
    assert check_first_loss(model, *batch, False).ok


def test_a_problem_of_float64_is_the_only_one_that_is_told(dataset):
    model = broken(dataset, "rounded inside", "attention dot")
    batch = made_up_batch(model, np.random.default_rng(0))
    assert [finding.name for finding in check_wiring(model, *batch)] == ["float64"]


@pytest.mark.parametrize("error", [TypeError, ValueError, AttributeError])
def test_an_error_that_a_model_has_in_its_own_dtype_is_raised(error, dataset):
    model = make_model(dataset)

    def backward():
        raise error("a mistake of the model")

    model.backward = backward
    with pytest.raises(error, match="a mistake of the model"):
        check_wiring(model, *made_up_batch(model, np.random.default_rng(0)))
