"""How a Run ends that is interrupted, diverges or cannot write: the status and the last words."""

import signal
import threading

import numpy as np
import pytest

from common.tools import run_folder
from common.tools.checkpoint import read
from common.trainer import Diverged

ON_FROM_THERE = "; the same command with --resume goes on from there"

pytestmark = pytest.mark.usefixtures("drawn")


def ended(capsys, run, error=None, act=None):
    """Leave a run by an error -> the status and what was said, without the first empty line."""
    with pytest.raises(SystemExit) as end, run.in_good_order():
        if act:
            act()
        raise error
    said = capsys.readouterr().err
    assert said[0] == said[-1] == "\n" and said.count("\n") == 2
    return end.value.code, said.strip()


def test_an_earlier_model_stays_if_the_new_one_cannot_be_written(make, out, monkeypatch, capsys):
    make(epochs=1, seed=1)
    before = (out / "model.npz").read_bytes()

    def full(path, *args, **extra):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(run_folder, "save_checkpoint", full)
    run = make()
    next(run.trainer.fit())
    assert ended(capsys, run, act=run.save) == (1, (
        f"cannot write {run.path}: No space left on device; nothing of this run is kept, "
        f"{run.path} is still that of an earlier one"))
    assert (out / "model.npz").read_bytes() == before


def test_a_run_that_begins_keeps_its_start_unless_an_earlier_model_is_there(make, out):
    first = make()
    with first.in_good_order():
        assert first.saved_epoch == 0 and first.path.exists()
    second = make(seed=6)
    with second.in_good_order():
        assert second.saved_epoch is None
    assert read(second.path)[1]["run"]["seed"] == 5


def test_an_interruption_says_what_is_kept_and_how_to_go_on(make, capsys, drawn, out):
    run = make()
    assert ended(capsys, run, KeyboardInterrupt()) == (
        130, f"interrupted; {run.path} is from the start of 3 epochs{ON_FROM_THERE}")
    assert drawn == []
    run = make(epochs=2, show=True)
    assert ended(capsys, run, KeyboardInterrupt()) == (
        130, f"interrupted; {run.path} is from the end of epoch 2 of 3 epochs{ON_FROM_THERE}")
    assert drawn == [(2, "A title", True)] and (out / "accuracy.png").exists()


def test_an_interruption_before_anything_was_written_says_so(make, capsys):
    run = make(seed=1)
    run.save()
    kept = f"nothing of this run is kept, {run.path} is still that of an earlier one"
    assert ended(capsys, make(), KeyboardInterrupt()) == (130, f"interrupted; {kept}")
    assert ended(capsys, make(), KeyboardInterrupt(), run.path.unlink) == (
        130, "interrupted; nothing of this run is kept")


def test_sigterm_is_143_and_afterwards_means_what_it_did(make, capsys):
    before = signal.getsignal(signal.SIGTERM)
    run = make(epochs=1)
    status, said = ended(capsys, run, act=lambda: signal.raise_signal(signal.SIGTERM))
    assert status == 143
    assert said.startswith(f"interrupted; {run.path} is from the end of epoch 1 of 3 epochs; ")
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_another_thread_a_run_is_left_as_in_the_main_one_and_no_signal_changes(make, capsys):
    before, found = signal.getsignal(signal.SIGTERM), []

    def train():
        with make(epochs=1).in_good_order():
            pass
        found.append(ended(capsys, make(epochs=1), KeyboardInterrupt(),
                           lambda: found.append(signal.getsignal(signal.SIGTERM)))[0])

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [before, 130]


def test_a_run_that_diverges_ends_with_1_and_its_one_piece_of_advice(make, capsys):
    run = make(epochs=1)
    run.trainer.model.params["decoder.affine.b"][0] = np.nan
    status, said = ended(capsys, run, Diverged(run.trainer, np.nan))
    assert status == 1
    assert said == (
        "epoch 2, step 2: the loss is nan, first parameter that is not finite: decoder.affine.b; "
        f"try a smaller learning rate; {run.path} is from the end of epoch 1 of 3 epochs")


def test_a_file_that_cannot_be_written_is_named_and_a_picture_that_cannot_is_told(
    make, capsys, monkeypatch
):
    def full(figure, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(run_folder, "save_figure", full)
    run = make(epochs=1)
    kept = f"{run.path} is from the end of epoch 1 of 3 epochs{ON_FROM_THERE}"
    assert ended(capsys, run, OSError(5, "Input/output error", "a file")) == (
        1, f"cannot write a file: Input/output error; the picture could not be written; {kept}")
    status, said = ended(capsys, run, Diverged(run.trainer, np.nan))
    assert (status, said.count("; the picture could not be written; ")) == (1, 1)


@pytest.mark.parametrize("error", [ValueError("bug"), OSError(5, "bug"), SystemExit(7)])
def test_any_other_error_passes(make, error):
    with pytest.raises(type(error)) as passed, make().in_good_order():
        raise error
    assert passed.value is error
