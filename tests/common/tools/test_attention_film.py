"""A film of a training: bounded, resumed where it was, and never in the way of a run."""

from types import SimpleNamespace

import numpy as np
import pytest

from ch_attention import train_date
from common.contract import EOS
from common.tools import safe_files
from common.tools.answers import EOS_LABEL, answer_with_attention
from common.tools.attention_film import DRAWN, Film, frame_steps, load_film, spread
from common.tools.checkpoint import read
from common.tools.safe_files import write_arrays
from dataset.generator_parts import write_pairs
from dataset.make_addition import make_pairs
from dataset.pairs import PairDataset
from tests.helpers import MODELS


@pytest.fixture
def trainer(make_dataset, rng):
    """What a Film asks of a Trainer, after 2 of 4 epochs of 10 steps."""
    return fake_trainer(make_dataset(), rng)


def fake_trainer(dataset, rng):
    codec = dataset.codec
    model = MODELS["attention dot"](len(codec.source_vocabulary), len(codec.target_vocabulary),
                                    3, 4, rng)
    return SimpleNamespace(model=model, dataset=dataset, epochs=4, epoch=2, step=20,
                           steps_per_epoch=10)


@pytest.fixture
def film(trainer, tmp_path):
    """The film of a run that was ended in its third epoch, saved after the second."""
    film = Film(trainer, tmp_path / "film.npz")
    take(film, 20)
    film.save()
    return film


def take(film, last):
    for step in range(1, last + 1):
        film.on_step(step, 40, 1.0)


def steps_and_captions(frames):
    return [(step, caption) for step, (caption, _, _, _) in frames.items()]


