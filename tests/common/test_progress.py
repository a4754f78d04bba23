"""A Trainer goes on where another one was, and refuses a progress that it cannot have made."""

import json
import re

import numpy as np
import pytest

from common.optimizers import Adam
from common.schedules import WarmupLinear
from common.trainer import RECORD, Trainer
from tests.helpers import assert_same, copied, small_model

EPOCHS, STEPS = 3, 4


class Pairs:
    """A dataset of eight training pairs and three test pairs, as ids; it mixes them anew."""

    train, test = [3, 4, 5, 6, 3, 4, 5, 6], [5, 3, 4]
    max_target_length = 3

    def batches(self, pairs, batch_size, rng=None):
        ids = np.array(pairs) if rng is None else rng.permutation(pairs)
        for i in range(0, len(pairs), batch_size):
            xs = ids[i : i + batch_size, None]
            yield xs, np.concatenate([xs * 0 + 1, xs, xs * 0 + 2], axis=1)


def make_trainer():
    rng = np.random.default_rng(5)
    model = small_model("seq2seq", dtype=np.float32, dropout=0.3)
    for dropout in (model.encoder.dropout, model.decoder.dropout_in, model.decoder.dropout_out):
        dropout.rng = rng
    return Trainer(model, Adam(), Pairs(), rng, epochs=EPOCHS, batch_size=2, max_norm=1.0,
                   schedule=WarmupLinear(0.1, 3, EPOCHS * STEPS))


def without_seconds(history):
    return [{name: value for name, value in record.items() if not name.endswith("seconds")}
            for record in history]


@pytest.mark.parametrize("epochs_before", range(EPOCHS + 1))
def test_a_training_that_is_resumed_ends_as_one_that_was_not_interrupted(epochs_before):
    whole, first, second = make_trainer(), make_trainer(), make_trainer()
    list(whole.fit())
    for _, _ in zip(range(epochs_before), first.fit(), strict=False):
        pass
    for name, param in second.model.params.items():
        param[...] = first.model.params[name]
    progress = json.loads(json.dumps(first.progress()))  # as from a file
    second.resume(progress, copied(first.optimizer.state))
    assert (second.epoch, second.step) == (epochs_before, epochs_before * STEPS)
    assert len(list(second.fit())) == EPOCHS - epochs_before
    assert without_seconds(second.history) == without_seconds(whole.history)
    assert_same(second.model.params, whole.model.params)
    assert_same(second.optimizer.state, whole.optimizer.state)
    assert second.rng.bit_generator.state == whole.rng.bit_generator.state
    assert second.progress().keys() == {"epoch", "step", "history", "rng"}


@pytest.fixture
def progress():
    """What a Trainer gives after two of its three epochs."""
    history = [dict(zip(RECORD, (epoch, epoch * STEPS, 1.5, right, right / 3, 0.25, 2.0)))
               for epoch, right in ((1, 0), (2, 3))]
    return {"epoch": 2, "step": 2 * STEPS, "history": history,
            "rng": np.random.default_rng(9).bit_generator.state}


def test_a_progress_at_the_edges_of_what_is_possible_is_taken(progress):
    progress["history"][0] |= {"loss": 0.0, "step_seconds": 0.0, "seconds": 0}
    trainer = make_trainer()
    trainer.resume(progress, {})
    assert trainer.history is progress["history"] and trainer.epoch == 2


def record(k, **values):
    """A function that changes record k of a progress."""
    return lambda progress: progress["history"][k].update(values)


@pytest.mark.parametrize("change, message", [
    (lambda p: p.update(epoch=-1), "epoch: expected a number from 0 to 3, got -1"),
    (lambda p: p.update(epoch=4), "epoch: expected a number from 0 to 3, got 4"),
    (lambda p: p.update(epoch=2.0), "epoch: expected a number from 0 to 3, got 2.0"),
    (lambda p: p.update(epoch=1), "step: expected 4, got 8"),
    (lambda p: p.update(step=9), "step: expected 8, got 9"),
    (lambda p: p.update(step=8.0), "step: expected 8, got 8.0"),
    (lambda p: p["history"].pop(), "history: expected 2 records, got 1"),
    (lambda p: p["history"].append(p["history"][0]), "history: expected 2 records, got 3"),
    (lambda p: p["history"][1].pop("loss"), f"history: expected records of {', '.join(RECORD)}"),
    (record(1, more=1), f"history: expected records of {', '.join(RECORD)}"),
    (record(1, right=-1), "right: expected a number from 0 to 3, got -1"),
    (record(1, right=4), "right: expected a number from 0 to 3, got 4"),
    (record(1, right=3.0), "right: expected a number from 0 to 3, got 3.0"),
    (record(1, right=2), "history: record 2 does not fit the data"),
    (record(0, accuracy=0.5), "history: record 1 does not fit the data"),
    (record(0, epoch=2), "history: record 1 does not fit the data"),
    (record(1, step=4), "history: record 2 does not fit the data"),
    (record(1, loss=float("nan")), "history: expected finite numbers in record 2"),
    (record(0, loss=-0.5), "history: expected finite numbers in record 1"),
    (record(1, step_seconds=float("inf")), "history: expected finite numbers in record 2"),
    (record(1, step_seconds=-1), "history: expected finite numbers in record 2"),
    (record(1, seconds=float("inf")), "history: expected finite numbers in record 2"),
    (record(1, seconds=-1), "history: expected finite numbers in record 2"),
])
def test_a_progress_that_this_training_cannot_have_made_is_refused_and_changes_nothing(
    progress, change, message
):
    trainer = make_trainer()
    before = trainer.progress()
    change(progress)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        trainer.resume(progress, {})
    assert trainer.progress() == before and trainer.optimizer.state
