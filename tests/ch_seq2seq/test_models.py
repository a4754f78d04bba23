"""Every model of both chapters as a whole: gradients, padding, learning."""

import math

import numpy as np
import pytest

from ch_seq2seq.seq2seq import Encoder
from common.contract import EOS, PAD, SOS
from common.gradient_check import check_gradients
from common.optimizers import Adam, clip_grads
from dataset.pairs import Codec
from dataset.vocabulary import Vocabulary
from tests.helpers import (
    MODELS, ORDERLESS, VARIANTS, assert_same, copied, in_turn, random_pairs, randomize, small_model)

# Each option is also left out once.
OPTIONS = {"dropout": {"dropout": 0.4}, "bidirectional": {"bidirectional": True},
           "layers": {"layers": 2, "dropout": 0.4}}


def open_to(kind, name):
    """This option, or another if the model leaves no choice of it: some have dropout alone."""
    fixed = VARIANTS[kind][0].fixed
    name = "layers" if name in fixed else name
    return "dropout" if name in fixed else name


CASES = [(kind, cell, open_to(kind, name)) for kind, cell, name in in_turn(list(OPTIONS))]


def loss_and_grads(model, xs, ts):
    loss = model.forward(xs, ts)
    model.backward()
    return loss, copied(model.grads)


@pytest.mark.parametrize("kind, cell, name", CASES)
def test_every_gradient_of_the_whole_model_is_right(kind, cell, name, rng):
    draws = np.random.default_rng(3)
    both = OPTIONS[name].get("bidirectional") or VARIANTS[kind][0].fixed.get("bidirectional")
    model = MODELS[kind](6, 5, 3, 4 if both else 2, draws, cell=cell, dtype=np.float64,
                         **OPTIONS[name])
    randomize(model, rng)
    model.set_training(True)
    start = draws.bit_generator.state

    def same_draws():
        draws.bit_generator.state = start

    xs = np.array([[3, 5, 3], [4, 4, PAD]])
    ts = np.array([[SOS, 3, 3, EOS], [SOS, EOS, PAD, PAD]])
    errors = check_gradients(model, xs, ts, rng=rng, before_forward=same_draws)
    assert set(errors) == {f"param {name}" for name in model.params}


def test_each_direction_of_the_encoder_has_one_half_of_the_state(cell, rng):
    params = Encoder(8, 3, 10, rng, cell=cell, bidirectional=True).params
    assert [len(params[f"{cell}.{way}.Wh"]) for way in ("forward", "backward")] == [5, 5]


def test_an_untrained_model_is_about_as_good_as_guessing(kind, cell, rng):
    V = 30
    model = MODELS[kind](V, V, 16, 32, rng, cell=cell)
    xs, ts = random_pairs(rng, V, V, sources=[5] * 64, targets=[4] * 64)
    assert model.forward(xs, ts) == pytest.approx(math.log(V), rel=0.25)


def test_the_loss_of_a_batch_is_the_mean_over_the_tokens_of_its_sentences(model, batch):
    xs, ts = batch
    loss, grads = loss_and_grads(model, xs, ts)
    count = (ts[:, 1:] != PAD).sum()
    summed_loss, summed_grads = 0.0, {name: np.zeros_like(g) for name, g in grads.items()}
    for x, t in zip(xs, ts, strict=True):
        alone, its_grads = loss_and_grads(model, x[x != PAD][None], t[t != PAD][None])
        share = (t[1:] != PAD).sum() / count
        summed_loss += share * alone
        for name, gradient in its_grads.items():
            summed_grads[name] += share * gradient
    assert loss == pytest.approx(summed_loss, rel=1e-10)
    assert_same(grads, summed_grads, 1e-10)


def test_more_padding_changes_neither_loss_nor_gradients_nor_text(model, batch):
    longer = [np.pad(ids, ((0, 0), (0, 3)), constant_values=PAD) for ids in batch]
    loss, grads = loss_and_grads(model, *batch)
    padded_loss, padded_grads = loss_and_grads(model, *longer)
    assert padded_loss == pytest.approx(loss, rel=1e-10)
    assert_same(padded_grads, grads, 1e-10)
    assert_same(model.generate(longer[0], 9), model.generate(batch[0], 9))


