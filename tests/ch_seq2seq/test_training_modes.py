"""Models that read their own tokens while they train: what they read, and the gradient."""

import numpy as np
import pytest

from ch_seq2seq.seq2seq import Seq2Seq
from common.contract import EOS, PAD, SOS
from common.gradient_check import check_gradients
from tests.helpers import KINDS, random_pairs, randomize, small_model


@pytest.fixture(params=KINDS)
def model(request, rng):
    return randomize(small_model(request.param), rng, scale=1.5)


@pytest.fixture
def batch(rng):
    """Three padded sentences: S = 5, T = 7."""
    return random_pairs(rng, 8, 7, sources=[5, 2, 4], targets=[6, 3, 5])


def reads(model, xs, ts, forced):
    """What the decoder reads, (N, T), in the pass whose loss comes out."""
    seen, forward = [], model.decoder.forward

    def spy(ys, *source):
        seen.append(ys.copy())
        return forward(ys, *source)

    model.decoder.forward = spy
    try:
        model.forward(xs, ts, forced)
    finally:
        del model.decoder.forward
    (ys,) = seen
    return ys


def own_choice(model, xs, ys):
    """The best next token after each ys[:, : t + 1], (N, T)."""
    hs, state = model.encoder.forward(xs, xs != PAD)
    return model.decoder.forward(ys, state, hs, xs != PAD).argmax(axis=-1)


def test_forced_everywhere_is_teacher_forcing(model, batch):
    xs, ts = batch
    forced = np.full((3, 7), True)
    assert model.forward(xs, ts, forced) == model.forward(xs, ts)
    assert (reads(model, xs, ts, forced) == ts[:, :-1]).all()


def test_forced_nowhere_the_decoder_reads_what_it_writes(model, batch):
    xs, ts = batch
    ys = reads(model, xs, ts, np.full((3, 7), False))
    written = model.generate(xs, 7)
    assert (ys[:, 0] == SOS).all()
    for read, answer in zip(ys, written, strict=True):
        end = list(answer).index(EOS) if EOS in answer else len(answer)
        assert (read[1 : end + 1] == answer[: len(read[1 : end + 1])]).all()


def test_each_position_goes_by_its_own_coin(model, batch, rng):
    xs, ts = batch
    for _ in range(5):
        forced = rng.random((3, 7)) < 0.5
        ys = reads(model, xs, ts, forced)
        own = own_choice(model, xs, ys)
        wanted = np.where(forced, ts[:, :-1], np.concatenate([ts[:, :1], own[:, :-1]], axis=1))
        assert (ys[:, 1:] == wanted[:, 1:]).all()
        assert (ys[:, 0] == SOS).all()  # whatever its coin says


def test_the_targets_stay_as_they_are(model, batch):
    xs, ts = batch
    before = ts.copy()
    model.forward(xs, ts, np.full((3, 7), False))
    assert (ts == before).all()


@pytest.mark.parametrize("kind", ["seq2seq", "attention dot"])
def test_the_gradient_is_that_of_the_loss_for_what_was_read(kind, rng):
    model = randomize(small_model(kind), rng, scale=1.5)
    xs, ts = random_pairs(rng, 8, 7, sources=[3, 1], targets=[4, 2])
    forced = rng.random((2, 5)) < 0.5

    class Fixed:
        """The model on this batch, without arguments."""

        params, grads, dtype = model.params, model.grads, model.dtype

        def forward(self):
            return model.forward(xs, ts, forced)

        def backward(self):
            model.backward()
            return ()

    # No own choice lies so near to another that the small moves of the check change it.
    ys = reads(model, xs, ts, forced)
    hs, state = model.encoder.forward(xs, xs != PAD)
    best = np.sort(model.decoder.forward(ys, state, hs, xs != PAD), axis=-1)
    assert (best[..., -1] - best[..., -2]).min() > 1e-3
    errors = check_gradients(Fixed(), rng=rng)
    assert set(errors) == {f"param {name}" for name in model.params}


def test_nothing_is_dropped_while_the_decoder_chooses(batch, rng):
    xs, ts = batch
    model = randomize(Seq2Seq(8, 7, 3, 4, rng, dropout=0.5, dtype=np.float64), rng, scale=1.5)
    model.set_training(True)
    drawn, step = [], model.decoder.step

    def spy(ids, state):
        drawn.append(model.decoder.training)
        return step(ids, state)

    model.decoder.step = spy
    model.forward(xs, ts, np.full((3, 7), False))
    assert drawn == [False] * 6
    assert model.decoder.training and model.encoder.training


@pytest.mark.parametrize("forced", [np.full((3, 6), True), np.full((3, 8), True),
                                    np.ones((3, 7)), [[True] * 7] * 3])
def test_coins_of_another_shape_or_kind_are_refused(batch, forced):
    with pytest.raises(ValueError, match="forced"):
        small_model("seq2seq").forward(*batch, forced)
