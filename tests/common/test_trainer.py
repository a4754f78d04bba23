"""The Trainer: reproducible, on schedule, with dropout only where it belongs; and its counting."""

from types import SimpleNamespace

import numpy as np
import pytest

import common.trainer
from ch_attention.all_models import MODELS
from common.contract import PAD
from common.optimizers import SGD
from common.schedules import ConstantRate, WarmupLinear
from common.tools.answers import answer
from tests.common.conftest import BATCH_SIZE, EPOCHS
from tests.helpers import assert_same, copied


class KnowsSome:
    """A model that answers in capitals and back to front, as it should, unless told otherwise."""

    def __init__(self, codec, unknown):
        self.codec, self.unknown = codec, unknown

    def generate(self, xs, max_length, decode=None):
        targets = [self.codec.decode_source(x)[::-1].upper() for x in xs]
        targets = [target[:-1] if target.endswith(self.unknown) else target for target in targets]
        ys = self.codec.encode_targets(targets)[:, 1:]
        assert ys.shape[1] <= max_length
        return ys


def without_seconds(history):
    return [{key: value for key, value in record.items() if not key.endswith("seconds")}
            for record in history]


@pytest.mark.parametrize("kind", MODELS)
def test_one_seed_gives_the_same_history_and_weights_and_another_seed_others(make_trainer, kind):
    first, same, other = (make_trainer(seed, kind) for seed in (0, 0, 1))
    for trainer in (first, same, other):
        assert len(list(trainer.fit())) == EPOCHS
    assert without_seconds(same.history) == without_seconds(first.history)
    assert_same(same.model.params, first.model.params)
    assert without_seconds(other.history) != without_seconds(first.history)
    assert (other.model.params["decoder.affine.W"] != first.model.params["decoder.affine.W"]).any()


def test_fit_yields_one_record_an_epoch_which_also_stands_in_the_history(
    make_trainer, monkeypatch
):
    trainer = make_trainer()
    knows = KnowsSome(trainer.dataset.codec, ("A", "B"))
    monkeypatch.setattr(trainer.model, "generate", knows.generate)
    test = trainer.dataset.test
    right = sum(not target.endswith(("A", "B")) for _, target in test)
    assert 0 < right < len(test)
    for epoch, record in enumerate(trainer.fit(), start=1):
        assert trainer.history[-1] is record and len(trainer.history) == epoch
        assert record["seconds"] > 0
        assert without_seconds([record]) == [{
            "epoch": epoch,
            "step": epoch * trainer.steps_per_epoch,
            "loss": record["loss"],
            "right": right,
            "accuracy": right / len(test),
        }]
    assert epoch == EPOCHS


def test_fit_called_again_goes_on_where_it_was_left(make_trainer):
    whole, parted = make_trainer(), make_trainer()
    list(whole.fit())
    next(parted.fit())
    assert [record["epoch"] for record in parted.fit()] == [2, 3]
    assert without_seconds(parted.history) == without_seconds(whole.history)
    assert list(parted.fit()) == []


