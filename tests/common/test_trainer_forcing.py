"""The Trainer and its share of teacher forcing."""

import numpy as np
import pytest

from common.forcing import ConstantShare, LinearDecay
from common.trainer import Trainer
from tests.common.conftest import EPOCHS
from tests.helpers import assert_same, copied


def coins(trainer, monkeypatch):
    """Train to the end -> what the model got besides xs and ts: a tuple for each step."""
    got, forward = [], trainer.model.forward

    def spy(xs, ts, *forced):
        if trainer.model.training:  # the loss after an epoch is no step
            got.append(forced)
            assert all(coin.shape == ts[:, 1:].shape and coin.dtype == bool for coin in forced)
        return forward(xs, ts, *forced)

    monkeypatch.setattr(trainer.model, "forward", spy)
    list(trainer.fit())
    return got


def test_teacher_forcing_tosses_no_coin_and_is_what_a_trainer_does_by_itself(make_trainer,
                                                                             monkeypatch):
    plain, forced = make_trainer(), make_trainer(forcing=ConstantShare(1.0))
    assert coins(forced, monkeypatch) == [()] * (EPOCHS * forced.steps_per_epoch)
    list(plain.fit())
    assert_same(forced.model.params, plain.model.params)
    assert forced.rng.bit_generator.state == plain.rng.bit_generator.state


def test_a_coin_falls_for_the_right_token_where_its_number_lies_below_the_share(make_trainer):
    trainer = make_trainer(seed=3, forcing=ConstantShare(0.3))
    before = trainer.rng.bit_generator.state
    (forced,) = Trainer.toss_coins(trainer, np.zeros((4, 7), int))
    trainer.rng.bit_generator.state = before
    assert (forced == (trainer.rng.random((4, 6)) < 0.3)).all() and forced.any()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_share_says_how_many_coins_fall_for_the_right_token(make_trainer, monkeypatch, share):
    tossed = coins(make_trainer(forcing=ConstantShare(share)), monkeypatch)
    tossed = np.concatenate([forced.ravel() for forced, in tossed])
    deviation = np.sqrt(share * (1 - share) / len(tossed))
    assert abs(tossed.mean() - share) <= 4 * deviation


def test_the_share_goes_by_the_step(make_trainer, monkeypatch):
    steps = []

    def share(step):
        steps.append(step)
        return 1.0 if step % 2 else 0.0

    trainer = make_trainer(forcing=share)
    tossed = coins(trainer, monkeypatch)
    assert steps == list(range(EPOCHS * trainer.steps_per_epoch))
    assert all(forced == () for forced in tossed[1::2])
    assert all(not forced[0].any() for forced in tossed[::2])


def test_each_sentence_and_each_position_has_a_coin_of_its_own(make_trainer, monkeypatch):
    tossed = coins(make_trainer(forcing=ConstantShare(0.5)), monkeypatch)
    assert any(len(np.unique(forced, axis=0)) > 1 for forced, in tossed)
    assert any(len(np.unique(forced, axis=1).T) > 1 for forced, in tossed)


def test_a_run_with_coins_goes_on_to_the_last_bit(make_trainer):
    def trainer():
        return make_trainer(forcing=LinearDecay(100), kind="attention")

    whole, first, second = trainer(), trainer(), trainer()
    list(whole.fit())
    next(first.fit())
    for name, param in second.model.params.items():
        param[...] = first.model.params[name]
    second.resume(first.progress(), copied(first.optimizer.state))
    list(second.fit())
    assert_same(second.model.params, whole.model.params)
    assert second.rng.bit_generator.state == whole.rng.bit_generator.state
