"""Around the loop: which folder a run gets, what it refuses, what an older run left there."""

import json
import signal
import threading

import numpy as np
import pytest

from ch_attention import train_date
from ch_attention.all_models import MODELS
from ch_seq2seq import train_addition
from common.cells import LSTM
from common.tools.checkpoint import LONGEST_META, load_checkpoint, read, save_checkpoint
from common.tools.safe_files import write_arrays
from common.trainer import RECORD, Trainer
from dataset.generator_parts import write_pairs
from dataset.make_addition import make_pairs


@pytest.fixture
def pair_file(tmp_path):
    path = tmp_path / "sums.txt"
    write_pairs(path, make_pairs(200))
    return path


@pytest.fixture
def train(pair_file, tmp_path, monkeypatch, without_drawing):
    """A function that trains in a folder of its own, with the default --out unless one is given."""
    monkeypatch.chdir(tmp_path)

    def run(*flags, script=train_addition, data=pair_file):
        script.main(["--data", str(data), "--epochs", "2", "--quiet", *map(str, flags)])

    return run


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """The checkpoint, as bytes, of a run that `train` would go on with."""
    folder = tmp_path_factory.mktemp("ended")
    write_pairs(folder / "sums.txt", make_pairs(200))
    train_addition.main(["--data", str(folder / "sums.txt"), "--epochs", "2", "--quiet",
                         "--out", str(folder)])
    return (folder / "model.npz").read_bytes()


def refused(capsys):
    """What the one line on standard error said."""
    said = capsys.readouterr().err
    assert said.strip().count("\n") == 0
    return said


def change_stored(path, change):
    """Let change(arrays, meta) edit a checkpoint."""
    arrays, meta = read(path)
    history = meta["progress"].pop("history")
    change(arrays, meta, history)
    meta["progress"]["history"] = history
    write_arrays(path, {"meta": np.array(json.dumps(meta)), **arrays})


def test_each_script_file_and_model_has_a_folder_of_its_own(train, pair_file, tmp_path):
    other = tmp_path / "others.txt"
    other.write_bytes(pair_file.read_bytes())
    train()
    train("--model", "peeky")
    train(data=other)
    train(script=train_date)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "train_addition-others-seq2seq", "train_addition-sums-peeky",
        "train_addition-sums-seq2seq", "train_date-sums-attention",
    ]


def test_another_file_of_the_same_name_does_not_write_over_a_run(train, pair_file, tmp_path,
                                                                 capsys):
    train()
    path = tmp_path / "runs" / "train_addition-sums-seq2seq" / "model.npz"
    before = path.read_bytes()
    other = tmp_path / "elsewhere" / "sums.txt"
    other.parent.mkdir()
    other.write_bytes(pair_file.read_bytes())
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        train(data=other)
    assert end.value.code == 2
    assert "holds a run on another file sums.txt; with --out FOLDER" in refused(capsys)
    assert path.read_bytes() == before
    train("--out", path.parent, data=other)  # whoever names the folder means it
    assert path.read_bytes() != before


def test_a_run_of_another_model_in_the_same_folder_leaves_no_older_picture(train, tmp_path):
    out = tmp_path / "o"
    train("--out", out, script=train_date)
    assert (out / "attention.png").exists() and (out / "film.npz").exists()
    train("--out", out, "--model", "peeky", script=train_date)
    assert sorted(path.name for path in out.iterdir()) == ["accuracy.png", "history.csv",
                                                           "mistakes.csv", "model.npz"]


def test_an_older_model_and_its_pictures_stay_until_the_new_run_has_an_epoch(
    train, tmp_path, monkeypatch
):
    out = tmp_path / "o"
    train("--out", out, script=train_date)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def stop(self, xs, ts):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "train_step", stop)
    with pytest.raises(SystemExit) as end:
        train("--out", out, "--seed", "5", script=train_date)
    assert end.value.code == 130
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("name", ["model.npz", "accuracy.png", "attention.png", "film.npz"])
def test_a_folder_in_the_place_of_a_file_is_seen_before_the_training(train, tmp_path, name, capsys):
    (tmp_path / "o" / name).mkdir(parents=True)
    with pytest.raises(SystemExit) as end:
        train("--out", tmp_path / "o", script=train_date)
    assert end.value.code == 2
    assert f"expected a file, but {tmp_path / 'o' / name} is a folder" in refused(capsys)


