"""A run that is interrupted and resumed ends as one that was not; whatever happens, it says so."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ch_attention import train_date
from ch_attention.all_models import MODELS
from ch_seq2seq import train_addition
from common.optimizers import SGD, Adam, Momentum
from common.schedules import ConstantRate, WarmupCosine, WarmupLinear
from common.tools.attention_film import load_film
from common.tools.checkpoint import load_checkpoint, read, save_checkpoint
from common.trainer import Diverged, Trainer
from dataset.generator_parts import write_pairs
from dataset.make_addition import make_pairs
from tests.children import child, wait_for
from tests.helpers import assert_same, copied

SCRIPT = Path(train_addition.__file__)


class Stopped(Exception):
    """Stands for whatever ends a run."""


@pytest.fixture(scope="module")
def pair_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "sums.txt"
    write_pairs(path, make_pairs(300))
    return path


@pytest.fixture
def train(pair_file, tmp_path, without_drawing):
    """A function that runs train_addition.py on few pairs in a folder of that name."""

    def run(name, *flags, script=train_addition):
        script.main(["--data", str(pair_file), "--epochs", "4", "--quiet",
                     "--out", str(tmp_path / name), *flags])
        return tmp_path / name

    return run


@pytest.fixture(scope="module")
def whole(pair_file, tmp_path_factory):
    """The folder of a run of `train` that was not interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    train_addition.main(["--data", str(pair_file), "--epochs", "4", "--quiet",
                         "--out", str(folder)])
    return folder


@pytest.fixture
def ended(whole, tmp_path):
    """The folder "run" with its checkpoint."""
    out = tmp_path / "run"
    out.mkdir()
    (out / "model.npz").write_bytes((whole / "model.npz").read_bytes())
    return out


@pytest.fixture
def stop_at(monkeypatch):
    """A function that makes training raise an error at the start of one of its steps."""

    def arrange(number, error=Stopped):
        original, calls = Trainer.train_step, []

        def train_step(self, xs, ts):
            calls.append(0)
            if len(calls) == number:
                monkeypatch.setattr(Trainer, "train_step", original)
                raise error
            return original(self, xs, ts)

        monkeypatch.setattr(Trainer, "train_step", train_step)

    return arrange


OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "adam": Adam}
SCHEDULES = {
    "constant": ConstantRate(0.01), "linear": WarmupLinear(0.01, 3, 12),
    "cosine": WarmupCosine(0.01, 3, 12),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("epochs_before", [1, 2])
def test_a_resumed_training_ends_with_the_same_weights_to_the_last_bit(
    make_dataset, optimizer, schedule, epochs_before
):
    dataset = make_dataset()
    size = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary), 4, 6

    def trainer():
        rng = np.random.default_rng(5)
        model = MODELS["attention"](*size, rng, dropout=0.3)
        return Trainer(model, OPTIMIZERS[optimizer](0.01), dataset, rng, epochs=4, batch_size=9,
                       schedule=SCHEDULES[schedule], max_norm=1.0)

    whole = trainer()
    list(whole.fit())
    first, second = trainer(), trainer()
    for _, _ in zip(range(epochs_before), first.fit(), strict=False):
        pass
    for name, param in second.model.params.items():
        param[...] = first.model.params[name]
    second.resume(first.progress(), copied(first.optimizer.state))
    list(second.fit())
    assert_same(second.model.params, whole.model.params)
    assert_same(second.optimizer.state, whole.optimizer.state)
    assert second.rng.bit_generator.state == whole.rng.bit_generator.state


@pytest.mark.parametrize("number, flags", [
    (1, []), (3, []), (12, []), (17, []), (12, ["--forcing", "inverse-sigmoid"]),
])
def test_a_script_that_is_stopped_and_resumed_writes_the_same_checkpoint(
    whole, train, stop_at, number, flags
):
    if flags:
        whole = train("whole", *flags)
    stop_at(number)
    with pytest.raises(Stopped):
        train("stopped", *flags)
    stopped = train("stopped", "--resume", *flags)
    arrays, meta = read(whole / "model.npz")
    resumed_arrays, resumed_meta = read(stopped / "model.npz")
    assert_same(resumed_arrays, arrays)
    for record in meta["progress"]["history"] + resumed_meta["progress"]["history"]:
        del record["seconds"], record["step_seconds"]
    assert resumed_meta == meta


def test_a_run_that_has_ended_can_be_resumed_and_trains_no_more(train, capsys):
    out = train("run")
    before, printed = (out / "model.npz").read_bytes(), capsys.readouterr().out
    train("run", "--resume")
    assert (out / "model.npz").read_bytes() == before
    assert capsys.readouterr().out == printed


def test_a_film_goes_on_where_it_was(train, stop_at):
    whole = train("whole", script=train_date)
    stop_at(12)
    with pytest.raises(Stopped):
        train("stopped", script=train_date)
    stopped = train("stopped", "--resume", script=train_date)
    for frame, resumed in zip(load_film(whole / "film.npz"), load_film(stopped / "film.npz"),
                              strict=True):
        assert frame[:3] == resumed[:3]
        assert_same(resumed[3], frame[3])


