"""The recipe: what the numbers of a run make of a model, its Trainer and its learning rate."""

from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention.all_models import MODELS
from common.optimizers import Adam
from common.tools.recipe import Recipe, make_model, make_trainer
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary

RECIPE = Recipe(D=3, H=4, batch_size=5, epochs=6, rate=0.25, warmup=2, max_norm=7.0)
CODEC = Codec(Vocabulary("abcd"), Vocabulary("xy"), True)
DATASET = PairDataset([("a", "x")] * 11, [("b", "y")] * 90, CODEC)  # 3 batches an epoch


def test_the_flags_change_their_own_numbers_and_nothing_else():
    args = SimpleNamespace(epochs=9, rate=0.5, warmup=0, forcing="linear", seed=1, D=99)
    assert RECIPE.with_flags(args) == replace(
        RECIPE, epochs=9, rate=0.5, warmup=0, forcing="linear")


def test_flags_that_were_not_given_change_nothing():
    args = SimpleNamespace(epochs=None, rate=None, warmup=None, forcing=0.5)
    assert RECIPE.with_flags(args) == replace(RECIPE, forcing=0.5)


def test_a_model_may_state_numbers_of_its_own_and_flags_change_them_too():
    model = SimpleNamespace(recipe={"D": 8, "rate": 0.125})
    assert RECIPE.of(model) == replace(RECIPE, D=8, rate=0.125)
    assert RECIPE.of(MODELS["seq2seq"]) == RECIPE
    args = SimpleNamespace(epochs=None, rate=0.5, warmup=None, forcing=None)
    assert RECIPE.of(model).with_flags(args) == replace(RECIPE, D=8, rate=0.5)


@pytest.mark.parametrize("asked, got", [(0.0, 0.0), (0.1, 0.1), (0.3, 0.2)])
def test_of_dropout_a_model_states_the_most(asked, got):
    model = SimpleNamespace(recipe={"dropout": 0.2, "H": 8})
    assert replace(RECIPE, dropout=asked).of(model) == replace(RECIPE, dropout=got, H=8)


def test_a_recipe_cannot_be_changed_by_one_who_shares_it():
    with pytest.raises(FrozenInstanceError):
        RECIPE.rate = 1.0


def test_a_model_has_the_sizes_of_the_recipe_and_of_both_vocabularies():
    model = make_model(MODELS["attention"], CODEC, RECIPE, np.random.default_rng(0), cell="gru")
    sizes = {name: model.config[name] for name in ("V_source", "V_target", "D", "H", "cell")}
    assert sizes == {"V_source": 7, "V_target": 5, "D": 3, "H": 4, "cell": "gru"}


def test_a_trainer_is_made_as_the_recipe_says():
    trainer = make_trainer(MODELS["attention"], DATASET, RECIPE, 0, score="general")
    assert type(trainer.optimizer) is Adam
    assert trainer.model.config["score"] == "general"
    assert (trainer.epochs, trainer.batch_size, trainer.max_norm) == (6, 5, 7.0)
    assert trainer.dataset is DATASET
    assert trainer.schedule.peak == trainer.optimizer.lr == 0.25
    assert trainer.forcing(0) == trainer.forcing(17) == 1


def test_the_models_of_a_recipe_have_its_dropout_or_none():
    for recipe, share in ((RECIPE, 0.0), (replace(RECIPE, dropout=0.3), 0.3)):
        model = make_trainer(MODELS["attention"], DATASET, recipe, 0).model
        assert model.config["dropout"] == share


def test_the_share_of_forcing_falls_over_the_whole_run():
    recipe = replace(RECIPE, forcing="linear")
    trainer = make_trainer(MODELS["seq2seq"], DATASET, recipe, 0)
    steps = recipe.epochs * trainer.steps_per_epoch
    assert trainer.forcing(0) == 1 and trainer.forcing(steps // 2) == 0.5
    assert trainer.forcing(steps) == 0


def test_the_seed_decides_on_the_weights_and_on_what_is_drawn_after_them():
    def drawn(seed):
        trainer = make_trainer(MODELS["seq2seq"], DATASET, RECIPE, seed)
        return trainer.model.params["encoder.lstm.Wx"].tolist(), trainer.rng.random()

    assert drawn(1) == drawn(1)
    weights, number = drawn(1)
    other_weights, other_number = drawn(2)
    assert weights != other_weights and number != other_number
    rng = np.random.default_rng(1)
    make_model(MODELS["seq2seq"], CODEC, RECIPE, rng)
    assert number == rng.random()  # one generator: it goes on where the weights have ended


@pytest.mark.parametrize("warmup, epochs, peak, end", [
    (2, 20, 2, 60), (50, 20, 6, 60), (50, 33, 9, 99), (0, 6, 0, 18), (50, 3, 0, 9),
])
def test_the_warm_up_is_at_most_a_tenth_of_all_steps_and_the_rate_ends_at_0(
    warmup, epochs, peak, end
):
    recipe = replace(RECIPE, warmup=warmup, epochs=epochs)
    trainer = make_trainer(MODELS["seq2seq"], DATASET, recipe, 0)
    assert (trainer.schedule.warmup, trainer.schedule.total) == (peak, end)
    rates = [trainer.schedule(step) for step in range(end + 1)]
    assert max(rates) == rates[peak] == 0.25 and rates[end] == 0 and min(rates[:end]) > 0
