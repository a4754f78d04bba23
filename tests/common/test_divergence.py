"""Diverged: whatever is no longer finite ends the training, in the epoch in which it happens.

Each case puts the number where it belongs by hand. None depends on what the processor or its
kernels report of an overflow.
"""

import re
import warnings

import numpy as np
import pytest

from common.optimizers import SGD, Adam, Momentum
from common.schedules import ConstantRate
from common.trainer import Diverged, Trainer
from tests.helpers import small_model

STEPS = 3  # batches of one epoch


class Pairs:
    """A dataset of six pairs, as ids."""

    train, test = [3, 4, 5, 6, 3, 4], [5]
    max_target_length = 3

    def batches(self, pairs, batch_size, rng=None):
        for i in range(0, len(pairs), batch_size):
            ids = np.array(pairs[i : i + batch_size])[:, None]
            yield ids, np.concatenate([ids * 0 + 1, ids, ids * 0 + 2], axis=1)


@pytest.fixture
def make_trainer():
    """A function that builds a Trainer whose epochs have STEPS steps."""

    def make(optimizer=None, kind="seq2seq", rate=0.01, epochs=1):
        model = small_model(kind, dtype=np.float32)
        return Trainer(model, optimizer or SGD(), Pairs(), np.random.default_rng(0), epochs=epochs,
                       batch_size=2, schedule=ConstantRate(rate), max_norm=1.0)

    return make


@pytest.fixture
def spoil(monkeypatch):
    """A function that has another one called after each call of a method."""

    def arrange(owner, name, change):
        method = getattr(owner, name)

        def changed(*args):
            result = method(*args)
            new = change()
            return result if new is None else new

        monkeypatch.setattr(owner, name, changed)

    return arrange


def fails(trainer, epoch, step, loss, first):
    """Train; fail unless Diverged says this, without a warning, and no record of the epoch."""
    wanted = (f"epoch {epoch}, step {step}: the loss is {loss}, first parameter that is not "
              f"finite: {first}; try a smaller learning rate")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Diverged, match=f"^{wanted}$"):
            list(trainer.fit())
    assert len(trainer.history) == epoch - 1


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_training_before_the_weights_are_changed(
    make_trainer, spoil, loss
):
    trainer = make_trainer()
    before = trainer.model.params["decoder.affine.b"].copy()
    spoil(trainer.model, "forward", lambda: loss)
    fails(trainer, 1, 1, loss, "none, a sum overflowed")
    assert (trainer.model.params["decoder.affine.b"] == before).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_is_named(make_trainer, value):
    trainer = make_trainer()
    trainer.model.params["decoder.affine.b"][1] = value
    fails(trainer, 1, 1, "nan", "decoder.affine.b")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_named_though_the_loss_is_finite(
    make_trainer, spoil, value
):
    trainer = make_trainer()
    before = {name: param.copy() for name, param in trainer.model.params.items()}

    def change():
        trainer.model.grads["decoder.lstm.Wh"][1, 2] = value

    spoil(trainer.model, "backward", change)
    fails(trainer, 1, 1, r"\d\.\d+", "gradient of .*")
    for name, param in trainer.model.params.items():
        assert (param == before[name]).all()


def test_finite_gradients_whose_norm_is_not_end_the_training(make_trainer, spoil):
    trainer = make_trainer()

    def change():
        trainer.model.grads["decoder.affine.b"][...] = 1e30  # its square is beyond float32

    spoil(trainer.model, "backward", change)
    fails(trainer, 1, 1, r"\d\.\d+", "none, a sum overflowed")


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_weight_whose_square_is_not_finite_is_found_at_the_end_of_the_epoch(
    make_trainer, spoil, epochs
):
    """Also of the last one: no step follows that would meet it."""
    trainer = make_trainer(epochs=epochs)

    def change():
        if trainer.step == epochs * STEPS:
            # Of the last token: the loss and the gradients do not meet it.
            trainer.model.params["encoder.embedding.W"][7, 0] = -2e19

    spoil(trainer.optimizer, "update", change)
    fails(trainer, epochs, epochs * STEPS, r"\d\.\d+", "encoder.embedding.W")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_lost_in_the_last_update_is_found_though_no_batch_meets_it(
    make_trainer, spoil, value
):
    trainer = make_trainer()

    def change():
        if trainer.step == STEPS:
            trainer.model.params["encoder.embedding.W"][7, 0] = value

    spoil(trainer.optimizer, "update", change)
    fails(trainer, 1, STEPS, r"\d\.\d+", "encoder.embedding.W")


def test_the_largest_weight_of_which_the_square_is_finite_is_still_trusted(make_trainer, spoil):
    trainer = make_trainer()

    def change():
        trainer.model.params["encoder.embedding.W"][7, 0] = weight

    spoil(trainer.optimizer, "update", change)
    weight = np.sqrt(np.finfo(np.float32).max)
    assert len(list(trainer.fit())) == 1
    trainer = make_trainer()
    spoil(trainer.optimizer, "update", change)
    weight = np.nextafter(weight, np.float32(np.inf))
    fails(trainer, 1, STEPS, r"\d\.\d+", "encoder.embedding.W")


@pytest.mark.parametrize("optimizer, name", [(Momentum, "v.encoder.embedding.W"),
                                             (Adam, "m.decoder.affine.b")])
def test_what_the_optimizer_remembers_is_looked_at_as_well(make_trainer, spoil, optimizer, name):
    trainer = make_trainer(optimizer())

    def change():
        if trainer.step == STEPS:
            trainer.optimizer.state[name].flat[-1] = np.inf

    spoil(trainer.optimizer, "update", change)
    fails(trainer, 1, STEPS, r"\d\.\d+", f"optimizer's {name}")


def test_a_loss_that_is_lost_in_the_last_update_is_found(make_trainer, spoil):
    trainer = make_trainer()

    def change():
        return float("inf") if trainer.step == STEPS else None

    spoil(trainer.model, "forward", change)
    fails(trainer, 1, STEPS, "inf", "none, a sum overflowed")


@pytest.mark.parametrize("kind", ["seq2seq", "peeky", "attention dot", "attention concat"])
@pytest.mark.parametrize("rate", [1e25, 1e39])
def test_a_rate_that_is_far_too_large_does_not_reach_the_second_epoch(make_trainer, kind, rate):
    trainer = make_trainer(kind=kind, rate=rate)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Diverged, match=r"^epoch 1, step [123]: the loss is "):
            list(trainer.fit())
    assert trainer.history == []


def test_of_several_that_are_not_finite_weights_come_before_gradients_and_the_optimizer(
    make_trainer
):
    trainer = make_trainer(Adam())
    list(trainer.fit())
    model, state = trainer.model, trainer.optimizer.state

    def named():
        return re.search("not finite: (.*);", str(Diverged(trainer, 1.5)))[1]

    model.params["decoder.affine.W"][0, 0] = 1e30
    assert named() == "decoder.affine.W"  # only its square is not finite
    state["v.decoder.affine.W"][0, 0] = np.nan
    assert named() == "optimizer's v.decoder.affine.W"
    model.grads["decoder.affine.b"][0] = np.nan
    assert named() == "gradient of decoder.affine.b"
    model.params["decoder.affine.b"][0] = np.inf
    assert named() == "decoder.affine.b"
    model.params["encoder.embedding.W"][0, 0] = np.inf
    assert named() == "encoder.embedding.W"
