"""What the demonstrations on copying share."""

import numpy as np
import pytest

from ch_attention.attention_seq2seq import AttentionSeq2Seq
from ch_attention.demos import copy_model
from ch_attention.demos.copy_model import VARIANTS, copy_trainer, sequences_of
from ch_attention.transformer.transformer import TransformerSeq2Seq
from ch_seq2seq.peeky_seq2seq import PeekySeq2Seq
from ch_seq2seq.seq2seq import Seq2Seq
from dataset.make_copy import make_pairs


@pytest.fixture(autouse=True)
def few_sequences(monkeypatch):
    monkeypatch.setattr(copy_model, "COUNT", 400)
    monkeypatch.setattr(copy_model, "QUICK_COUNT", 150)


def test_the_sequences_to_measure_with_have_one_length_and_do_not_depend_on_a_models_seed():
    pairs = sequences_of(12, 50)
    assert len(pairs) == 50 and {len(source) for source, _ in pairs} == {12}
    assert pairs == make_pairs(50, copy_model.TEST_SEED, 12, 12)


def test_no_sequence_to_measure_with_is_trained_on():
    everything = make_pairs(400, 0)
    trainer = copy_trainer("plain", 0, everything[10:30])
    assert trainer.dataset.train == everything[:10] + everything[30:]
    assert trainer.dataset.test == everything[10:30]


def test_the_seed_decides_on_the_sequences_and_on_the_weights():
    first, second = (copy_trainer("plain", seed, sequences_of(5, 3)) for seed in (0, 1))
    assert not {*first.dataset.train} <= {*second.dataset.train}
    assert not np.array_equal(first.model.params["encoder.lstm.Wx"],
                              second.model.params["encoder.lstm.Wx"])


def test_each_variant_is_a_model_of_its_own_and_only_one_reads_backwards():
    trainers = {name: copy_trainer(name, 0, sequences_of(5, 3)) for name in VARIANTS}
    assert [type(trainer.model) for trainer in trainers.values()] == [
        Seq2Seq, Seq2Seq, PeekySeq2Seq, AttentionSeq2Seq, TransformerSeq2Seq]
    assert [name for name, t in trainers.items() if t.dataset.codec.reverse] == ["source reversed"]


def test_all_variants_have_the_same_sequences_and_one_recipe_but_for_what_a_model_states():
    trainers = [copy_trainer(name, 3, sequences_of(5, 3)) for name in VARIANTS]
    assert len({(t.epochs, t.batch_size, t.max_norm, t.schedule.total, tuple(t.dataset.train))
                for t in trainers}) == 1
    recipes = {(t.epochs, t.batch_size, t.max_norm, t.schedule.peak, t.schedule.total,
                t.model.config["D"], t.model.config["H"])
               for t in trainers if not type(t.model).recipe}
    (recipe,) = recipes
    assert recipe[:2] == (copy_model.RECIPE.epochs, copy_model.RECIPE.batch_size)
    assert recipe[-1] == copy_model.RECIPE.H == 64


def test_a_state_of_the_transformer_has_as_many_numbers_as_the_others_have():
    trainer = copy_trainer(copy_model.TRANSFORMER, 0, sequences_of(5, 3))
    assert trainer.model.config["D"] == copy_model.RECIPE.H
    assert trainer.schedule.peak == TransformerSeq2Seq.recipe["rate"]


def test_quick_has_few_sequences_and_one_epoch():
    trainer = copy_trainer("attention", 0, sequences_of(5, 3), quick=True)
    assert trainer.epochs == 1 and len(trainer.dataset.train) == 150


def test_an_answer_may_be_as_long_as_the_longest_sequence_to_measure_with():
    trainer = copy_trainer("plain", 0, sequences_of(44, 3))
    assert trainer.dataset.max_target_length == 45
