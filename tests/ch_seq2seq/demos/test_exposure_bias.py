"""The demonstration of exposure bias and of the training modes."""

import numpy as np
import pytest

from ch_seq2seq.demos import exposure_bias
from ch_seq2seq.demos.exposure_bias import BEST, LENGTH, MODES, STUMBLE, name_of
from common.contract import EOS, PAD
from common.tools.recipe import make_trainer


@pytest.fixture
def trainer(monkeypatch):
    """An untrained model and its Trainer, as --quick makes them."""
    monkeypatch.setattr(exposure_bias, "QUICK_TRAIN", 64)
    monkeypatch.setattr(exposure_bias, "QUICK_TEST", 10)
    return make_trainer(exposure_bias.Seq2Seq, exposure_bias.make_dataset(quick=True),
                        exposure_bias.recipe_of(1.0, quick=True), 0)


@pytest.fixture
def batch(trainer):
    """All test sentences."""
    (batch,) = trainer.dataset.batches(trainer.dataset.test, 10)
    return batch


def test_quick_prints_a_row_for_each_mode_and_a_stumble_and_writes_one_picture(
    trainer, tmp_path, capsys
):
    exposure_bias.main(["--quick", "--out", str(tmp_path / "new")])
    lines = capsys.readouterr().out.splitlines()
    first = next(k for k, line in enumerate(lines) if "ms a step" in line) + 1
    for mode, line in zip(MODES, lines[first : first + len(MODES)], strict=True):
        assert line.startswith(name_of(mode))
        assert len(line.removeprefix(name_of(mode)).split()) == 5
    places = [line.split()[0] for line in lines[-1 - (LENGTH + 1 - STUMBLE) : -1]]
    assert places == [str(place) for place in range(STUMBLE + 1, LENGTH + 2)]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["exposure_bias.png"]


def test_every_mode_is_trained_with_every_seed(monkeypatch, tmp_path):
    asked = []

    def learn(mode, seed, quick):
        asked.append((mode, seed))
        places = np.full(LENGTH + 1, 0.5)
        return {"forced": places, "free": places, "free_by_epoch": [0.5], "exact": 0.5,
                "seconds": 0.001, "stumble": ""}

    monkeypatch.setattr(exposure_bias, "learn", learn)
    monkeypatch.setattr(exposure_bias, "in_processes",
                        lambda function, jobs, quick: [function(*job) for job in jobs])
    exposure_bias.main(["--seed", "4", "--repeats", "2", "--out", str(tmp_path)])
    assert asked == [(mode, seed) for mode in MODES for seed in (4, 5)]


def test_the_recipes_differ_in_the_forcing_alone():
    assert [exposure_bias.recipe_of(mode, False).forcing for mode in MODES] == list(MODES)
    assert exposure_bias.recipe_of(1.0, False) == exposure_bias.RECIPE
    assert exposure_bias.recipe_of(1.0, True).epochs == 1


def test_sources_are_copied_and_read_back_to_front_and_no_test_source_is_trained_on(trainer):
    dataset = trainer.dataset
    pairs = dataset.train + dataset.test
    assert all(source == target and len(source) == LENGTH for source, target in pairs)
    assert dataset.codec.reverse
    assert not {source for source, _ in dataset.train} & {source for source, _ in dataset.test}


def test_with_right_letters_each_place_is_asked_after_the_right_ones(trainer, batch):
    xs, ts = batch
    model = trainer.model
    asked = exposure_bias.with_right_letters(model, xs, ts)
    source = model.encoder.forward(xs, xs != PAD)[::-1] + (xs != PAD,)
    state = model.decoder.start(*source)
    for t in range(LENGTH + 1):
        logits, state = model.decoder.step(ts[:, t], state)
        assert (asked[:, t] == logits.argmax(axis=-1)).all()


def test_on_its_own_the_answer_is_that_of_the_generation_and_as_long_as_the_target(trainer, batch):
    xs, ts = batch
    answer = trainer.model.generate(xs, LENGTH + 1)
    own = exposure_bias.on_its_own(trainer.model, xs, ts)
    assert own.shape == ts[:, 1:].shape
    assert (own[:, : answer.shape[1]] == answer).all() and (own[:, answer.shape[1] :] == PAD).all()

    class Short:
        def generate(self, xs, max_length):
            return np.full((len(xs), 1), EOS)

    own = exposure_bias.on_its_own(Short(), xs, ts)
    assert (own == [EOS] + [PAD] * LENGTH).all()


def test_the_next_letters_are_the_most_probable_and_the_best_is_read_next(trainer, batch):
    xs, ts = batch
    model, xs = trainer.model, xs[:1]
    found = exposure_bias.next_letters(model, xs, ts[0, 1:4], 3)
    hs, state = model.encoder.forward(xs, xs != PAD)
    read = list(ts[0, :4])
    for best in found:
        logits = model.decoder.forward(np.array([read]), state, hs, xs != PAD)[0, -1]
        p = np.exp(logits - logits.max())
        p /= p.sum()
        assert [i for i, _ in best] == np.argsort(-p, kind="stable")[:BEST].tolist()
        np.testing.assert_allclose([share for _, share in best], p[[i for i, _ in best]],
                                   rtol=1e-4)
        read.append(best[0][0])


def test_a_stumble_replaces_one_letter_and_marks_what_is_wrong_afterwards(trainer, monkeypatch):
    read = []

    def next_letters(model, xs, letters, count):
        read.append(list(letters))
        right = list(answer[len(letters) + 1 :])
        assert len(right) == count
        # After the right letter the model is always right, after the wrong one never.
        good = letters[-1] == answer[len(letters)]
        return [[(i if good else 3 + (i - 2) % 9, 0.5)] * BEST for i in right]

    monkeypatch.setattr(exposure_bias, "next_letters", next_letters)
    (xs, ts), = trainer.dataset.batches(trainer.dataset.test, 10)
    answer = ts[0]  # an untrained model has no right answer: the first sentence is taken
    free = exposure_bias.on_its_own(trainer.model, xs, ts)
    text = exposure_bias.describe_stumble(trainer, xs, ts, free)
    right, wrong = read
    assert right == list(answer[1 : STUMBLE + 1])
    assert wrong[:-1] == right[:-1] and wrong[-1] != right[-1] and wrong[-1] >= 3
    rows = text.splitlines()[-(LENGTH + 1 - STUMBLE):]
    assert [int(row.split()[0]) for row in rows] == list(range(STUMBLE + 1, LENGTH + 2))
    assert all(row.count("*") == 1 and row.endswith("*") for row in rows)