def test_on_step_is_called_with_every_step_and_its_loss(make_trainer):
    trainer, calls = make_trainer(), []
    list(trainer.fit(lambda *call: calls.append(call)))
    per_epoch = trainer.steps_per_epoch
    total = EPOCHS * per_epoch
    assert per_epoch == -(-len(trainer.dataset.train) // BATCH_SIZE)
    assert [call[:2] for call in calls] == [(step, total) for step in range(1, total + 1)]
    for epoch, record in enumerate(trainer.history):
        losses = [loss for _, _, loss in calls[epoch * per_epoch : (epoch + 1) * per_epoch]]
        assert record["loss"] == pytest.approx(np.mean(losses), rel=1e-12)


def test_every_epoch_trains_on_every_pair_in_an_order_of_its_own(make_trainer, monkeypatch):
    trainer, seen = make_trainer(), []
    forward = trainer.model.forward

    def spy(xs, ts):
        if trainer.model.training:
            seen.append([codec.decode_source(x) for x in xs])
        return forward(xs, ts)

    codec = trainer.dataset.codec
    monkeypatch.setattr(trainer.model, "forward", spy)
    list(trainer.fit())
    steps = trainer.steps_per_epoch
    epochs = [sum(seen[k * steps : (k + 1) * steps], []) for k in range(EPOCHS)]
    wanted = sorted(source for source, _ in trainer.dataset.train)
    assert [sorted(epoch) for epoch in epochs] == [wanted] * EPOCHS
    assert len(set(map(tuple, epochs))) == EPOCHS


def test_seconds_are_those_of_an_epoch_and_of_one_of_its_training_steps(make_trainer, monkeypatch):
    trainer = make_trainer(epochs=2)
    clock = iter([100, 106, 114, 200, 203, 204])  # begin, trained, evaluated
    monkeypatch.setattr(common.trainer, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    list(trainer.fit())
    steps = trainer.steps_per_epoch
    assert steps > 1
    assert [record["step_seconds"] for record in trainer.history] == [6 / steps, 3 / steps]
    assert [record["seconds"] for record in trainer.history] == [14, 4]


def test_to_evaluate_draws_nothing(make_trainer):
    trainer = make_trainer()
    before = trainer.rng.bit_generator.state
    trainer.evaluate(trainer.dataset.test)
    assert trainer.rng.bit_generator.state == before


def test_the_loss_falls(make_trainer):
    trainer = make_trainer(epochs=8)
    losses = [record["loss"] for record in trainer.fit()]
    assert losses[-1] < 0.8 * losses[0]


def test_the_learning_rate_follows_the_schedule(make_trainer):
    schedule, rates = WarmupLinear(0.3, 4, 12), []
    trainer = make_trainer(schedule=schedule)
    list(trainer.fit(lambda *call: rates.append(trainer.optimizer.lr)))
    assert len(rates) == EPOCHS * trainer.steps_per_epoch
    assert rates == [schedule(step) for step in range(len(rates))]


def test_a_step_is_no_longer_than_the_bound_on_the_gradient(make_trainer):
    trainer = make_trainer(optimizer=SGD(), schedule=ConstantRate(2.0), max_norm=1e-3)
    before = [copied(trainer.model.params)]

    def on_step(*call):
        after = copied(trainer.model.params)
        squares = sum(((after[k] - before[0][k]) ** 2).sum(dtype=np.float64) for k in after)
        assert np.sqrt(squares) == pytest.approx(2e-3, rel=1e-2)
        before[0] = after

    list(trainer.fit(on_step))


def test_dropout_is_on_in_training_and_off_in_evaluation_and_afterwards(make_trainer, monkeypatch):
    trainer = make_trainer()
    model, seen = trainer.model, {"forward": [], "generate": []}
    parts = (model, model.encoder.dropout, model.decoder.dropout_in, model.decoder.dropout_out)

    def spy_on(name):
        called = getattr(model, name)

        def spy(*args):
            seen[name] += {part.training for part in parts}
            return called(*args)

        monkeypatch.setattr(model, name, spy)

    for name in seen:
        spy_on(name)
    for _ in trainer.fit():
        assert not any(part.training for part in parts)
    steps = EPOCHS * trainer.steps_per_epoch
    assert seen["forward"].count(True) == steps
    assert len(seen["forward"]) == steps + EPOCHS  # and after each epoch once more, to see the loss
    assert set(seen["generate"]) == {False}


@pytest.mark.parametrize("unknown", ["A", ("A", "C"), ("A", "B", "C", "D"), "no such end"])
@pytest.mark.parametrize("evaluation_batch", [3, 500])
def test_evaluate_counts_the_answers_without_a_mistake(
    make_trainer, monkeypatch, unknown, evaluation_batch
):
    trainer = make_trainer()
    monkeypatch.setattr(common.trainer, "EVALUATION_BATCH", evaluation_batch)
    trainer.model = KnowsSome(trainer.dataset.codec, unknown)
    pairs = trainer.dataset.train
    wanted = sum(not target.endswith(unknown) for _, target in pairs)
    assert trainer.evaluate(pairs) == wanted


def test_evaluation_does_not_change_the_model(make_trainer):
    trainer = make_trainer()
    kept = copied((trainer.model.params, trainer.model.grads))
    assert trainer.evaluate(trainer.dataset.test) == trainer.evaluate(trainer.dataset.test)
    assert_same((trainer.model.params, trainer.model.grads), kept)


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_run_needs_at_least_one_epoch_and_one_pair_a_batch(make_trainer, name, value):
    with pytest.raises(ValueError, match=f"{name}: expected at least 1, got {value}"):
        make_trainer(**{name: value})


def test_answers_are_texts_and_one_that_has_not_ended_is_marked(make_trainer):
    codec = make_trainer().dataset.codec
    sources = ["abb", "c", "dcc"]
    model = KnowsSome(codec, "no such end")
    assert answer(model, codec, sources, 5) == ["BBA", "C", "CCD"]

    class CutOff(KnowsSome):
        def generate(self, xs, max_length, decode=None):
            return super().generate(xs, max_length + 9)[:, :max_length]

    assert answer(CutOff(codec, "no such end"), codec, sources, 2) == ["BB...", "C", "CC..."]


def test_the_dataset_of_these_tests_has_padding_on_both_sides(make_dataset):
    dataset = make_dataset()
    xs, ts = next(iter(dataset.batches(dataset.train, len(dataset.train))))
    assert (xs == PAD).any() and (ts == PAD).any()


def test_the_model_reads_the_sources_and_is_scored_on_the_targets(make_trainer, monkeypatch):
    trainer = make_trainer(epochs=1)
    codec, model = trainer.dataset.codec, trainer.model
    read, asked = [], []
    forward, generate = model.forward, model.generate

    def spy_forward(xs, ts):
        read.extend(zip(map(codec.decode_source, xs), codec.decode_targets(ts), strict=True))
        return forward(xs, ts)

    def spy_generate(xs, *rest):
        asked.extend(map(codec.decode_source, xs))
        return generate(xs, *rest)

    monkeypatch.setattr(model, "forward", spy_forward)
    monkeypatch.setattr(model, "generate", spy_generate)
    list(trainer.fit())
    pairs = set(trainer.dataset.train)
    assert set(read) == pairs
    # In the end the last batch once more, to see the loss after the last update.
    assert read[: len(pairs)] != read and read[len(pairs):] == read[len(pairs) - (
        len(read) - len(pairs)): len(pairs)]
    assert sorted(asked) == sorted(source for source, _ in trainer.dataset.test)
