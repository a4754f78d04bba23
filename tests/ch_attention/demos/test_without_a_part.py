"""The demonstration of what each part of a Transformer is good for."""

import math

import numpy as np
import pytest

from ch_attention.demos import date_model, without_a_part
from ch_attention.demos.without_a_part import (DIVERGES, LEFT_OUT, OPTIONS, SENTENCE, VARIANTS,
                                               cell, layers_of, leave_out, learn, plot,
                                               residuals_of, span_of_losses, swap, trainer_of)
from ch_attention.transformer.layers import Relu
from ch_attention.transformer.transformer import TransformerSeq2Seq
from common.contract import EOS, PAD, SOS
from common.gradient_check import check_gradients
from common.tools.demonstration import span
from common.trainer import Diverged, Trainer
from tests.helpers import assert_same, randomize

D, H, LAYERS = 4, 3, 2
XS, TS = np.array([[3, 5, 3], [4, 4, PAD]]), np.array([[SOS, 3, 4, EOS], [SOS, 5, 3, EOS]])


@pytest.fixture
def few(monkeypatch):
    """Few dates, so that a model is trained in a second."""
    monkeypatch.setattr(date_model, "QUICK_TRAIN", 300)
    monkeypatch.setattr(date_model, "QUICK_TEST", 70)


def model_of(variant, **options):
    """A small model without the variant's part, every weight of it random."""
    options = {"heads": "2", "layers": LAYERS, "dtype": np.float64, **OPTIONS.get(variant, {}),
               **options}
    model = TransformerSeq2Seq(8, 7, D, H, np.random.default_rng(0), **options)
    leave_out(variant, model)
    return randomize(model, np.random.default_rng(1))


def logits_of(model, ys=TS[:, :-1]):
    """Logits (N, T, V) of a given target."""
    hs, state = model.encoder.forward(XS, XS != PAD)
    return model.decoder.forward(ys, state, hs, XS != PAD)


def moved(model, part):
    """By how much the largest of the logits moves when the parameters named like that are moved."""
    before = logits_of(model)
    names = [name for name in model.params if part in name]
    assert names
    for name in names:
        model.params[name] += np.random.default_rng(2).standard_normal(model.params[name].shape)
    return np.abs(logits_of(model) - before).max()