def test_frames_are_taken_early_then_at_every_epoch():
    assert sorted(frame_steps(3, 100)) == [0, 5, 10, 20, 40, 100, 200, 300]
    assert sorted(frame_steps(1, 30)) == [0, 2, 3, 6, 12, 30]
    assert sorted(frame_steps(2, 1)) == [0, 1, 2]
    assert {step // 10 for step in frame_steps(16, 10) if step % 10 == 0} == set(range(17))


def test_later_frames_are_taken_ever_more_seldom_and_the_last_epoch_always():
    epochs = sorted(step // 100 for step in frame_steps(75, 100) if step % 100 == 0)
    assert epochs == [*range(17), *range(18, 33, 2), *range(36, 65, 4), 72, 75]


@pytest.mark.parametrize("epochs", [1, 15, 16, 17, 31, 32, 33, 1000, 10**6, 10**12])
def test_a_film_of_any_length_has_few_frames(epochs):
    marks = frame_steps(epochs, 700)
    assert max(marks) == 700 * epochs
    assert len(marks) <= 5 + min(epochs, 17 + 8 * max(0, epochs // 16).bit_length())


def test_a_strip_has_few_frames_evenly_spread_the_first_and_the_last_among_them():
    assert spread(list(range(DRAWN))) == list(range(DRAWN))
    assert spread(list(range(7))) == list(range(7))
    assert spread(list(range(23))) == list(range(0, 23, 2))
    chosen = spread(list(range(1000)))
    assert len(chosen) == DRAWN and (chosen[0], chosen[-1]) == (0, 999)
    assert {b - a for a, b in zip(chosen, chosen[1:])} <= {90, 91}


def test_a_film_holds_what_the_model_wrote_and_where_it_looked(film):
    assert list(film.frames) == [1, 2, 4, 10, 20]
    captions = [caption.split(":")[0] for caption, _, _, _ in film.frames.values()]
    assert captions == [f"after {t} epochs" for t in ("0.10", "0.20", "0.40", "1.00", "2.00")]
    longest = max((source for source, _ in film.trainer.dataset.test[:20]), key=len)
    for (caption, source, labels, weights), stored in zip(film.frames.values(),
                                                          load_film(film.path), strict=True):
        assert stored[:3] == (caption, longest, labels)
        assert (stored[3] == weights).all() and weights.shape == (len(labels), len(longest))


def test_a_resumed_film_takes_over_the_frames_up_to_the_checkpoint(film, trainer):
    again = Film(trainer, film.path)
    assert again.resume() is None
    assert steps_and_captions(again.frames) == steps_and_captions(film.frames)
    trainer.step = 10  # the last checkpoint is older than the film
    assert again.resume() is None
    assert list(again.frames) == [1, 2, 4, 10]


def spoil(film, how, monkeypatch):
    """Make the file of a film useless in some way."""
    if how == "missing":
        film.path.unlink()
    elif how == "damaged":
        film.path.write_bytes(film.path.read_bytes()[:-30])
    elif how == "text":
        film.path.write_text("no film")
    elif how == "too many parts":
        monkeypatch.setattr(safe_files, "MOST_LIST_BYTES", 100)
    elif how == "too large":
        monkeypatch.setattr(safe_files, "MOST_BYTES", 100)
    else:
        film.source = {"other sentence": "abc", "other length": "a"}[how]
        film.frames = {step: (caption, film.source, ["x"], np.ones((1, len(film.source))))
                       for step, (caption, _, _, _) in film.frames.items()}
        film.save()


@pytest.mark.parametrize("how, reason", [
    ("missing", "there is no film"), ("damaged", "is not a film"), ("text", "is not a film"),
    ("too many parts", "is not a film"), ("too large", "expected at most 100 bytes"),
    ("other sentence", "it is of another run"), ("other length", "it is of another run"),
])
def test_a_film_that_is_of_no_use_is_begun_anew_and_one_line_says_so(
    film, trainer, how, reason, monkeypatch
):
    spoil(film, how, monkeypatch)
    again = Film(trainer, film.path)
    said = again.resume()
    assert said.startswith(f"{film.path}: 5 of the 5 frames so far are lost: ")
    assert reason in said and len(said.splitlines()) == 1
    monkeypatch.undo()
    take(again, 30)
    again.save()
    assert len(load_film(film.path)) == 6


def test_what_is_left_of_a_film_is_taken_over(film, trainer):
    del film.frames[2], film.frames[10]
    film.frames[7] = film.frames[4]  # no moment at which a frame is taken
    film.save()
    again = Film(trainer, film.path)
    assert "2 of the 5 frames so far are lost" in again.resume()
    assert list(again.frames) == [1, 4, 20]


def test_the_first_frame_is_of_the_untrained_model(trainer, tmp_path):
    trainer.step = 0
    film = Film(trainer, tmp_path / "film.npz")
    assert film.resume() is None  # before the training there is nothing that can be lost
    (answer,) = answer_with_attention(trainer.model, trainer.dataset.codec, [film.source],
                                      trainer.dataset.max_target_length)
    (step, (caption, source, labels, weights)), = film.frames.items()
    assert (step, caption, source) == (0, f"untrained: {answer.text}", film.source) and answer.text
    assert labels == answer.labels and (weights == answer.weights).all()


@pytest.mark.parametrize("first", [True, False])
def test_a_film_is_resumed_with_its_frame_of_the_untrained_model_if_it_has_one(
    first, film, trainer
):
    trained = list(film.frames)
    if first:
        film.frames = {0: film.frames[1], **film.frames}
        film.save()
    again = Film(trainer, film.path)
    assert again.resume() is None
    assert list(again.frames) == [0] * first + trained


def test_a_run_that_is_resumed_at_its_start_films_the_same_model_anew(film, trainer):
    trainer.step = 0
    again = Film(trainer, film.path)
    assert again.resume() is None and list(again.frames) == [0]


def test_the_untrained_model_is_the_same_after_it_was_filmed(trainer, tmp_path):
    before = {name: param.copy() for name, param in trainer.model.params.items()}
    trainer.step = 0
    Film(trainer, tmp_path / "film.npz")
    assert all((trainer.model.params[name] == param).all() for name, param in before.items())


def test_a_folder_in_the_place_of_the_film_is_found_before_the_training(trainer, tmp_path):
    with pytest.raises(OSError, match="not a regular file"):
        Film(trainer, tmp_path)


def test_of_long_sentences_only_the_beginning_is_filmed(tmp_path, rng):
    path = tmp_path / "long.txt"
    write_pairs(path, [(f"{k}" + "a" * 500, "b" * 500) for k in range(10)])
    film = Film(fake_trainer(PairDataset.load(path), rng), tmp_path / "film.npz")
    take(film, 1)
    (_, source, labels, weights), = film.frames.values()
    assert len(source) == 200 and len(labels) <= 200
    assert weights.shape == (len(labels), 200)


def test_the_longest_of_the_first_twenty_test_sentences_is_filmed(trainer, tmp_path):
    test = [("a" * k, "A") for k in (1, 3, 2, *[1] * 16, 4, 5)]
    trainer.dataset = SimpleNamespace(test=test, codec=trainer.dataset.codec)
    assert Film(trainer, tmp_path / "film.npz").source == "aaaa"


def test_a_model_that_ends_its_answer_at_once_has_written_nothing(trainer, tmp_path):
    trainer.model.params["decoder.affine.b"][EOS] = 100.0
    film = Film(trainer, tmp_path / "film.npz")
    take(film, 1)
    (caption, _, labels, _), = film.frames.values()
    assert caption == "after 0.10 epochs: (nothing)" and labels == [EOS_LABEL]


def test_a_diverging_model_gives_no_frame_and_no_warning(trainer, tmp_path):
    for param in trainer.model.params.values():
        param[...] = 3e38
    film = Film(trainer, tmp_path / "film.npz")
    take(film, 4)
    assert film.frames == {}


def test_an_answer_is_filmed_that_is_no_longer_than_the_longest_target(trainer, tmp_path):
    trainer.model.params["decoder.affine.b"][3] = 100.0  # it never ends
    film = Film(trainer, tmp_path / "film.npz")
    take(film, 1)
    (_, _, labels, _), = film.frames.values()
    assert len(labels) == trainer.dataset.max_target_length < 10


def test_a_film_is_a_list_of_examples_of_which_some_can_be_chosen(film):
    frames = load_film(film.path)
    assert spread(frames, 2) == [frames[0], frames[-1]]


def test_all_that_stands_in_a_film_is_read_as_text_and_a_weight_may_be_zero(tmp_path):
    path, weights = tmp_path / "film.npz", np.array([[0.0, 1.0]])
    write_arrays(path, {"source": np.array("ab"), "steps": np.array([1]), "weights/0": weights,
                        "labels/0": np.array([7]), "caption/0": np.array(8)})
    (example,) = load_film(path)
    assert example[:3] == ("8", "ab", ["7"]) and (example[3] == weights).all()
    assert {type(text) for text in (*example[:2], *example[2])} == {str}


@pytest.mark.usefixtures("without_drawing")
def test_a_run_with_a_bad_film_is_resumed_and_ends(tmp_path, capsys):
    data, out = tmp_path / "sums.txt", tmp_path / "run"
    write_pairs(data, make_pairs(60))
    flags = ["--data", str(data), "--epochs", "2", "--out", str(out), "--quiet"]
    train_date.main(flags)
    source = max((source for source, _ in PairDataset.load(data).test[:20]), key=len)
    frames = {"source": np.array(source), "steps": np.arange(6000)}
    for k in range(6000):
        frames |= {f"caption/{k}": np.array("c"), f"labels/{k}": np.array(["x"]),
                   f"weights/{k}": np.ones((1, len(source)))}
    write_arrays(out / "film.npz", frames)
    capsys.readouterr()
    train_date.main([*flags, "--resume"])
    assert capsys.readouterr().out.startswith("test accuracy ")
    assert read(out / "model.npz")[1]["progress"]["epoch"] == 2
