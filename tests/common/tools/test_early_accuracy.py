"""The accuracy inside an epoch is measured beside the training and leaves it as it was."""

from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.tools import model_comparison
from common.tools.model_comparison import EarlyAccuracy
from common.tools.recipe import Recipe, make_trainer

RECIPE = Recipe(D=4, H=6, batch_size=2, epochs=2, rate=0.01, warmup=1, max_norm=5.0, forcing=0.5)


def planned(epochs, steps):
    """The steps at which a run of so many epochs is measured."""
    return sorted(EarlyAccuracy(SimpleNamespace(epochs=epochs, steps_per_epoch=steps)).marks)


def test_the_first_epoch_of_a_short_run_is_measured_ten_times():
    assert planned(3, 100) == [5, 10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert planned(5, 704) == [35, 70, 141, 211, 282, 352, 422, 493, 563, 634]


@pytest.mark.parametrize("steps, marks", [(1, []), (2, [1]), (4, [1, 2, 3])])
def test_the_end_of_the_epoch_is_left_to_the_trainer(steps, marks):
    assert planned(1, steps) == marks


def test_of_a_long_run_the_epochs_are_enough():
    assert planned(5, 100) and not planned(6, 100)


@pytest.mark.parametrize("kind", ["seq2seq", "attention"])
def test_the_training_is_the_same_to_the_last_bit(kind, make_dataset):
    def train(measured):
        trainer = make_trainer(MODELS[kind], make_dataset(), RECIPE, 3, dropout=0.3)
        early = EarlyAccuracy(trainer)
        for _ in trainer.fit(*([early.on_step] if measured else [])):
            pass
        assert bool(early.records) == measured
        records = [(r["loss"], r["right"]) for r in trainer.history]
        return trainer.model.params, records, trainer.rng.bit_generator.state

    params, records, state = train(False)
    others, *rest = train(True)
    assert rest == [records, state]
    assert all(np.array_equal(params[name], others[name]) for name in params)


def test_the_share_of_right_answers_among_the_first_test_sentences_is_noted(monkeypatch):
    monkeypatch.setattr(model_comparison, "MEASURED", 4)
    right = iter([1, 3])

    def evaluate(pairs):
        assert pairs == ["a", "b", "c", "d"]
        return next(right)

    early = EarlyAccuracy(SimpleNamespace(epochs=1, steps_per_epoch=4, evaluate=evaluate,
                                          dataset=SimpleNamespace(test=list("abcdefg"))))
    early.marks = {2, 3}
    for step in (1, 2, 3, 4):
        early.on_step(step, 4, 1.0)
    assert early.records == [{"step": 2, "accuracy": 0.25}, {"step": 3, "accuracy": 0.75}]
    assert early.seconds > 0


def test_the_time_of_measuring_is_not_counted_as_that_of_the_training():
    early = EarlyAccuracy(SimpleNamespace(epochs=1, steps_per_epoch=4))
    early.seconds = 2.0
    record = {"seconds": 10.0, "step_seconds": 1.5}
    for _ in range(2):  # the second time there is nothing more to take away
        early.take_its_time_from(record)
        assert record == {"seconds": 8.0, "step_seconds": 1.0}