def test_backward_twice_gives_the_same_and_leaves_weights_and_ids_alone(model, batch):
    given = copied((*batch, model.params))
    _, first = loss_and_grads(model, *batch)
    model.backward()
    assert_same(model.grads, first)
    assert_same((*batch, model.params), given)


def test_a_gradient_does_not_depend_on_the_batch_before(model, batch):
    _, wanted = loss_and_grads(model, *batch)
    loss_and_grads(model, batch[0][:2, ::-1].copy(), batch[1][:2])
    assert_same(loss_and_grads(model, *batch)[1], wanted)


def test_dropout_changes_the_loss_only_while_training(kind, batch):
    model = small_model(kind, dropout=0.5)
    assert model.forward(*batch) == model.forward(*batch) == small_model(kind).forward(*batch)
    model.set_training(True)
    assert model.forward(*batch) != model.forward(*batch)


@pytest.mark.parametrize("kind, cell, reverse", [
    case for case in in_turn([False, True]) if case[0] not in ORDERLESS])
def test_eight_pairs_can_be_learnt_by_heart(kind, cell, reverse):
    sources = ["abc", "cba", "a", "ca", "bb", "accb", "b", "cabb"]
    targets = ["xy", "yyx", "z", "", "zx", "xxyz", "zyz", "y"]
    codec = Codec(Vocabulary("abc"), Vocabulary("xyz"), reverse)
    xs, ts = codec.encode_sources(sources), codec.encode_targets(targets)
    model, optimizer = MODELS[kind](6, 6, 8, 16, np.random.default_rng(0), cell=cell), Adam(0.02)
    for step in range(1, 501):
        model.forward(xs, ts)
        model.backward()
        clip_grads(model.grads, 5.0)
        optimizer.update(model.params, model.grads)
        if step % 50 == 0 and codec.decode_targets(model.generate(xs, 5)) == targets:
            break
    assert codec.decode_targets(model.generate(xs, 5)) == targets


XS, TS = np.array([[3, 4], [5, PAD]]), np.array([[SOS, 3, EOS], [SOS, EOS, PAD]])


@pytest.mark.parametrize(
    "xs, ts, message",
    [
        (XS + 3, TS, "xs: expected ids from 0 to 7, got 8"),
        (XS - 1, TS, "xs: expected ids from 0 to 7, got -1"),
        (XS * 1.0, TS, "xs: expected an array of integer ids, got float64"),
        (XS.tolist(), TS, "xs: expected an array of integer ids, got list"),
        (XS[0], TS, r"xs: expected \(N, length\).* length >= 1, got \(2,\)"),
        (XS[None], TS, r"xs: expected \(N, length\).* length >= 1, got \(1, 2, 2\)"),
        (XS[:, :0], TS, r"xs: expected \(N, length\).* length >= 1, got \(2, 0\)"),
        (XS[:0], TS[:0], r"xs: expected \(N, length\).* length >= 1, got \(0, 2\)"),
        (XS, TS + 4, "ts: expected ids from 0 to 6, got 7"),
        (XS, TS - 1, "ts: expected ids from 0 to 6, got -1"),
        (XS, TS * 1.0, "ts: expected an array of integer ids, got float64"),
        (XS, TS[0], r"ts: expected \(N, length\).* length >= 2, got \(3,\)"),
        (XS, TS[:, :1], r"ts: expected \(N, length\).* length >= 2, got \(2, 1\)"),
        (XS, TS[:1], "expected as many sources as targets, got 2 and 1"),
    ],
)
def test_a_wrong_batch_is_refused_by_name(kind, xs, ts, message):
    model = small_model(kind)
    with pytest.raises(ValueError, match=f"^{message}"):
        model.forward(xs, ts)
    if message.startswith("xs"):
        with pytest.raises(ValueError, match=f"^{message}"):
            model.generate(xs, 5)