def test_quick_prints_a_row_for_each_variant_and_writes_one_picture(few, tmp_path, capsys):
    without_a_part.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:7] == [f"trained: {variant}, seed 0" for variant in VARIANTS]
    rows = [line for line in lines if line.startswith(VARIANTS)]
    assert [row[:25].strip() for row in rows] == list(VARIANTS)
    for row in rows:
        accuracy, loss, *_ = row[25:].split()
        assert 0 <= float(accuracy) <= 100 and float(loss) > 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["without_a_part.png"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_gradient_of_every_variant_is_right(variant, rng):
    check_gradients(model_of(variant, layers=1), XS, TS, rng=rng)


@pytest.mark.parametrize("variant", LEFT_OUT)
def test_a_part_that_is_taken_out_of_a_used_model_leaves_no_gradient_behind(variant):
    model = model_of("whole")
    model.forward(XS, TS)
    model.backward()
    leave_out(variant, model)
    model.forward(XS, TS)
    model.backward()
    fresh = model_of(variant)
    fresh.forward(XS, TS)
    fresh.backward()
    assert_same(model.grads, fresh.grads)


@pytest.mark.parametrize("variant, part", [("no feed-forward", ".feed_forward."),
                                           ("no layer norm", "norm.")])
def test_nothing_reaches_the_weights_of_a_part_that_is_left_out(variant, part):
    assert moved(model_of("whole"), part) > 0.1
    model = model_of(variant)
    assert moved(model, part) == 0
    model.forward(XS, TS)
    model.backward()
    assert not any(grad.any() for name, grad in model.grads.items() if part in name)


def test_without_feed_forward_nothing_else_than_it_is_gone(few):
    trainer = trainer_of("no feed-forward", 0, 1, True)
    before = {name: param.copy() for name, param in trainer.model.params.items()}
    trainer.train_epoch()
    still = {name for name, param in trainer.model.params.items()
             if np.array_equal(param, before[name])}
    assert still == {name for name in before if ".feed_forward." in name}


def test_without_residual_connections_a_part_that_says_nothing_lets_nothing_through(rng):
    x = rng.standard_normal((2, 3, D))
    for variant, passed in [("whole", x), ("no residual connections", np.zeros_like(x))]:
        for residual in residuals_of(model_of(variant)):
            for param in residual.sublayer.params.values():
                param[...] = 0
            others = (x,) if "key_value" in residual.sublayer.parts else ()
            assert_same(residual.forward(x, *others), passed)


def test_the_model_has_two_residuals_in_a_layer_of_the_encoder_and_three_in_the_decoder():
    model = model_of("whole")
    assert len(layers_of(model)) == 2 * LAYERS and len(residuals_of(model)) == (2 + 3) * LAYERS


def test_without_the_division_the_scores_are_larger_by_the_root_of_the_size_of_a_head():
    whole, model = model_of("whole"), model_of("no division by the root")
    assert np.abs(logits_of(whole) - logits_of(model)).max() > 1e-3
    M = D  # the first M columns of all three make the queries
    for name, param in whole.params.items():
        if name.endswith((".query.W", ".query.b")):
            param *= math.sqrt(D / 2)
        elif ".query_key_value." in name:
            param[..., :M] *= math.sqrt(D / 2)
    assert_same(logits_of(whole), logits_of(model), 1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_without_the_causal_mask_does_a_later_token_change_an_earlier_logit(variant):
    model, changed = model_of(variant), TS[:, :-1].copy()
    changed[:, 2] = 6
    difference = np.abs(logits_of(model, changed) - logits_of(model))[:, :2].max()
    assert (difference > 1e-3) == (variant == "no causal mask")


def test_without_the_causal_mask_padding_of_the_source_is_still_masked():
    model = model_of("no causal mask")
    before = logits_of(model)
    hs, state = model.encoder.forward(XS[1:, :2], XS[1:, :2] != PAD)
    alone = model.decoder.forward(TS[1:, :-1], state, hs, XS[1:, :2] != PAD)
    assert_same(alone, before[1:], 1e-12)


def test_only_one_head_has_one_head():
    for variant in VARIANTS:
        model = model_of(variant)
        heads = {layer.parts[name].sublayer.heads for layer in layers_of(model)
                 for name in layer.parts if name.endswith("attention")}
        assert heads == {1 if variant == "one head" else 2}


def test_all_variants_of_a_seed_begin_with_the_same_weights(few):
    first, *others = (trainer_of(variant, 3, 2, True).model.params for variant in VARIANTS)
    for params in others:
        assert_same(params, first)


def test_a_swapped_part_is_the_attribute_and_the_part():
    feed_forward = model_of("whole").encoder.stack[0].feed_forward.sublayer
    new = Relu()
    swap(feed_forward, "relu", new)
    assert feed_forward.relu is feed_forward.parts["relu"] is new


def test_what_is_learnt_is_what_the_trainer_has_noted(few):
    accuracies, loss, text = learn("one head", 1, 2, True)
    trainer = trainer_of("one head", 1, 2, True)
    records = list(trainer.fit())
    assert accuracies.tolist() == [record["accuracy"] for record in records]
    assert loss == records[-1]["loss"]
    ys = trainer.model.generate(trainer.dataset.codec.encode_sources([SENTENCE]),
                                trainer.dataset.max_target_length)
    assert text == trainer.dataset.codec.decode_answer(ys[0])


def test_a_training_that_diverges_has_no_numbers(few, monkeypatch):
    def diverge(trainer, xs, ts):
        raise Diverged(trainer, math.inf)

    monkeypatch.setattr(Trainer, "train_step", diverge)
    accuracies, loss, text = learn("whole", 0, 1, True)
    assert np.isnan(accuracies).all() and math.isnan(loss) and text == DIVERGES


def test_a_cell_with_a_seed_that_diverges_says_so():
    assert cell([0.5, np.nan, 1.0], span) == DIVERGES
    assert cell([0.5, 1.0], span) == "50.0-100.0"
    assert cell([0.5, 0.25], span_of_losses) == "0.2500-0.5000"
    assert cell([0.5, 0.5], span_of_losses) == "0.5000"


@pytest.mark.filterwarnings("error")
def test_a_picture_says_which_variant_diverges():
    run, lost = (np.array([0.2, 0.9]), 0.01, "x"), (np.array([0.2, np.nan]), np.nan, DIVERGES)
    figure = plot({"whole": [run, run], "other": [run, lost]}, layers=2)
    figure.draw_without_rendering()
    assert "2 layers" in figure.get_suptitle() and "2 seeds" in figure.get_suptitle()
    left, right = figure.axes
    assert [text.get_text() for text in right.texts] == [DIVERGES]
    assert right.texts[0].get_position()[1] == 1  # the row of "other"
    assert [text.get_text() for text in left.get_yticklabels()] == ["whole", "other"]