@pytest.mark.parametrize("flags, name", [
    (["--seed", "1"], "seed"), (["--rate", "0.1"], "rate"), (["--cell", "gru"], "cell"),
    (["--no-reverse"], "reverse"), (["--model", "peeky"], "model"), (["--epochs", "5"], "epochs"),
    (["--forcing", "linear"], "forcing"), (["--forcing", "0.5"], "forcing"),
])
def test_a_run_is_not_resumed_with_other_flags(ended, train, capsys, flags, name):
    before = (ended / "model.npz").read_bytes()
    with pytest.raises(SystemExit) as end:
        train("run", "--resume", *flags)
    assert end.value.code == 2
    assert f"is of another run: its {name} is " in capsys.readouterr().err
    assert (ended / "model.npz").read_bytes() == before


def test_it_is_with_the_same_flags(ended, train):
    before = read(ended / "model.npz")[0]
    train("run", "--resume")
    assert_same(read(ended / "model.npz")[0], before)


@pytest.mark.usefixtures("ended")
def test_a_run_is_not_resumed_with_other_data(train, tmp_path, capsys):
    other = tmp_path / "sums.txt"
    write_pairs(other, make_pairs(300, seed=1))
    with pytest.raises(SystemExit):
        train("run", "--resume", "--data", str(other))
    assert "is of another run: its data is " in capsys.readouterr().err


def test_resuming_where_nothing_is_says_so(train, capsys):
    with pytest.raises(SystemExit) as end:
        train("empty", "--resume")
    assert end.value.code == 2
    assert "there is no checkpoint file" in capsys.readouterr().err


def long_run(pair_file, out, **options):
    """Start a run that would take very long."""
    return child([sys.executable, str(SCRIPT), "--data", str(pair_file), "--epochs", "10000",
                  "--out", str(out)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                 **options)


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_cleanly(pair_file, tmp_path, number, status):
    out = tmp_path / "run"
    with long_run(pair_file, out) as process:
        wait_for((out / "history.csv").exists, process)  # the first epoch is done
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    assert errors.strip().count("\n") == 0
    assert "--resume" in errors and str(out / "model.npz") in errors
    assert sorted(path.name for path in out.iterdir()) == [
        "accuracy.png", "history.csv", "model.npz",
    ]
    _, _, meta = load_checkpoint(out / "model.npz", MODELS)
    assert meta["progress"]["epoch"] >= 1


def test_a_run_that_is_started_with_control_c_ignored_goes_on_ignoring_it(pair_file, tmp_path):
    history = tmp_path / "run" / "history.csv"
    with long_run(pair_file, history.parent, ignored=[signal.SIGINT]) as process:  # as nohup does
        wait_for(history.exists, process)
        process.send_signal(signal.SIGINT)
        epochs = history.read_text().count("\n")
        wait_for(lambda: history.read_text().count("\n") > epochs + 1, process)
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143 and "--resume" in errors


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_place(train, capsys, monkeypatch):
    original = Trainer.train_step

    def spoil(self, xs, ts):
        if self.step == 7:
            self.model.params["decoder.affine.W"][0, 0] = np.nan
        return original(self, xs, ts)

    monkeypatch.setattr(Trainer, "train_step", spoil)
    with pytest.raises(SystemExit) as end:
        train("run")
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert "epoch 2, step 8: the loss is nan" in said
    assert "not finite: decoder.affine.W;" in said and "smaller learning rate" in said
    assert said.strip().count("\n") == 0


def test_a_diverged_run_keeps_its_last_good_checkpoint(train, tmp_path, monkeypatch):
    def diverge(self, xs, ts):
        if self.epoch == 2:
            raise Diverged(self, float("inf"))
        return original(self, xs, ts)

    original = Trainer.train_step
    monkeypatch.setattr(Trainer, "train_step", diverge)
    with pytest.raises(SystemExit):
        train("run")
    model, _, meta = load_checkpoint(tmp_path / "run" / "model.npz", MODELS)
    assert meta["progress"]["epoch"] == 2
    assert all(np.isfinite(param).all() for param in model.params.values())


def test_a_full_disk_ends_a_run_with_one_line_and_keeps_the_last_checkpoint(train, tmp_path, capsys,
                                                                            monkeypatch):
    original, calls = os.fsync, []

    def fill(descriptor):
        calls.append(0)
        if len(calls) == 6:  # before the first epoch and after each two files: in the third epoch
            raise OSError(errno.ENOSPC, "No space left on device")
        original(descriptor)

    monkeypatch.setattr("os.fsync", fill)
    with pytest.raises(SystemExit) as end:
        train("run")
    said = capsys.readouterr().err
    out = tmp_path / "run"
    assert end.value.code == 1
    assert said.strip().count("\n") == 0
    assert f"cannot write {out / 'model.npz'}: No space left on device; " in said
    assert load_checkpoint(out / "model.npz", MODELS)[2]["progress"]["epoch"] == 2
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_checkpoint_of_no_run_is_not_resumed(ended, train, capsys):
    model, codec, _ = load_checkpoint(ended / "model.npz", MODELS)
    save_checkpoint(ended / "model.npz", "seq2seq", model, codec)
    with pytest.raises(SystemExit) as end:
        train("run", "--resume")
    assert end.value.code == 2
    assert "holds a model but no run to go on with" in capsys.readouterr().err