def test_a_mistyped_folder_to_resume_is_not_made(train, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        train("--out", tmp_path / "mistyped", "--resume")
    assert end.value.code == 2
    assert "there is no checkpoint file" in refused(capsys)
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("option", ["score", "dropout"])
def test_a_run_from_before_an_option_existed_can_be_resumed(train, tmp_path, option):
    out = tmp_path / "o"
    train("--out", out, script=train_date)

    def forget(arrays, meta, history):
        del meta["run"][option]
        del meta["config"][option]

    change_stored(out / "model.npz", forget)
    train("--out", out, "--resume", script=train_date)
    assert read(out / "model.npz")[1]["run"][option] in ("dot", 0.0)


EDITED = {
    "a negative epoch": lambda a, m, h: m["progress"].update(epoch=-3),
    "an epoch that is too high": lambda a, m, h: m["progress"].update(epoch=99),
    "an epoch that is no number": lambda a, m, h: m["progress"].update(epoch="2"),
    "half an epoch": lambda a, m, h: m["progress"].update(epoch=1.5),
    "another step": lambda a, m, h: m["progress"].update(step=1),
    "no step": lambda a, m, h: m["progress"].pop("step"),
    "too many right": lambda a, m, h: h[1].update(right=77777),
    "a negative number right": lambda a, m, h: h[1].update(right=-1),
    "another accuracy": lambda a, m, h: h[1].update(accuracy=0.987),
    "an infinite loss": lambda a, m, h: h[0].update(loss=float("inf")),
    "a negative time": lambda a, m, h: h[0].update(seconds=-1.0),
    "a record too few": lambda a, m, h: h.pop(),
    "records in another order": lambda a, m, h: h.reverse(),
    "a record of something else": lambda a, m, h: h[0].update(extra=1),
    "no record": lambda a, m, h: h.__setitem__(0, None),
    "no generator": lambda a, m, h: m["progress"].update(rng={}),
    "another generator": lambda a, m, h: m["progress"].update(rng={"bit_generator": "MT19937"}),
    "an optimizer that counted one step more": lambda a, m, h: a["optimizer/t"].__iadd__(1),
    "steps that the optimizer did not count": lambda a, m, h: a["optimizer/t"].fill(-1),
    "an optimizer that counts by another name": lambda a, m, h: a.update(
        {"optimizer/steps": a.pop("optimizer/t")}),
    "an optimizer without its count": lambda a, m, h: a.pop("optimizer/t"),
    "an optimizer with its count alone": lambda a, m, h: [
        a.pop(name) for name in list(a) if name.startswith(("optimizer/m", "optimizer/v"))],
    "an optimizer without one of its means": lambda a, m, h: [
        a.pop(name) for name in list(a) if name.startswith("optimizer/v")],
    "an optimizer that remembers nothing": lambda a, m, h: [
        a.pop(name) for name in list(a) if name.startswith("optimizer/")],
}


def test_a_run_that_has_ended_is_taken_up_as_it_is(ended, train, tmp_path):
    out = tmp_path / "o"
    out.mkdir()
    (out / "model.npz").write_bytes(ended)
    before = read(out / "model.npz")[1]
    train("--out", out, "--resume")
    after = read(out / "model.npz")[1]
    assert (after["progress"], after["run"]) == (before["progress"], before["run"])


@pytest.mark.parametrize("edit", EDITED.values(), ids=EDITED)
def test_an_edited_progress_is_refused_in_one_line(ended, train, tmp_path, edit, capsys):
    out = tmp_path / "o"
    out.mkdir()
    (out / "model.npz").write_bytes(ended)
    change_stored(out / "model.npz", edit)
    before = (out / "model.npz").read_bytes()
    with pytest.raises(SystemExit) as end:
        train("--out", out, "--resume")
    assert end.value.code == 2
    assert str(out / "model.npz") in refused(capsys)
    assert (out / "model.npz").read_bytes() == before


def test_a_history_of_thirty_thousand_epochs_can_be_read_again(make_dataset, tmp_path):
    dataset, path = make_dataset(), tmp_path / "model.npz"
    sizes = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary), 3, 4
    model = MODELS["seq2seq"](*sizes, np.random.default_rng(0))
    values = 3, 0.1234567890123456, 2, 0.4, 0.0012345678901234567, 0.1111111111111111
    history = [dict(zip(RECORD, (epoch, *values))) for epoch in range(1, 30_001)]
    progress = {"epoch": 30_000, "step": 7, "history": history, "rng": {}}
    save_checkpoint(path, "seq2seq", model, dataset.codec, progress=progress)
    assert load_checkpoint(path, MODELS)[2]["progress"] == progress


def test_what_could_not_be_read_again_is_not_written_over_a_good_checkpoint(make_dataset, tmp_path):
    dataset, path = make_dataset(), tmp_path / "model.npz"
    sizes = len(dataset.codec.source_vocabulary), len(dataset.codec.target_vocabulary), 3, 4
    model = MODELS["seq2seq"](*sizes, np.random.default_rng(0))
    save_checkpoint(path, "seq2seq", model, dataset.codec)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="characters of meta"):
        save_checkpoint(path, "seq2seq", model, dataset.codec, note="x" * LONGEST_META)
    assert path.read_bytes() == before


def test_the_last_words_of_a_full_disk_name_the_epoch_that_is_kept(
    train, tmp_path, monkeypatch, capsys
):
    def save(path, *args, progress, **extra):
        if progress["epoch"] == 2:
            raise OSError(28, "No space left on device", str(path))
        save_checkpoint(path, *args, progress=progress, **extra)

    monkeypatch.setattr("common.tools.run_folder.save_checkpoint", save)
    with pytest.raises(SystemExit) as end:
        train("--out", tmp_path / "o")
    assert end.value.code == 1
    said = refused(capsys)
    assert "No space left on device; " in said and "is from the end of epoch 1 of 2 epochs" in said


def test_a_run_that_fails_before_its_first_epoch_says_that_only_the_start_is_kept(
    train, tmp_path, monkeypatch, capsys
):
    def stop(self, xs, ts):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "train_step", stop)
    with pytest.raises(SystemExit):
        train("--out", tmp_path / "o")
    assert "is from the start of 2 epochs; the same command with --resume" in refused(capsys)


def test_a_training_runs_outside_the_main_thread(train, tmp_path):
    thread = threading.Thread(target=train, args=("--out", tmp_path / "o"))
    thread.start()
    thread.join()
    assert load_checkpoint(tmp_path / "o" / "model.npz", MODELS)[2]["progress"]["epoch"] == 2


@pytest.mark.parametrize("script", [train_addition, train_date])
def test_calling_main_leaves_the_signals_of_the_process_as_they_are(train, tmp_path, script):
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGPIPE")
               if hasattr(signal, name)]
    before = [signal.getsignal(number) for number in numbers]
    train("--out", tmp_path / "o", script=script)
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("where", ["__init__", "step"])
def test_a_students_own_error_keeps_its_traceback(train, tmp_path, monkeypatch, where):
    def broken(self, *args, **options):
        raise ValueError("shapes (3,4) and (5,6) not aligned")

    monkeypatch.setattr(LSTM, where, broken)
    with pytest.raises(ValueError, match="not aligned"):
        train("--out", tmp_path / "o")


def test_an_option_that_the_model_does_not_have_is_refused(train, capsys):
    with pytest.raises(SystemExit) as end:
        train("--model", "peeky", "--score", "dot", script=train_date)
    assert end.value.code == 2
    assert "--score: a peeky model has no score" in refused(capsys)
